/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Blocks of 8 x 8 of the reduced luma (32 x 32 of a picture 320 wide) are sought in the
 * other picture around where they are and around where the whole picture seems to have moved to,
 * which the profiles of its columns and rows tell. Means are taken off, so light may change. What
 * is left over is told against the contrast of both blocks. A block without contrast says little,
 * and says it by its brightness.
 *
 * A zoom leaves no block where a shift would have it. It is sought where it matters only, among
 * some factors and all shifts of much smaller pictures. It is always the picture from farther away
 * that is made nearer, so that nothing has to be made up.
 */
#include "analysis/shot_view.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 8
#define AREA (BLOCK * BLOCK)
#define NEAR_X 6 /* samples around no motion */
#define NEAR_Y 4
#define AROUND 2       /* samples around the motion of the whole picture */
#define FLOOR 3        /* levels a sample that are noise, not contrast */
#define GAIN_MAX 4.0   /* light that changes contrast by more makes another picture */
#define ENOUGH 0.20    /* less is alike whatever the other direction says */
#define EXPLAINED 0.25 /* less is left over where a move explains two pictures */
#define LAYOUT 0.5     /* unrelated pictures' light is spread no more alike */
#define LAYOUT_WEIGHT 1.3
#define COARSE 4       /* times smaller than the luma: where zooms are sought */
#define FLAT_LEVELS 24 /* flat blocks that differ by that have nothing in common */

struct block {
    int16_t px[AREA];   /* without the mean */
    int mean, contrast; /* contrast: sum of |px| */
};

static void block_cut(struct block *b, const uint8_t *from, int stride)
{
    int sum = 0;
    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK; x++)
            sum += b->px[y * BLOCK + x] = from[y * stride + x];
    b->mean = sum / AREA;
    b->contrast = 0;
    for (int i = 0; i < AREA; i++) {
        b->px[i] = (int16_t)(b->px[i] - b->mean);
        b->contrast += abs(b->px[i]);
    }
}

/* --- Making ----------------------------------------------------------------------------------- */

static int16_t *make_grid(int16_t *out, const struct small_picture *f, int plane)
{
    int half = plane > 0, samples;
    bool wide = f->width >= f->height;
    int cols = (wide ? VIEW_LONG : VIEW_SHORT) >> half;
    int rows = (wide ? VIEW_SHORT : VIEW_LONG) >> half;

    for (int y = 0; y < rows; y++)
        for (int x = 0; x < cols; x++) {
            int sum = small_cell_sum(f, plane, cols, rows, x, y, &samples);
            *out++ = (int16_t)((1 + half) * (VIEW_UNIT * sum / samples - VIEW_UNIT * 128));
        }
    return out;
}

static void make_luma(struct shot_view *v, const struct small_picture *f)
{
    int longer = f->width > f->height ? f->width : f->height;
    int step = (longer + VIEW_EDGE / 2) / VIEW_EDGE;
    step = step > 1 ? step : 1;
    v->width = f->width / step > 0 ? f->width / step : 1;
    v->height = f->height / step > 0 ? f->height / step : 1;
    for (int y = 0; y < v->height; y++)
        for (int x = 0; x < v->width; x++) {
            const uint8_t *from = f->plane[0] + (ptrdiff_t)(y * step) * f->stride[0] + x * step;
            int sum = 0;
            for (int j = 0; j < step && y * step + j < f->height; j++)
                for (int i = 0; i < step; i++)
                    sum += from[(ptrdiff_t)j * f->stride[0] + i];
            v->luma[y * v->width + x] = (uint8_t)(sum / (step * step));
        }
}

static double mean_contrast(const struct shot_view *v)
{
    int64_t sum = 0, count = 0;
    for (int y = 0; y + BLOCK <= v->height; y += BLOCK)
        for (int x = 0; x + BLOCK <= v->width; x += BLOCK, count += AREA) {
            struct block b;
            block_cut(&b, v->luma + y * v->width + x, v->width);
            sum += b.contrast;
        }
    return count ? (double)sum / (double)count : 0;
}

static void measure(struct shot_view *v)
{
    double sum = 0, squares = 0;
    int n = VIEW_LONG * VIEW_SHORT;
    for (int i = 0; i < n; i++) {
        sum += v->grid[i];
        squares += (double)v->grid[i] * v->grid[i];
    }
    double mean = sum / n;
    v->mean = 128 + mean / VIEW_UNIT;
    v->spread = sqrt(fmax(squares / n - mean * mean, 0)) / VIEW_UNIT;
    v->contrast = mean_contrast(v);
}

void view_make(struct shot_view *v, const struct small_picture *f)
{
    int16_t *out = v->grid;
    for (int plane = 0; plane < 3; plane++)
        out = make_grid(out, f, plane);
    make_luma(v, f);
    measure(v);
}

void view_mix(struct shot_view *v, const struct shot_view *a, const struct shot_view *b,
              double share)
{
    int by = (int)lround(256 * share);
    v->width = a->width;
    v->height = a->height;
    for (int i = 0; i < VIEW_CELLS; i++)
        v->grid[i] = (int16_t)(a->grid[i] + (b->grid[i] - a->grid[i]) * by / 256);
    for (int i = 0; i < a->width * a->height; i++)
        v->luma[i] = (uint8_t)(a->luma[i] + (b->luma[i] - a->luma[i]) * by / 256);
    measure(v);
}

int32_t view_product(const struct shot_view *a, const struct shot_view *b)
{
    int32_t sum = 0;
    for (int i = 0; i < VIEW_CELLS; i++)
        sum += a->grid[i] * b->grid[i];
    return sum;
}

/* --- The motion of the whole picture ---------------------------------------------------------- */

struct shift {
    int x, y;
};

static void profile(const struct shot_view *v, int *columns, int *rows)
{
    memset(columns, 0, VIEW_MAX * sizeof *columns);
    memset(rows, 0, VIEW_MAX * sizeof *rows);
    for (int y = 0; y < v->height; y++)
        for (int x = 0; x < v->width; x++) {
            columns[x] += v->luma[y * v->width + x];
            rows[y] += v->luma[y * v->width + x];
        }
}

/* The shift at which b(x) is most like a(x + shift), by mean difference without the mean. */
static int profile_shift(const int *a, const int *b, int n)
{
    int best = 0;
    int64_t least = INT64_MAX;
    for (int s = -n / 2; s <= n / 2; s++) {
        int from = s < 0 ? -s : 0, to = s < 0 ? n : n - s, count = to - from;
        int64_t offset = 0, sum = 0;
        for (int x = from; x < to; x++)
            offset += b[x] - a[x + s];
        offset /= count;
        for (int x = from; x < to; x++)
            sum += llabs(b[x] - a[x + s] - offset);
        sum = sum * n / count;
        if (sum < least || (sum == least && abs(s) < abs(best))) {
            least = sum;
            best = s;
        }
    }
    return best;
}

/* Mean difference of b from a moved, where they overlap; every second sample of every second row.
 */
static double shift_cost(const struct shot_view *a, const struct shot_view *b, struct shift s)
{
    int64_t sum = 0, count = 0;
    int x0 = s.x < 0 ? -s.x : 0, x1 = s.x < 0 ? b->width : b->width - s.x;
    int y0 = s.y < 0 ? -s.y : 0, y1 = s.y < 0 ? b->height : b->height - s.y;
    for (int y = y0; y < y1; y += 2)
        for (int x = x0; x < x1; x += 2, count++)
            sum += abs(b->luma[y * b->width + x] - a->luma[(y + s.y) * a->width + x + s.x]);
    return count ? (double)sum / (double)count : HUGE_VAL;
}

/* What moves far one way changes the profile of the other way too, which then tells nothing: each
 * is tried without the other. */
static struct shift global_shift(const struct shot_view *a, const struct shot_view *b)
{
    int ax[VIEW_MAX], ay[VIEW_MAX], bx[VIEW_MAX], by[VIEW_MAX];
    profile(a, ax, ay);
    profile(b, bx, by);
    int x = profile_shift(ax, bx, a->width), y = profile_shift(ay, by, a->height);
    const struct shift tried[] = {{0, 0}, {x, 0}, {0, y}, {x, y}};
    struct shift best = {0, 0};
    double least = HUGE_VAL;
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        double cost = shift_cost(a, b, tried[i]);
        if (cost < least) {
            least = cost;
            best = tried[i];
        }
    }
    return best;
}

/* --- Blocks ----------------------------------------------------------------------------------- */

/* What is left of block b when `from` is taken off, both without their means. */
static int residue(const struct block *b, const uint8_t *from, int stride)
{
    int16_t other[AREA];
    int sum = 0, left = 0;
    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK; x++)
            other[y * BLOCK + x] = from[y * stride + x];
    for (int i = 0; i < AREA; i++)
        sum += other[i];
    int mean = sum / AREA;
    for (int i = 0; i < AREA; i++)
        left += abs(b->px[i] - other[i] + mean);
    return left;
}

struct found {
    int left; /* residue; INT_MAX: nothing yet */
    int x, y;
};

static void seek(const struct shot_view *a, const struct block *b, struct shift middle,
                 struct shift reach, struct found *best)
{
    for (int y = middle.y - reach.y; y <= middle.y + reach.y; y++)
        for (int x = middle.x - reach.x; x <= middle.x + reach.x; x++) {
            if (x < 0 || y < 0 || x + BLOCK > a->width || y + BLOCK > a->height)
                continue;
            int left = residue(b, a->luma + y * a->width + x, a->width);
            if (left < best->left)
                *best = (struct found){left, x, y};
        }
}

/* As if another light had fallen on it. */
static void block_scale(struct block *b, double gain)
{
    int by = (int)lround(256 * gain);
    b->contrast = 0;
    for (int i = 0; i < AREA; i++) {
        b->px[i] = (int16_t)(b->px[i] * by / 256);
        b->contrast += abs(b->px[i]);
    }
}

/* Was what is in a block here now outside of the picture before? */
static bool is_new(const struct shot_view *a, int x, int y)
{
    return x < -BLOCK / 2 || y < -BLOCK / 2 || x > a->width - BLOCK / 2 ||
           y > a->height - BLOCK / 2;
}

struct tally {
    double left, of; /* what is not found, of what contrast there is */
    int blocks;
};

static void count(struct tally *t, double left, double of)
{
    t->left += left;
    t->of += of;
    t->blocks++;
}

/* How little of b, its contrast times `gain`, is found in a. Where the picture moved, and that
 * explains what both show, what it uncovered is not held against it. */
static double missing(const struct shot_view *a, const struct shot_view *b, struct shift moved,
                      double gain)
{
    struct tally all = {0}, shared = {0};
    for (int y = 0; y + BLOCK <= b->height; y += BLOCK)
        for (int x = 0; x + BLOCK <= b->width; x += BLOCK) {
            struct block want, got;
            struct found best = {INT_MAX, x, y};
            block_cut(&want, b->luma + y * b->width + x, b->width);
            block_scale(&want, gain);
            seek(a, &want, (struct shift){x, y}, (struct shift){NEAR_X, NEAR_Y}, &best);
            if (abs(moved.x) > NEAR_X - AROUND || abs(moved.y) > NEAR_Y - AROUND)
                seek(a, &want, (struct shift){x + moved.x, y + moved.y},
                     (struct shift){AROUND, AROUND}, &best);
            block_cut(&got, a->luma + best.y * a->width + best.x, a->width);
            double flat = fmin(1, (double)abs(got.mean - want.mean) / FLAT_LEVELS);
            double left = best.left + FLOOR * AREA * flat;
            double of = want.contrast + got.contrast + FLOOR * AREA;
            count(&all, left, of);
            if (!is_new(a, x + moved.x, y + moved.y))
                count(&shared, left, of);
        }
    if (2 * shared.blocks >= all.blocks && shared.left < EXPLAINED * shared.of)
        all = shared;
    return all.of > 0 ? all.left / all.of : 0;
}

/* The cosine of both grids' luma without their means: 1 for one scene in any light. */
static double layout(const struct shot_view *a, const struct shot_view *b)
{
    double product = 0, both = a->spread * b->spread;
    int n = VIEW_LONG * VIEW_SHORT;
    for (int i = 0; i < n; i++)
        product += (double)a->grid[i] * b->grid[i];
    product /= n * VIEW_UNIT * VIEW_UNIT;
    return both > 0 ? (product - (a->mean - 128) * (b->mean - 128)) / both : 0;
}

static double unlike_moved(const struct shot_view *a, const struct shot_view *b, struct shift moved)
{
    struct shift back = {-moved.x, -moved.y};
    double gain = (a->contrast + FLOOR) / (b->contrast + FLOOR);
    gain = fmin(fmax(gain, 1 / GAIN_MAX), GAIN_MAX);
    double unlike = missing(a, b, moved, gain);
    if (unlike > ENOUGH)
        unlike = fmin(unlike, missing(b, a, back, 1 / gain));
    return unlike * (1 - LAYOUT_WEIGHT * fmax(0, layout(a, b) - LAYOUT));
}

double view_unlike(const struct shot_view *a, const struct shot_view *b)
{
    return unlike_moved(a, b, global_shift(a, b));
}

/* --- Zooms ------------------------------------------------------------------------------------ */

/* What a camera sees of a that many times nearer; the grid stays a's. */
static void zoom_in(struct shot_view *v, const struct shot_view *a, double times)
{
    int step = (int)lround(256 / times); /* 8 bits are parts of a sample */
    int x0 = (a->width - 1) * (256 - step) / 2, y0 = (a->height - 1) * (256 - step) / 2;
    *v = *a;
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++) {
            int sx = x0 + x * step, sy = y0 + y * step, fx = sx & 255, fy = sy & 255;
            const uint8_t *at = a->luma + (sy >> 8) * a->width + (sx >> 8);
            int right = (sx >> 8) + 1 < a->width, down = (sy >> 8) + 1 < a->height ? a->width : 0;
            int top = at[0] * (256 - fx) + at[right] * fx;
            int low = at[down] * (256 - fx) + at[down + right] * fx;
            v->luma[y * a->width + x] = (uint8_t)((top * (256 - fy) + low * fy) >> 16);
        }
    v->contrast = mean_contrast(v);
}

/* The luma, COARSE times smaller: a search over all of it costs little. */
struct coarse {
    int width, height;
    uint8_t px[(VIEW_MAX / COARSE) * (VIEW_MAX / COARSE)];
};

static void make_coarse(struct coarse *c, const struct shot_view *v)
{
    *c = (struct coarse){.width = v->width / COARSE, .height = v->height / COARSE};
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++) {
            int sum = 0;
            for (int j = 0; j < COARSE; j++)
                for (int i = 0; i < COARSE; i++)
                    sum += v->luma[(y * COARSE + j) * v->width + x * COARSE + i];
            c->px[y * c->width + x] = (uint8_t)(sum / (COARSE * COARSE));
        }
}

/* Mean difference of b from a moved, where they overlap; s is less than their size. */
static double coarse_cost(const struct coarse *a, const struct coarse *b, struct shift s)
{
    int sum = 0;
    int x0 = s.x < 0 ? -s.x : 0, x1 = s.x < 0 ? b->width : b->width - s.x;
    int y0 = s.y < 0 ? -s.y : 0, y1 = s.y < 0 ? b->height : b->height - s.y;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += abs(b->px[y * b->width + x] - a->px[(y + s.y) * a->width + x + s.x]);
    return (double)sum / ((x1 - x0) * (y1 - y0));
}

/* The best of all shifts that leave more than a third of both in common, and its cost. */
static double coarse_shift(const struct coarse *a, const struct coarse *b, struct shift *best)
{
    int far_x = 3 * a->width / 8, far_y = 3 * a->height / 8;
    double least = HUGE_VAL;
    for (int y = -far_y; y <= far_y; y++)
        for (int x = -far_x; x <= far_x; x++) {
            double cost = coarse_cost(a, b, (struct shift){x, y});
            if (cost < least) {
                least = cost;
                *best = (struct shift){x, y};
            }
        }
    return least;
}

/* A shift of coarse pictures in samples of the luma. */
static struct shift fine_shift(const struct shot_view *a, const struct shot_view *b,
                               struct shift coarse)
{
    struct shift best = {0, 0};
    double least = HUGE_VAL;
    for (int y = COARSE * (coarse.y - 1) + 1; y < COARSE * (coarse.y + 1); y++)
        for (int x = COARSE * (coarse.x - 1) + 1; x < COARSE * (coarse.x + 1); x++) {
            double cost = shift_cost(a, b, (struct shift){x, y});
            if (cost < least) {
                least = cost;
                best = (struct shift){x, y};
            }
        }
    return best;
}

/* Two views, one of which may have been made nearer, and how b moved. */
struct alignment {
    struct shot_view a, b;
    struct shift coarse;
    double cost;
};

static void try_alignment(struct alignment *best, const struct shot_view *a,
                          const struct shot_view *b)
{
    struct coarse small_a, small_b;
    struct shift s = {0, 0};
    make_coarse(&small_a, a);
    make_coarse(&small_b, b);
    double cost = coarse_shift(&small_a, &small_b, &s);
    if (cost < best->cost)
        *best = (struct alignment){*a, *b, s, cost};
}

double view_unlike_zoomed(const struct shot_view *a, const struct shot_view *b)
{
    /* Blocks find what lies between these. */
    static const double times[] = {1.08, 1.16, 1.25, 1.36, 1.5, 1.7};
    struct shot_view near;
    struct alignment best = {.cost = HUGE_VAL};
    if (a->width < COARSE || a->height < COARSE)
        return view_unlike(a, b);
    try_alignment(&best, a, b);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        zoom_in(&near, a, times[i]);
        try_alignment(&best, &near, b);
        zoom_in(&near, b, times[i]);
        try_alignment(&best, a, &near);
    }
    return unlike_moved(&best.a, &best.b, fine_shift(&best.a, &best.b, best.coarse));
}
