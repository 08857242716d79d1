/* SPDX-License-Identifier: GPL-3.0-or-later
 * blur.c - a Gaussian blur of any size at about the same cost.
 *
 * DESIGN. The plane is halved n times, filtered there with a short kernel, and doubled back. The
 * variances of what is done one after the other add up: halving from level j gives 1/4 sample^2 of
 * that level, doubling to it 3/4, so n levels give 1 + 4 + .. + 4^(n-1) = (4^n - 1) / 3, and the
 * short kernel makes up the rest. n is the least for which that kernel is at most SHORT wide; the
 * next level takes over where both give the same, so a growing blur shows no step. A blur of less
 * than one level mixes that one with the sharp picture in the ratio of the variances.
 */
#include "effects/blur.h"

#include "effects/planes.h"
#include "effects/pyramid.h"

#include <math.h>
#include <string.h>

#define SHORT 3.0 /* standard deviation of the short kernel, in small samples */
#define REACH 9   /* of the short kernel, to each side */
#define LEVELS 8
#define NARROW 0.3 /* variance */

/* One way of one blur. */
struct way {
    int levels;
    int weight;                 /* of 256: share of the blurred picture */
    int reach;                  /* of the short kernel; 0: none */
    uint16_t kernel[REACH + 1]; /* middle and to one side, of 65536 in all */
};

static double of_levels(int n)
{
    return (double)((INT64_C(1) << 2 * n) - 1) / 3;
}

/* e^-x without libm, whose last bit differs between machines: (e^(-x/256)) to the 256th. */
static double falling(double x)
{
    double v = 1 / (1 + x / 256 * (1 + x / 512 * (1 + x / 768)));
    for (int i = 0; i < 8; i++)
        v *= v;
    return v;
}

static void short_kernel(struct way *w, double variance)
{
    double g[REACH + 1], sum = 0;
    if (variance < 1e-3)
        return;
    for (int i = 0; i <= REACH; i++) {
        /* Taken at whole samples, a very narrow Gaussian is narrower still; three samples are not. */
        if (variance < NARROW)
            g[i] = i == 0 ? 1 - variance : i == 1 ? variance / 2 : 0;
        else
            g[i] = falling(i * i / (2 * variance));
        sum += i ? 2 * g[i] : g[i];
    }
    int total = 0;
    for (int i = REACH; i >= 1; i--) {
        w->kernel[i] = (uint16_t)lround(g[i] / sum * 65536);
        total += 2 * w->kernel[i];
        if (w->kernel[i] && !w->reach)
            w->reach = i;
    }
    w->kernel[0] = (uint16_t)(65536 - total);
}

static struct way way_of(double sigma)
{
    struct way w = {.weight = 256};
    double variance = sigma * sigma;
    if (variance < of_levels(1)) {
        w.levels = 1;
        w.weight = (int)lround(256 * variance / of_levels(1));
        return w;
    }
    while (w.levels < LEVELS &&
           (variance - of_levels(w.levels)) / (double)(INT64_C(1) << 2 * w.levels) > SHORT * SHORT)
        w.levels++;
    w.levels = w.levels ? w.levels : 1;
    short_kernel(&w, (variance - of_levels(w.levels)) / (double)(INT64_C(1) << 2 * w.levels));
    return w;
}

/* --- The short kernel ------------------------------------------------------------------------- */

/* line[-reach .. n + reach) may be read. */
static void filter_row(const uint16_t *restrict line, int n, const struct way *w,
                       uint16_t *restrict out)
{
    uint32_t sum[256];
    for (int x0 = 0; x0 < n; x0 += 256) {
        int m = n - x0 < 256 ? n - x0 : 256;
        const uint16_t *s = line + x0;
        for (int x = 0; x < m; x++)
            sum[x] = (uint32_t)s[x] * w->kernel[0] + 32768;
        for (int k = 1; k <= w->reach; k++) {
            uint16_t weight = w->kernel[k];
            for (int x = 0; x < m; x++)
                sum[x] += (uint32_t)(uint16_t)(s[x - k] + s[x + k]) * weight;
        }
        for (int x = 0; x < m; x++)
            out[x0 + x] = (uint16_t)(sum[x] >> 16);
    }
}

static void filter_across(struct small_plane *p, const struct way *w, uint16_t *line)
{
    for (int y = 0; y < p->height; y++) {
        uint16_t *row = p->data + (size_t)y * (size_t)p->width, *s = line + REACH;
        memcpy(s, row, (size_t)p->width * sizeof *s);
        for (int k = 1; k <= REACH; k++) {
            s[-k] = row[0];
            s[p->width - 1 + k] = row[p->width - 1];
        }
        filter_row(s, p->width, w, row);
    }
}

static const uint16_t *clamped_row(const struct small_plane *p, int y)
{
    y = y < 0 ? 0 : y >= p->height ? p->height - 1 : y;
    return p->data + (size_t)y * (size_t)p->width;
}

static void filter_down_part(const struct small_plane *from, const struct way *w, int y, int x0,
                             int m, uint16_t *restrict out)
{
    uint32_t sum[256];
    const uint16_t *middle = clamped_row(from, y) + x0;
    for (int x = 0; x < m; x++)
        sum[x] = (uint32_t)middle[x] * w->kernel[0] + 32768;
    for (int k = 1; k <= w->reach; k++) {
        const uint16_t *a = clamped_row(from, y - k) + x0, *b = clamped_row(from, y + k) + x0;
        uint16_t weight = w->kernel[k];
        for (int x = 0; x < m; x++)
            sum[x] += (uint32_t)(uint16_t)(a[x] + b[x]) * weight;
    }
    for (int x = 0; x < m; x++)
        out[x] = (uint16_t)(sum[x] >> 16);
}

static void filter_down(const struct small_plane *from, const struct way *w, struct small_plane *to)
{
    to->width = from->width;
    to->height = from->height;
    for (int y = 0; y < to->height; y++)
        for (int x = 0; x < to->width; x += 256)
            filter_down_part(from, w, y, x, to->width - x < 256 ? to->width - x : 256,
                             to->data + (size_t)y * (size_t)to->width + x);
}

/* --- A plane -------------------------------------------------------------------------------- */

struct blur_room {
    struct small_plane a, b;
    uint16_t *line;
};

static void swap(struct blur_room *r)
{
    struct small_plane t = r->a;
    r->a = r->b;
    r->b = t;
}

static void filter(struct blur_room *r, const struct way *across, const struct way *down)
{
    if (across->reach)
        filter_across(&r->a, across, r->line);
    if (down->reach) {
        filter_down(&r->a, down, &r->b);
        swap(r);
    }
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void blur_plane(struct blur_room *r, uint8_t *data, int stride, int width, int height,
                       const struct way *across, const struct way *down, int weight)
{
    int most = larger(across->levels, down->levels);
    pyramid_from_bytes(data, stride, width, height, across->levels > 0, down->levels > 0, &r->a);
    for (int i = 1; i < most; i++) {
        pyramid_halve(&r->a, i < across->levels, i < down->levels, &r->b);
        swap(r);
    }
    filter(r, across, down);
    for (int i = most - 1; i >= 1; i--) {
        int w = pyramid_side(width, across->levels < i ? across->levels : i);
        int h = pyramid_side(height, down->levels < i ? down->levels : i);
        pyramid_double(&r->a, i < across->levels, i < down->levels, w, h, r->line, &r->b);
        swap(r);
    }
    pyramid_to_bytes(&r->a, across->levels > 0, down->levels > 0, weight, r->line, data, stride,
                     width, height);
}

static bool make_room(struct effect_desk *desk, int width, int height, struct blur_room *r,
                      struct err *e)
{
    struct {
        char word[8];
        int32_t size[2];
    } key = {"blur", {width, height}};
    bool fresh;
    /* Halved one way only is the most. */
    size_t plane = (size_t)(width + 1) * (size_t)(height + 1) / 2 + (size_t)larger(width, height);
    size_t line = PYRAMID_LINE(width + 2 * REACH);
    uint16_t *room =
        effect_desk_table(desk, &key, sizeof key, 2 * plane * sizeof(uint16_t) + line, &fresh, e);
    if (!room)
        return false;
    *r = (struct blur_room){.a = {.data = room}, .b = {.data = room + plane}};
    r->line = room + 2 * plane;
    return true;
}

bool blur_picture(struct picture *p, double across, double down, struct effect_desk *desk,
                  struct err *e)
{
    struct blur_room room;
    double most = larger(p->width, p->height) / 8.0;
    across = across < most ? across : most;
    down = down < most ? down : most;
    if (across <= 0 && down <= 0)
        return true;
    if (!make_room(desk, p->width, p->height, &room, e))
        return false;
    for (int i = 0; i < 3; i++) {
        double scale = i ? 0.5 : 1;
        struct way x = {.weight = 256}, y = {.weight = 256};
        if (across > 0)
            x = way_of(across * scale);
        if (down > 0)
            y = way_of(down * scale);
        blur_plane(&room, p->data[i], p->stride[i], plane_width(p, i), plane_height(p, i), &x, &y,
                   x.weight < y.weight ? x.weight : y.weight);
    }
    return true;
}
