/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/saliency.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define SIDE SALIENCY_BINS /* the picture is looked at in as many cells each way */
#define SURROUND 4         /* cells around one that it is compared with, each way */
#define MOTION_WEIGHT 2.0  /* against what stands still, when much moves */
#define MOTION_HALF 2.0    /* mean change at which motion has half of its weight */
#define EDGE_SHARE 0.35    /* how much of its weight something keeps at the edge of the picture */

struct cells {
    float v[SIDE][SIDE];
};

static float cell_mean(const uint8_t *plane, int stride, int width, int height, int i, int j)
{
    int x0 = i * width / SIDE, x1 = (i + 1) * width / SIDE;
    int y0 = j * height / SIDE, y1 = (j + 1) * height / SIDE;
    int sum = 0;
    x1 = x1 > x0 ? x1 : x0 + 1;
    y1 = y1 > y0 ? y1 : y0 + 1;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += plane[(ptrdiff_t)y * stride + x];
    return (float)sum / (float)((x1 - x0) * (y1 - y0));
}

static void fill_cells(const struct small_picture *p, int plane, struct cells *out)
{
    int width = plane ? (p->width + 1) / 2 : p->width;
    int height = plane ? (p->height + 1) / 2 : p->height;
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++)
            out->v[j][i] = cell_mean(p->plane[plane], p->stride[plane], width, height, i, j);
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

static void add_motion(const struct motion_blocks *m, struct cells *sum)
{
    double still = 0, moving = 0;
    if (m->columns == 0 || m->rows == 0)
        return;
    for (int k = 0; k < SIDE * SIDE; k++)
        still += sum->v[k / SIDE][k % SIDE];
    for (int k = 0; k < m->columns * m->rows; k++)
        moving += m->moved[k];
    moving /= (double)m->columns * m->rows;
    /* In proportion to what stands still, so that a little noise does not count as much. */
    double weight = MOTION_WEIGHT * still / ((double)SIDE * SIDE) / (moving + MOTION_HALF);
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
                   struct saliency *out)
{
    struct cells sum = {0};
    float x[SALIENCY_BINS] = {0}, y[SALIENCY_BINS] = {0};
    add_contrast(p, 0, 1, &sum);
    add_contrast(p, 1, 2, &sum); /* colour differences are smaller, and as striking */
    add_contrast(p, 2, 2, &sum);
    add_motion(moved, &sum);
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) {
            float v = sum.v[j][i] * centre_weight(i) * centre_weight(j);
            x[i] += v;
            y[j] += v;
        }
    scale_bins(x, out->x);
    scale_bins(y, out->y);
}
