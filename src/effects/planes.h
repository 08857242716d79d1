/* SPDX-License-Identifier: GPL-3.0-or-later
 * planes.h - small work on the planes of 8-bit 4:2:0 pictures that effects have in common.
 *
 * Weights are of 256: 0 leaves the first thing exactly, 256 gives the second one exactly.
 */
#ifndef AIVE_EFFECTS_PLANES_H
#define AIVE_EFFECTS_PLANES_H

#include "media/picture.h"

#include <stdint.h>

enum {
    PLANE_BLACK = 16,
    PLANE_WHITE = 235,
    PLANE_GREY = 128
}; /* limited range; GREY is chroma's */

static inline int plane_width(const struct picture *p, int plane)
{
    return plane ? (p->width + 1) / 2 : p->width;
}

static inline int plane_height(const struct picture *p, int plane)
{
    return plane ? (p->height + 1) / 2 : p->height;
}

static inline uint8_t *plane_row(const struct picture *p, int plane, int y)
{
    return p->data[plane] + (ptrdiff_t)y * p->stride[plane];
}

/* 0..1 as a weight. */
int plane_weight(double share);

/* 0xrrggbb as bt709 limited range. */
void plane_colour(uint32_t rgb, uint8_t yuv[3]);

/* The row's samples move towards one value. */
void plane_row_toward(uint8_t *row, int n, int value, int weight);

/* The whole picture moves towards one colour. */
void planes_toward(struct picture *p, const uint8_t yuv[3], int weight);

/* out becomes a mix of a and b; out may be one of them. All of one size. */
void planes_mix(const struct picture *a, const struct picture *b, int weight, struct picture *out);

void planes_copy(const struct picture *from, struct picture *to);

#endif
