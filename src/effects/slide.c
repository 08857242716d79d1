/* SPDX-License-Identifier: GPL-3.0-or-later
 * slide.c - two pictures side by side, and the frame moving from one to the other.
 *
 * Both pictures are one long row (or column); the frame begins somewhere between two samples of it,
 * where Catmull and Rom's cubic tells the values. The seam is part of the row, so it moves as
 * smoothly as everything else.
 */
#include "effects/slide.h"

#include "effects/desk.h"
#include "effects/planes.h"

#include <math.h>
#include <string.h>

const char *const slide_directions[] = {"left", "right", "up", "down", NULL};

/* The filter between samples: of 64, so that eight sums fit 16 bits each. */
#define UNIT 64

struct place {
    int whole;
    int16_t w[4]; /* of the samples at whole - 1 .. whole + 2 */
};

/* Catmull and Rom, "A class of local interpolating splines", 1974. */
static struct place place_of(double at)
{
    double f = at - floor(at);
    struct place p = {.whole = (int)floor(at)};
    const double w[4] = {((2 - f) * f - 1) * f / 2, ((3 * f - 5) * f * f + 2) / 2,
                         ((4 - 3 * f) * f + 1) * f / 2, (f - 1) * f * f / 2};
    int sum = 0;
    for (int i = 0; i < 4; i++) {
        p.w[i] = (int16_t)lround(w[i] * UNIT);
        sum += p.w[i];
    }
    p.w[f < 0.5 ? 1 : 2] = (int16_t)(p.w[f < 0.5 ? 1 : 2] + UNIT - sum);
    return p;
}

static void four_rows(const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d,
                      const int16_t *w, uint8_t *restrict out, int n)
{
    int16_t wa = w[0], wb = w[1], wc = w[2], wd = w[3];
    for (int x = 0; x < n; x++) {
        int16_t v = (int16_t)(a[x] * wa + b[x] * wb + c[x] * wc + d[x] * wd + UNIT / 2);
        v = (int16_t)(v >> 6);
        out[x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

/* A row of both pictures, the second behind the first; places beyond repeat the ends. */
static void across(const struct picture *first, const struct picture *second, struct picture *out,
                   int plane, const struct place *p, uint8_t *line)
{
    int n = plane_width(out, plane);
    for (int y = 0; y < plane_height(out, plane); y++) {
        const uint8_t *a = plane_row(first, plane, y), *b = plane_row(second, plane, y);
        line[0] = a[0];
        memcpy(line + 1, a, (size_t)n);
        memcpy(line + 1 + n, b, (size_t)n);
        memset(line + 1 + 2 * n, b[n - 1], 2);
        const uint8_t *s = line + p->whole;
        four_rows(s, s + 1, s + 2, s + 3, p->w, plane_row(out, plane, y), n);
    }
}

static const uint8_t *column_row(const struct picture *first, const struct picture *second,
                                 int plane, int y)
{
    int n = plane_height(first, plane);
    y = y < 0 ? 0 : y >= 2 * n ? 2 * n - 1 : y;
    return y < n ? plane_row(first, plane, y) : plane_row(second, plane, y - n);
}

static void down(const struct picture *first, const struct picture *second, struct picture *out,
                 int plane, const struct place *p)
{
    for (int y = 0; y < plane_height(out, plane); y++) {
        const uint8_t *row[4];
        for (int i = 0; i < 4; i++)
            row[i] = column_row(first, second, plane, y + p->whole - 1 + i);
        four_rows(row[0], row[1], row[2], row[3], p->w, plane_row(out, plane, y),
                  plane_width(out, plane));
    }
}

bool slide_draw(int direction, double way, const struct picture *from, const struct picture *to,
                struct picture *out, struct effect_desk *desk, struct err *e)
{
    struct {
        char word[8];
        int64_t width;
    } key = {"slide", out->width};
    bool fresh, forwards = direction == SLIDE_LEFT || direction == SLIDE_UP;
    uint8_t *line =
        effect_desk_table(desk, &key, sizeof key, 2 * (size_t)out->width + 3, &fresh, e);
    if (!line)
        return false;
    const struct picture *first = forwards ? from : to, *second = forwards ? to : from;
    double at = forwards ? way : 1 - way;
    at = at < 0 ? 0 : at > 1 ? 1 : at;
    for (int i = 0; i < 3; i++) {
        bool is_across = direction == SLIDE_LEFT || direction == SLIDE_RIGHT;
        struct place p = place_of(at * (is_across ? plane_width(out, i) : plane_height(out, i)));
        if (is_across)
            across(first, second, out, i, &p, line);
        else
            down(first, second, out, i, &p);
    }
    return true;
}
