/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.h - from a timeline to exactly what must be shown and heard when: a pure function.
 *
 * The plan is the only thing the picture and the sound are made from, so they cannot disagree.
 * Everything in it is whole numbers: ticks (core/timebase.h), frames of the film, samples at
 * 48 kHz. A segment's length in the film is a whole number of ticks and its place the exact sum of
 * those before it; frames and samples are that sum rounded, so nothing drifts.
 *
 *     film ticks   out_start ............................ out_end
 *     frames       first_frame = round(out_start * fps) .. end_frame    (the next one's first)
 *     samples      first_sample = round(out_start * 48000) .. end_sample
 *     source time  src_start + (film time - out_start) * rate.num / rate.den
 *
 * Ownership: the plan lives in the arena given to plan_build; texts and sources stay the caller's
 * and must live as long as the plan. Threads: pure; a built plan is read-only and may be shared.
 */
#ifndef AIVE_RENDER_PLAN_H
#define AIVE_RENDER_PLAN_H

#include "core/arena.h"
#include "core/err.h"
#include "effects/effect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_SAMPLE_RATE 48000
#define PLAN_MAX_HOURS 24        /* of film */
#define PLAN_MAX_CAPTIONS 200000 /* appearances: a caption shown by two segments counts twice */
#define PLAN_SFX_GAIN_DB (-8.0)

struct timeline; /* timeline/timeline.h */

enum plan_fit { FIT_CROP, FIT_BLUR, FIT_PAD };

struct plan_format {
    const char *name; /* "vertical" */
    int width, height;
};
extern const struct plan_format plan_formats[]; /* ended by a NULL name; first: default */
const struct plan_format *plan_format_find(const char *name); /* NULL: unknown */

/* What is known of a source before it is opened for rendering. Source 0 is the timeline's own. */
struct plan_source {
    const char *path; /* what a sound's "path" in the timeline names it by; NULL: by nothing */
    int64_t duration_ticks; /* > 0 */
    int64_t frame_ticks;    /* a segment may end so far behind the duration; 0: 0.1 s */
    bool has_video, has_audio;
    const char *hash; /* of its content, hex: goes into chunk keys */
};

struct plan_options {
    const struct plan_format *format;
    int fps_num, fps_den;
    const char *watermark;             /* text; NULL or "": none */
    double range_start_s, range_end_s; /* part of the film, film time; both 0: all of it */
};

struct plan_segment {
    size_t index; /* in the timeline, for messages */
    const char *name;
    int source;
    int64_t src_start, src_end; /* ticks of the source */
    struct effect_rate rate;    /* source time per film time, lowest terms */
    int64_t out_start, out_end; /* ticks of the film */
    /* The segment as it was before a range cut it: what effects run over. */
    int64_t effect_start, effect_end; /* ticks of the film; effect_start may be negative */
    int64_t first_frame, end_frame;   /* of the film; equal when shorter than a frame */
    int64_t first_sample, end_sample;
    const struct effect_use *effects;
    size_t effect_count;
    enum plan_fit fit;
};

/* One appearance of a caption in the film: a caption that several segments show has several. */
struct plan_caption {
    const char *text;           /* as written by people; not yet cleaned */
    int64_t out_start, out_end; /* ticks: seen from .. to */
    /* Where the whole caption would lie if no cut clipped it: long texts are split into pages over
     * this, so that a clipped caption shows the words that are spoken. */
    int64_t whole_start, whole_end;
};

struct plan_sfx {
    size_t segment;       /* index into plan.segments */
    const char *name;     /* of a built-in sound ("whoosh"), or what the person calls the source */
    int source;           /* index into sources; -1: a built-in */
    int64_t first_sample; /* of the film, >= 0 */
    int64_t skip_samples; /* of the sound, left out at its start (a range cut it) */
    int64_t max_samples;  /* INT64_MAX: to the sound's own end */
    double gain_db;       /* against the film's own sound */
};

/* A closed GOP of the film. */
struct plan_chunk {
    int64_t first_frame, end_frame;
    size_t first_segment, end_segment; /* those with frames in it */
};

struct plan {
    struct plan_format format;
    int fps_num, fps_den;
    int64_t duration_ticks;
    int64_t frame_count;
    int64_t sample_count;
    const struct plan_source *sources;
    size_t source_count;
    const struct plan_segment *segments; /* in play order */
    size_t segment_count;
    const struct plan_caption *captions; /* by out_start */
    size_t caption_count;
    const struct plan_sfx *sfx; /* by first_sample */
    size_t sfx_count;
    const struct plan_chunk *chunks; /* in order, together all frames */
    size_t chunk_count;
    const char *watermark; /* NULL: none */
};

/* Builds the plan. ERR_INVALID, naming the segment, when the timeline cannot be a film (range
 * outside the source, unknown effect, no segments, shorter than a frame, longer than a day),
 * ERR_NO_MEMORY when the arena is full. */
bool plan_build(const struct timeline *t, const struct plan_source *sources, size_t source_count,
                const struct plan_options *opt, struct arena *a, struct plan *out, struct err *e);

/* Film time of a frame, in ticks, exact for rates that divide the tick clock. */
int64_t plan_frame_ticks(const struct plan *p, int64_t frame);

/* The segment that shows a frame of the film (0 <= frame < frame_count). */
const struct plan_segment *plan_segment_at(const struct plan *p, int64_t frame);

/* Source time to show at a frame of the film that belongs to the segment. A millisecond later than
 * the plain sum, and never beyond the segment: containers that round their times to milliseconds
 * must not make a frame miss its slot. */
int64_t plan_source_ticks(const struct plan *p, const struct plan_segment *s, int64_t frame);

/* 0..1: how far the segment's effects are at a frame. */
double plan_effect_position(const struct plan *p, const struct plan_segment *s, int64_t frame);

#endif
