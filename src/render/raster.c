/* SPDX-License-Identifier: GPL-3.0-or-later
 * raster.c - scaling, blurring and merging of small pictures.
 */
#include "render/raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool raster_create(struct raster *r, int x, int y, int width, int height, int channels)
{
    *r = (struct raster){.x = x, .y = y, .width = width, .height = height, .channels = channels};
    r->pixels = calloc((size_t)width * (size_t)height + 1, (size_t)channels);
    return r->pixels;
}

void raster_finish(struct raster *r)
{
    free(r->pixels);
    *r = (struct raster){0};
}

static uint8_t *row(const struct raster *r, int y)
{
    return r->pixels + (ptrdiff_t)y * r->width * r->channels;
}

bool raster_copy(struct raster *to, const struct raster *from)
{
    if (!raster_create(to, from->x, from->y, from->width, from->height, from->channels))
        return false;
    memcpy(to->pixels, from->pixels,
           (size_t)from->width * (size_t)from->height * (size_t)from->channels);
    return true;
}

static bool row_empty(const struct raster *r, int y)
{
    const uint8_t *p = row(r, y);
    return r->width == 0 || (p[0] == 0 && memcmp(p, p + 1, (size_t)r->width - 1) == 0);
}

static bool column_empty(const struct raster *r, int x)
{
    for (int y = 0; y < r->height; y++)
        if (row(r, y)[x])
            return false;
    return true;
}

void raster_trim(struct raster *r)
{
    int top = 0, bottom = r->height, left = 0, right = r->width;
    while (top < bottom && row_empty(r, top))
        top++;
    while (bottom > top && row_empty(r, bottom - 1))
        bottom--;
    while (left < right && column_empty(r, left))
        left++;
    while (right > left && column_empty(r, right - 1))
        right--;
    int width = right - left, height = bottom - top;
    for (int y = 0; y < height; y++)
        memmove(r->pixels + (ptrdiff_t)y * width, row(r, y + top) + left, (size_t)width);
    r->x += left;
    r->y += top;
    r->width = width;
    r->height = height;
}

/* --- Scaling -------------------------------------------------------------------------------- */

#define MAX_TAPS 24

/* Which samples make one of the result, and how much each counts: 256 together. */
struct tap {
    int first, count;
    int weight[MAX_TAPS];
};

static struct tap tap_at(double centre, double support, int n)
{
    struct tap t = {.first = (int)ceil(centre - support), .count = 0};
    double w[MAX_TAPS] = {0}, sum = 0;
    for (int i = t.first; i < centre + support && t.count < MAX_TAPS; i++) {
        w[t.count] = 1 - fabs(i - centre) / support;
        sum += w[t.count++];
    }
    int left = 256, largest = 0;
    for (int i = 0; i < t.count; i++) {
        t.weight[i] = (int)lrint(w[i] / sum * 256);
        left -= t.weight[i];
        largest = t.weight[i] > t.weight[largest] ? i : largest;
    }
    t.weight[largest] += left;
    while (t.count > 0 && t.first < 0) { /* what lies outside is clear */
        t.first++;
        t.count--;
        memmove(t.weight, t.weight + 1, (size_t)t.count * sizeof t.weight[0]);
    }
    while (t.count > 0 && t.first + t.count > n)
        t.count--;
    return t;
}

static void scale_rows(const struct raster *from, struct raster *to, double scale, double origin)
{
    double support = scale < 1 ? 1 / scale : 1;
    int ch = from->channels;
    for (int x = 0; x < to->width; x++) {
        struct tap t = tap_at((x + 0.5) / scale + origin - 0.5, support, from->width);
        for (int y = 0; y < from->height; y++) {
            const uint8_t *in = row(from, y) + (ptrdiff_t)t.first * ch;
            uint8_t *out = row(to, y) + (ptrdiff_t)x * ch;
            for (int c = 0; c < ch; c++) {
                int sum = 128;
                for (int i = 0; i < t.count; i++)
                    sum += t.weight[i] * in[i * ch + c];
                out[c] = (uint8_t)(sum >> 8);
            }
        }
    }
}

static void scale_columns(const struct raster *from, struct raster *to, double scale, double origin)
{
    double support = scale < 1 ? 1 / scale : 1;
    int n = from->width * from->channels;
    for (int y = 0; y < to->height; y++) {
        struct tap t = tap_at((y + 0.5) / scale + origin - 0.5, support, from->height);
        const uint8_t *in = t.count ? row(from, t.first) : NULL;
        uint8_t *out = row(to, y);
        for (int x = 0; x < n; x++) {
            int sum = 128;
            for (int i = 0; i < t.count; i++)
                sum += t.weight[i] * in[(ptrdiff_t)i * n + x];
            out[x] = (uint8_t)(sum >> 8);
        }
    }
}

bool raster_scale(struct raster *to, const struct raster *from, double scale, double x0, double y0,
                  double x1, double y1)
{
    if (scale < 2.0 / MAX_TAPS)
        scale = 2.0 / MAX_TAPS;
    double left = x1 + (from->x - x0) * scale, top = y1 + (from->y - y0) * scale;
    int x = (int)floor(left) - 1, y = (int)floor(top) - 1;
    int right = (int)ceil(left + from->width * scale) + 1;
    int bottom = (int)ceil(top + from->height * scale) + 1;
    struct raster wide;
    if (!raster_create(&wide, x, 0, right - x, from->height, from->channels))
        return false;
    bool ok = raster_create(to, x, y, right - x, bottom - y, from->channels);
    if (ok) {
        scale_rows(from, &wide, scale, (x - left) / scale);
        scale_columns(&wide, to, scale, (y - top) / scale);
    }
    raster_finish(&wide);
    return ok;
}

void raster_straighten(struct raster *r)
{
    uint8_t *p = r->pixels;
    for (ptrdiff_t n = (ptrdiff_t)r->width * r->height; n > 0; n--, p += 4)
        for (int c = 0; c < 3 && p[3]; c++) {
            int v = (p[c] * 255 + p[3] / 2) / p[3];
            p[c] = (uint8_t)(v > 255 ? 255 : v);
        }
}

/* --- Masks ---------------------------------------------------------------------------------- */

void raster_merge(struct raster *to, const struct raster *from)
{
    int ch = from->channels;
    for (int y = 0; y < from->height; y++) {
        int ty = from->y + y - to->y;
        if (ty < 0 || ty >= to->height)
            continue;
        for (int x = 0; x < from->width; x++) {
            int tx = from->x + x - to->x;
            uint8_t v = row(from, y)[x * ch + ch - 1];
            if (tx >= 0 && tx < to->width && v > row(to, ty)[tx])
                row(to, ty)[tx] = v;
        }
    }
}

/* The mean of 2 * radius + 1 samples around each; what lies outside is clear. */
static void box_filter(const uint8_t *in, uint8_t *out, int n, ptrdiff_t step, int radius)
{
    unsigned size = (unsigned)(2 * radius + 1), sum = size / 2;
    for (int i = 0; i < radius && i < n; i++)
        sum += in[i * step];
    for (int i = 0; i < n; i++) {
        if (i + radius < n)
            sum += in[(i + radius) * step];
        out[i * step] = (uint8_t)(sum / size);
        if (i >= radius)
            sum -= in[(i - radius) * step];
    }
}

bool raster_blur(struct raster *r, int radius)
{
    struct raster other;
    if (radius < 1)
        return true;
    if (!raster_copy(&other, r))
        return false;
    for (int pass = 0; pass < 3; pass++) {
        for (int y = 0; y < r->height; y++)
            box_filter(row(r, y), row(&other, y), r->width, 1, radius);
        for (int x = 0; x < r->width; x++)
            box_filter(other.pixels + x, r->pixels + x, r->height, r->width, radius);
    }
    raster_finish(&other);
    return true;
}

void raster_round_box(struct raster *r, double left, double top, double right, double bottom,
                      double radius)
{
    double w = (right - left) / 2, h = (bottom - top) / 2;
    radius = fmin(radius, fmin(w, h));
    for (int y = 0; y < r->height; y++) {
        for (int x = 0; x < r->width; x++) {
            /* Distance from the box, negative inside. */
            double dx = fabs(r->x + x + 0.5 - left - w) - w + radius;
            double dy = fabs(r->y + y + 0.5 - top - h) - h + radius;
            double d = (dx > 0 && dy > 0 ? hypot(dx, dy) : fmax(dx, dy)) - radius;
            double v = 255 * fmin(1, fmax(0, 0.5 - d));
            if (v > row(r, y)[x])
                row(r, y)[x] = (uint8_t)lrint(v);
        }
    }
}
