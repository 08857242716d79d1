/* SPDX-License-Identifier: GPL-3.0-or-later
 * small.h - what the picture analysers look at: a source's picture, upright and made small.
 *
 * One pass over a file makes them (jobs/analyze_pictures.c) and gives each to every analyser in
 * order of time. Their size stays the same for the whole of a file, and is in the proportions of
 * the upright picture with square pixels: places are told as shares of it, 0..1.
 */
#ifndef AIVE_ANALYSIS_SMALL_H
#define AIVE_ANALYSIS_SMALL_H

#include <stdint.h>

#define SMALL_EDGE 320 /* samples of the longer side, at most */

/* 8-bit 4:2:0 planes of bt709 limited range, rows `stride` bytes apart; chroma is half of the size,
 * rounded up. Borrowed: valid during the call only. */
struct small_picture {
    int width, height; /* 2..SMALL_EDGE */
    const uint8_t *plane[3];
    int stride[3];
};

/* Sum of the samples of one cell of a plane that is divided into cols x rows, and how many they are:
 * at least one. */
static inline int small_cell_sum(const struct small_picture *p, int plane, int cols, int rows,
                                 int col, int row, int *samples)
{
    int half = plane > 0;
    int width = (p->width + half) >> half, height = (p->height + half) >> half;
    int x0 = col * width / cols, x1 = (col + 1) * width / cols;
    int y0 = row * height / rows, y1 = (row + 1) * height / rows;
    int sum = 0;
    x1 = x1 > x0 ? x1 : x0 + 1;
    y1 = y1 > y0 ? y1 : y0 + 1;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += p->plane[plane][y * p->stride[plane] + x];
    *samples = (x1 - x0) * (y1 - y0);
    return sum;
}

#endif
