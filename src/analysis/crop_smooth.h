/* SPDX-License-Identifier: GPL-3.0-or-later
 * crop_smooth.h - the calmest path near given places: least squares of the distance that is left
 * beyond each place's dead zone, plus the path's second differences. A pure function.
 */
#ifndef AIVE_ANALYSIS_CROP_SMOOTH_H
#define AIVE_ANALYSIS_CROP_SMOOTH_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct smooth_point {
    double at, zone; /* no distance within at - zone .. at + zone */
    double weight;   /* 0: nothing is wished here */
};

struct smooth_limits {
    double first, second; /* the largest differences, from point to point */
};

/* path[count], in and out: where to begin. Both limits hold exactly. */
bool crop_smooth(const struct smooth_point *points, size_t count,
                 const struct smooth_limits *limits, double *path, struct err *e);

#endif
