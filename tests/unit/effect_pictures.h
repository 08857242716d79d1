/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_pictures.h - pictures for the tests of effects and transitions. Planes have no byte to
 * spare, so that the address sanitizer sees a sample read or written beside them.
 */
#ifndef AIVE_TESTS_EFFECT_PICTURES_H
#define AIVE_TESTS_EFFECT_PICTURES_H

#include "check.h"
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/planes.h"
#include "effects/transition.h"

#include <stdlib.h>

static inline struct picture picture_make(int width, int height)
{
    struct picture p = {.width = width,
                        .height = height,
                        .depth = 8,
                        .chroma_shift_x = 1,
                        .chroma_shift_y = 1,
                        .colour_matrix = 1,
                        .sar_num = 1,
                        .sar_den = 1};
    for (int i = 0; i < 3; i++) {
        p.stride[i] = plane_width(&p, i);
        p.data[i] = malloc((size_t)p.stride[i] * (size_t)plane_height(&p, i));
    }
    return p;
}

static inline void picture_drop(struct picture *p)
{
    for (int i = 0; i < 3; i++)
        free(p->data[i]);
}

static inline void picture_fill(struct picture *p, int y, int u, int v)
{
    const int yuv[3] = {y, u, v};
    for (int i = 0; i < 3; i++)
        memset(p->data[i], yuv[i], (size_t)p->stride[i] * (size_t)plane_height(p, i));
}

/* Anything at all, in the range of legal samples. */
static inline void picture_noise(struct picture *p, uint32_t seed)
{
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < p->stride[i] * plane_height(p, i); k++) {
            seed = seed * 1664525u + 1013904223u;
            p->data[i][k] = (uint8_t)(16 + (seed >> 16) % (i ? 225 : 220));
        }
    }
}

static inline bool picture_same(const struct picture *a, const struct picture *b)
{
    for (int i = 0; i < 3; i++)
        if (memcmp(a->data[i], b->data[i], (size_t)a->stride[i] * (size_t)plane_height(a, i)) != 0)
            return false;
    return true;
}

static inline double picture_mean(const struct picture *p, int plane)
{
    double sum = 0;
    int n = p->stride[plane] * plane_height(p, plane);
    for (int k = 0; k < n; k++)
        sum += p->data[plane][k];
    return sum / n;
}

static inline double picture_deviation(const struct picture *p, int plane)
{
    double sum = 0, mean = picture_mean(p, plane);
    int n = p->stride[plane] * plane_height(p, plane);
    for (int k = 0; k < n; k++)
        sum += (p->data[plane][k] - mean) * (p->data[plane][k] - mean);
    return sqrt(sum / n);
}

static inline int picture_at(const struct picture *p, int plane, int x, int y)
{
    return p->data[plane][y * p->stride[plane] + x];
}

#endif
