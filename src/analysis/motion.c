/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/motion.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define MAX_SHIFT 10 /* cells from picture to picture, either way */
#define SLACK 1      /* cells that a block may lie off the camera's shift */
#define NOISE 1.5f   /* mean change of a sample that the recording itself makes */

struct motion {
    int width, height; /* in cells */
    int columns, rows; /* of blocks */
    int pushed;
    uint8_t *now, *before; /* cells, rows of `width` */
    float *moved;
    double change;
};

struct motion *motion_create(int width, int height, struct err *e)
{
    struct motion *m = calloc(1, sizeof *m);
    if (m) {
        m->width = width / MOTION_CELL;
        m->height = height / MOTION_CELL;
        m->columns = m->width / MOTION_BLOCK;
        m->rows = m->height / MOTION_BLOCK;
        m->now = calloc((size_t)m->width * (size_t)m->height + 1, 1);
        m->before = calloc((size_t)m->width * (size_t)m->height + 1, 1);
        m->moved = calloc((size_t)m->columns * (size_t)m->rows + 1, sizeof *m->moved);
        m->change = 255;
        if (m->now && m->before && m->moved)
            return m;
    }
    motion_destroy(m);
    err_set(e, ERR_NO_MEMORY, "no memory to see what moves");
    return NULL;
}

void motion_destroy(struct motion *m)
{
    if (!m)
        return;
    free(m->now);
    free(m->before);
    free(m->moved);
    free(m);
}

static void fill_cells(const struct motion *m, const struct small_picture *p, uint8_t *out)
{
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++) {
            const uint8_t *px =
                p->plane[0] + (ptrdiff_t)y * MOTION_CELL * p->stride[0] + x * MOTION_CELL;
            int sum = 0;
            for (int j = 0; j < MOTION_CELL; j++, px += p->stride[0])
                for (int i = 0; i < MOTION_CELL; i++)
                    sum += px[i];
            *out++ = (uint8_t)(sum / (MOTION_CELL * MOTION_CELL));
        }
}

/* --- The camera ----------------------------------------------------------------------------- */

/* Means of `lines` lines, each of `cells` cells `step` apart. */
static void find_means(const uint8_t *px, int lines, ptrdiff_t line_step, int cells, ptrdiff_t step,
                       float *out)
{
    for (int i = 0; i < lines; i++) {
        int sum = 0;
        for (int k = 0; k < cells; k++)
            sum += px[i * line_step + k * step];
        out[i] = (float)sum / (float)cells;
    }
}

/* By how much `now` lies behind `before`, where the two are most alike. */
static int find_shift(const float *now, const float *before, int count)
{
    int best = 0, most = count / 4 < MAX_SHIFT ? count / 4 : MAX_SHIFT;
    double least = INFINITY;
    for (int k = 0; k <= 2 * most; k++) {
        int shift = k % 2 ? -(k + 1) / 2 : k / 2; /* small ones first: they win a draw */
        double sum = 0;
        int from = shift > 0 ? shift : 0, to = shift < 0 ? count + shift : count;
        for (int i = from; i < to; i++)
            sum += fabsf(now[i] - before[i - shift]);
        sum /= to - from;
        if (sum < least) {
            least = sum;
            best = shift;
        }
    }
    return best;
}

static void find_camera(const struct motion *m, int *dx, int *dy)
{
    float now[SMALL_EDGE] = {0}, before[SMALL_EDGE] = {0};
    find_means(m->now, m->width, 1, m->height, m->width, now);
    find_means(m->before, m->width, 1, m->height, m->width, before);
    *dx = find_shift(now, before, m->width);
    find_means(m->now, m->height, m->width, m->width, 1, now);
    find_means(m->before, m->height, m->width, m->width, 1, before);
    *dy = find_shift(now, before, m->height);
}

/* --- Blocks --------------------------------------------------------------------------------- */

/* Mean difference of the block at cell x, y from the one that lies dx, dy before it. */
static float find_difference(const struct motion *m, int x, int y, int dx, int dy)
{
    int sum = 0, count = 0;
    for (int j = y; j < y + MOTION_BLOCK; j++)
        for (int i = x; i < x + MOTION_BLOCK; i++) {
            int u = i - dx, v = j - dy;
            if (u < 0 || v < 0 || u >= m->width || v >= m->height)
                continue;
            sum += abs(m->now[j * m->width + i] - m->before[v * m->width + u]);
            count++;
        }
    return count ? (float)sum / (float)count : 255;
}

/* New at the picture's edge, when the camera turns, is not what moves. */
static bool comes_into_view(const struct motion *m, int x, int y, int dx, int dy)
{
    return x - dx < 0 || y - dy < 0 || x + MOTION_BLOCK - dx > m->width ||
           y + MOTION_BLOCK - dy > m->height;
}

static float find_moved(const struct motion *m, int x, int y, int dx, int dy)
{
    if (comes_into_view(m, x, y, dx, dy))
        return 0;
    float least = 255;
    for (int j = dy - SLACK; j <= dy + SLACK; j++)
        for (int i = dx - SLACK; i <= dx + SLACK; i++) {
            float d = find_difference(m, x, y, i, j);
            least = d < least ? d : least;
        }
    return least > NOISE ? least - NOISE : 0;
}

void motion_push(struct motion *m, const struct small_picture *p)
{
    uint8_t *swap = m->before;
    m->before = m->now;
    m->now = swap;
    fill_cells(m, p, m->now);
    if (m->pushed++ == 0)
        return;
    int dx, dy;
    double sum = 0;
    find_camera(m, &dx, &dy);
    for (int j = 0; j < m->rows; j++)
        for (int i = 0; i < m->columns; i++) {
            float moved = find_moved(m, i * MOTION_BLOCK, j * MOTION_BLOCK, dx, dy);
            m->moved[j * m->columns + i] = moved;
            sum += moved;
        }
    m->change = m->rows && m->columns ? sum / (m->rows * m->columns) : 0;
}

struct motion_blocks motion_blocks(const struct motion *m)
{
    return (struct motion_blocks){m->columns, m->rows, m->moved};
}

double motion_within(const struct motion *m, double x0, double y0, double x1, double y1)
{
    const double side = MOTION_CELL * MOTION_BLOCK;
    double sum = 0, area = 0;
    for (int j = 0; j < m->rows; j++)
        for (int i = 0; i < m->columns; i++) {
            double w = fmin(x1, (i + 1) * side) - fmax(x0, i * side);
            double h = fmin(y1, (j + 1) * side) - fmax(y0, j * side);
            if (w <= 0 || h <= 0)
                continue;
            sum += m->moved[j * m->columns + i] * w * h;
            area += w * h;
        }
    return area > 0 ? sum / area : 0;
}

double motion_change(const struct motion *m)
{
    return m->change;
}
