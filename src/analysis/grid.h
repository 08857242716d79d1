/* SPDX-License-Identifier: GPL-3.0-or-later
 * grid.h - a row of beats laid onto what is heard: exact places, and the line through them.
 *
 * Places are in hops, with fractions. Nothing here allocates or keeps anything.
 */
#ifndef AIVE_ANALYSIS_GRID_H
#define AIVE_ANALYSIS_GRID_H

#include "analysis/decode.h"
#include "analysis/onset.h"

/* Decoded beats -> their places, those before the start or past the end left out: at most n, into
 * `out`. A beat is on the strongest hop of its zone, or in its middle when nothing begins there. */
size_t grid_snap(const struct onset_curve *c, const struct decoded_beat *beats, size_t n,
                 double *out);

/* The strongest onset within `reach` hops, or `hop` itself. */
double grid_strongest(const struct onset_curve *c, double hop, double reach);

/* The activation at a place, at most 20 ms away. */
double grid_act(const struct onset_curve *c, double hop);

/* Least squares through beats[0..n), n >= 2: the slope (their unit, a beat); *residual the RMS
 * distance of the beats from that line, *start where it has the first one. Both may be NULL. */
double grid_line(const double *beats, size_t n, double *residual, double *start);

#endif
