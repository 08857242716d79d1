/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/onset.h"

#include "analysis/mel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAG 2 /* hops between the two spectra compared: 20 ms */
#define HELD_MAX ((size_t)60 * HOPS_PER_SECOND)
#define COLOUR_SCALE 70.0f /* log10(1 + 1000 * magnitude) reaches about 3.5 */

/* Last band (exclusive) and weight of each range. */
static const struct {
    int end;
    float weight;
} ranges[ONSET_RANGES] = {
    [ONSET_LOW] = {9, 1.0f}, [ONSET_MIDDLE] = {36, 0.7f}, [ONSET_HIGH] = {MEL_BANDS, 0.7f}};

struct onset {
    struct mel *mel;
    float *held; /* mel rows that wait for the reference level; NULL once it is known */
    size_t held_count;
    float ref;                     /* 0: not known yet */
    float row_max[LAG][MEL_BANDS]; /* the last rows, widened by one band: ring by hop */
    int64_t rows;                  /* log rows seen */
    struct series flux[ONSET_RANGES], strength;
    float colour_sum[COLOUR_BANDS];
    uint8_t *colour;
    size_t colours, colour_cap; /* rows */
};

/* --- Mel rows -> flux and colour, once the reference level is known ----------------------------
 */

static bool close_colour(struct onset *o, int hops, struct err *e)
{
    if (o->colours == o->colour_cap) {
        size_t cap = o->colour_cap ? o->colour_cap * 2 : 512;
        uint8_t *grown = realloc(o->colour, cap * COLOUR_BANDS);
        if (!grown)
            return err_set(e, ERR_NO_MEMORY, "no memory for the colour of the sound");
        o->colour = grown;
        o->colour_cap = cap;
    }
    uint8_t *row = o->colour + o->colours++ * COLOUR_BANDS;
    for (int b = 0; b < COLOUR_BANDS; b++) {
        row[b] = (uint8_t)fminf(COLOUR_SCALE * o->colour_sum[b] / (float)hops, 255.0f);
        o->colour_sum[b] = 0;
    }
    return true;
}

/* Mean of two bands and COLOUR_HOPS rows; the odd band at the top is left out. */
static bool add_colour(struct onset *o, const float *row, struct err *e)
{
    for (int b = 0; b < COLOUR_BANDS; b++)
        o->colour_sum[b] += 0.5f * (row[2 * b] + row[2 * b + 1]);
    return (o->rows + 1) % COLOUR_HOPS != 0 || close_colour(o, COLOUR_HOPS, e);
}

/* What one hop adds over the loudest neighbour band two hops ago. */
static bool add_flux(struct onset *o, const float *row, const float *before, struct err *e)
{
    float total = 0;
    for (int r = 0, b = 0; r < ONSET_RANGES; r++) {
        float sum = 0;
        int start = b;
        for (; b < ranges[r].end; b++)
            if (o->rows >= LAG && row[b] > before[b])
                sum += row[b] - before[b];
        total += sum;
        if (!series_add(&o->flux[r], sum / (float)(b - start), e))
            return false;
    }
    return series_add(&o->strength, total, e);
}

static bool add_row(struct onset *o, const float *mel, struct err *e)
{
    float row[MEL_BANDS], *before = o->row_max[o->rows % LAG];
    float gain = o->ref > 0 ? 1000.0f / o->ref : 0;
    for (int b = 0; b < MEL_BANDS; b++)
        row[b] = log10f(1.0f + gain * mel[b]);
    if (!add_flux(o, row, before, e) || !add_colour(o, row, e))
        return false;
    for (int b = 0; b < MEL_BANDS; b++) {
        float left = b > 0 ? row[b - 1] : row[b];
        float right = b + 1 < MEL_BANDS ? row[b + 1] : row[b];
        before[b] = fmaxf(row[b], fmaxf(left, right));
    }
    o->rows++;
    return true;
}

/* The 95 % quantile of the loudest band of each held row; 0 for digital silence. */
static bool reference_level(const struct onset *o, float *ref, struct err *e)
{
    float *peak = malloc((o->held_count + 1) * sizeof *peak);
    if (!peak)
        return err_set(e, ERR_NO_MEMORY, "no memory for the reference level");
    float loudest = 0;
    for (size_t t = 0; t < o->held_count; t++) {
        peak[t] = 0;
        for (size_t b = 0; b < MEL_BANDS; b++)
            peak[t] = fmaxf(peak[t], o->held[t * MEL_BANDS + b]);
        loudest = fmaxf(loudest, peak[t]);
    }
    *ref = loudest > 1e-9f ? fmaxf(quantile(peak, o->held_count, 0.95), loudest * 1e-3f) : 0;
    free(peak);
    return true;
}

/* Settles the reference level from the rows held so far and lets them go. A stretch of digital
 * silence settles nothing: it passes as zeros. */
static bool release_held(struct onset *o, struct err *e)
{
    if (!reference_level(o, &o->ref, e))
        return false;
    for (size_t t = 0; t < o->held_count; t++)
        if (!add_row(o, o->held + t * MEL_BANDS, e))
            return false;
    o->held_count = 0;
    if (o->ref > 0) {
        free(o->held);
        o->held = NULL;
    }
    return true;
}

static bool take_mel(void *user, const float mel[MEL_BANDS], struct err *e)
{
    struct onset *o = user;
    if (o->ref > 0)
        return add_row(o, mel, e);
    memcpy(o->held + o->held_count++ * MEL_BANDS, mel, MEL_BANDS * sizeof *mel);
    return o->held_count < HELD_MAX || release_held(o, e);
}

struct onset *onset_create(struct err *e)
{
    struct onset *o = calloc(1, sizeof *o);
    if (o) {
        o->held = malloc(HELD_MAX * MEL_BANDS * sizeof *o->held);
        o->mel = mel_create(take_mel, o, e);
    }
    if (o && o->held && o->mel)
        return o;
    onset_destroy(o);
    err_set(e, ERR_NO_MEMORY, "no memory for the onset detector");
    return NULL;
}

void onset_destroy(struct onset *o)
{
    if (!o)
        return;
    mel_destroy(o->mel);
    free(o->held);
    for (int r = 0; r < ONSET_RANGES; r++)
        series_finish(&o->flux[r]);
    series_finish(&o->strength);
    free(o->colour);
    free(o);
}

bool onset_push(struct onset *o, const float *mono, size_t n, struct err *e)
{
    return mel_push(o->mel, mono, n, e);
}

/* --- Flux -> activation -------------------------------------------------------------------------
 */

/* Gaussian of one hop's width; what it reaches past the ends counts as 0. */
static void smooth(const float *in, float *out, size_t n)
{
    static const float g[3] = {0.39905f, 0.24204f, 0.05400f};
    for (size_t t = 0; t < n; t++) {
        float sum = g[0] * in[t];
        for (size_t d = 1; d < 3; d++)
            sum += g[d] * ((t >= d ? in[t - d] : 0) + (t + d < n ? in[t + d] : 0));
        out[t] = sum + 0.00443f * ((t >= 3 ? in[t - 3] : 0) + (t + 3 < n ? in[t + 3] : 0));
    }
}

/* x becomes what rises above the +-0.5 s mean, relative to the RMS of +-4 s. `a` and `b` are
 * scratch. */
static void normalise(float *x, float *a, float *b, size_t n)
{
    smooth(x, a, n);
    box_mean(a, b, n, 50);
    double power = 0;
    for (size_t t = 0; t < n; t++) {
        x[t] = fmaxf(a[t] - b[t], 0);
        a[t] = x[t] * x[t];
        power += (double)a[t];
    }
    float overall = 0.1f * sqrtf((float)(power / (double)n));
    box_mean(a, b, n, 400);
    for (size_t t = 0; t < n; t++)
        x[t] /= sqrtf(fmaxf(b[t], 0)) + overall + 1e-9f;
}

static bool make_activation(struct onset *o, struct onset_curve *out, struct err *e)
{
    size_t n = (size_t)o->rows;
    float *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
    float *act = calloc(n, sizeof *act);
    bool ok = a && b && act;
    for (int r = 0; ok && r < ONSET_RANGES; r++) {
        normalise(o->flux[r].v, a, b, n);
        for (size_t t = 0; t < n; t++)
            act[t] += ranges[r].weight * o->flux[r].v[t];
    }
    if (ok) {
        memcpy(a, act, n * sizeof *a);
        float top = fmaxf(quantile(a, n, 0.98), 1e-6f);
        for (size_t t = 0; t < n; t++)
            act[t] = fminf(act[t] / top, 1.0f);
        out->act = act;
        act = NULL;
    }
    free(act);
    free(b);
    free(a);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory for onsets");
}

bool onset_finish(struct onset *o, struct onset_curve *out, struct err *e)
{
    *out = (struct onset_curve){0};
    if (!mel_end(o->mel, e) || (o->held && !release_held(o, e)))
        return false;
    int left = (int)(o->rows % COLOUR_HOPS);
    if ((left && !close_colour(o, left, e)) || !make_activation(o, out, e))
        return false;
    out->silent = o->ref <= 0;
    out->count = (size_t)o->rows;
    for (int r = 0; r < ONSET_RANGES; r++) {
        out->range[r] = o->flux[r].v;
        o->flux[r] = (struct series){0};
    }
    out->strength = o->strength.v;
    o->strength = (struct series){0};
    out->colour = o->colour;
    out->colours = o->colours;
    o->colour = NULL;
    return true;
}

void onset_curve_finish(struct onset_curve *c)
{
    free(c->act);
    for (int r = 0; r < ONSET_RANGES; r++)
        free(c->range[r]);
    free(c->strength);
    free(c->colour);
    *c = (struct onset_curve){0};
}
