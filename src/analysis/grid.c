/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/grid.h"

#include <math.h>

/* The place of the strongest hop in [lo, hi), refined by a parabola through its neighbours; NAN
 * where nothing begins. */
static double strongest_in(const struct onset_curve *c, int64_t lo, int64_t hi)
{
    if (lo < 0)
        lo = 0;
    if (hi > (int64_t)c->count)
        hi = (int64_t)c->count;
    int64_t best = lo;
    for (int64_t t = lo; t < hi; t++)
        if (c->act[t] > c->act[best])
            best = t;
    if (lo >= hi || c->act[best] <= 0)
        return NAN;
    double shift = 0;
    if (best > 0 && best + 1 < (int64_t)c->count) {
        double l = (double)c->act[best - 1], m = (double)c->act[best];
        double r = (double)c->act[best + 1], bend = l - 2 * m + r;
        if (bend < 0)
            shift = fmin(fmax(0.5 * (l - r) / bend, -0.5), 0.5);
    }
    return (double)best + shift;
}

size_t grid_snap(const struct onset_curve *c, const struct decoded_beat *beats, size_t n,
                 double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (beats[i].hop < 0)
            continue;
        int zone = decode_zone(beats[i].interval);
        double at = strongest_in(c, beats[i].hop, beats[i].hop + zone);
        if (isnan(at))
            at = (double)beats[i].hop + 0.5 * zone;
        if (at >= 0 && at < (double)c->count && (count == 0 || at > out[count - 1] + 1))
            out[count++] = at;
    }
    return count;
}

double grid_strongest(const struct onset_curve *c, double hop, double reach)
{
    double at = strongest_in(c, (int64_t)ceil(hop - reach), (int64_t)floor(hop + reach) + 1);
    return isnan(at) ? hop : fmax(at, 0);
}

double grid_act(const struct onset_curve *c, double hop)
{
    double best = 0;
    int64_t mid = llround(hop);
    for (int64_t t = mid - 2; t <= mid + 2; t++)
        if (t >= 0 && t < (int64_t)c->count)
            best = fmax(best, (double)c->act[t]);
    return best;
}

double grid_line(const double *beats, size_t n, double *residual, double *start)
{
    double mean_i = (double)(n - 1) / 2, mean_b = 0, num = 0, den = 0, error = 0;
    for (size_t i = 0; i < n; i++)
        mean_b += beats[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        num += ((double)i - mean_i) * (beats[i] - mean_b);
        den += ((double)i - mean_i) * ((double)i - mean_i);
    }
    double slope = num / den;
    for (size_t i = 0; i < n; i++) {
        double d = beats[i] - mean_b - slope * ((double)i - mean_i);
        error += d * d;
    }
    if (residual)
        *residual = sqrt(error / (double)n);
    if (start)
        *start = mean_b - slope * mean_i;
    return slope;
}
