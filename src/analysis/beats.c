/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/beats.h"

#include "analysis/downbeats.h"
#include "analysis/grid.h"
#include "analysis/metre.h"
#include "analysis/pulse.h"

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

static double tempo_of(const struct beats_result *r, bool *ok)
{
    float *gaps = malloc(r->count * sizeof *gaps);
    if (!gaps)
        return *ok = false;
    for (size_t i = 0; i + 1 < r->count; i++)
        gaps[i] = (float)(r->beats_s[i + 1] - r->beats_s[i]);
    double median = (double)quantile(gaps, r->count - 1, 0.5);
    free(gaps);
    return 60 / median;
}

static bool find_tempo(struct beats_result *r, const struct tempo_map *map)
{
    bool ok = true;
    double residual, slope = grid_line(r->beats_s, r->count, &residual, NULL);
    r->steady = residual < 0.020;
    r->tempo = r->steady ? 60 / slope : tempo_of(r, &ok);
    const double middle = r->beats_s[r->count / 2] * HOPS_PER_SECOND;
    const struct tempo_prior *prior = tempo_map_at(map, (size_t)fmax(middle, 0));
    static const double octaves[] = {1, 0.5, 2};
    for (int i = 0; i < 3; i++)
        r->candidates[i] = (struct tempo_candidate){
            r->tempo * octaves[i], (double)tempo_score(prior, r->tempo * octaves[i])};
    for (size_t i = 0; i < r->count; i++) {
        size_t lo = i > 4 ? i - 4 : 0, span = r->count < 8 ? r->count : 8;
        if (lo + span > r->count)
            lo = r->count - span;
        r->tempo_curve[i] = 60.0 / grid_line(r->beats_s + lo, span, NULL, NULL);
    }
    return ok;
}

static double act_at(const struct onset_curve *c, double time_s)
{
    return grid_act(c, time_s * HOPS_PER_SECOND);
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

/* The decoder's row of beats, on what is heard. */
static bool decode(const struct onset_curve *c, const struct tempo_map *map, double **hops,
                   size_t *count, struct err *e)
{
    struct decoded_beat *row = NULL;
    bool ok = decode_beats(c->act, c->count, map, &row, count, e);
    *hops = ok ? malloc((*count + 1) * sizeof **hops) : NULL;
    if (ok && !*hops)
        ok = err_set(e, ERR_NO_MEMORY, "no memory for beats");
    if (ok)
        *count = grid_snap(c, row, *count, *hops);
    free(row);
    return ok;
}

/* The beats that lie over music, in seconds. Those between the decoder's are yet to be put where
 * something begins. */
static bool place_beats(const struct onset_curve *c, const struct tempo_map *map,
                        const struct metre_beat *beats, size_t n, struct beats_result *r)
{
    r->beats_s = malloc((n + 1) * sizeof *r->beats_s);
    r->tempo_curve = malloc((n + 1) * sizeof *r->tempo_curve);
    if (!r->beats_s || !r->tempo_curve)
        return false;
    double *hops = r->beats_s;
    for (size_t i = 0; i < n; i++) {
        size_t a = i > 0 ? i - 1 : 0, b = i + 1 < n ? i + 1 : i;
        double gap = b > a ? (beats[b].hop - beats[a].hop) / (double)(b - a) : 0;
        double hop = beats[i].decoded ? beats[i].hop : grid_strongest(c, beats[i].hop, gap / 16);
        if (hop < r->duration_s * HOPS_PER_SECOND)
            hops[r->count++] = hop;
    }
    r->count = pulse_keep(c, map, hops, r->count);
    for (size_t i = 0; i < r->count; i++)
        r->beats_s[i] = hops[i] / HOPS_PER_SECOND;
    return true;
}

static bool find_bars(const struct bar_sound *s, const struct onset_curve *c,
                      const struct bar_patterns *p, struct beats_result *r, struct err *e)
{
    double *hops = malloc((r->count + 1) * sizeof *hops);
    uint8_t *place = malloc(r->count + 1);
    r->downbeats_s = malloc((r->count + 1) * sizeof *r->downbeats_s);
    bool ok = hops && place && r->downbeats_s;
    if (!ok)
        err_set(e, ERR_NO_MEMORY, "no memory for downbeats");
    for (size_t i = 0; ok && i < r->count; i++)
        hops[i] = r->beats_s[i] * HOPS_PER_SECOND;
    ok = ok && downbeats_find(s, c, p, hops, r->count, place, &r->beats_per_bar, e);
    for (size_t i = 0; ok && r->beats_per_bar && i < r->count; i++)
        if (place[i] == 0)
            r->downbeats_s[r->downbeat_count++] = r->beats_s[i];
    free(place);
    free(hops);
    return ok;
}

static bool track(const struct beats *b, const struct onset_curve *c, struct beats_result *r,
                  struct err *e)
{
    struct tempo_map map = {0};
    struct bar_sound sound = {0};
    struct bar_patterns *patterns = bar_patterns_create(e);
    struct metre_beat *beats = NULL;
    double *hops = NULL;
    float *db = malloc((b->meter.power.count + 1) * sizeof *db);
    size_t decoded, n;
    bool ok = false;
    if (!db)
        err_set(e, ERR_NO_MEMORY, "no memory for the level");
    if (!db || !patterns || !tempo_map_make(c->act, c->count, &map, e) ||
        !decode(c, &map, &hops, &decoded, e) || !bar_sound_make(c, &sound, e))
        goto out;
    struct metre_view view = {&sound, patterns, &map, hops, decoded};
    if (!metre_choose(&view, &beats, &n, e))
        goto out;
    ok = place_beats(c, &map, beats, n, r);
    energy_db(&b->meter, 4, db);
    if (ok)
        trim_silence(r, db, b->meter.power.count);
    ok = ok && (r->count < 2 || find_tempo(r, &map));
    if (!ok) {
        err_set(e, ERR_NO_MEMORY, "no memory for beats");
    } else if (r->count < 2) {
        r->count = 0;
    } else {
        r->confidence = confidence(r, c);
        ok = find_bars(&sound, c, patterns, r, e);
    }

out:
    free(beats);
    free(hops);
    free(db);
    bar_sound_finish(&sound);
    bar_patterns_destroy(patterns);
    tempo_map_finish(&map);
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
