/* SPDX-License-Identifier: GPL-3.0-or-later
 * energy_marks.h - the two halves of energy_find_marks(), for energy.c alone.
 */
#ifndef AIVE_ANALYSIS_ENERGY_MARKS_H
#define AIVE_ANALYSIS_ENERGY_MARKS_H

#include "analysis/energy.h"

/* What both look at: n hops each. */
struct energy_view {
    const float *onset;
    const float *db; /* level around each hop, 90 ms */
    size_t n;
    const double *downbeats_s;
    size_t downbeat_count;
};

bool energy_find_peaks(const struct energy_view *v, struct energy_marks *out);
bool energy_find_parts(const struct energy_view *v, struct energy_marks *out);

#endif
