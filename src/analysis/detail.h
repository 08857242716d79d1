/* SPDX-License-Identifier: GPL-3.0-or-later
 * detail.h - how sharp a part of a picture is, against the sharpest parts of it: what the lens was
 * focused on has detail, what lies behind it has not.
 *
 *     detail_find(&picture, &d);
 *     sharp = detail_within(&d, &picture, x0, y0, x1, y1);
 *
 * The measure is the upper decile of the differences between neighbouring samples. Pure functions.
 */
#ifndef AIVE_ANALYSIS_DETAIL_H
#define AIVE_ANALYSIS_DETAIL_H

#include "analysis/small.h"

#define DETAIL_CELLS 32 /* each way */

struct detail {
    double sharpest; /* difference that a twentieth of the picture's samples exceed; at least 1 */
    float cell[DETAIL_CELLS][DETAIL_CELLS]; /* [row][column]: mean difference, 0..510 */
};

void detail_find(const struct small_picture *p, struct detail *out);

/* Of the part between these samples: 0 blurred, about 1 as sharp as the sharpest of the picture. */
double detail_within(const struct detail *d, const struct small_picture *p, double x0, double y0,
                     double x1, double y1);

#endif
