/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/crop_path.h"

#include "analysis/crop_smooth.h"

#include <math.h>
#include <stdlib.h>

#define MOSTLY 0.98    /* share of the wishes that must be met by the calmer way */
#define WORTH 0.04     /* share more of them that a restless way must meet to be taken */
#define DEAD_ZONE 0.12 /* share of the window that the centre need not follow */
#define FALL 0.25      /* share of the window from where a wish is met to where it is missed */
#define PLACES 128     /* that are tried to stand still at */
#define PAN_TIMES 8    /* a shot's moments that are tried for a pan to begin and to end */
#define LIKE 1e-6      /* weight of not moving at all, for the part of a pan that nobody wishes */
#define SHORTEST_MOVE 1.5 /* s: shots that are shorter stand still */

const char *crop_camera_name(enum crop_camera camera)
{
    static const char *const names[] = {
        [CROP_STILL] = "still", [CROP_PAN] = "pan", [CROP_TRACK] = "track"};
    return names[camera];
}

/* --- The curve ------------------------------------------------------------------------------ */

/* Beyond its ends the curve's points go on evenly. */
static double point_at(const struct crop_curve *c, ptrdiff_t i)
{
    ptrdiff_t last = (ptrdiff_t)c->count - 1;
    if (i < 0)
        return last > 0 ? c->point[0] + (c->point[1] - c->point[0]) * (double)i : c->point[0];
    if (i > last)
        return last > 0
                   ? c->point[last] + (c->point[last] - c->point[last - 1]) * (double)(i - last)
                   : c->point[last];
    return c->point[i];
}

double crop_curve_at(const struct crop_curve *c, double time_s)
{
    double u = (time_s - c->start) / CROP_STEP_S, end = (double)c->count - 1;
    u = u < 0 ? 0 : u > end ? end : u;
    ptrdiff_t i = (ptrdiff_t)floor(u + 0.5);
    double t = u + 0.5 - (double)i; /* 0..1 through the piece around point i */
    double a = point_at(c, i - 1), b = point_at(c, i), d = point_at(c, i + 1);
    return 0.5 * ((1 - t) * (1 - t) * a + (1 + 2 * t * (1 - t)) * b + t * t * d);
}

void crop_curve_finish(struct crop_curve *c)
{
    free(c->point);
    *c = (struct crop_curve){0};
}

static double curve_time(const struct crop_curve *c, size_t i)
{
    return c->start + (double)i * CROP_STEP_S;
}

/* --- How good a way is ---------------------------------------------------------------------- */

/* Weight of the wishes that are met (in part just outside of their slack), and how far from its
 * best place everything lies. */
struct verdict {
    double met, total, distance;
};

static void judge(struct verdict *v, const struct crop_wish *w, const struct crop_frame *f,
                  double at)
{
    double d = fabs(at - w->at), beyond = fmax(d - w->slack, 0) / (FALL * f->window);
    v->total += w->weight;
    v->met += w->weight * fmax(1 - beyond, 0);
    v->distance += w->weight * d;
}

static double met_share(const struct verdict *v)
{
    return v->total > 0 ? v->met / v->total : 1;
}

static bool better(const struct verdict *a, const struct verdict *b)
{
    double tolerance = 1e-9 * a->total;
    return a->met > b->met + tolerance ||
           (a->met >= b->met - tolerance && a->distance < b->distance);
}

static struct verdict judge_curve(const struct crop_curve *c, const struct crop_wish *wish,
                                  size_t count, const struct crop_frame *f)
{
    struct verdict v = {0};
    for (size_t i = 0; i < count; i++)
        judge(&v, &wish[i], f, crop_curve_at(c, wish[i].time));
    return v;
}

/* --- Still ---------------------------------------------------------------------------------- */

static void fill_still(struct crop_curve *c, double at)
{
    c->camera = CROP_STILL;
    for (size_t i = 0; i < c->count; i++)
        c->point[i] = at;
}

static struct verdict stand_still(const struct crop_wish *wish, size_t count,
                                  const struct crop_frame *f, struct crop_curve *c)
{
    struct verdict best = {.met = -1};
    double place = 0.5;
    for (int i = 0; i <= PLACES; i++) {
        struct verdict v = {0};
        double at = f->window / 2 + (1 - f->window) * i / PLACES;
        for (size_t k = 0; k < count; k++)
            judge(&v, &wish[k], f, at);
        if (i > 0 && !better(&v, &best))
            continue;
        best = v;
        place = at;
    }
    fill_still(c, best.total > 0 ? place : 0.5);
    return best;
}

/* --- Pan ------------------------------------------------------------------------------------ */

/* Evenly faster for the first half, evenly slower for the second: 0..1. */
static double ease(double u)
{
    u = u < 0 ? 0 : u > 1 ? 1 : u;
    return u < 0.5 ? 2 * u * u : 1 - 2 * (1 - u) * (1 - u);
}

struct pan {
    double begin, end; /* s */
    double from, to;
};

/* The places between which to move in that time: weighted least squares. */
static void fit_pan(const struct crop_wish *wish, size_t count, struct pan *p)
{
    double aa = LIKE, ab = -LIKE, bb = LIKE, ax = 0, bx = 0;
    for (size_t i = 0; i < count; i++) {
        double b = ease((wish[i].time - p->begin) / (p->end - p->begin)), a = 1 - b;
        aa += wish[i].weight * a * a;
        ab += wish[i].weight * a * b;
        bb += wish[i].weight * b * b;
        ax += wish[i].weight * a * wish[i].at;
        bx += wish[i].weight * b * wish[i].at;
    }
    double det = aa * bb - ab * ab;
    p->from = (ax * bb - bx * ab) / det;
    p->to = (bx * aa - ax * ab) / det;
}

/* Slowed down by moving less far. */
static void limit_pan(const struct crop_frame *f, struct pan *p)
{
    double low = f->window / 2, high = 1 - low, time = p->end - p->begin;
    double most = fmin(f->speed * time / 2, f->acceleration * time * time / 4);
    p->from = fmin(fmax(p->from, low), high);
    p->to = fmin(fmax(p->to, low), high);
    double way = fabs(p->to - p->from), middle = (p->from + p->to) / 2;
    if (way > most) {
        p->from = middle + (p->from - middle) * most / way;
        p->to = middle + (p->to - middle) * most / way;
    }
}

static void fill_pan(struct crop_curve *c, const struct pan *p)
{
    c->camera = CROP_PAN;
    for (size_t i = 0; i < c->count; i++)
        c->point[i] =
            p->from + (p->to - p->from) * ease((curve_time(c, i) - p->begin) / (p->end - p->begin));
}

static struct verdict pan_over(const struct crop_wish *wish, size_t count,
                               const struct crop_frame *f, struct crop_curve *c)
{
    struct verdict best = {.met = -1};
    struct pan chosen = {0};
    double part = (f->end - f->start) / PAN_TIMES;
    for (int i = 0; i < PAN_TIMES; i++)
        for (int k = i + 2; k <= PAN_TIMES; k++) {
            struct pan p = {.begin = f->start + i * part, .end = f->start + k * part};
            fit_pan(wish, count, &p);
            limit_pan(f, &p);
            fill_pan(c, &p);
            struct verdict v = judge_curve(c, wish, count, f);
            if (!better(&v, &best))
                continue;
            best = v;
            chosen = p;
        }
    fill_pan(c, &chosen);
    return best;
}

/* --- Track ---------------------------------------------------------------------------------- */

/* Each point of the curve has the wish that is nearest in time, if one is near. */
static void fill_points(const struct crop_wish *wish, size_t count, const struct crop_frame *f,
                        const struct crop_curve *c, struct smooth_point *points)
{
    size_t k = 0;
    for (size_t i = 0; i < c->count; i++) {
        double t = curve_time(c, i);
        while (k + 1 < count && fabs(wish[k + 1].time - t) <= fabs(wish[k].time - t))
            k++;
        points[i].weight = fabs(wish[k].time - t) <= 0.75 * CROP_STEP_S ? wish[k].weight : 0;
        points[i].at = wish[k].at;
        points[i].zone = fmin(wish[k].slack, DEAD_ZONE * f->window);
    }
}

/* Drawn towards the middle of the picture until all of it is inside. */
static void keep_inside(struct crop_curve *c, const struct crop_frame *f)
{
    double room = 0.5 - f->window / 2, most = 0;
    for (size_t i = 0; i < c->count; i++)
        most = fmax(most, fabs(c->point[i] - 0.5));
    for (size_t i = 0; most > room && i < c->count; i++)
        c->point[i] = 0.5 + (c->point[i] - 0.5) * room / most;
}

static bool track(const struct crop_wish *wish, size_t count, const struct crop_frame *f,
                  struct crop_curve *c, struct err *e)
{
    struct smooth_point *points = calloc(c->count, sizeof *points);
    if (!points)
        return err_set(e, ERR_NO_MEMORY, "no memory for the path of the crop");
    fill_points(wish, count, f, c, points);
    for (size_t i = 0; i < c->count; i++)
        c->point[i] = points[i].at;
    c->camera = CROP_TRACK;
    struct smooth_limits limits = {f->speed * CROP_STEP_S,
                                   f->acceleration * CROP_STEP_S * CROP_STEP_S};
    bool ok = crop_smooth(points, c->count, &limits, c->point, e);
    free(points);
    keep_inside(c, f);
    return ok;
}

/* --- Choice --------------------------------------------------------------------------------- */

static bool choose(const struct crop_wish *wish, size_t count, const struct crop_frame *f,
                   struct crop_curve *c, struct err *e)
{
    struct verdict v = stand_still(wish, count, f, c);
    double still = met_share(&v), place = c->point[0];
    if (still >= MOSTLY || f->end - f->start < SHORTEST_MOVE || f->window >= 1)
        return true;
    v = pan_over(wish, count, f, c);
    double pan = met_share(&v);
    if (pan >= MOSTLY)
        return true;
    if (!track(wish, count, f, c, e))
        return false;
    v = judge_curve(c, wish, count, f);
    if (met_share(&v) >= fmax(still, pan) + WORTH)
        return true;
    if (pan >= still + WORTH)
        pan_over(wish, count, f, c);
    else
        fill_still(c, place);
    return true;
}

bool crop_solve(const struct crop_wish *wish, size_t count, const struct crop_frame *frame,
                struct crop_curve *out, struct err *e)
{
    *out = (struct crop_curve){.start = frame->start};
    out->count = (size_t)ceil((frame->end - frame->start) / CROP_STEP_S) + 1;
    out->point = calloc(out->count, sizeof *out->point);
    if (!out->point)
        return err_set(e, ERR_NO_MEMORY, "no memory for the path of the crop");
    if (choose(wish, count, frame, out, e))
        return true;
    crop_curve_finish(out);
    return false;
}
