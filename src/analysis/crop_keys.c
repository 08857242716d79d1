/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/crop_keys.h"

#include <math.h>
#include <stdlib.h>

#define NEAR_ENOUGH 0.2 /* pixels between the path and what the keyframes make of it */
#define LONGEST 256     /* pictures from one keyframe to the next */
#define ROUNDING 1e-9

/* The path at each picture of a shot, in pixels. */
struct places {
    size_t count;    /* at least 2: the first and the last moment are among them */
    double interval; /* s, hardly less than a picture's */
    double *x, *y;
};

static bool fill_places(const struct crop_shot *s, struct places *p, struct err *e)
{
    size_t steps = (size_t)fmax(1, ceil((s->end - s->start) * s->fps));
    p->count = steps + 1;
    p->interval = (s->end - s->start) / (double)steps;
    p->x = calloc(2 * p->count, sizeof *p->x);
    if (!p->x)
        return err_set(e, ERR_NO_MEMORY, "no memory for the path of the crop");
    p->y = p->x + p->count;
    for (size_t i = 0; i < p->count; i++) {
        double t = s->start + (double)i * p->interval;
        p->x[i] = crop_curve_at(s->x, t) / s->pixel_x;
        p->y[i] = crop_curve_at(s->y, t) / s->pixel_y;
    }
    return true;
}

static bool add_key(struct crop_keys *k, double time, double x, double y, struct err *e)
{
    if (k->count == k->room) {
        size_t room = k->room ? 2 * k->room : 64;
        struct report_crop *more = realloc(k->key, room * sizeof *more);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "no memory for the path of the crop");
        k->key = more;
        k->room = room;
    }
    k->key[k->count++] = (struct report_crop){.time = time, .x = x, .y = y, .scale = 1};
    return true;
}

void crop_keys_finish(struct crop_keys *k)
{
    free(k->key);
    *k = (struct crop_keys){0};
}

/* --- Which pictures become keyframes -------------------------------------------------------- */

static double slope(const double *v, size_t from, size_t to)
{
    return (v[to] - v[from]) / (double)(to - from);
}

static bool is_near(const double *v, size_t from, size_t to)
{
    double each = slope(v, from, to);
    for (size_t i = from + 1; i < to; i++)
        if (fabs(v[from] + each * (double)(i - from) - v[i]) > NEAR_ENOUGH)
            return false;
    return true;
}

/* No kink in front of the line from one picture to another, nor behind it if the next picture is a
 * keyframe again: so there is always a way on. */
static bool is_smooth(const double *v, const struct places *p, size_t before, size_t from,
                      size_t to, double kink)
{
    double each = slope(v, from, to);
    return (before == from || fabs(slope(v, before, from) - each) <= kink + ROUNDING) &&
           (to + 1 == p->count || fabs(v[to + 1] - v[to] - each) <= kink + ROUNDING);
}

/* The furthest picture that the next keyframe can be. */
static size_t find_next(const struct places *p, size_t before, size_t from, double kink)
{
    size_t next = from + 1;
    for (size_t to = from + 1; to < p->count && to <= from + LONGEST; to++) {
        if (!is_near(p->x, from, to) || !is_near(p->y, from, to))
            break;
        if (is_smooth(p->x, p, before, from, to, kink) &&
            is_smooth(p->y, p, before, from, to, kink))
            next = to;
    }
    return next;
}

static bool stands_still(const struct crop_shot *s)
{
    return s->x->camera == CROP_STILL && s->y->camera == CROP_STILL;
}

bool crop_keys_add(struct crop_keys *k, const struct crop_shot *s, struct err *e)
{
    if (stands_still(s)) {
        double x = s->x->point[0], y = s->y->point[0];
        return add_key(k, s->start, x, y, e) && add_key(k, s->end, x, y, e);
    }
    struct places p;
    if (!fill_places(s, &p, e))
        return false;
    bool ok = add_key(k, s->start, p.x[0] * s->pixel_x, p.y[0] * s->pixel_y, e);
    for (size_t before = 0, from = 0; ok && from + 1 < p.count;) {
        size_t to = find_next(&p, before, from, s->kink);
        ok = add_key(k, s->start + (double)to * p.interval, p.x[to] * s->pixel_x,
                     p.y[to] * s->pixel_y, e);
        before = from;
        from = to;
    }
    free(p.x);
    return ok;
}
