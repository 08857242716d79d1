/* SPDX-License-Identifier: GPL-3.0-or-later
 * resample.c - sub-sample exact bicubic scaling of 8-bit 4:2:0.
 *
 * DESIGN. Each plane has two axes; an axis says for every output position which source samples
 * count and how much (14-bit weights that sum to exactly 1). Rows are filtered across first, into a
 * ring that holds as many as the filter down needs, then down into the frame: the across pass, the
 * slower one, sees every source row once, and everything stays in the first-level cache.
 */
#include "render/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WEIGHT_BITS 14
#define ROW_BITS 6 /* fraction kept between the passes; bicubic overshoot still fits 16 bits */
#define MAX_REDUCTION 64
#define MAX_TAPS (4 * MAX_REDUCTION + 4)

struct axis {
    int count;           /* output positions */
    int taps;            /* weights for each */
    int *first;          /* [count] first source sample; first + taps <= size of the source */
    int16_t *weights;    /* [count * taps] */
    size_t capacity;     /* of weights */
    int size;            /* what it was made for: source samples, */
    double origin, step; /* position of output 0, and from one to the next */
};

struct resampler {
    struct axis x[2], y[2]; /* luma, chroma */
    int16_t *ring;
    size_t ring_capacity;
};

struct resampler *resampler_create(struct err *e)
{
    struct resampler *r = calloc(1, sizeof *r);
    if (!r)
        err_set(e, ERR_NO_MEMORY, "no memory to scale pictures");
    return r;
}

void resampler_destroy(struct resampler *r)
{
    if (!r)
        return;
    for (int i = 0; i < 2; i++) {
        free(r->x[i].first);
        free(r->x[i].weights);
        free(r->y[i].first);
        free(r->y[i].weights);
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
    return true;
}

#define ACROSS_SHIFT (WEIGHT_BITS - ROW_BITS)
#define ACROSS_HALF (1 << (ACROSS_SHIFT - 1))
#define DOWN_SHIFT (WEIGHT_BITS + ROW_BITS)
#define DOWN_HALF (1 << (DOWN_SHIFT - 1))

/* The two loops below are what scaling costs, so they have a form for SSE2, which every x86-64 has;
 * it gives the same bits. Each returns how many outputs it made. */
#ifdef __SSE2__
static inline __m128i load8(const int16_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i four_bytes(const uint8_t *s)
{
    int v;
    memcpy(&v, s, sizeof v);
    return _mm_cvtsi32_si128(v);
}

/* Sums of two outputs, each as a pair still to be added. Taps come in fours. */
static inline __m128i two_outputs(const uint8_t *s0, const uint8_t *s1, const int16_t *w, int taps)
{
    __m128i sum = _mm_setzero_si128();
    for (int t = 0; t < taps; t += 4) {
        __m128i s = _mm_unpacklo_epi32(four_bytes(s0 + t), four_bytes(s1 + t));
        __m128i ww = taps == 4 ? load8(w)
                               : _mm_unpacklo_epi64(_mm_loadl_epi64((const void *)(w + t)),
                                                    _mm_loadl_epi64((const void *)(w + taps + t)));
        sum = _mm_add_epi32(sum, _mm_madd_epi16(_mm_unpacklo_epi8(s, _mm_setzero_si128()), ww));
    }
    return sum;
}

static inline __m128i add_pairs(__m128i a, __m128i b)
{
    __m128 x = _mm_castsi128_ps(a), y = _mm_castsi128_ps(b);
    return _mm_add_epi32(_mm_castps_si128(_mm_shuffle_ps(x, y, _MM_SHUFFLE(2, 0, 2, 0))),
                         _mm_castps_si128(_mm_shuffle_ps(x, y, _MM_SHUFFLE(3, 1, 3, 1))));
}

static inline int across_loop(const struct axis *ax, const uint8_t *src, int16_t *out, int taps)
{
    const __m128i half = _mm_set1_epi32(ACROSS_HALF);
    const int *f = ax->first;
    int i = 0;
    for (; i + 4 <= ax->count; i += 4) {
        const int16_t *w = ax->weights + (size_t)taps * (size_t)i;
        __m128i v = add_pairs(two_outputs(src + f[i], src + f[i + 1], w, taps),
                              two_outputs(src + f[i + 2], src + f[i + 3], w + 2 * taps, taps));
        v = _mm_srai_epi32(_mm_add_epi32(v, half), ACROSS_SHIFT);
        _mm_storel_epi64((__m128i *)(void *)(out + i), _mm_packs_epi32(v, v));
    }
    return i;
}

static int across_fast(const struct axis *ax, const uint8_t *src, int16_t *out)
{
    if (ax->taps == 4) /* enlarging: the compiler unrolls it */
        return across_loop(ax, src, out, 4);
    return ax->taps % 4 == 0 ? across_loop(ax, src, out, ax->taps) : 0;
}

static inline int down_loop(const int16_t *const *rows, const int16_t *w, int taps, int n,
                            uint8_t *out)
{
    int i = 0;
    for (; i + 8 <= n; i += 8) {
        __m128i lo = _mm_set1_epi32(DOWN_HALF), hi = lo;
        for (int t = 0; t < taps; t += 2) {
            const __m128i ww =
                _mm_set1_epi32((int)((uint16_t)w[t] | (uint32_t)(uint16_t)w[t + 1] << 16));
            __m128i a = load8(rows[t] + i), b = load8(rows[t + 1] + i);
            lo = _mm_add_epi32(lo, _mm_madd_epi16(_mm_unpacklo_epi16(a, b), ww));
            hi = _mm_add_epi32(hi, _mm_madd_epi16(_mm_unpackhi_epi16(a, b), ww));
        }
        __m128i v = _mm_packs_epi32(_mm_srai_epi32(lo, DOWN_SHIFT), _mm_srai_epi32(hi, DOWN_SHIFT));
        _mm_storel_epi64((__m128i *)(void *)(out + i), _mm_packus_epi16(v, v));
    }
    return i;
}

static int down_fast(const int16_t *const *rows, const int16_t *w, int taps, int n, uint8_t *out)
{
    if (taps == 4)
        return down_loop(rows, w, 4, n, out);
    return taps % 2 == 0 ? down_loop(rows, w, taps, n, out) : 0;
}
#else
static int across_fast(const struct axis *ax, const uint8_t *src, int16_t *out)
{
    (void)ax, (void)src, (void)out;
    return 0;
}

static int down_fast(const int16_t *const *rows, const int16_t *w, int taps, int n, uint8_t *out)
{
    (void)rows, (void)w, (void)taps, (void)n, (void)out;
    return 0;
}
#endif

/* Across: one source row to one row of the ring. */
static void filter_across(const struct axis *ax, const uint8_t *src, int16_t *out)
{
    for (int i = across_fast(ax, src, out); i < ax->count; i++) {
        const uint8_t *s = src + ax->first[i];
        const int16_t *w = ax->weights + (size_t)i * (size_t)ax->taps;
        int sum = ACROSS_HALF;
        for (int t = 0; t < ax->taps; t++)
            sum += s[t] * w[t];
        out[i] = (int16_t)(sum >> ACROSS_SHIFT);
    }
}

/* Down: `taps` rows of the ring to one row of the frame. */
static void filter_down(const int16_t *const *rows, const int16_t *w, int taps, int n, uint8_t *out)
{
    for (int i = down_fast(rows, w, taps, n, out); i < n; i++) {
        int32_t sum = DOWN_HALF;
        for (int t = 0; t < taps; t++)
            sum += rows[t][i] * w[t];
        int v = sum >> DOWN_SHIFT;
        out[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
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
            filter_across(x, src + (ptrdiff_t)next * src_stride,
                          r->ring + (size_t)(next % y->taps) * (size_t)x->count);
        for (int t = 0; t < y->taps; t++)
            rows[t] = r->ring + (size_t)((first + t) % y->taps) * (size_t)x->count;
        filter_down(rows, y->weights + (size_t)j * (size_t)y->taps, y->taps, x->count,
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
