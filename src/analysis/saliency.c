/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/saliency.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define SIDE SALIENCY_BINS /* the picture is looked at in as many cells each way */
#define SURROUND 4         /* cells around one that it is compared with, each way */
#define MOTION_WEIGHT 2.0  /* against what stands still, when much moves */
#define DETAIL_WEIGHT 4.0  /* against the same, where all is as sharp as it can be */
#define SKIN_WEIGHT 3.0    /* against the same, where all is skin */
#define MOTION_HALF 2.0    /* mean change at which motion has half of its weight */
#define EDGE_SHARE 0.35    /* how much of its weight something keeps at the edge of the picture */

struct cells {
    float v[SIDE][SIDE];
};

static void fill_cells(const struct small_picture *p, int plane, struct cells *out)
{
    int samples;
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) {
            int sum = small_cell_sum(p, plane, SIDE, SIDE, i, j, &samples);
            out->v[j][i] = (float)sum / (float)samples;
        }
}

static float mean_around(const struct cells *c, int i, int j)
{
    float sum = 0;
    int count = 0;
    for (int y = j > SURROUND ? j - SURROUND : 0; y <= j + SURROUND && y < SIDE; y++)
        for (int x = i > SURROUND ? i - SURROUND : 0; x <= i + SURROUND && x < SIDE; x++, count++)
            sum += c->v[y][x];
    return sum / (float)count;
}

/* Adds how much each cell of a plane differs from those around it. */
static void add_contrast(const struct small_picture *p, int plane, float weight, struct cells *sum)
{
    struct cells c;
    fill_cells(p, plane, &c);
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++)
            sum->v[j][i] += weight * fabsf(c.v[j][i] - mean_around(&c, i, j));
}

static double mean_of(const struct cells *c)
{
    double sum = 0;
    for (int k = 0; k < SIDE * SIDE; k++)
        sum += c->v[k / SIDE][k % SIDE];
    return sum / (SIDE * SIDE);
}

/* What is in focus: blurred things have little of the sharpest parts' detail, and count by its
 * square. */
static void add_detail(const struct detail *d, double still, struct cells *sum)
{
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) {
            double share = fmin(d->cell[j][i] / d->sharpest, 1);
            sum->v[j][i] += (float)(DETAIL_WEIGHT * still * share * share);
        }
}

/* Skin of all people lies in one small part of the colours (Chai and Ngan, "Face segmentation using
 * skin-color map in videophone applications", 1999). Where much of the picture does, it says
 * nothing. */
static bool is_skin(int cb, int cr)
{
    return cb >= 77 && cb <= 127 && cr >= 133 && cr <= 173;
}

static float skin_share(const struct small_picture *p, int i, int j)
{
    int width = (p->width + 1) / 2, height = (p->height + 1) / 2, count = 0;
    int x0 = i * width / SIDE, x1 = (i + 1) * width / SIDE;
    int y0 = j * height / SIDE, y1 = (j + 1) * height / SIDE;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            count += is_skin(p->plane[1][(ptrdiff_t)y * p->stride[1] + x],
                             p->plane[2][(ptrdiff_t)y * p->stride[2] + x]);
    return count ? (float)count / (float)((x1 - x0) * (y1 - y0)) : 0;
}

static void add_skin(const struct small_picture *p, double still, struct cells *sum)
{
    struct cells c;
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++)
            c.v[j][i] = skin_share(p, i, j);
    double weight = SKIN_WEIGHT * still * (1 - mean_of(&c));
    for (int k = 0; k < SIDE * SIDE; k++)
        sum->v[k / SIDE][k % SIDE] += (float)weight * c.v[k / SIDE][k % SIDE];
}

static void add_motion(const struct motion_blocks *m, double still, struct cells *sum)
{
    double moving = 0;
    if (m->columns == 0 || m->rows == 0)
        return;
    for (int k = 0; k < m->columns * m->rows; k++)
        moving += m->moved[k];
    moving /= (double)m->columns * m->rows;
    /* In proportion to what stands still, so that a little noise does not count as much. */
    double weight = MOTION_WEIGHT * still / (moving + MOTION_HALF);
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++)
            sum->v[j][i] +=
                (float)weight * m->moved[j * m->rows / SIDE * m->columns + i * m->columns / SIDE];
}

/* 1 in the middle, falling off towards the edges. */
static float centre_weight(int i)
{
    double d = (i + 0.5) / SIDE * 2 - 1;
    return (float)(1 - (1 - EDGE_SHARE) * d * d);
}

static void scale_bins(const float *bins, uint8_t *out)
{
    float total = 0;
    for (int i = 0; i < SALIENCY_BINS; i++)
        total += bins[i];
    for (int i = 0; i < SALIENCY_BINS; i++) {
        float v = total > 0 ? bins[i] / total * SALIENCY_SUM : (float)SALIENCY_SUM / SALIENCY_BINS;
        out[i] = (uint8_t)lroundf(fminf(v, 255));
    }
}

void saliency_find(const struct small_picture *p, const struct motion_blocks *moved,
                   const struct detail *d, struct saliency *out)
{
    struct cells sum = {0};
    double still;
    float x[SALIENCY_BINS] = {0}, y[SALIENCY_BINS] = {0};
    add_contrast(p, 0, 1, &sum);
    add_contrast(p, 1, 2, &sum); /* colour differences are smaller, and as striking */
    add_contrast(p, 2, 2, &sum);
    still = mean_of(&sum);
    add_detail(d, still, &sum);
    add_skin(p, still, &sum);
    add_motion(moved, still, &sum);
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) {
            float v = sum.v[j][i] * centre_weight(i) * centre_weight(j);
            x[i] += v;
            y[j] += v;
        }
    scale_bins(x, out->x);
    scale_bins(y, out->y);
}
