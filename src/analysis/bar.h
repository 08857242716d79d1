/* SPDX-License-Identifier: GPL-3.0-or-later
 * bar.h - what happens within the beats of a grid, and how much it is like a bar of known music.
 *
 * A beat is cut into BAR_SLOTS parts, so that sixteenths and triplets both fall on one. A slot holds
 * how strongly something begins there in each range of pitch, 0..1.
 * Ownership: bar_cells_finish(). Threads: nothing here locks or changes what is shared.
 */
#ifndef AIVE_ANALYSIS_BAR_H
#define AIVE_ANALYSIS_BAR_H

#include "analysis/onset.h"

#define BAR_SLOTS 12
#define BAR_BEATS_MAX 4

/* What the grid is laid over: a curve's ranges, each 255 at its own loud onsets and held for 20 ms
 * to either side, so that a beat need not be met to the hop. */
struct bar_sound {
    uint8_t *hit[ONSET_RANGES];
    size_t count; /* hops */
};

bool bar_sound_make(const struct onset_curve *c, struct bar_sound *out, struct err *e);
void bar_sound_finish(struct bar_sound *s); /* accepts a zeroed sound */

struct bar_cell { /* one beat */
    float slot[ONSET_RANGES][BAR_SLOTS];
};

/* The cells between n beats (hops, ascending): n - 1 of them, into `out`. */
void bar_cells_read(const struct bar_sound *s, const double *beats, size_t n,
                    struct bar_cell *out);

/* A bar of `beats` (3 or 4) beats: the mean of the cells that fall on each of its places when the
 * first cell is on place `first`. */
struct bar_profile {
    int beats;
    float slot[ONSET_RANGES][BAR_BEATS_MAX * BAR_SLOTS];
};

void bar_profile_of(const struct bar_cell *cells, size_t n, int beats, int first,
                    struct bar_profile *out);

/* Correlation of each cell with the one `lag` on, -1..1, the mean cell taken away from all; 0 when
 * there are too few. */
float bar_likeness(const struct bar_cell *cells, size_t n, size_t lag);

/* Patterns of drums and comping that much music is made of, ready to be compared. */
struct bar_patterns;
struct bar_patterns *bar_patterns_create(struct err *e);
void bar_patterns_destroy(struct bar_patterns *p);

/* How well the best pattern of as many beats fits, for music of that tempo: 1 at most, the weighted
 * mean of its correlations; less what the tempo lies outside the pattern's. -1: no cells. */
float bar_pattern_fit(const struct bar_patterns *p, const struct bar_profile *profile, double bpm);

#endif
