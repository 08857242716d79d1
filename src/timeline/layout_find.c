/* SPDX-License-Identifier: GPL-3.0-or-later
 * Chance, and searching in sorted times and spans. */
#include "timeline/layout_parts.h"

#include <math.h>

#define LOOK_REACH 0.5 /* s around a moment that its look stands for: there is one a second */

double chance_next(struct layout *l)
{
    uint64_t z = l->chance += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

int by_double(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

size_t times_from(const struct times *x, double t)
{
    size_t lo = 0, hi = x->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (x->at[mid] < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

size_t times_within(const struct times *x, double from, double to)
{
    size_t a = times_from(x, from), b = times_from(x, to);
    return b > a ? b - a : 0;
}

double times_nearest(const struct times *x, double t)
{
    size_t i = times_from(x, t);
    double after = i < x->count ? x->at[i] : INFINITY;
    double before = i > 0 ? x->at[i - 1] : -INFINITY;
    if (!x->count)
        return INFINITY;
    return t - before < after - t ? before : after;
}

size_t spans_from(const struct spans *x, double t)
{
    size_t lo = 0, hi = x->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (x->at[mid].end <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

double spans_distance(const struct spans *x, double t)
{
    size_t i = spans_from(x, t);
    double after = i < x->count ? fmax(x->at[i].start - t, 0) : INFINITY;
    double before = i > 0 ? t - x->at[i - 1].end : INFINITY;
    return fmin(after, before);
}

double spans_overlap(const struct spans *x, double from, double to)
{
    double sum = 0;
    for (size_t i = spans_from(x, from); i < x->count && x->at[i].start < to; i++)
        sum += fmin(x->at[i].end, to) - fmax(x->at[i].start, from);
    return sum;
}

double gap_cut(double from, double to)
{
    return fmax((from + to) / 2, to - BREATH_SECONDS);
}

const struct layout_span *spans_around(const struct spans *x, double t)
{
    size_t i = spans_from(x, t);
    return i < x->count && x->at[i].start < t ? &x->at[i] : NULL;
}

const struct layout_span *unworded(const struct layout *l, double t)
{
    return l->captioned ? NULL : spans_around(&l->spoken, t);
}

bool cut_allowed(const struct layout *l, double t)
{
    return !spans_around(&l->whole, t);
}

double cut_after(const struct layout *l, double t)
{
    const struct layout_span *s = spans_around(&l->whole, t);
    return s ? s->end : t;
}

double cut_before(const struct layout *l, double t)
{
    const struct layout_span *s = spans_around(&l->whole, t);
    return s ? s->start : t;
}

size_t peaks_from(const struct layout *l, double t)
{
    size_t lo = 0, hi = l->peak_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (l->peaks[mid].time < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool strong_peak(const struct layout *l, double from, double to)
{
    for (size_t i = peaks_from(l, from); i < l->peak_count && l->peaks[i].time < to; i++)
        if (l->peaks[i].strength >= STRONG_PEAK)
            return true;
    return false;
}

bool makes_flash(const struct layout *l, double t)
{
    double away = fabs(times_nearest(&l->shots, t) - t);
    return away > 1e-3 && away < FLASH_SECONDS;
}

double end_without_flash(const struct layout *l, double t)
{
    size_t i = times_from(&l->shots, t - FLASH_SECONDS);
    bool flash = i < l->shots.count && l->shots.at[i] < t;
    return flash && cut_allowed(l, l->shots.at[i]) ? l->shots.at[i] : t;
}

double loudness(const struct layout *l, double from, double to)
{
    const struct layout_facts *f = l->facts;
    double sum = 0;
    if (f->level_count && f->level_step > 0) {
        double first = fmin(fmax(from / f->level_step, 0), (double)f->level_count);
        size_t n = 0;
        for (size_t i = (size_t)first; i < f->level_count && (double)i * f->level_step < to;
             i++, n++)
            sum += isfinite(f->levels[i]) ? f->levels[i] : 0;
        return n ? sum / (double)n : 0;
    }
    for (size_t i = peaks_from(l, from); i < l->peak_count && l->peaks[i].time < to; i++)
        sum += l->peaks[i].strength;
    return to > from ? sum / (to - from) : 0;
}

double seen(const struct layout *l, double from, double to)
{
    const struct layout_look *x = l->facts->looks;
    size_t lo = 0, hi = l->facts->look_count, n = 0;
    double sum = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (x[mid].time < from - LOOK_REACH)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < l->facts->look_count && x[lo].time < to + LOOK_REACH; lo++, n++)
        sum += fmax(x[lo].good, 0);
    return n && l->fair_look > 0 ? fmin(sum / (double)n / l->fair_look, 1) : 1;
}

double rank_of(const double *sorted, size_t n, double v)
{
    struct times t = {(double *)sorted, n};
    return n ? (double)times_from(&t, v) / (double)n : 0;
}
