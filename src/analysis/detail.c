/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/detail.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define SHARPEST 0.05 /* share of the picture */
#define UPPER 0.1     /* share of a part of it */
#define BINS 511      /* two differences of 8 bits each */

struct tally {
    int bin[BINS], count;
};

/* From a sample to those right of it and below it. */
static int difference(const uint8_t *px, int stride)
{
    return abs(px[1] - px[0]) + abs(px[stride] - px[0]);
}

static double exceeded_by(const struct tally *t, double share)
{
    int bin = BINS - 1;
    for (double left = share * t->count; bin > 0; bin--) {
        left -= t->bin[bin];
        if (left < 0)
            break;
    }
    return bin;
}

/* Columns x0 up to x1 of row y, which is not the last one; their sum. */
static int tally_row(const struct small_picture *p, int y, int x0, int x1, struct tally *t)
{
    const uint8_t *row = p->plane[0] + (ptrdiff_t)y * p->stride[0];
    int sum = 0;
    for (int x = x0; x < x1; x++) {
        int d = difference(row + x, p->stride[0]);
        t->bin[d]++;
        sum += d;
    }
    t->count += x1 > x0 ? x1 - x0 : 0;
    return sum;
}

void detail_find(const struct small_picture *p, struct detail *out)
{
    struct tally t = {0};
    int width = p->width - 1, height = p->height - 1;
    for (int j = 0; j < DETAIL_CELLS; j++)
        for (int i = 0; i < DETAIL_CELLS; i++) {
            int x0 = i * width / DETAIL_CELLS, x1 = (i + 1) * width / DETAIL_CELLS;
            int y0 = j * height / DETAIL_CELLS, y1 = (j + 1) * height / DETAIL_CELLS;
            int sum = 0, area = (x1 - x0) * (y1 - y0);
            for (int y = y0; y < y1; y++)
                sum += tally_row(p, y, x0, x1, &t);
            out->cell[j][i] = area ? (float)sum / (float)area : 0;
        }
    out->sharpest = fmax(exceeded_by(&t, SHARPEST), 1);
}

double detail_within(const struct detail *d, const struct small_picture *p, double x0, double y0,
                     double x1, double y1)
{
    struct tally t = {0};
    int left = (int)fmax(x0, 0), right = (int)fmin(x1, p->width - 1);
    int top = (int)fmax(y0, 0), low = (int)fmin(y1, p->height - 1);
    for (int y = top; y < low; y++)
        tally_row(p, y, left, right, &t);
    return exceeded_by(&t, UPPER) / d->sharpest;
}
