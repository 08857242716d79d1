/* SPDX-License-Identifier: GPL-3.0-or-later
 * layout_parts.h - inside of the template engine; included by layout*.c only.
 *
 * DESIGN. Four steps, each a function of the one before:
 *     layout.c         facts -> clean, sorted facts                           (struct layout)
 *     layout_choose.c  source -> ranges worth showing, in order               (struct range)
 *     layout_cut.c     range -> pieces, cut where something draws a cut       (struct piece)
 *     layout_style.c   piece -> segment: name, traits, effect, sound, reason
 */
#ifndef AIVE_TIMELINE_LAYOUT_PARTS_H
#define AIVE_TIMELINE_LAYOUT_PARTS_H

#include "timeline/layout.h"

/* Bounds that keep the number of segments below the contract's: see layout_cut(). */
#define LAYOUT_MAX_PAUSES 2000
#define LAYOUT_MAX_PASSAGES 2000

struct times {
    double *at; /* ascending, inside (0, duration) */
    size_t count;
};

struct spans {
    struct layout_span *at; /* ascending, not overlapping */
    size_t count;
};

struct layout {
    const struct template *tpl;
    const struct layout_facts *facts;
    struct arena *arena;
    uint64_t chance; /* state of the generator */
    double duration, shortest;
    struct times beats, downbeats, drops, shots;
    struct times gaps; /* where a cut between captions is best */
    struct spans pauses;
    struct spans whole;  /* what no cut may fall into */
    struct spans spoken; /* where captions are, merged */
    struct layout_peak *peaks; /* ascending */
    size_t peak_count;
    struct caption *captions; /* ascending by start, inside the source */
    size_t caption_count;
};

/* A stretch of the source that is shown; `why` says why it begins where it does. */
struct range {
    double start, end;
    const char *why;
};

struct ranges {
    struct range *at;
    size_t count;
};

struct piece {
    double start, end;
    unsigned traits;    /* TRAIT_JUMP, TRAIT_BEAT, TRAIT_SHOT: what is known from the cut */
    const char *kind;   /* what its cut is: "beat", "shot", ... */
    const char *reason; /* why it begins here */
};

/* Uniform in [0, 1). */
double chance_next(struct layout *l);

/* Index of the first time >= t. */
size_t times_from(const struct times *x, double t);
size_t times_within(const struct times *x, double from, double to); /* how many in [from, to) */
size_t spans_from(const struct spans *x, double t); /* index of the first that ends after t */
double spans_overlap(const struct spans *x, double from, double to); /* s covered by them */
const struct layout_span *spans_around(const struct spans *x, double t); /* start < t < end; NULL */

size_t peaks_from(const struct layout *l, double t); /* index of the first peak at or after t */

/* May a cut be at t? And the nearest such place at or after (before) t. */
bool cut_allowed(const struct layout *l, double t);
double cut_after(const struct layout *l, double t);
double cut_before(const struct layout *l, double t);

/* Mean loudness in [from, to): of the levels, or of the peaks when there are no levels. */
double loudness(const struct layout *l, double from, double to);

bool layout_choose(struct layout *l, struct ranges *out, struct err *e);
bool layout_cut(struct layout *l, const struct ranges *ranges, struct piece **pieces, size_t *count,
                struct err *e);
bool layout_style(struct layout *l, const struct piece *pieces, size_t count, struct timeline *tl,
                  struct err *e);

/* Does the template slow anything down? Then the choice leaves room for it. */
bool template_slows(const struct template *tpl, struct arena *a);

#endif
