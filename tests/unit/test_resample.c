/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_resample.c - scaling against the formula in double precision, and every form of its loops
 * against the plain one, byte for byte.
 */
#include "render/resample.h"
#include "render/resample_loops.h"

#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scaling {
    const char *name;
    int src_width, src_height, dst_width, dst_height;
    struct rect from;
};

static const struct scaling scalings[] = {
    {"landscape to a phone", 320, 180, 162, 288, {109.375, 0, 101.25, 180}},
    {"a little larger", 162, 288, 162, 288, {4.3, 7.1, 150.7, 270.2}},
    {"the same size, off by a fraction", 96, 96, 96, 96, {0.25, 0.5, 96, 96}},
    {"eight times larger", 40, 40, 160, 160, {11, 13, 20, 20}},
    {"half", 320, 320, 160, 160, {0, 0, 320, 320}},
    {"a little smaller", 200, 200, 160, 160, {5, 5, 181.3, 179.9}},
    {"a third", 480, 480, 160, 160, {0, 0, 480, 480}},
    {"six times smaller, other shape", 480, 300, 80, 100, {0, 0, 480, 300}},
    {"odd sizes", 97, 61, 121, 75, {1.5, 0.25, 93.1, 60.5}},
    {"a tiny source", 3, 3, 64, 64, {0, 0, 3, 3}},
    {"a small target", 64, 64, 24, 16, {0, 0, 64, 64}},
};

/* Soft waves, hard edges and some grain. */
static void draw(struct picture *p)
{
    unsigned seed = 1;
    for (int k = 0; k < 3; k++) {
        int w = k ? (p->width + 1) / 2 : p->width, h = k ? (p->height + 1) / 2 : p->height;
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                seed = seed * 1103515245u + 12345u;
                double v = 120 + 80 * sin(x * 0.21 + k) * cos(y * 0.17) + (seed >> 16 & 15);
                bool bar = (x / 9 + y / 13) % 5 == 0;
                p->data[k][(ptrdiff_t)y * p->stride[k] + x] = (uint8_t)(bar ? 235 * (k % 2) : v);
            }
        }
    }
}

static double cubic(double x)
{
    x = fabs(x);
    if (x < 1)
        return 1.4 * x * x * x - 2.4 * x * x + 1;
    return x < 2 ? -0.6 * x * x * x + 3 * x * x - 4.8 * x + 2.4 : 0;
}

/* Weights of one output over the whole line, borders repeated. */
static void weigh(double *w, int size, double pos, double step)
{
    double stretch = step > 1 ? step : 1, sum = 0;
    memset(w, 0, (size_t)size * sizeof *w);
    for (int k = (int)floor(pos - 2 * stretch); k <= (int)ceil(pos + 2 * stretch); k++) {
        double v = cubic((k - pos) / stretch);
        w[k < 0 ? 0 : k >= size ? size - 1 : k] += v;
        sum += v;
    }
    for (int k = 0; k < size; k++)
        w[k] /= sum;
}

static double true_sample(const struct picture *src, int plane, const double *across,
                          const double *down, int width, int height)
{
    double sum = 0;
    for (int y = 0; y < height; y++) {
        const uint8_t *row = src->data[plane] + (ptrdiff_t)y * src->stride[plane];
        double line = 0;
        for (int x = 0; down[y] != 0 && x < width; x++)
            line += across[x] != 0 ? across[x] * row[x] : 0;
        sum += down[y] * line;
    }
    return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

/* Peak signal to noise of a plane, in dB. Chroma lies on the left luma column, between two lines.
 */
static double plane_psnr(const struct picture *src, const struct rect *from,
                         const struct picture *dst, int plane)
{
    int c = plane > 0;
    int sw = (src->width + c) >> c, sh = (src->height + c) >> c;
    int dw = (dst->width + c) >> c, dh = (dst->height + c) >> c;
    double kx = from->w / dst->width, ky = from->h / dst->height, error = 0;
    double *across = calloc((size_t)sw, sizeof *across), *down = calloc((size_t)sh, sizeof *down);
    for (int y = 0; y < dh; y += 3) {
        double luma_y = from->y + (c ? (2 * y + 1) * ky : (y + 0.5) * ky);
        weigh(down, sh, c ? luma_y / 2 - 0.5 : luma_y - 0.5, ky);
        for (int x = y % 2; x < dw; x += 3) {
            double luma_x = from->x + (c ? (2 * x + 0.5) * kx : (x + 0.5) * kx);
            weigh(across, sw, c ? (luma_x - 0.5) / 2 : luma_x - 0.5, kx);
            double off = true_sample(src, plane, across, down, sw, sh) -
                         dst->data[plane][(ptrdiff_t)y * dst->stride[plane] + x];
            error += off * off / (((dw - y % 2 + 2) / 3) * ((dh + 2) / 3));
        }
    }
    free(across);
    free(down);
    return 10 * log10(255 * 255 / error);
}

static struct picture *new_picture(int width, int height)
{
    struct picture_pool *pool = picture_pool_create(width, height, NULL);
    struct picture *p = pool ? picture_pool_take(pool, NULL) : NULL;
    picture_pool_destroy(pool);
    return p;
}

static struct picture *scale_with(const struct resample_loops *loops, const struct scaling *s,
                                  const struct picture *src)
{
    struct resampler *r = resampler_create_with(loops, NULL);
    struct picture *dst = new_picture(s->dst_width, s->dst_height);
    CHECK(r && dst && resample(r, src, &s->from, dst, NULL));
    resampler_destroy(r);
    return dst;
}

static bool same_samples(const struct picture *a, const struct picture *b)
{
    for (int k = 0; k < 3; k++) {
        int c = k > 0;
        for (int y = 0; y < (a->height + c) >> c; y++)
            if (memcmp(a->data[k] + (ptrdiff_t)y * a->stride[k],
                       b->data[k] + (ptrdiff_t)y * b->stride[k],
                       (size_t)((a->width + c) >> c)) != 0)
                return false;
    }
    return true;
}

static void test_exact(const struct scaling *s, const struct picture *src,
                       const struct picture *plain)
{
    for (int k = 0; k < 3; k++) {
        double db = plane_psnr(src, &s->from, plain, k);
        if (db < 56)
            fprintf(stderr, "%s, plane %d: %.2f dB\n", s->name, k, db);
        CHECK(db >= 56); /* rounding alone: 58.9 */
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof scalings / sizeof *scalings; i++) {
        const struct scaling *s = &scalings[i];
        struct picture *src = new_picture(s->src_width, s->src_height);
        CHECK_CASE(s->name);
        draw(src);
        struct picture *plain = scale_with(&resample_plain, s, src);
        test_exact(s, src, plain);
        if (resample_avx2.usable()) {
            struct picture *fast = scale_with(&resample_avx2, s, src);
            CHECK(same_samples(plain, fast));
            picture_unref(&fast);
        }
        picture_unref(&plain);
        picture_unref(&src);
    }
    return check_done();
}
