/* SPDX-License-Identifier: GPL-3.0-or-later
 * shot_view.h - what the search for shots remembers of a picture, and how unlike two of them are.
 *
 * Two reductions of each picture. The grid is always of one size, so that pictures are points in a
 * space with distances and angles; the luma keeps the shape of things, to be found again where they
 * have moved to.
 */
#ifndef AIVE_ANALYSIS_SHOT_VIEW_H
#define AIVE_ANALYSIS_SHOT_VIEW_H

#include "analysis/small.h"

#define VIEW_LONG 32 /* cells of luma along the longer side; half as many of each chroma */
#define VIEW_SHORT 18
#define VIEW_CELLS (VIEW_LONG * VIEW_SHORT * 3 / 2)
#define VIEW_UNIT 4  /* grid steps a level of 8 bits */
#define VIEW_EDGE 80 /* samples of the reduced luma's longer side, about; never over 1.5 times */
#define VIEW_MAX (VIEW_EDGE * 3 / 2)

struct shot_view {
    int16_t grid[VIEW_CELLS]; /* cell means around 0, in VIEW_UNITs; chroma counts double */
    double mean;              /* of luma, 0..255 */
    double spread;            /* of the cells' luma around their mean, rms, in levels */
    double contrast;          /* of the reduced luma within its blocks, mean, in levels */
    int width, height;
    uint8_t luma[VIEW_MAX * VIEW_MAX]; /* rows of `width` */
};

void view_make(struct shot_view *v, const struct small_picture *f);

/* What is seen when a `share` (0..1) of b lies over a. */
void view_mix(struct shot_view *v, const struct shot_view *a, const struct shot_view *b,
              double share);

/* The inner product of two grids. */
int32_t view_product(const struct shot_view *a, const struct shot_view *b);

/* How little of one picture is found in the other: 0 the same, about 0.2 the same scene a moment
 * later, 0.5 and more unrelated scenes. Blocks may have moved and become lighter or darker. The
 * smaller of both directions: what a camera uncovers is in one of them only. */
double view_unlike(const struct shot_view *a, const struct shot_view *b);

/* The same after the shift and zoom of the whole picture, up to 1.7 times, that explains most. Costs
 * some ten times as much. */
double view_unlike_zoomed(const struct shot_view *a, const struct shot_view *b);

#endif
