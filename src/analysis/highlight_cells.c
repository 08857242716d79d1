/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/highlight_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_S 0.5
#define MAX_CELLS 100000 /* 14 hours; longer films get longer steps */

/* --- Painting spans into cells ---------------------------------------------------------------- */

void highlight_paint(const struct highlight_cells *c, float *x, double start, double end,
                     double amount)
{
    double a = fmax(start / c->step_s, 0), b = fmin(end / c->step_s, (double)c->count);
    if (!(a < b) || !(amount > 0))
        return;
    for (size_t i = (size_t)a; i < c->count && (double)i < b; i++) {
        double covered = fmin(b, (double)i + 1) - fmax(a, (double)i);
        x[i] = (float)fmin(1, x[i] + covered * amount);
    }
}

static void fill_drops(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    const struct report_drop *d = r->drops.items;
    for (size_t i = 0; i < r->drops.count; i++) /* what it leads to */
        highlight_paint(c, x, d[i].time, d[i].time + 6, fmin(d[i].rise / 12, 1));
}

static void fill_peaks(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    const struct report_peak *p = r->energy.items;
    for (size_t i = 0; i < r->energy.count; i++)
        highlight_paint(c, x, p[i].time - 1, p[i].time + 1, p[i].score);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fill_loud(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    const double *db = r->levels.items;
    size_t n = r->levels.count;
    double *sorted = malloc(n * sizeof *sorted + 1);
    if (!sorted)
        return;
    memcpy(sorted, db, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_number);
    double median = sorted[n / 2];
    for (size_t i = 0; i < n; i++)
        highlight_paint(c, x, (double)i * r->level_step, (double)(i + 1) * r->level_step,
              fmin((db[i] - median) / 12, 1));
    free(sorted);
}

static void fill_spans(const struct wire_list *list, const struct highlight_cells *c, float *x)
{
    const struct report_span *s = list->items;
    for (size_t i = 0; i < list->count; i++)
        highlight_paint(c, x, s[i].start, s[i].end, 1);
}

static void fill_speech(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    fill_spans(&r->speech, c, x);
}

static void fill_pauses(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    fill_spans(&r->pauses, c, x);
}

static void fill_faces(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    const struct report_face *f = r->faces.items;
    for (size_t i = 0; i < r->faces.count; i++)
        highlight_paint(c, x, f[i].time - 0.5, f[i].time + 0.5, 1);
}

static void fill_motion(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    const struct report_quality *q = r->quality.items;
    for (size_t i = 0; i < r->quality.count; i++)
        highlight_paint(c, x, q[i].time - 0.5, q[i].time + 0.5, q[i].motion);
}

static void fill_picture(const struct analysis_report *r, const struct highlight_cells *c,
                         float *x)
{
    const struct report_quality *q = r->quality.items;
    for (size_t i = 0; i < r->quality.count; i++)
        highlight_paint(c, x, q[i].time - 0.5, q[i].time + 0.5,
              q[i].sharpness * q[i].exposure * fmax(0, 1 - q[i].shake / 20));
}

static void fill_told(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    (void)r;
    highlight_fill_told(c, x);
}

static void fill_quick(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    (void)r;
    highlight_fill_quick(c, x);
}

static void fill_cuts(const struct analysis_report *r, const struct highlight_cells *c, float *x)
{
    const struct report_shot *s = r->shots.items;
    for (size_t i = 1; i < r->shots.count; i++) /* the first begins with the film */
        highlight_paint(c, x, s[i].start - 1, s[i].start + 1, 0.5);
}

/* --- All of it together ----------------------------------------------------------------------- */

#define LINES SIZE_MAX

static const struct feature {
    double weight;
    size_t list; /* of the report: the film has the feature where it is not empty; or LINES */
    void (*fill)(const struct analysis_report *r, const struct highlight_cells *c, float *x);
} features[HL_COUNT] = {
#define LIST(member) offsetof(struct analysis_report, member)
    [HL_DROP] = {0.9, LIST(drops), fill_drops},
    [HL_PEAK] = {0.6, LIST(energy), fill_peaks},
    [HL_LOUD] = {0.3, LIST(levels), fill_loud},
    [HL_SPEECH] = {0.4, LIST(speech), fill_speech},
    [HL_FACE] = {0.3, LIST(faces), fill_faces},
    [HL_MOTION] = {0.3, LIST(quality), fill_motion},
    [HL_CUTS] = {0.2, LIST(shots), fill_cuts},
    [HL_PICTURE] = {0.2, LIST(quality), fill_picture},
    [HL_TOLD] = {0.5, LINES, fill_told},
    [HL_QUICK] = {0.2, LINES, fill_quick},
    [HL_PAUSE] = {-0.3, LIST(pauses), fill_pauses},
#undef LIST
};

static bool has_feature(const struct analysis_report *r, const struct highlight_cells *c, size_t list)
{
    if (list == LINES)
        return c->line_count > 0;
    return ((const struct wire_list *)(const void *)((const char *)r + list))->count > 0;
}

static bool fill_parts(const struct analysis_report *r, struct arena *a, struct highlight_cells *c,
                       double *weights)
{
    for (int f = 0; f < HL_COUNT; f++) {
        if (!has_feature(r, c, features[f].list))
            continue;
        c->part[f] = arena_array(a, c->count, sizeof *c->part[f]);
        if (!c->part[f])
            return false;
        features[f].fill(r, c, c->part[f]);
        *weights += fmax(features[f].weight, 0);
    }
    return true;
}

bool highlight_fill(const struct analysis_report *r, struct arena *a, struct highlight_cells *c,
                    struct err *e)
{
    double weights = 0;
    c->step_s = fmax(STEP_S, r->duration / MAX_CELLS);
    c->count = (size_t)ceil(r->duration / c->step_s);
    c->sum = arena_array(a, c->count + 1, sizeof *c->sum);
    if (!c->sum || !fill_parts(r, a, c, &weights))
        return err_set(e, ERR_NO_MEMORY, "no memory for the highlights");
    for (size_t i = 0; i < c->count; i++) {
        double value = 0;
        for (int f = 0; f < HL_COUNT; f++)
            value += c->part[f] ? features[f].weight * c->part[f][i] : 0;
        c->sum[i + 1] = c->sum[i] + (weights > 0 ? value / weights : 0) * c->step_s;
    }
    c->mean = highlight_value(c, 0, r->duration);
    return true;
}

double highlight_part(const struct highlight_cells *c, enum highlight_feature f, double start,
                      double end)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = (size_t)(start / c->step_s); c->part[f] && i < c->count; i++) {
        if ((double)i * c->step_s >= end)
            break;
        sum += c->part[f][i];
        n++;
    }
    return n > 0 ? sum / (double)n : 0;
}

static double sum_until(const struct highlight_cells *c, double t)
{
    double place = t / c->step_s;
    size_t i = (size_t)place;
    if (i >= c->count)
        return c->sum[c->count];
    return c->sum[i] + (c->sum[i + 1] - c->sum[i]) * (place - (double)i);
}

double highlight_value(const struct highlight_cells *c, double start, double end)
{
    return (sum_until(c, end) - sum_until(c, start)) / (end - start);
}
