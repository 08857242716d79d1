/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.c - two drawn scenes with something moving.
 *
 * A scene is a function from a point to a colour: x from 0 to 1, y from 0 (top) to 16/9. Pictures
 * take the mean of some points in each sample.
 */
#include "scene.h"

#include "effects/noise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BOTTOM (16.0 / 9)
#define POINTS 2 /* in each sample, each way */

struct colour {
    double r, g, b;
};

static double clamp01(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

static struct colour mix(struct colour a, struct colour b, double k)
{
    k = clamp01(k);
    return (struct colour){a.r + (b.r - a.r) * k, a.g + (b.g - a.g) * k, a.b + (b.b - a.b) * k};
}

static struct colour add(struct colour a, struct colour b, double k)
{
    return (struct colour){a.r + b.r * k, a.g + b.g * k, a.b + b.b * k};
}

/* --- Letters: strokes on a grid of 4 x 6, "x y x y", a blank lifts the pen -------------------- */

static const struct {
    char letter;
    const char *strokes;
} font[] = {
    {'0', "00400646 4046 0006"},
    {'1', "102026 1636"},
    {'2', "004043030646"},
    {'3', "00404606 0343"},
    {'4', "000343 4046"},
    {'5', "400003434606"},
    {'6', "400006464303"},
    {'7', "004026"},
    {'8', "004046060000 0343"},
    {'9', "4303004046 4606"},
    {'.', "2526"},
    {'s', "430304444606"},
    {'G', "4000064643 4323"},
    {'O', "00404606 0006"},
    {'L', "000646"},
    {'D', "00304145360600"},
    {'E', "40000646 0333"},
    {'N', "06004640"},
    {'H', "0006 4046 0343"},
    {'U', "00064640"},
    {'R', "060040430346"},
    {'I', "2026"},
    {'T', "0040 2026"},
};

static double to_segment(double x, double y, double ax, double ay, double bx, double by)
{
    double dx = bx - ax, dy = by - ay, len = dx * dx + dy * dy;
    double k = len > 0 ? clamp01(((x - ax) * dx + (y - ay) * dy) / len) : 0;
    return hypot(x - ax - k * dx, y - ay - k * dy);
}

/* Distance to a letter whose grid begins at 0, 0. */
static double to_letter(char letter, double x, double y)
{
    double least = 1e9;
    for (size_t i = 0; i < sizeof font / sizeof font[0]; i++) {
        if (font[i].letter != letter)
            continue;
        const char *s = font[i].strokes;
        for (; s[0] && s[1]; s += s[2] == ' ' ? 3 : 2) {
            if (!s[2] || s[2] == ' ' || !s[3])
                continue;
            least = fmin(least, to_segment(x, y, s[0] - '0', s[1] - '0', s[2] - '0', s[3] - '0'));
        }
    }
    return least;
}

/* Distance to a word whose letters are `size` high, begun at x0, y0; in units of the scene. */
static double to_word(const char *word, double x0, double y0, double size, double x, double y)
{
    double unit = size / 6, least = 1e9;
    if (y < y0 - size || y > y0 + 2 * size)
        return least;
    for (size_t i = 0; word[i]; i++)
        least = fmin(least, to_letter(word[i], (x - x0) / unit - 6.0 * (double)i, (y - y0) / unit));
    return least * unit;
}

static struct colour write_word(struct colour under, const char *word, double x0, double y0,
                                double size, double x, double y)
{
    double d = to_word(word, x0, y0, size, x, y);
    under = mix(under, (struct colour){0, 0, 0}, 0.45 * (1 - d / (size * 0.35)));
    return d < size * 0.085 ? (struct colour){1, 1, 1} : under;
}

/* --- Sunset over a lake --------------------------------------------------------------------- */

#define HORIZON 1.12

static struct colour sky(double x, double y)
{
    static const struct colour top = {0.13, 0.14, 0.42}, middle = {0.72, 0.29, 0.48},
                               low = {1.0, 0.62, 0.36}, sun = {1.0, 0.93, 0.72};
    double k = y / HORIZON, d = hypot(x - 0.4, y - 0.93);
    struct colour c = k < 0.6 ? mix(top, middle, k / 0.6) : mix(middle, low, (k - 0.6) / 0.4);
    c = add(c, (struct colour){1.0, 0.6, 0.3}, 0.55 * exp(-d * 5));
    return d < 0.13 ? sun : c;
}

static double ridge(double x, int layer)
{
    static const double base[] = {0.98, 1.04, 1.09}, height[] = {0.10, 0.08, 0.05};
    double p = 7.3 * layer + x * (3 + 2 * layer);
    return base[layer] -
           height[layer] * (sin(p) + 0.5 * sin(2.3 * p + 1) + 0.25 * sin(5.1 * p + 2));
}

static struct colour land(double x, double y)
{
    static const struct colour shade[] = {
        {0.50, 0.25, 0.43}, {0.30, 0.17, 0.36}, {0.14, 0.10, 0.25}};
    struct colour c = sky(x, y);
    for (int i = 0; i < 3; i++)
        if (y > ridge(x, i))
            c = mix(shade[i], (struct colour){0.9, 0.5, 0.4}, 0.25 * (y - ridge(x, i)) / 0.15);
    return c;
}

static struct colour lake(double x, double y, double t)
{
    double depth = (y - HORIZON) / (BOTTOM - HORIZON);
    double wave = sin(190 * pow(depth + 0.03, 0.55) + 9 * sin(5 * x + t)) * (0.004 + 0.03 * depth);
    struct colour c = land(x + wave, HORIZON - (y - HORIZON) * 0.95 + wave);
    c = mix(c, (struct colour){0.05, 0.10, 0.28}, 0.25 + 0.45 * depth);
    double glitter = exp(-fabs(x - 0.4) * (10 - 5 * depth)) *
                     fmax(0, sin(300 * pow(depth + 0.05, 0.6) + 7 * sin(23 * x + 3 * t)));
    return add(c, (struct colour){1.0, 0.7, 0.4}, 0.55 * glitter * (1 - depth * 0.6));
}

static struct colour balloon(struct colour under, double x, double y, double t)
{
    static const struct colour stripes[] = {
        {0.92, 0.16, 0.18}, {1.0, 0.83, 0.15}, {0.05, 0.62, 0.62}, {0.97, 0.96, 0.92}};
    double cx = 0.74, cy = 0.52 - 0.02 * t, dx = (x - cx) / 0.15, dy = (y - cy) / 0.17;
    double narrow = dy > 0 ? 1 - 0.45 * dy * dy : 1;
    if (fabs(x - cx) < 0.03 && y > cy + 0.22 && y < cy + 0.26)
        return (struct colour){0.35, 0.2, 0.12};
    if (fabs(fabs(x - cx) - 0.022) < 0.002 && y > cy + 0.15 && y < cy + 0.23)
        return (struct colour){0.2, 0.12, 0.1};
    if (dx * dx / (narrow * narrow) + dy * dy > 1)
        return under;
    double turn = asin(clamp01((dx / narrow / sqrt(fmax(1e-6, 1 - dy * dy)) + 1) / 2) * 2 - 1);
    struct colour c = stripes[(int)(clamp01(turn / 3.1416 + 0.5) * 7.99) % 4];
    return mix(c, (struct colour){0.25, 0.05, 0.2}, 0.55 * clamp01(dx * 0.6 + dy * 0.35));
}

static struct colour boat(struct colour under, double x, double y, double t)
{
    double cx = 0.16 + 0.2 * t, dx = x - cx, dy = y - 1.42;
    if (dy > 0 && dy < 0.045 && fabs(dx) < 0.12 - dy * 1.2)
        return (struct colour){0.16, 0.07, 0.10};
    if (dy <= -0.012 && dy > -0.30 && dx > 0.006 && dx < 0.11 * (dy + 0.30) / 0.29)
        return mix((struct colour){1, 0.97, 0.9}, (struct colour){0.95, 0.7, 0.55}, dx * 9);
    if (dy <= -0.012 && dy > -0.24 && dx < -0.006 && dx > -0.075 * (dy + 0.24) / 0.23)
        return (struct colour){0.9, 0.35, 0.25};
    if (fabs(dx) < 0.004 && dy <= 0 && dy > -0.31)
        return (struct colour){0.2, 0.1, 0.1};
    return under;
}

static struct colour sunset(double x, double y, double t)
{
    char clock[16];
    struct colour c = y < HORIZON ? balloon(land(x, y), x, y, t) : lake(x, y, t);
    c = boat(c, x, y, t);
    snprintf(clock, sizeof clock, "%.1f s", t);
    c = write_word(c, "GOLDEN", 0.1, 0.13, 0.085, x, y);
    c = write_word(c, "HOUR", 0.1, 0.26, 0.085, x, y);
    return write_word(c, clock, 0.62, 1.63, 0.06, x, y);
}

/* --- A city at night ------------------------------------------------------------------------ */

static struct colour building(struct colour under, int layer, double x, double y)
{
    static const double widths[] = {0.11, 0.16, 0.23};
    static const struct colour walls[] = {
        {0.10, 0.20, 0.34}, {0.07, 0.12, 0.24}, {0.03, 0.05, 0.12}};
    double at = x / widths[layer] + 0.37 * layer, in = at - floor(at);
    uint32_t n = (uint32_t)(int)floor(at) + 100u * (uint32_t)layer;
    double top = 0.62 + 0.27 * layer + 0.17 * noise_value(11, n);
    if (y < top || in < 0.04)
        return under;
    double wx = in * widths[layer] / 0.028, wy = (y - top) / 0.042;
    uint32_t window = (uint32_t)wx + 16u * (uint32_t)wy + 4096u * n;
    bool in_frame = wx - floor(wx) > 0.35 && wy - floor(wy) > 0.4 && wy > 1;
    if (!in_frame || noise_value(3, window) < 0.1)
        return walls[layer];
    return noise_value(4, window) > 0.55 ? (struct colour){0.25, 0.85, 0.95}
                                         : (struct colour){1.0, 0.78, 0.42};
}

static struct colour city(double x, double y, double t)
{
    static const struct colour top = {0.02, 0.04, 0.16}, low = {0.10, 0.50, 0.55};
    struct colour c = mix(top, low, y / 1.35);
    double d = hypot(x - 0.72, y - 0.38);
    c = add(c, (struct colour){0.5, 0.7, 0.8}, 0.4 * exp(-d * 7));
    if (d < 0.1)
        c = mix((struct colour){0.98, 0.97, 0.88}, (struct colour){0.8, 0.8, 0.75},
                3 * fmax(0, 0.06 - hypot(x - 0.69, y - 0.36)) / 0.06);
    for (int i = 0; i < 3; i++)
        c = building(c, i, x + 0.01 * t * (i + 1), y);
    c = write_word(c, "NEON", 0.1, 0.13, 0.085, x, y);
    return write_word(c, "NIGHT", 0.1, 0.26, 0.085, x, y);
}

/* --- Pictures ------------------------------------------------------------------------------- */

static struct colour sample(enum scene which, double t, const struct effect_view *v, double x,
                            double y)
{
    x = v->mirrored ? 1 - x : x;
    x = (1 - 1 / v->scale) * v->x + x / v->scale;
    y = ((1 - 1 / v->scale) * v->y + y / v->scale) * BOTTOM;
    return which == SCENE_SUNSET ? sunset(x, y, t) : city(x, y, t);
}

/* The mean of a luma sample. */
static struct colour mean(enum scene which, double t, const struct effect_view *v,
                          const struct picture *p, int x, int y)
{
    struct colour sum = {0, 0, 0};
    for (int i = 0; i < POINTS * POINTS; i++) {
        int column = i % POINTS, row = i / POINTS;
        double px = (x + (column + 0.5) / POINTS) / p->width;
        double py = (y + (row + 0.5) / POINTS) / p->height;
        struct colour c = sample(which, t, v, px, py);
        sum = add(sum, (struct colour){clamp01(c.r), clamp01(c.g), clamp01(c.b)},
                  1.0 / (POINTS * POINTS));
    }
    return sum;
}

static double luma(struct colour c)
{
    return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
}

/* Four luma samples and their chroma. */
static void draw_block(enum scene which, double t, const struct effect_view *view,
                       struct picture *p, int x, int y)
{
    struct colour all = {0, 0, 0};
    for (int i = 0; i < 4; i++) {
        struct colour c = mean(which, t, view, p, 2 * x + i % 2, 2 * y + i / 2);
        p->data[0][(2 * y + i / 2) * p->stride[0] + 2 * x + i % 2] =
            (uint8_t)lround(16 + 219 * luma(c));
        all = add(all, c, 0.25);
    }
    p->data[1][y * p->stride[1] + x] = (uint8_t)lround(128 + 224 * (all.b - luma(all)) / 1.8556);
    p->data[2][y * p->stride[2] + x] = (uint8_t)lround(128 + 224 * (all.r - luma(all)) / 1.5748);
}

void scene_draw(enum scene which, double t, const struct effect_view *view, struct picture *p)
{
    for (int y = 0; y < p->height / 2; y++)
        for (int x = 0; x < p->width / 2; x++)
            draw_block(which, t, view, p, x, y);
}
