/* SPDX-License-Identifier: GPL-3.0-or-later
 * onset.h - how strongly something begins at each moment, and what the sound is made of.
 *
 * Push mono sound at ANALYSIS_RATE in blocks of any size, finish, read one value a hop of 10 ms.
 * Method: SuperFlux (S. Boeck, G. Widmer, "Maximum filter vibrato suppression for onset detection",
 * DAFx 2013) in three ranges of pitch, each relative to its own surroundings, then summed.
 * Memory: about 30 bytes a hop, and the spectrogram of the first minute, from which the reference
 * level is taken. Threads: one onset belongs to one thread.
 */
#ifndef AIVE_ANALYSIS_ONSET_H
#define AIVE_ANALYSIS_ONSET_H

#include "analysis/series.h"

enum onset_range { ONSET_LOW, ONSET_MIDDLE, ONSET_HIGH, ONSET_RANGES }; /* below 250, 1700 Hz, above */

#define COLOUR_BANDS 40
#define COLOUR_HOPS 5 /* one row of colour: 50 ms */

struct onset_curve {
    float *act;                 /* 0..1, what the beat decoder follows */
    float *range[ONSET_RANGES]; /* >= 0, its three parts: 1 is usual */
    float *strength;            /* >= 0, raw flux of all bands: what energy peaks are made of */
    size_t count;               /* hops */
    uint8_t *colour; /* rows of COLOUR_BANDS, low to high: log magnitude, COLOUR_HOPS apart */
    size_t colours;  /* rows */
    bool silent;     /* digital silence all through: act is all 0 */
};

struct onset;
struct onset *onset_create(struct err *e);
bool onset_push(struct onset *o, const float *mono, size_t n, struct err *e);
bool onset_finish(struct onset *o, struct onset_curve *out, struct err *e); /* once */
void onset_destroy(struct onset *o);
void onset_curve_finish(struct onset_curve *c); /* accepts a zeroed curve */

#endif
