/* SPDX-License-Identifier: GPL-3.0-or-later
 * energy_parts.c - where the music changes: sections of even loudness, and the drops between them.
 *
 * The contrast at a moment is the mean level (dB) of the four seconds after it less that of the
 * four before. Its largest peaks, of either sign, are the borders; each keeps others four seconds
 * away. Near the ends of the sound the means are of what there is. */
#include "analysis/energy_marks.h"

#include <math.h>
#include <stdlib.h>

#define SPAN (4 * HOPS_PER_SECOND) /* hops that each mean covers at most */
#define SPAN_MIN HOPS_PER_SECOND   /* and at least: no border closer to an end than this */
#define CONTRAST_MIN_DB 4.0
#define RANGE_DB 40.0f             /* what is this far under the loud parts is as good as silent */
#define SILENT_DB (-60.0f)
#define TO_DOWNBEAT_S 0.5
#define TO_ONSET_S 0.25

struct part_work {
    const struct energy_view *v;
    double *sum; /* n + 1: prefix sums of the level, cut off at the bottom */
    float *size; /* n: |contrast| */
    size_t start; /* first hop that counts: a breath of silence before the sound is no part */
};

static double mean_between(const struct part_work *w, size_t from, size_t to)
{
    return (w->sum[to] - w->sum[from]) / (double)(to - from);
}

static double contrast_at(const struct part_work *w, size_t t)
{
    size_t n = w->v->n;
    if (t < w->start + SPAN_MIN || t + SPAN_MIN > n)
        return 0;
    size_t lo = t > w->start + SPAN ? t - SPAN : w->start, hi = t + SPAN < n ? t + SPAN : n;
    return mean_between(w, t, hi) - mean_between(w, lo, t);
}

static bool measure(struct part_work *w)
{
    size_t n = w->v->n;
    bool ok = true;
    float loud = quantile_of(w->v->db, n, 0.95, &ok);
    w->sum = malloc((n + 1) * sizeof *w->sum);
    w->size = malloc(n * sizeof *w->size);
    if (!ok || !w->sum || !w->size)
        return false;
    while (w->start < SPAN_MIN && w->start < n && w->v->db[w->start] < SILENT_DB)
        w->start++;
    if (w->start == SPAN_MIN)
        w->start = 0;
    w->sum[0] = 0;
    for (size_t t = 0; t < n; t++)
        w->sum[t + 1] = w->sum[t] + (double)fmaxf(w->v->db[t], fmaxf(loud - RANGE_DB, SILENT_DB));
    for (size_t t = 0; t < n; t++)
        w->size[t] = (float)fabs(contrast_at(w, t));
    return true;
}

static bool is_border(const struct part_work *w, size_t t)
{
    size_t lo = t > SPAN ? t - SPAN : 0, hi = t + SPAN < w->v->n ? t + SPAN : w->v->n - 1;
    if ((double)w->size[t] < CONTRAST_MIN_DB)
        return false;
    for (size_t i = lo; i <= hi; i++)
        if (w->size[i] > w->size[t] || (i < t && w->size[i] == w->size[t]))
            return false;
    return true;
}

/* The downbeat within reach, else, for what sets in, the strongest onset, else the hop itself. */
static double snapped(const struct energy_view *v, size_t hop, bool sets_in)
{
    double time_s = (double)hop / HOPS_PER_SECOND, near = TO_DOWNBEAT_S, found = NAN;
    for (size_t i = 0; i < v->downbeat_count; i++)
        if (fabs(v->downbeats_s[i] - time_s) <= near) {
            found = v->downbeats_s[i];
            near = fabs(found - time_s);
        }
    if (!isnan(found) || !sets_in)
        return isnan(found) ? time_s : found;
    const size_t reach = (size_t)(TO_ONSET_S * HOPS_PER_SECOND);
    size_t best = hop;
    for (size_t t = hop > reach ? hop - reach : 0; t <= hop + reach && t < v->n; t++)
        if (v->onset[t] > v->onset[best])
            best = t;
    return (double)best / HOPS_PER_SECOND;
}

static int by_rise(const void *a, const void *b)
{
    double x = ((const struct energy_drop *)a)->rise_db, y = ((const struct energy_drop *)b)->rise_db;
    return (x < y) - (x > y);
}

static double section_level(const struct energy_view *v, double start_s, double end_s)
{
    size_t lo = (size_t)(start_s * HOPS_PER_SECOND), hi = (size_t)(end_s * HOPS_PER_SECOND);
    double power = 0;
    if (hi > v->n)
        hi = v->n;
    for (size_t t = lo; t < hi; t++)
        power += pow(10.0, (double)v->db[t] / 10.0);
    return hi > lo ? 10 * log10(power / (double)(hi - lo)) : (double)ENERGY_FLOOR_DB;
}

static void add_part(struct energy_marks *out, const struct energy_view *v, size_t t,
                     double contrast_db)
{
    double at = snapped(v, t, contrast_db > 0);
    struct energy_section *last = &out->sections[out->section_count - 1];
    last->end_s = at;
    out->sections[out->section_count++] = (struct energy_section){.start_s = at};
    if (contrast_db > 0)
        out->drops[out->drop_count++] = (struct energy_drop){at, contrast_db};
}

bool energy_find_parts(const struct energy_view *v, struct energy_marks *out)
{
    struct part_work w = {.v = v};
    size_t most = v->n / SPAN + 2; /* borders are more than SPAN apart */
    out->sections = malloc(most * sizeof *out->sections);
    out->drops = malloc(most * sizeof *out->drops);
    bool ok = out->sections && out->drops && measure(&w);
    if (ok) {
        out->sections[out->section_count++] = (struct energy_section){0};
        for (size_t t = 0; t < v->n; t++)
            if (is_border(&w, t))
                add_part(out, v, t, contrast_at(&w, t));
        out->sections[out->section_count - 1].end_s = (double)v->n / HOPS_PER_SECOND;
        for (size_t i = 0; i < out->section_count; i++)
            out->sections[i].level_db =
                section_level(v, out->sections[i].start_s, out->sections[i].end_s);
        qsort(out->drops, out->drop_count, sizeof *out->drops, by_rise);
    }
    free(w.sum);
    free(w.size);
    return ok;
}
