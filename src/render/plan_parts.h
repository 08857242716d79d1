/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_parts.h - what the files that make a plan share. Private to plan*.c.
 */
#ifndef AIVE_RENDER_PLAN_PARTS_H
#define AIVE_RENDER_PLAN_PARTS_H

#include "render/plan.h"
#include "timeline/timeline.h"

#define PLAN_ALL_SECONDS (PLAN_MAX_HOURS * 3600.0)

/* What is being built, and from what. */
struct plan_maker {
    const struct timeline *timeline;
    struct plan *plan;
    struct arena *arena;
    int64_t from, to; /* ticks of the whole film: what of it is made, moved to 0 */
    int64_t whole;    /* ticks: length of the whole film */
    const struct plan_crop *crop; /* of the timeline's own asset; NULL: none */
    size_t crop_count;
};

bool plan_no_memory(struct err *e);
int64_t plan_frame_of(const struct plan *p, int64_t ticks);
int64_t plan_sample_of(int64_t ticks);

/* A source by what the timeline calls it. Refused: a name that is no source. */
bool plan_source_named(const struct plan *p, const char *name, int *source, struct err *e);

bool plan_read_effects(struct plan_maker *m, const struct wire_list *list, struct plan_segment *s,
                       struct err *e);
bool plan_read_fit(const char *word, enum plan_fit *fit, struct err *e);
void plan_put_on_grids(const struct plan *p, struct plan_segment *s);

/* The captions that a segment shows: its own, or the film's where it is cut from the timeline's own
 * asset. */
const struct wire_list *plan_captions_of(const struct plan_maker *m, const struct plan_segment *s);

/* In this order, after the segments: */
bool plan_build_marks(struct plan_maker *m, struct err *e);    /* plan_marks.c: beats, words */
bool plan_build_captions(struct plan_maker *m, struct err *e); /* plan_captions.c */
bool plan_build_layers(struct plan_maker *m, struct err *e);   /* plan_layers.c: all else */
bool plan_build_chunks(struct plan_maker *m, struct err *e);   /* plan_chunks.c */

#endif
