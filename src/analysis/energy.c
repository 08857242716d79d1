/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/energy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RMS_RADIUS 4u /* 9 hops = 90 ms, about librosa's 2048 samples */

static bool close_hop(struct energy_meter *m, struct err *e)
{
    if (!series_add(&m->power, (float)(m->sum / m->in_hop), e))
        return false;
    m->sum = 0;
    m->in_hop = 0;
    return true;
}

bool energy_push(struct energy_meter *m, const float *mono, size_t n, struct err *e)
{
    int64_t hop_end = hop_sample((int64_t)m->power.count + 1);
    for (size_t i = 0; i < n; i++) {
        m->sum += (double)mono[i] * (double)mono[i];
        m->in_hop++;
        if (++m->samples < hop_end)
            continue;
        if (!close_hop(m, e))
            return false;
        hop_end = hop_sample((int64_t)m->power.count + 1);
    }
    return true;
}

bool energy_end(struct energy_meter *m, struct err *e)
{
    return m->in_hop == 0 || close_hop(m, e);
}

void energy_finish(struct energy_meter *m)
{
    series_finish(&m->power);
    *m = (struct energy_meter){0};
}

void energy_db(const struct energy_meter *m, size_t radius, float *db)
{
    box_mean(m->power.v, db, m->power.count, radius);
    for (size_t t = 0; t < m->power.count; t++)
        db[t] = fmaxf(10.0f * log10f(fmaxf(db[t], 1e-12f)), ENERGY_FLOOR_DB);
}

/* --- Peaks: local maxima of onset strength that stand out of their surroundings while the sound is
 * not quiet (facts of the beat study, section 4G) ------------------------------------------------
 */

struct candidate {
    size_t t;
    float score;
};

struct peak_work {
    const float *onset;
    const float *db;
    size_t n;
    float onset_p99, rms_p95, db_p60;
    float *window; /* 1001 floats */
    struct candidate *found;
    size_t count;
};

static bool is_local_maximum(const float *v, size_t n, size_t t, size_t radius)
{
    size_t lo = t > radius ? t - radius : 0;
    size_t hi = t + radius < n ? t + radius : n - 1;
    for (size_t i = lo; i <= hi; i++)
        if (v[i] > v[t] || (i < t && v[i] == v[t]))
            return false;
    return true;
}

static float outlier_level(struct peak_work *w, size_t t)
{
    size_t lo = t > 500 ? t - 500 : 0;
    size_t hi = t + 501 < w->n ? t + 501 : w->n;
    size_t k = hi - lo;
    memcpy(w->window, w->onset + lo, k * sizeof *w->window);
    float median = quantile(w->window, k, 0.5);
    for (size_t i = 0; i < k; i++)
        w->window[i] = fabsf(w->window[i] - median);
    return median + 1.5f * 1.4826f * quantile(w->window, k, 0.5);
}

static void collect(struct peak_work *w)
{
    for (size_t t = 0; t < w->n; t++) {
        if (w->onset[t] <= 0 || w->db[t] <= w->db_p60 || w->db[t] < -60.0f)
            continue;
        if (!is_local_maximum(w->onset, w->n, t, 50) || w->onset[t] <= outlier_level(w, t))
            continue;
        float rms = powf(10.0f, w->db[t] / 20.0f);
        w->found[w->count++] = (struct candidate){t, w->onset[t] / w->onset_p99 * rms / w->rms_p95};
    }
}

/* Mean level of the 4 s after t minus that of the 4 s before: the largest such rise. */
static void find_drop(const float *db, size_t n, struct energy_peaks *out)
{
    const size_t span = 4 * HOPS_PER_SECOND;
    if (n < 2 * span)
        return;
    double before = 0, after = 0, best = 4.0;
    for (size_t i = 0; i < span; i++) {
        before += (double)db[i];
        after += (double)db[span + i];
    }
    for (size_t t = span; t + span <= n; t++) {
        double rise = (after - before) / (double)span;
        if (rise > best) {
            best = out->drop_db = rise;
            out->drop_s = (double)t / HOPS_PER_SECOND;
        }
        if (t + span < n) {
            before += (double)db[t] - (double)db[t - span];
            after += (double)db[t + span] - (double)db[t];
        }
    }
}

bool energy_find_peaks(const struct energy_meter *m, const float *onset, size_t n,
                       struct energy_peaks *out, struct err *e)
{
    *out = (struct energy_peaks){.drop_s = NAN};
    if (n > m->power.count)
        n = m->power.count;
    if (n == 0)
        return true;
    float *db = malloc(m->power.count * sizeof *db);
    /* Local maxima in +-0.5 s are at least 51 hops apart. */
    struct candidate *found = malloc((n / 51 + 2) * sizeof *found);
    float *window = malloc(1001 * sizeof *window);
    bool ok = db && found && window;
    if (!ok)
        goto out;

    energy_db(m, RMS_RADIUS, db);
    struct peak_work w = {.onset = onset, .db = db, .n = n, .window = window, .found = found};
    w.onset_p99 = fmaxf(quantile_of(onset, n, 0.99, &ok), 1e-9f);
    w.rms_p95 = powf(10.0f, quantile_of(db, n, 0.95, &ok) / 20.0f);
    w.db_p60 = quantile_of(db, n, 0.60, &ok);
    if (!ok)
        goto out;
    collect(&w);
    find_drop(db, n, out);
    out->peaks = malloc((w.count + 1) * sizeof *out->peaks);
    ok = out->peaks != NULL;
    for (size_t i = 0; ok && i < w.count; i++)
        out->peaks[out->count++] =
            (struct energy_peak){(double)found[i].t / HOPS_PER_SECOND, (double)found[i].score};

out:
    free(window);
    free(found);
    free(db);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory for energy peaks");
}

void energy_peaks_finish(struct energy_peaks *p)
{
    free(p->peaks);
    *p = (struct energy_peaks){.drop_s = NAN};
}
