/* SPDX-License-Identifier: GPL-3.0-or-later
 * saliency.h - what draws the eye where there is no face: what moves, what stands out from its
 * surroundings in brightness and colour, what is sharp, what has the colour of skin, and a little
 * what lies in the middle.
 *
 * (After Itti, Koch and Niebur, "A model of saliency-based visual attention for rapid scene
 * analysis", PAMI 1998, in its simplest form: one scale, no orientations.)
 */
#ifndef AIVE_ANALYSIS_SALIENCY_H
#define AIVE_ANALYSIS_SALIENCY_H

#include "analysis/detail.h"
#include "analysis/motion.h"
#include "analysis/small.h"

#define SALIENCY_BINS 32

/* How much of the whole lies in each 1/32 of the width and of the height. Each sums up to about
 * SALIENCY_SUM, whatever the picture. */
#define SALIENCY_SUM 1024
struct saliency {
    uint8_t x[SALIENCY_BINS], y[SALIENCY_BINS];
};

/* `moved` is what motion_blocks() says about the same picture, `d` is of it too. */
void saliency_find(const struct small_picture *p, const struct motion_blocks *moved,
                   const struct detail *d, struct saliency *out);

#endif
