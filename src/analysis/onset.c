/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/onset.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 1024
#define BINS (WINDOW / 2 + 1)
#define BANDS 81
#define RANGES 3
#define LAG 2 /* hops between the two spectra compared: 20 ms */
#define HELD_MAX (5u * 60 * HOPS_PER_SECOND)
#define PAD (WINDOW / 2)
#define CHUNK 4096

/* Last band (exclusive) and weight of the low, middle and high range. */
static const struct {
    int end;
    float weight;
} ranges[RANGES] = {{9, 1.0f}, {36, 0.7f}, {BANDS, 0.7f}};

struct mel_band {
    int first, count; /* bins */
    float weight[BINS];
};

struct onset {
    fftwf_plan plan;
    float *in;               /* WINDOW, FFTW's alignment */
    fftwf_complex *spectrum; /* BINS */
    float hann[WINDOW];
    struct mel_band bands[BANDS];

    float samples[WINDOW + CHUNK]; /* the newest ones; samples[0] is at `first` */
    size_t fill;
    int64_t first;       /* sample number; the PAD zeros before the sound count as -PAD..-1 */
    int64_t pushed;      /* samples given by the caller */
    float dc_in, dc_out; /* state of the DC blocker */

    struct series held;        /* mel rows that wait for the reference level */
    float ref;                 /* 0: not known yet */
    float row_max[LAG][BANDS]; /* the last rows, widened by one band: ring by hop */
    int64_t rows;              /* log rows seen */
    struct series flux[RANGES], strength;
};

/* FFTW's planner is the one part of it that is not safe to call from several threads. */
static pthread_mutex_t planner_lock = PTHREAD_MUTEX_INITIALIZER;

static double mel_of(double hz)
{
    return 2595.0 * log10(1.0 + hz / 700.0);
}

static double hz_of(double mel)
{
    return 700.0 * (pow(10.0, mel / 2595.0) - 1.0);
}

/* Triangles between 30 Hz and 10 kHz, evenly spaced in mel, each of sum 1. */
static void init_bands(struct onset *o)
{
    const double lo = mel_of(30), step = (mel_of(10000) - lo) / (BANDS + 1);
    const double bin_hz = (double)ANALYSIS_RATE / WINDOW;
    for (int b = 0; b < BANDS; b++) {
        struct mel_band *band = &o->bands[b];
        double left = hz_of(lo + b * step), mid = hz_of(lo + (b + 1) * step);
        double right = hz_of(lo + (b + 2) * step), sum = 0;
        band->first = (int)ceil(left / bin_hz);
        for (int k = band->first; k < BINS && k * bin_hz < right; k++) {
            double hz = k * bin_hz;
            double w = hz < mid ? (hz - left) / (mid - left) : (right - hz) / (right - mid);
            band->weight[band->count++] = (float)w;
            sum += w;
        }
        for (int k = 0; k < band->count; k++)
            band->weight[k] = (float)((double)band->weight[k] / sum);
    }
}

struct onset *onset_create(struct err *e)
{
    struct onset *o = calloc(1, sizeof *o);
    if (!o) {
        err_set(e, ERR_NO_MEMORY, "no memory for the onset detector");
        return NULL;
    }
    o->in = fftwf_alloc_real(WINDOW);
    o->spectrum = fftwf_alloc_complex(BINS);
    if (o->in && o->spectrum) {
        pthread_mutex_lock(&planner_lock);
        o->plan = fftwf_plan_dft_r2c_1d(WINDOW, o->in, o->spectrum, FFTW_ESTIMATE);
        pthread_mutex_unlock(&planner_lock);
    }
    if (!o->plan) {
        onset_destroy(o);
        err_set(e, ERR_NO_MEMORY, "no memory for the Fourier transform");
        return NULL;
    }
    for (int i = 0; i < WINDOW; i++)
        o->hann[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / WINDOW));
    init_bands(o);
    o->first = -PAD;
    o->fill = PAD;
    return o;
}

void onset_destroy(struct onset *o)
{
    if (!o)
        return;
    if (o->plan) {
        pthread_mutex_lock(&planner_lock);
        fftwf_destroy_plan(o->plan);
        pthread_mutex_unlock(&planner_lock);
    }
    fftwf_free(o->spectrum);
    fftwf_free(o->in);
    series_finish(&o->held);
    for (int r = 0; r < RANGES; r++)
        series_finish(&o->flux[r]);
    series_finish(&o->strength);
    free(o);
}

/* --- Mel rows -> flux, once the reference level is known ----------------------------------------
 */

/* What one hop adds over the loudest neighbour band two hops ago. */
static bool add_log_row(struct onset *o, const float *mel, struct err *e)
{
    float row[BANDS], total = 0;
    float gain = o->ref > 0 ? 1000.0f / o->ref : 0;
    for (int b = 0; b < BANDS; b++)
        row[b] = log10f(1.0f + gain * mel[b]);

    float *before = o->row_max[o->rows % LAG];
    for (int r = 0, b = 0; r < RANGES; r++) {
        float sum = 0;
        int start = b;
        for (; b < ranges[r].end; b++)
            if (o->rows >= LAG && row[b] > before[b])
                sum += row[b] - before[b];
        total += sum;
        if (!series_add(&o->flux[r], sum / (float)(b - start), e))
            return false;
    }
    for (int b = 0; b < BANDS; b++) {
        float m = row[b];
        if (b > 0)
            m = fmaxf(m, row[b - 1]);
        if (b + 1 < BANDS)
            m = fmaxf(m, row[b + 1]);
        before[b] = m;
    }
    o->rows++;
    return series_add(&o->strength, total, e);
}

/* Settles the reference level from the rows held so far and lets them go. A stretch of digital
 * silence settles nothing: it passes as zeros. */
static bool release_held(struct onset *o, struct err *e)
{
    size_t rows = o->held.count / BANDS;
    float *peak = malloc((rows ? rows : 1) * sizeof *peak);
    if (!peak)
        return err_set(e, ERR_NO_MEMORY, "no memory for the reference level");
    float loudest = 0;
    for (size_t t = 0; t < rows; t++) {
        peak[t] = 0;
        for (int b = 0; b < BANDS; b++)
            peak[t] = fmaxf(peak[t], o->held.v[t * BANDS + (size_t)b]);
        loudest = fmaxf(loudest, peak[t]);
    }
    if (loudest > 1e-9f)
        o->ref = fmaxf(quantile(peak, rows, 0.95), loudest * 1e-3f);
    free(peak);
    for (size_t t = 0; t < rows; t++)
        if (!add_log_row(o, o->held.v + t * BANDS, e))
            return false;
    o->held.count = 0;
    return true;
}

static bool add_mel_row(struct onset *o, const float *mel, struct err *e)
{
    if (o->ref > 0)
        return add_log_row(o, mel, e);
    for (int b = 0; b < BANDS; b++)
        if (!series_add(&o->held, mel[b], e))
            return false;
    return o->held.count < (size_t)HELD_MAX * BANDS || release_held(o, e);
}

/* --- Samples -> mel rows ------------------------------------------------------------------------
 */

static bool add_frame(struct onset *o, const float *x, struct err *e)
{
    float magnitude[BINS], mel[BANDS];
    for (int i = 0; i < WINDOW; i++)
        o->in[i] = x[i] * o->hann[i];
    fftwf_execute(o->plan);
    for (int k = 0; k < BINS; k++) {
        float re = o->spectrum[k][0], im = o->spectrum[k][1];
        magnitude[k] = sqrtf(re * re + im * im);
    }
    for (int b = 0; b < BANDS; b++) {
        const struct mel_band *band = &o->bands[b];
        float sum = 0;
        for (int k = 0; k < band->count; k++)
            sum += band->weight[k] * magnitude[band->first + k];
        mel[b] = sum;
    }
    return add_mel_row(o, mel, e);
}

static int64_t frames_done(const struct onset *o)
{
    return (int64_t)(o->held.count / BANDS) + o->rows;
}

/* Every frame whose window is complete; then forgets what no later window needs. */
static bool take_frames(struct onset *o, int64_t frame_end, struct err *e)
{
    int64_t t = frames_done(o), start = hop_sample(t) - PAD;
    while (t < frame_end && start + WINDOW <= o->first + (int64_t)o->fill) {
        if (!add_frame(o, &o->samples[start - o->first], e))
            return false;
        start = hop_sample(++t) - PAD;
    }
    size_t drop = start > o->first ? (size_t)(start - o->first) : 0;
    if (drop > o->fill)
        drop = o->fill;
    memmove(o->samples, o->samples + drop, (o->fill - drop) * sizeof *o->samples);
    o->fill -= drop;
    o->first += (int64_t)drop;
    return true;
}

/* y[n] = x[n] - x[n-1] + a y[n-1]: takes an offset away (corner 5 Hz), leaves the rest alone. */
static float block_dc(struct onset *o, float x)
{
    float y = x - o->dc_in + 0.9986f * o->dc_out;
    o->dc_in = x;
    o->dc_out = fabsf(y) < 1e-20f ? 0 : y; /* no denormals in long silences */
    return y;
}

bool onset_push(struct onset *o, const float *mono, size_t n, struct err *e)
{
    if (o->pushed == 0 && n > 0)
        o->dc_in = mono[0]; /* an offset is no onset */
    while (n > 0) {
        size_t room = WINDOW + CHUNK - o->fill;
        size_t k = n < room ? n : room;
        for (size_t i = 0; i < k; i++)
            o->samples[o->fill + i] = block_dc(o, mono[i]);
        o->fill += k;
        o->pushed += (int64_t)k;
        mono += k;
        n -= k;
        if (!take_frames(o, INT64_MAX, e))
            return false;
    }
    return true;
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

/* act += weight * (what rises above the +-0.5 s mean, relative to the RMS of +-4 s). `x` is used
 * up; `a` and `b` are scratch. */
static void add_range(float *x, float weight, float *a, float *b, float *act, size_t n)
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
        act[t] += weight * x[t] / (sqrtf(fmaxf(b[t], 0)) + overall + 1e-9f);
}

static bool make_activation(struct onset *o, struct onset_curve *out, struct err *e)
{
    size_t n = (size_t)o->rows;
    float *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
    float *act = calloc(n, sizeof *act);
    bool ok = a && b && act;
    if (ok) {
        for (int r = 0; r < RANGES; r++)
            add_range(o->flux[r].v, ranges[r].weight, a, b, act, n);
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
    int64_t total = o->pushed * 2 / 441 + 1;
    /* take_frames() leaves less than a window behind, so there is room. */
    memset(o->samples + o->fill, 0, WINDOW * sizeof *o->samples);
    o->fill += WINDOW;
    if (!take_frames(o, total, e))
        return false;
    if (o->ref <= 0 && !release_held(o, e))
        return false;
    out->silent = o->ref <= 0;
    if (!make_activation(o, out, e))
        return false;
    out->count = (size_t)o->rows;
    out->strength = o->strength.v;
    o->strength = (struct series){0};
    return true;
}

void onset_curve_finish(struct onset_curve *c)
{
    free(c->act);
    free(c->strength);
    *c = (struct onset_curve){0};
}
