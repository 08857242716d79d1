/* SPDX-License-Identifier: GPL-3.0-or-later
 * pulse.h - is there a beat at all? The decoder lays a grid over anything: speech, noise, steps.
 */
#ifndef AIVE_ANALYSIS_PULSE_H
#define AIVE_ANALYSIS_PULSE_H

#include "analysis/onset.h"
#include "analysis/tempo.h"

/* Takes away, half minute by half minute, the beats (hops, ascending) that lie over no music; gives
 * how many are left. */
size_t pulse_keep(const struct onset_curve *c, const struct tempo_map *map, double *beats,
                  size_t n);

#endif
