/* SPDX-License-Identifier: GPL-3.0-or-later
 * geometry.c - which part of a source picture goes where in the frame.
 */
#include "render/geometry.h"

#include <math.h>

struct upright geometry_upright(const struct picture *p)
{
    double sar = p->sar_num > 0 && p->sar_den > 0 ? (double)p->sar_num / p->sar_den : 1;
    if (p->rotation == 90 || p->rotation == 270)
        return (struct upright){p->height, p->width, 1 / sar};
    return (struct upright){p->width, p->height, sar};
}

struct rect geometry_cover(const struct upright *u, int width, int height)
{
    double w = u->width, h = u->height;
    double shape = (double)width / height / u->sample_width; /* in samples of the source */
    if (w > h * shape)
        w = h * shape;
    else
        h = w / shape;
    return (struct rect){(u->width - w) / 2, (u->height - h) / 2, w, h};
}

static double between(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

struct rect geometry_crop(const struct upright *u, const struct rect *cover, double x, double y,
                          double scale)
{
    double s = scale > 1 ? scale : 1, w = cover->w / s, h = cover->h / s;
    return (struct rect){between(x * u->width - w / 2, 0, u->width - w),
                         between(y * u->height - h / 2, 0, u->height - h), w, h};
}

static double even(double v, int max)
{
    double n = 2 * round(v / 2);
    return n < 2 ? 2 : n > max ? max : n;
}

struct rect geometry_contain(const struct upright *u, int width, int height)
{
    double shape = u->width * u->sample_width / u->height;
    double w = width, h = height;
    if (shape > w / h)
        h = even(w / shape, height);
    else
        w = even(h * shape, width);
    return (struct rect){2 * floor((width - w) / 4), 2 * floor((height - h) / 4), w, h};
}

struct rect geometry_view(const struct rect *from, const struct effect_view *v)
{
    double s = v->scale > 1 ? v->scale : 1;
    double w = from->w / s, h = from->h / s;
    return (struct rect){from->x + (from->w - w) * v->x, from->y + (from->h - h) * v->y, w, h};
}
