/* SPDX-License-Identifier: GPL-3.0-or-later
 * energy_peaks.c - moments that stand out: local maxima of onset strength that rise over their
 * surroundings while the sound is not quiet. */
#include "analysis/energy_marks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALONE_RADIUS 50u    /* hops: a peak is the strongest onset within half a second */
#define AROUND_RADIUS 500u  /* hops: its surroundings are five seconds to either side */
#define QUIET_DB (-60.0f)

struct peak_work {
    const struct energy_view *v;
    float onset_p99, rms_p95, db_p60;
    float *window; /* 2 AROUND_RADIUS + 1 */
};

static bool is_local_maximum(const float *v, size_t n, size_t t)
{
    size_t lo = t > ALONE_RADIUS ? t - ALONE_RADIUS : 0;
    size_t hi = t + ALONE_RADIUS < n ? t + ALONE_RADIUS : n - 1;
    for (size_t i = lo; i <= hi; i++)
        if (v[i] > v[t] || (i < t && v[i] == v[t]))
            return false;
    return true;
}

/* Median + 1.5 standard deviations, these from the median deviation: outliers are above. */
static float outlier_level(struct peak_work *w, size_t t)
{
    size_t lo = t > AROUND_RADIUS ? t - AROUND_RADIUS : 0;
    size_t hi = t + AROUND_RADIUS + 1 < w->v->n ? t + AROUND_RADIUS + 1 : w->v->n;
    size_t k = hi - lo;
    memcpy(w->window, w->v->onset + lo, k * sizeof *w->window);
    float median = quantile(w->window, k, 0.5);
    for (size_t i = 0; i < k; i++)
        w->window[i] = fabsf(w->window[i] - median);
    return median + 1.5f * 1.4826f * quantile(w->window, k, 0.5);
}

static bool is_peak(struct peak_work *w, size_t t)
{
    const struct energy_view *v = w->v;
    return v->onset[t] > 0 && v->db[t] > w->db_p60 && v->db[t] >= QUIET_DB &&
           is_local_maximum(v->onset, v->n, t) && v->onset[t] > outlier_level(w, t);
}

bool energy_find_peaks(const struct energy_view *v, struct energy_marks *out)
{
    struct peak_work w = {.v = v};
    bool ok = true;
    w.window = malloc((2 * AROUND_RADIUS + 1) * sizeof *w.window);
    /* Local maxima are more than ALONE_RADIUS apart. */
    out->peaks = malloc((v->n / (ALONE_RADIUS + 1) + 2) * sizeof *out->peaks);
    w.onset_p99 = fmaxf(quantile_of(v->onset, v->n, 0.99, &ok), 1e-9f);
    w.rms_p95 = powf(10.0f, quantile_of(v->db, v->n, 0.95, &ok) / 20.0f);
    w.db_p60 = quantile_of(v->db, v->n, 0.60, &ok);
    ok = ok && w.window && out->peaks;
    for (size_t t = 0; ok && t < v->n; t++) {
        if (!is_peak(&w, t))
            continue;
        float rms = powf(10.0f, v->db[t] / 20.0f);
        out->peaks[out->peak_count++] =
            (struct energy_peak){(double)t / HOPS_PER_SECOND,
                                 (double)(v->onset[t] / w.onset_p99 * rms / w.rms_p95)};
    }
    free(w.window);
    return ok;
}
