/* SPDX-License-Identifier: GPL-3.0-or-later
 * resample.c - sub-sample exact bicubic scaling of 8-bit 4:2:0.
 *
 * DESIGN. Each plane has two axes; an axis says for every output position which source samples
 * count and how much. Rows are filtered across first, into a
 * ring that holds as many as the filter down needs, then down into the frame: the across pass, the
 * slower one, sees every source row once, and everything stays in the first-level cache.
 */
#include "render/resample.h"

#include "render/resample_loops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REDUCTION 64
#define MAX_TAPS (4 * MAX_REDUCTION + 4)

struct resampler {
    const struct resample_loops *loops;
    struct axis x[2], y[2]; /* luma, chroma */
    int16_t *ring;
    size_t ring_capacity;
};

struct resampler *resampler_create_with(const struct resample_loops *loops, struct err *e)
{
    struct resampler *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, ERR_NO_MEMORY, "no memory to scale pictures");
        return NULL;
    }
    r->loops = loops;
    return r;
}

struct resampler *resampler_create(struct err *e)
{
    return resampler_create_with(resample_avx2.usable() ? &resample_avx2 : &resample_plain, e);
}

static void axis_finish(struct axis *ax)
{
    free(ax->first);
    free(ax->weights);
    free(ax->picks);
}

void resampler_destroy(struct resampler *r)
{
    if (!r)
        return;
    for (int i = 0; i < 2; i++) {
        axis_finish(&r->x[i]);
        axis_finish(&r->y[i]);
    }
    free(r->ring);
    free(r);
}

/* Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, with a = -0.6. */
static double cubic(double x)
{
    const double a = -0.6;
    x = fabs(x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2)
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    return 0;
}

static bool axis_reserve(struct axis *ax, int count, int taps)
{
    size_t need = (size_t)count * (size_t)taps;
    if (count > ax->count || !ax->first) {
        int *first = realloc(ax->first, (size_t)count * sizeof *first);
        if (!first)
            return false;
        ax->first = first;
        uint8_t *picks = realloc(ax->picks, (size_t)count * 4);
        if (!picks)
            return false;
        ax->picks = picks;
    }
    if (need > ax->capacity) {
        int16_t *weights = realloc(ax->weights, need * sizeof *weights);
        if (!weights)
            return false;
        ax->weights = weights;
        ax->capacity = need;
    }
    return true;
}

/* The weights of one output position whose place in the source is `pos`. Samples outside are the
 * border sample, so their weight goes to it. */
static void axis_fill(struct axis *ax, int i, double pos, double stretch)
{
    double w[MAX_TAPS], sum = 0;
    int reach = (int)ceil(2 * stretch), base = (int)floor(pos) - reach + 1;
    int first = base < 0 ? 0 : base > ax->size - ax->taps ? ax->size - ax->taps : base;
    memset(w, 0, (size_t)ax->taps * sizeof *w);
    for (int k = base; k < base + 2 * reach; k++) {
        int at = k < 0 ? 0 : k >= ax->size ? ax->size - 1 : k;
        double v = cubic((k - pos) / stretch);
        w[at - first] += v;
        sum += v;
    }
    int16_t *out = ax->weights + (size_t)i * (size_t)ax->taps;
    int total = 0, largest = 0;
    for (int t = 0; t < ax->taps; t++) {
        out[t] = (int16_t)lrint(w[t] / sum * (1 << WEIGHT_BITS));
        total += out[t];
        if (out[t] > out[largest])
            largest = t;
    }
    out[largest] = (int16_t)(out[largest] + (1 << WEIGHT_BITS) - total);
    ax->first[i] = first;
}

/* Where the four samples of each output lie behind those of the first of their group of eight; the
 * outputs in the order 0 1 4 5 2 3 6 7, which is how AVX2 adds them up. Groups count up to the
 * first that does not fit into 16 bytes, or whose 16 bytes would reach beyond the row. */
static void axis_pick(struct axis *ax)
{
    static const uint8_t order[AXIS_GROUP] = {0, 1, 4, 5, 2, 3, 6, 7};
    const int *f = ax->first;
    uint8_t *out = ax->picks;
    ax->groups = 0;
    for (; (ax->groups + 1) * AXIS_GROUP <= ax->count; ax->groups++, f += AXIS_GROUP) {
        if (f[AXIS_GROUP - 1] + 4 - f[0] > 16 || f[0] + 16 > ax->size)
            break;
        for (int k = 0; k < AXIS_GROUP; k++)
            for (int t = 0; t < 4; t++)
                *out++ = (uint8_t)(f[order[k]] - f[0] + t);
    }
}

static bool axis_set(struct axis *ax, int size, int count, double origin, double step)
{
    if (ax->size == size && ax->count == count && ax->origin == origin && ax->step == step)
        return true;
    double stretch = step > 1 ? step : 1;
    int taps = ((int)ceil(2 * stretch) + 1) / 2 * 4; /* in fours, for the fast loops */
    taps = taps < size ? taps : size;
    if (!axis_reserve(ax, count, taps)) {
        ax->size = 0;
        return false;
    }
    ax->size = size;
    ax->count = count;
    ax->taps = taps;
    ax->origin = origin;
    ax->step = step;
    for (int i = 0; i < count; i++)
        axis_fill(ax, i, origin + i * step, stretch);
    ax->groups = 0;
    if (taps == 4)
        axis_pick(ax);
    return true;
}

static bool ring_reserve(struct resampler *r, int rows, int width)
{
    size_t need = (size_t)rows * (size_t)width;
    if (need > r->ring_capacity) {
        int16_t *ring = realloc(r->ring, need * sizeof *ring);
        if (!ring)
            return false;
        r->ring = ring;
        r->ring_capacity = need;
    }
    return true;
}

static bool resample_plane(struct resampler *r, const struct axis *x, const struct axis *y,
                           const uint8_t *src, int src_stride, uint8_t *dst, int dst_stride)
{
    const int16_t *rows[MAX_TAPS];
    if (!ring_reserve(r, y->taps, x->count))
        return false;
    int next = 0; /* first source row that is not in the ring yet */
    for (int j = 0; j < y->count; j++) {
        int first = y->first[j];
        next = next < first ? first : next;
        for (; next < first + y->taps; next++)
            r->loops->across(x, src + (ptrdiff_t)next * src_stride,
                             r->ring + (size_t)(next % y->taps) * (size_t)x->count);
        for (int t = 0; t < y->taps; t++)
            rows[t] = r->ring + (size_t)((first + t) % y->taps) * (size_t)x->count;
        r->loops->down(rows, y->weights + (size_t)j * (size_t)y->taps, y->taps, x->count,
                       dst + (ptrdiff_t)j * dst_stride);
    }
    return true;
}

/* Where output 0 falls. With k source samples for each output one, luma sample i of the frame is at
 * x + (i + 1/2) k, and luma sample j of the source at j + 1/2. Chroma sits at 2 i + 1/2 across (on
 * the left luma sample) and at 2 i + 1 down (between the lines). */
static bool set_axes(struct resampler *r, const struct picture *src, const struct rect *from,
                     const struct picture *dst)
{
    double kx = from->w / dst->width, ky = from->h / dst->height;
    return axis_set(&r->x[0], src->width, dst->width, from->x + kx / 2 - 0.5, kx) &&
           axis_set(&r->y[0], src->height, dst->height, from->y + ky / 2 - 0.5, ky) &&
           axis_set(&r->x[1], (src->width + 1) / 2, (dst->width + 1) / 2,
                    (from->x + kx / 2 - 0.5) / 2, kx) &&
           axis_set(&r->y[1], (src->height + 1) / 2, (dst->height + 1) / 2, (from->y + ky - 1) / 2,
                    ky);
}

/* Upright phone films are often the film's own size already. */
static bool is_copy(const struct picture *src, const struct rect *from, const struct picture *dst)
{
    return from->x == 0 && from->y == 0 && from->w == src->width && from->h == src->height &&
           src->width == dst->width && src->height == dst->height;
}

static void copy(const struct picture *src, struct picture *dst)
{
    for (int p = 0; p < 3; p++) {
        int rows = p ? (dst->height + 1) / 2 : dst->height;
        size_t n = (size_t)(p ? (dst->width + 1) / 2 : dst->width);
        for (int y = 0; y < rows; y++)
            memcpy(dst->data[p] + (ptrdiff_t)y * dst->stride[p],
                   src->data[p] + (ptrdiff_t)y * src->stride[p], n);
    }
}

bool resample(struct resampler *r, const struct picture *src, const struct rect *from,
              struct picture *dst, struct err *e)
{
    if (!(from->w > 0 && from->h > 0 && from->w <= (double)MAX_REDUCTION * dst->width &&
          from->h <= (double)MAX_REDUCTION * dst->height))
        return err_set(e, ERR_INVALID, "a picture of %dx%d cannot be fitted into %dx%d", src->width,
                       src->height, dst->width, dst->height);
    if (is_copy(src, from, dst)) {
        copy(src, dst);
        return true;
    }
    bool ok = set_axes(r, src, from, dst);
    for (int p = 0; ok && p < 3; p++)
        ok = resample_plane(r, &r->x[p > 0], &r->y[p > 0], src->data[p], src->stride[p],
                            dst->data[p], dst->stride[p]);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory to scale pictures");
}
