/* SPDX-License-Identifier: GPL-3.0-or-later
 * drawn_face.h - small pictures for the tests of what looks for faces: grey ground, and faces drawn
 * of a few ovals.
 */
#ifndef AIVE_TESTS_DRAWN_FACE_H
#define AIVE_TESTS_DRAWN_FACE_H

#include "analysis/small.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct drawn {
    struct small_picture picture;
    uint8_t *px;
};

static inline struct drawn drawn_create(int width, int height)
{
    size_t luma = (size_t)width * (size_t)height;
    size_t chroma = (size_t)((width + 1) / 2) * (size_t)((height + 1) / 2);
    uint8_t *px = malloc(luma + 2 * chroma);
    memset(px, 60, luma);
    memset(px + luma, 128, 2 * chroma);
    return (struct drawn){
        .picture = {width,
                    height,
                    {px, px + luma, px + luma + chroma},
                    {width, (width + 1) / 2, (width + 1) / 2}},
        .px = px,
    };
}

static inline void drawn_clear(struct drawn *d)
{
    memset(d->px, 60, (size_t)d->picture.width * (size_t)d->picture.height);
}

static inline double drawn_oval(double u, double v, double x, double y, double rx, double ry)
{
    double r = ((u - x) / rx) * ((u - x) / rx) + ((v - y) / ry) * ((v - y) / ry);
    return 1 / (1 + exp((r - 1) * 4)); /* soft, as a lens draws it */
}

/* Brightness at u, v: -0.5..0.5 of the head's size. */
static inline double drawn_tone(double u, double v, double ground)
{
    static const struct {
        double x, y, rx, ry, tone;
    } ovals[] = {
        {0, 0, 0.42, 0.55, 180},         {-0.22, 0.08, 0.12, 0.1, 205},
        {0.22, 0.08, 0.12, 0.1, 205},    {0, -0.02, 0.05, 0.14, 200},
        {-0.19, -0.24, 0.15, 0.035, 90}, {0.19, -0.24, 0.15, 0.035, 90},
        {-0.19, -0.12, 0.13, 0.06, 70},  {0.19, -0.12, 0.13, 0.06, 70},
        {0, 0.14, 0.09, 0.03, 130},      {0, 0.29, 0.17, 0.045, 100},
    };
    double tone = ground;
    for (size_t i = 0; i < sizeof ovals / sizeof ovals[0]; i++) {
        double k = drawn_oval(u, v, ovals[i].x, ovals[i].y, ovals[i].rx, ovals[i].ry);
        tone += (ovals[i].tone - tone) * k;
    }
    return tone;
}

/* A head of `size` samples centred on x, y. */
static inline void drawn_add_face(struct drawn *d, double x, double y, double size)
{
    for (int j = 0; j < d->picture.height; j++)
        for (int i = 0; i < d->picture.width; i++) {
            double u = (i + 0.5 - x) / size, v = (j + 0.5 - y) / size;
            uint8_t *px = &d->px[j * d->picture.width + i];
            if (fabs(u) < 0.6 && fabs(v) < 0.75)
                *px = (uint8_t)drawn_tone(u, v, *px);
        }
}

static inline void drawn_add_noise(struct drawn *d, int most, uint32_t *seed)
{
    for (int i = 0; i < d->picture.width * d->picture.height; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        int v = d->px[i] + (int)(*seed >> 16) % (2 * most + 1) - most;
        d->px[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

static inline void drawn_destroy(struct drawn *d)
{
    free(d->px);
}

#endif
