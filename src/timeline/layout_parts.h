/* SPDX-License-Identifier: GPL-3.0-or-later
 * layout_parts.h - inside of the template engine; included by layout*.c only.
 *
 * DESIGN. Steps, each a function of the one before:
 *     layout_facts.c     facts -> clean, sorted facts                          (struct layout)
 *     layout_choose.c    source -> ranges worth showing                        (struct range)
 *     layout_cut.c       range -> pieces: the cheapest way of cutting it       (struct piece)
 *     layout_style.c     piece -> segment: name, traits, reason
 *       layout_rules.c     which effect, transition and sound each of them has
 *       layout_captions.c  which pages of captions
 * layout_find.c searches in sorted times; layout.c is the entrance.
 */
#ifndef AIVE_TIMELINE_LAYOUT_PARTS_H
#define AIVE_TIMELINE_LAYOUT_PARTS_H

#include "timeline/layout.h"

/* Bounds that keep the number of segments below the contract's: see layout_cut(). */
#define LAYOUT_MAX_PAUSES 2000
#define STRONG_PEAK 0.5 /* of 0..1: what makes a segment loud */
#define BREATH_SECONDS 0.15 /* before and behind what is said */

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
    struct times beats, downbeats, drops, sections, shots;
    struct times gaps;   /* where a cut between captions is best */
    struct times stress; /* starts of stressed words */
    struct spans pauses;
    struct spans whole;  /* what no cut may fall into */
    struct spans spoken; /* where somebody speaks: captions, or speech when there are none */
    struct spans fades;  /* where one shot dissolves into the next */
    bool captioned;      /* `spoken` comes from captions */
    bool song;           /* somebody sings to a beat, rather than speaks */
    struct layout_peak *peaks; /* ascending */
    size_t peak_count;
    struct caption *captions; /* ascending by start, inside the source */
    size_t caption_count;
    double longest_caption; /* s */
    struct layout_highlight *highlights; /* best first */
    size_t highlight_count;
    double fair_look; /* half of what the picture usually is; 0: not known */
    bool shortened; /* the source is longer than the film: its best was chosen */
    struct layout_span hook; /* what is shown in front; empty: nothing */
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
    unsigned traits;    /* what is known from the cut: TRAIT_JUMP, TRAIT_BEAT, ... */
    const char *kind;   /* what its cut is: "beat", "shot", ... */
    const char *reason; /* why it begins here */
};

/* --- layout_find.c ---------------------------------------------------------------------------- */

/* Uniform in [0, 1). */
double chance_next(struct layout *l);

/* Index of the first time >= t. */
size_t times_from(const struct times *x, double t);
size_t times_within(const struct times *x, double from, double to); /* how many in [from, to) */
double times_nearest(const struct times *x, double t); /* INFINITY when there is none */
size_t spans_from(const struct spans *x, double t); /* index of the first that ends after t */
double spans_distance(const struct spans *x, double t); /* to the nearest; 0: t is inside of one */
double spans_overlap(const struct spans *x, double from, double to); /* s covered by them */
/* One place for a cut in a silence: a breath before what follows, so that the cut belongs to it. */
double gap_cut(double from, double to);
const struct layout_span *spans_around(const struct spans *x, double t); /* start < t < end; NULL */

size_t peaks_from(const struct layout *l, double t); /* index of the first peak at or after t */
bool strong_peak(const struct layout *l, double from, double to); /* one in [from, to)? */

/* Speech without known words around t; NULL: none, or its words are known. */
const struct layout_span *unworded(const struct layout *l, double t);

/* May a cut be at t? And the nearest such place at or after (before) t. */
bool cut_allowed(const struct layout *l, double t);
double cut_after(const struct layout *l, double t);
double cut_before(const struct layout *l, double t);

/* A cut so close to a shot border of the source, but not on it, shows a flash of the other shot. */
#define FLASH_SECONDS 0.3
bool makes_flash(const struct layout *l, double t);
double end_without_flash(const struct layout *l, double t); /* at or before t */

/* Mean loudness in [from, to): of the levels, or of the peaks when there are no levels. */
double loudness(const struct layout *l, double from, double to);

/* Is there anything to see in [from, to)? 0: black or blurred .. 1: as usual in this source. */
double seen(const struct layout *l, double from, double to);

/* sorted[i] = value of i, ascending; the share of them below v. */
double rank_of(const double *sorted, size_t n, double v);
int by_double(const void *x, const void *y);

/* --- The steps -------------------------------------------------------------------------------- */

bool layout_clean(struct layout *l); /* false: no memory */
bool layout_choose(struct layout *l, struct ranges *out, struct err *e);
bool layout_cut(struct layout *l, const struct ranges *ranges, struct piece **pieces, size_t *count,
                struct err *e);
bool layout_style(struct layout *l, const struct piece *pieces, size_t count, struct timeline *tl,
                  struct err *e);

/* The captions that a segment shows, when they have to be parted for it: its `captions`. *left is
 * how many captions the timeline may still have. False: no memory. */
bool layout_pages(const struct layout *l, struct timeline_segment *seg, size_t *left);

/* Does the template slow anything down? Then the choice leaves room for it. */
bool template_slows(const struct template *tpl, struct arena *a);

/* --- layout_rules.c --------------------------------------------------------------------------- */

struct drawn_rule {
    const struct template_rule *rule;
    unsigned when, unless;
    struct template_uses uses; /* of effects */
    const char *name;          /* of the thing: equal names rest together */
    double added;              /* film seconds that a second of source becomes more */
    double seconds;            /* a transition's */
    double last_s;             /* of film, when that name was used last */
    size_t last_index;         /* segment */
};

struct drawing {
    struct drawn_rule *rules;
    size_t count;
    double plain, gap, last_s;
};

enum drawing_kind { DRAW_EFFECTS, DRAW_TRANSITIONS, DRAW_SFX };

bool drawing_open(struct drawing *d, const struct layout *l, const struct template_draw *from,
                  enum drawing_kind kind, struct err *e);

/* What a rule has to fit. */
struct occasion {
    unsigned traits;
    size_t index;  /* of the segment */
    double film_s; /* where it begins in the film */
    double seconds; /* of source */
    double room_s;  /* that slow motion may add to the film */
    double spare_s; /* that haste may take from it */
    double calm_s;  /* a transition may take so long */
    bool border_inside; /* a shot border lies inside: nothing may move across it */
};

/* One of the rules, or NULL. */
const struct drawn_rule *drawing_next(struct drawing *d, struct layout *l,
                                      const struct occasion *o);

/* Why it fits: words for the traits that its rule asked for. */
const char *drawn_reason(const struct layout *l, const struct drawn_rule *r);

#endif
