/* SPDX-License-Identifier: GPL-3.0-or-later
 * downbeats.h - which beats begin a bar, and how many beats a bar has.
 *
 * Every number of beats (3, 4) and every beat that could be the first is weighed: is the bar like
 * one we know, does the harmony change there, is the bass there, does the music repeat after as
 * many beats? Decided stretch by stretch, with a price on changing one's mind.
 */
#ifndef AIVE_ANALYSIS_DOWNBEATS_H
#define AIVE_ANALYSIS_DOWNBEATS_H

#include "analysis/bar.h"

enum bar_fact {
    BAR_PATTERN, /* how much the bar is like one we know, -1..1 */
    BAR_CHANGE,  /* how much more the colour changes on its first beat than on others */
    BAR_LOW,     /* how much more the low range begins there */
    BAR_HIGH,    /* how much more the others do */
    BAR_REPEAT,  /* likeness of bars, less that of bars of the other length */
    BAR_THREE,   /* 1: three beats */
    BAR_FACTS
};

#define BAR_READINGS 7 /* 3 + 4: beats in a bar, and the place of beat 0 in it */
struct bar_reading {
    int beats, first;
};
extern const struct bar_reading bar_readings[BAR_READINGS];

/* Facts of all readings of n >= DOWNBEATS_MIN beats (hops). False: no memory. */
#define DOWNBEATS_MIN 8
bool bar_facts(const struct bar_sound *s, const struct onset_curve *c,
               const struct bar_patterns *p, const double *beats, size_t n,
               float facts[BAR_READINGS][BAR_FACTS], struct err *e);

/* place[i] = the place of beat i in its bar, from 0; *beats_per_bar what most of the music has, or 0
 * when there are too few beats to say. False: no memory. */
bool downbeats_find(const struct bar_sound *s, const struct onset_curve *c,
                    const struct bar_patterns *p, const double *beats, size_t n, uint8_t *place,
                    int *beats_per_bar, struct err *e);

#endif
