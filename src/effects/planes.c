/* SPDX-License-Identifier: GPL-3.0-or-later
 * planes.c - small work on the planes of 8-bit 4:2:0 pictures that effects have in common.
 */
#include "effects/planes.h"

#include <math.h>
#include <string.h>

int plane_weight(double share)
{
    return share <= 0 ? 0 : share >= 1 ? 256 : (int)lround(share * 256);
}

/* ITU-R BT.709, 3.2 to 3.4. */
void plane_colour(uint32_t rgb, uint8_t yuv[3])
{
    double r = (rgb >> 16 & 255) / 255.0, g = (rgb >> 8 & 255) / 255.0, b = (rgb & 255) / 255.0;
    double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    yuv[0] = (uint8_t)lround(16 + 219 * y);
    yuv[1] = (uint8_t)lround(128 + 224 * (b - y) / 1.8556);
    yuv[2] = (uint8_t)lround(128 + 224 * (r - y) / 1.5748);
}

/* 255 * 256 + 128 still fits 16 bits, so these loops run on eight samples at a time. */
void plane_row_toward(uint8_t *row, int n, int value, int weight)
{
    uint16_t keep = (uint16_t)(256 - weight), add = (uint16_t)(value * weight + 128);
    for (int x = 0; x < n; x++)
        row[x] = (uint8_t)((uint16_t)(row[x] * keep + add) >> 8);
}

void planes_toward(struct picture *p, const uint8_t yuv[3], int weight)
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < plane_height(p, i); y++)
            plane_row_toward(plane_row(p, i, y), plane_width(p, i), yuv[i], weight);
}

static void row_mix(const uint8_t *a, const uint8_t *b, uint8_t *out, int n, int weight)
{
    uint16_t wa = (uint16_t)(256 - weight), wb = (uint16_t)weight;
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((uint16_t)(a[x] * wa + b[x] * wb + 128) >> 8);
}

void planes_mix(const struct picture *a, const struct picture *b, int weight, struct picture *out)
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < plane_height(out, i); y++)
            row_mix(plane_row(a, i, y), plane_row(b, i, y), plane_row(out, i, y),
                    plane_width(out, i), weight);
}

void planes_copy(const struct picture *from, struct picture *to)
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < plane_height(to, i); y++)
            memcpy(plane_row(to, i, y), plane_row(from, i, y), (size_t)plane_width(to, i));
}
