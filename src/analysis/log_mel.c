/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/log_mel.h"

#include "analysis/planner.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 400
#define HALF (WINDOW / 2)
#define BINS LOG_MEL_BINS
#define CHUNK 4000

struct band {
    int first, count;
    float weight[BINS]; /* count of them */
};

struct log_mel {
    int mels;
    log_mel_sink sink;
    void *user;
    fftwf_plan plan;
    float *in;
    fftwf_complex *spectrum;
    float hann[WINDOW];
    struct band *bands; /* [mels] */

    float samples[WINDOW + CHUNK]; /* samples[0] is number `first`, which begins at -HALF */
    size_t fill;
    int64_t first;
    int64_t pushed, frames;
    float loudest;
};

/* Slaney's scale: linear below 1 kHz, then 27 steps for each factor of 6.4. */
static double pitch_of(double hz)
{
    return hz < 1000 ? hz * 3 / 200 : 15 + log(hz / 1000) * 27 / log(6.4);
}

static double hz_of(double pitch)
{
    return pitch < 15 ? pitch * 200 / 3 : 1000 * exp((pitch - 15) * log(6.4) / 27);
}

void log_mel_filters(int mels, float *weights)
{
    const double step = pitch_of(LOG_MEL_RATE / 2.0) / (mels + 1);
    for (int m = 0; m < mels; m++) {
        const double low = hz_of(m * step), mid = hz_of((m + 1) * step);
        const double high = hz_of((m + 2) * step);
        for (int k = 0; k < BINS; k++) {
            const double hz = k * (double)LOG_MEL_RATE / WINDOW;
            const double w = fmin((hz - low) / (mid - low), (high - hz) / (high - mid));
            weights[m * BINS + k] = (float)(fmax(w, 0) * 2 / (high - low));
        }
    }
}

static bool init_bands(struct log_mel *m)
{
    float *weights = malloc((size_t)m->mels * BINS * sizeof *weights);
    m->bands = calloc((size_t)m->mels, sizeof *m->bands);
    if (weights && m->bands) {
        log_mel_filters(m->mels, weights);
        for (int i = 0; i < m->mels; i++) {
            struct band *b = &m->bands[i];
            const float *w = weights + i * BINS;
            int end = BINS;
            while (b->first < BINS && w[b->first] == 0)
                b->first++;
            while (end > b->first && w[end - 1] == 0)
                end--;
            b->count = end - b->first;
            memcpy(b->weight, w + b->first, (size_t)b->count * sizeof *w);
        }
    }
    free(weights);
    return weights && m->bands;
}

struct log_mel *log_mel_create(int mels, log_mel_sink sink, void *user, struct err *e)
{
    if (mels < 1 || mels > LOG_MEL_MOST) {
        err_set(e, ERR_INVALID, "%d mels: 1 to %d are possible", mels, LOG_MEL_MOST);
        return NULL;
    }
    struct log_mel *m = calloc(1, sizeof *m);
    if (m) {
        m->mels = mels;
        m->sink = sink;
        m->user = user;
        m->first = -HALF;
        m->fill = HALF; /* the mirrored start, once it is known */
        m->loudest = LOG_MEL_SILENCE;
        for (int i = 0; i < WINDOW; i++)
            m->hann[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / WINDOW));
        m->in = fftwf_alloc_real(WINDOW);
        m->spectrum = fftwf_alloc_complex(BINS);
        if (m->in && m->spectrum && init_bands(m)) {
            planner_begin();
            m->plan = fftwf_plan_dft_r2c_1d(WINDOW, m->in, m->spectrum, FFTW_ESTIMATE);
            planner_end();
        }
        if (m->plan)
            return m;
    }
    log_mel_destroy(m);
    err_set(e, ERR_NO_MEMORY, "no memory for the spectrum of speech");
    return NULL;
}

void log_mel_destroy(struct log_mel *m)
{
    if (!m)
        return;
    if (m->plan) {
        planner_begin();
        fftwf_destroy_plan(m->plan);
        planner_end();
    }
    fftwf_free(m->in);
    fftwf_free(m->spectrum);
    free(m->bands);
    free(m);
}

static bool emit(struct log_mel *m, const float *samples, struct err *e)
{
    float power[BINS], mels[LOG_MEL_MOST];
    for (int i = 0; i < WINDOW; i++)
        m->in[i] = samples[i] * m->hann[i];
    fftwf_execute(m->plan);
    for (int k = 0; k < BINS; k++)
        power[k] = m->spectrum[k][0] * m->spectrum[k][0] + m->spectrum[k][1] * m->spectrum[k][1];
    for (int i = 0; i < m->mels; i++) {
        const struct band *b = &m->bands[i];
        float sum = 0;
        for (int k = 0; k < b->count; k++)
            sum += b->weight[k] * power[b->first + k];
        mels[i] = log10f(sum > 1e-10f ? sum : 1e-10f);
        if (mels[i] > m->loudest)
            m->loudest = mels[i];
    }
    m->frames++;
    return m->sink(m->user, mels, e);
}

/* The samples before the first: 200 ... 1 in front of 0, 1, ... */
static void mirror_start(struct log_mel *m)
{
    for (int i = 1; i <= HALF; i++)
        m->samples[HALF - i] = m->samples[HALF + i];
}

static bool emit_whole(struct log_mel *m, struct err *e)
{
    if (m->frames == 0 && m->fill > WINDOW)
        mirror_start(m);
    size_t at = 0;
    for (; m->fill - at > WINDOW; at += LOG_MEL_HOP) { /* one more: sample 200 is mirrored */
        if (!emit(m, m->samples + at, e))
            return false;
    }
    memmove(m->samples, m->samples + at, (m->fill - at) * sizeof *m->samples);
    m->fill -= at;
    m->first += (int64_t)at;
    return true;
}

bool log_mel_push(struct log_mel *m, const float *mono, size_t n, struct err *e)
{
    m->pushed += (int64_t)n;
    while (n > 0) {
        size_t room = WINDOW + CHUNK - m->fill, some = n < room ? n : room;
        memcpy(m->samples + m->fill, mono, some * sizeof *mono);
        m->fill += some;
        mono += some;
        n -= some;
        if (!emit_whole(m, e))
            return false;
    }
    return true;
}

size_t log_mel_count(size_t samples)
{
    return samples == 0 ? 0 : (samples + HALF + LOG_MEL_HOP - 1) / LOG_MEL_HOP;
}

bool log_mel_end(struct log_mel *m, struct err *e)
{
    const int64_t wanted = (int64_t)log_mel_count((size_t)m->pushed), pushed = m->pushed;
    const float zeros[WINDOW] = {0};
    while (m->frames < wanted) {
        if (!log_mel_push(m, zeros, LOG_MEL_HOP, e))
            return false;
    }
    m->pushed = pushed;
    return true;
}

float log_mel_loudest(const struct log_mel *m)
{
    return m->loudest;
}

static float scaled(float x, float loudest)
{
    const float least = loudest - 8;
    return ((x > least ? x : least) + 4) / 4;
}

void log_mel_window(const float *frames, size_t count, int mels, float loudest, float *out,
                    size_t width)
{
    for (int i = 0; i < mels; i++) {
        float *row = out + (size_t)i * width;
        for (size_t t = 0; t < width; t++)
            row[t] =
                scaled(t < count ? frames[t * (size_t)mels + (size_t)i] : LOG_MEL_SILENCE, loudest);
    }
}

struct clip {
    float *out;
    size_t width, t;
    int mels;
};

static bool keep_column(void *user, const float *mels, struct err *e)
{
    struct clip *c = user;
    (void)e;
    for (int i = 0; c->t < c->width && i < c->mels; i++)
        c->out[(size_t)i * c->width + c->t] = mels[i];
    c->t++;
    return true;
}

bool log_mel_clip(int mels, const float *mono, size_t n, float *out, size_t width, struct err *e)
{
    struct clip c = {.out = out, .width = width, .mels = mels};
    struct log_mel *m = log_mel_create(mels, keep_column, &c, e);
    bool ok = m && log_mel_push(m, mono, n, e) && log_mel_end(m, e);
    for (int i = 0; ok && i < mels; i++) {
        for (size_t t = 0; t < width; t++) {
            float *x = &out[(size_t)i * width + t];
            *x = scaled(t < c.t ? *x : LOG_MEL_SILENCE, m->loudest);
        }
    }
    log_mel_destroy(m);
    return ok;
}
