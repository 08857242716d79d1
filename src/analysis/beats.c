/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/beats.h"

#include "analysis/decode.h"
#include "analysis/onset.h"
#include "analysis/tempo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct beats {
    struct onset *onset;
    struct energy_meter meter;
};

struct beats *beats_create(struct err *e)
{
    struct beats *b = calloc(1, sizeof *b);
    if (!b) {
        err_set(e, ERR_NO_MEMORY, "no memory for the beat tracker");
        return NULL;
    }
    b->onset = onset_create(e);
    if (!b->onset) {
        free(b);
        return NULL;
    }
    return b;
}

void beats_destroy(struct beats *b)
{
    if (!b)
        return;
    onset_destroy(b->onset);
    energy_finish(&b->meter);
    free(b);
}

bool beats_push(struct beats *b, const float *mono, size_t n, struct err *e)
{
    return energy_push(&b->meter, mono, n, e) && onset_push(b->onset, mono, n, e);
}

const struct energy_meter *beats_meter(const struct beats *b)
{
    return &b->meter;
}

void beats_result_finish(struct beats_result *r)
{
    free(r->beats_s);
    free(r->tempo_curve);
    free(r->downbeats_s);
    energy_marks_finish(&r->energy);
    *r = (struct beats_result){.tempo = NAN};
}

/* Where in its zone the beat is: the strongest hop, refined by a parabola through its neighbours;
 * the middle of a zone where nothing happens. */
static double snap(const struct onset_curve *c, const struct decoded_beat *beat)
{
    int zone = decode_zone(beat->interval);
    int64_t lo = beat->hop < 0 ? 0 : beat->hop, hi = beat->hop + zone;
    if (hi > (int64_t)c->count)
        hi = (int64_t)c->count;
    int64_t best = lo;
    for (int64_t t = lo; t < hi; t++)
        if (c->act[t] > c->act[best])
            best = t;
    if (lo >= hi || c->act[best] <= 0)
        return ((double)beat->hop + 0.5 * zone) / HOPS_PER_SECOND;
    double shift = 0;
    if (best > 0 && best + 1 < (int64_t)c->count) {
        double l = (double)c->act[best - 1], m = (double)c->act[best];
        double r = (double)c->act[best + 1], bend = l - 2 * m + r;
        if (bend < 0)
            shift = fmin(fmax(0.5 * (l - r) / bend, -0.5), 0.5);
    }
    return ((double)best + shift) / HOPS_PER_SECOND;
}

/* How much of t - span .. t + span is louder than -60 dBFS: false in a silence of two seconds. */
static bool sounds_near(const float *db, size_t n, double time_s)
{
    int64_t mid = llround(time_s * HOPS_PER_SECOND);
    for (int64_t t = mid - HOPS_PER_SECOND; t <= mid + HOPS_PER_SECOND; t++)
        if (t >= 0 && t < (int64_t)n && db[t] > -60.0f)
            return true;
    return false;
}

/* A beat grid runs on through silence; before the first and after the last sound there is none. */
static void trim_silence(struct beats_result *r, const float *db, size_t n)
{
    size_t lo = 0, hi = r->count;
    while (lo < hi && !sounds_near(db, n, r->beats_s[lo]))
        lo++;
    while (hi > lo && !sounds_near(db, n, r->beats_s[hi - 1]))
        hi--;
    memmove(r->beats_s, r->beats_s + lo, (hi - lo) * sizeof *r->beats_s);
    r->count = hi - lo;
}

/* Least-squares slope (seconds a beat) of beats[0..n), n >= 2; *residual_s its RMS error. */
static double beat_line(const double *beats, size_t n, double *residual_s)
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
    *residual_s = sqrt(error / (double)n);
    return slope;
}

static bool find_tempo(struct beats_result *r, const struct tempo_prior *prior)
{
    float *gaps = malloc(r->count * sizeof *gaps);
    if (!gaps)
        return false;
    for (size_t i = 0; i + 1 < r->count; i++)
        gaps[i] = (float)(r->beats_s[i + 1] - r->beats_s[i]);
    double residual, slope = beat_line(r->beats_s, r->count, &residual);
    r->steady = residual < 0.020;
    r->tempo = 60.0 / (r->steady ? slope : (double)quantile(gaps, r->count - 1, 0.5));
    free(gaps);
    static const double octaves[] = {1, 0.5, 2};
    for (int i = 0; i < 3; i++)
        r->candidates[i] = (struct tempo_candidate){
            r->tempo * octaves[i], (double)tempo_score(prior, r->tempo * octaves[i])};
    for (size_t i = 0; i < r->count; i++) {
        size_t lo = i > 4 ? i - 4 : 0, span = r->count < 8 ? r->count : 8;
        if (lo + span > r->count)
            lo = r->count - span;
        r->tempo_curve[i] = 60.0 / beat_line(r->beats_s + lo, span, &residual);
    }
    return true;
}

static double act_near(const struct onset_curve *c, int64_t hop)
{
    double best = 0;
    for (int64_t t = hop - 2; t <= hop + 2; t++)
        if (t >= 0 && t < (int64_t)c->count)
            best = fmax(best, (double)c->act[t]);
    return best;
}

static double act_at(const struct onset_curve *c, double time_s)
{
    return act_near(c, llround(time_s * HOPS_PER_SECOND));
}

/* Beats of music stand out of what lies halfway between them, and most have a sound of their own.
 */
static double confidence(const struct beats_result *r, const struct onset_curve *c)
{
    double on = 0, off = 0, hit = 0;
    for (size_t i = 0; i + 1 < r->count; i++) {
        double here = act_at(c, r->beats_s[i]);
        on += here;
        off += act_at(c, (r->beats_s[i] + r->beats_s[i + 1]) / 2);
        hit += here > 0.1;
    }
    double n = (double)(r->count - 1);
    return 0.5 * (on / (on + off + 1e-9)) + 0.5 * hit / n;
}

/* RMS change from one interval to the next, in intervals. */
static double unevenness(const struct beats_result *r)
{
    double sum = 0;
    for (size_t i = 0; i + 2 < r->count; i++) {
        double d = r->beats_s[i] - 2 * r->beats_s[i + 1] + r->beats_s[i + 2];
        sum += d * d;
    }
    return r->count > 2 ? sqrt(sum / (double)(r->count - 2)) * r->tempo / 60 : 1;
}

/* The decoder lays a grid over anything. Is there a pulse under it? Measured: at beats the
 * activation is over twice as high as anywhere (noise and held tones: 1.5 at most), and it either
 * repeats itself (speech: below 0.4) or the beats are even and mostly heard (speech: above 0.04 of
 * an interval). */
static bool has_pulse(const struct beats_result *r, const struct onset_curve *c,
                      const struct tempo_prior *prior)
{
    double at_beats = 0, anywhere = 0;
    size_t heard = 0;
    for (size_t i = 0; i < r->count; i++) {
        double here = act_at(c, r->beats_s[i]);
        at_beats += here / (double)r->count;
        heard += here > 0.1;
    }
    for (size_t t = 0; t < c->count; t++)
        anywhere += act_near(c, (int64_t)t) / (double)c->count;
    if (at_beats < 1.8 * anywhere)
        return false;
    if (prior->periodicity >= 0.5f)
        return true;
    return r->count >= 8 && 2 * heard >= r->count && unevenness(r) <= 0.04;
}

static bool track(const struct beats *b, const struct onset_curve *c, struct beats_result *r,
                  struct err *e)
{
    struct tempo_prior prior;
    struct decoded_beat *row = NULL;
    size_t n = b->meter.power.count, decoded = 0;
    float *db = NULL;
    bool ok = tempo_prior_of(c->act, c->count, &prior, e) &&
              decode_beats(c->act, c->count, &prior, &row, &decoded, e);
    if (!ok)
        goto out;
    db = malloc((n ? n : 1) * sizeof *db);
    r->beats_s = malloc(decoded * sizeof *r->beats_s);
    r->tempo_curve = malloc(decoded * sizeof *r->tempo_curve);
    ok = db && r->beats_s && r->tempo_curve;
    if (!ok) {
        err_set(e, ERR_NO_MEMORY, "no memory for beats");
        goto out;
    }
    r->count = 0;
    for (size_t i = 0; i < decoded; i++) {
        double time_s = snap(c, &row[i]);
        if (time_s >= 0 && time_s < r->duration_s && row[i].hop >= 0)
            r->beats_s[r->count++] = time_s;
    }
    energy_db(&b->meter, 4, db);
    trim_silence(r, db, n);
    if (r->count < 2) {
        r->count = 0;
    } else if (!find_tempo(r, &prior)) {
        ok = err_set(e, ERR_NO_MEMORY, "no memory for the tempo");
        goto out;
    } else if (has_pulse(r, c, &prior)) {
        r->confidence = confidence(r, c);
    } else {
        r->count = 0;
        r->tempo = NAN;
        r->steady = false;
        memset(r->candidates, 0, sizeof r->candidates);
    }

out:
    free(db);
    free(row);
    return ok;
}

bool beats_finish(struct beats *b, struct beats_result *out, struct err *e)
{
    struct onset_curve curve = {0};
    *out = (struct beats_result){.tempo = NAN};
    out->duration_s = (double)b->meter.samples / ANALYSIS_RATE;
    bool ok = energy_end(&b->meter, e) && onset_finish(b->onset, &curve, e);
    if (ok && !curve.silent)
        ok = track(b, &curve, out, e) &&
             energy_find_marks(&b->meter, curve.strength, curve.count, out->downbeats_s,
                               out->downbeat_count, &out->energy, e);
    onset_curve_finish(&curve);
    if (!ok)
        beats_result_finish(out);
    return ok;
}
