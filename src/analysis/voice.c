/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/voice.h"

#include "analysis/planner.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define THIRD 3
#define TAPS 49 /* of the low-pass before */
#define CUTOFF_HZ 3000.0
#define RATE 7350
_Static_assert(RATE * THIRD == ANALYSIS_RATE, "a third of the rate");
#define WINDOW 384 /* 52 ms: four periods of the lowest voice */
#define FFT 512
#define BINS (FFT / 2 + 1)
#define LAGS 1024 /* of the autocorrelation, which is thereby told at twice the rate */
#define SHORTEST (2 * RATE / 400)
#define LONGEST (2 * RATE / 75)
#define BLOCK 4096

#define LEVEL_LOW_HZ 200
#define LEVEL_HIGH_HZ 3400
#define PITCH_LOW_HZ 90
#define PITCH_HIGH_HZ 2000
/* A shorter period that is almost as likely is the true one: any multiple of it fits as well. */
#define OCTAVE_SHARE 0.9f

struct voice {
    fftwf_plan forward, backward;
    float *frame, *lags;
    fftwf_complex *spectrum, *power;
    float taps[TAPS], hann[WINDOW], for_window[LONGEST + 2]; /* undoes the window's own */
    float level_scale;

    float wide[TAPS + BLOCK]; /* the newest samples as they came */
    size_t wide_fill;
    int phase;                   /* samples to go till the next of a third */
    float thin[WINDOW + BLOCK];  /* of a third of the rate; thin[0] is at `first` */
    size_t thin_fill;
    int64_t first;
    struct voice_curve curve;
};

static int bin_of(int hz)
{
    return hz * FFT / RATE;
}

static void init_tables(struct voice *v)
{
    double sum = 0, taps[TAPS];
    for (int i = 0; i < TAPS; i++) {
        int t = i - TAPS / 2;
        double x = 2 * CUTOFF_HZ / ANALYSIS_RATE * t;
        taps[i] = (t == 0 ? 1 : sin(M_PI * x) / (M_PI * x)) *
                  (0.54 - 0.46 * cos(2 * M_PI * i / (TAPS - 1)));
        sum += taps[i];
    }
    for (int i = 0; i < TAPS; i++)
        v->taps[i] = (float)(taps[i] / sum);
    double energy = 0;
    for (int i = 0; i < WINDOW; i++) {
        v->hann[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / WINDOW));
        energy += (double)v->hann[i] * (double)v->hann[i];
    }
    v->level_scale = (float)(1 / energy);
}

/* Autocorrelation of what is in v->power, relative to lag 0. */
static void to_lags(struct voice *v)
{
    memset(v->power + BINS, 0, (LAGS / 2 + 1 - BINS) * sizeof *v->power);
    fftwf_execute(v->backward);
    float scale = v->lags[0] > 1e-9f ? 1 / v->lags[0] : 0;
    for (int i = 0; i < LONGEST + 2; i++)
        v->lags[i] *= scale;
}

static void to_power(struct voice *v)
{
    fftwf_execute(v->forward);
    for (int k = 0; k < BINS; k++) {
        v->power[k][0] = v->spectrum[k][0] * v->spectrum[k][0] +
                         v->spectrum[k][1] * v->spectrum[k][1];
        v->power[k][1] = 0;
    }
}

static void measure_window(struct voice *v)
{
    memcpy(v->frame, v->hann, sizeof v->hann);
    memset(v->frame + WINDOW, 0, (FFT - WINDOW) * sizeof *v->frame);
    to_power(v);
    to_lags(v);
    for (int i = 0; i < LONGEST + 2; i++)
        v->for_window[i] = 1 / fmaxf(v->lags[i], 0.25f);
}

struct voice *voice_create(struct err *e)
{
    struct voice *v = calloc(1, sizeof *v);
    if (!v)
        goto fail;
    v->frame = fftwf_alloc_real(FFT);
    v->spectrum = fftwf_alloc_complex(BINS);
    v->power = fftwf_alloc_complex(LAGS / 2 + 1);
    v->lags = fftwf_alloc_real(LAGS);
    if (!v->frame || !v->spectrum || !v->power || !v->lags)
        goto fail;
    planner_begin();
    v->forward = fftwf_plan_dft_r2c_1d(FFT, v->frame, v->spectrum, FFTW_ESTIMATE);
    v->backward = fftwf_plan_dft_c2r_1d(LAGS, v->power, v->lags, FFTW_ESTIMATE);
    planner_end();
    if (!v->forward || !v->backward)
        goto fail;
    init_tables(v);
    measure_window(v);
    v->wide_fill = TAPS / 2; /* zeros before the sound */
    v->thin_fill = WINDOW / 2;
    v->first = -(WINDOW / 2);
    v->phase = 0;
    return v;

fail:
    voice_destroy(v);
    err_set(e, ERR_NO_MEMORY, "no memory to listen for voices");
    return NULL;
}

void voice_destroy(struct voice *v)
{
    if (!v)
        return;
    planner_begin();
    if (v->forward)
        fftwf_destroy_plan(v->forward);
    if (v->backward)
        fftwf_destroy_plan(v->backward);
    planner_end();
    fftwf_free(v->frame);
    fftwf_free(v->spectrum);
    fftwf_free(v->power);
    fftwf_free(v->lags);
    series_finish(&v->curve.level);
    series_finish(&v->curve.clear);
    series_finish(&v->curve.pitch);
    free(v);
}

const struct voice_curve *voice_of(const struct voice *v)
{
    return &v->curve;
}

/* --- One hop ------------------------------------------------------------------------------------ */

static float level_db(const struct voice *v)
{
    int low = bin_of(LEVEL_LOW_HZ), high = bin_of(LEVEL_HIGH_HZ);
    float sum = 0;
    for (int k = low; k < high; k++)
        sum += v->power[k][0];
    return 10 * log10f(sum / (float)(high - low) * v->level_scale + 1e-10f);
}

/* The highest of lags from..to. */
static int best_lag(const float *lags, int from, int to)
{
    int best = from;
    for (int i = from + 1; i <= to; i++)
        if (lags[i] > lags[best])
            best = i;
    return best;
}

static int without_multiples(const float *lags, int lag)
{
    for (int m = 2; m <= 3; m++) {
        int near = (lag + m / 2) / m;
        if (near < SHORTEST + 3)
            break;
        int found = best_lag(lags, near - 3, near + 3);
        if (lags[found] > OCTAVE_SHARE * lags[lag])
            return found;
    }
    return lag;
}

/* Where the parabola through a lag and its neighbours is highest. */
static double refined(const float *lags, int lag)
{
    double a = (double)lags[lag - 1], b = (double)lags[lag], c = (double)lags[lag + 1];
    double bend = a - 2 * b + c;
    double off = fabs(bend) > 1e-9 ? 0.5 * (a - c) / bend : 0;
    return lag + fmin(fmax(off, -0.5), 0.5);
}

static bool add_hop(struct voice *v, const float *from, struct err *e)
{
    for (int i = 0; i < WINDOW; i++)
        v->frame[i] = from[i] * v->hann[i];
    memset(v->frame + WINDOW, 0, (FFT - WINDOW) * sizeof *v->frame);
    to_power(v);
    float level = level_db(v);
    memset(v->power, 0, (size_t)bin_of(PITCH_LOW_HZ) * sizeof *v->power);
    memset(v->power + bin_of(PITCH_HIGH_HZ), 0,
           (size_t)(BINS - bin_of(PITCH_HIGH_HZ)) * sizeof *v->power);
    to_lags(v);
    for (int i = 0; i < LONGEST + 2; i++)
        v->lags[i] *= v->for_window[i];
    int lag = without_multiples(v->lags, best_lag(v->lags, SHORTEST, LONGEST));
    double hz = 2.0 * RATE / refined(v->lags, lag);
    return series_add(&v->curve.level, level, e) && series_add(&v->curve.clear, v->lags[lag], e) &&
           series_add(&v->curve.pitch, (float)(12 * log2(hz / 100)), e);
}

/* First sample, at a third of the rate, of a hop's window. */
static int64_t hop_start(const struct voice *v)
{
    return hop_sample((int64_t)v->curve.level.count) / THIRD - WINDOW / 2;
}

static bool add_hops(struct voice *v, struct err *e)
{
    while (hop_start(v) + WINDOW <= v->first + (int64_t)v->thin_fill)
        if (!add_hop(v, v->thin + (hop_start(v) - v->first), e))
            return false;
    size_t used = (size_t)(hop_start(v) - v->first);
    if (used > v->thin_fill)
        used = v->thin_fill;
    memmove(v->thin, v->thin + used, (v->thin_fill - used) * sizeof *v->thin);
    v->thin_fill -= used;
    v->first += (int64_t)used;
    return true;
}

/* --- Sound comes in ----------------------------------------------------------------------------- */

/* Every third sample of the filtered sound. */
static void thin_out(struct voice *v)
{
    size_t i = (size_t)v->phase;
    for (; i + TAPS <= v->wide_fill; i += THIRD) {
        float sum = 0;
        for (int k = 0; k < TAPS; k++)
            sum += v->taps[k] * v->wide[i + (size_t)k];
        v->thin[v->thin_fill++] = sum;
    }
    size_t keep = v->wide_fill > TAPS - 1 ? TAPS - 1 : v->wide_fill;
    size_t gone = v->wide_fill - keep;
    v->phase = (int)(i - gone);
    memmove(v->wide, v->wide + gone, keep * sizeof *v->wide);
    v->wide_fill = keep;
}

bool voice_push(struct voice *v, const float *mono, size_t n, struct err *e)
{
    while (n > 0) {
        size_t part = n < BLOCK ? n : BLOCK;
        memcpy(v->wide + v->wide_fill, mono, part * sizeof *mono);
        v->wide_fill += part;
        thin_out(v);
        if (!add_hops(v, e))
            return false;
        mono += part;
        n -= part;
    }
    return true;
}

bool voice_end(struct voice *v, struct err *e)
{
    static const float zeros[THIRD * WINDOW / 2 + TAPS];
    return voice_push(v, zeros, sizeof zeros / sizeof *zeros, e);
}
