/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/mel.h"

#include "analysis/planner.h"
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 1024
#define BINS (WINDOW / 2 + 1)
#define PAD (WINDOW / 2)
#define CHUNK 4096

struct mel_band {
    int first, count; /* bins */
    float weight[BINS / 8];
};

struct mel {
    mel_sink sink;
    void *user;
    fftwf_plan plan;
    float *in;               /* WINDOW, FFTW's alignment */
    fftwf_complex *spectrum; /* BINS */
    float hann[WINDOW];
    struct mel_band bands[MEL_BANDS];

    float samples[WINDOW + CHUNK]; /* the newest ones; samples[0] is at `first` */
    size_t fill;
    int64_t first;       /* sample number; the PAD zeros before the sound count as -PAD..-1 */
    int64_t pushed;      /* samples given by the caller */
    int64_t hops;        /* handed to the sink */
    float dc_in, dc_out; /* state of the DC blocker */
};

static double mel_of(double hz)
{
    return 2595.0 * log10(1.0 + hz / 700.0);
}

static double hz_of(double mel)
{
    return 700.0 * (pow(10.0, mel / 2595.0) - 1.0);
}

/* Triangles between 30 Hz and 10 kHz, evenly spaced in mel, each of sum 1. */
static void init_bands(struct mel *m)
{
    const double lo = mel_of(30), step = (mel_of(10000) - lo) / (MEL_BANDS + 1);
    const double bin_hz = (double)ANALYSIS_RATE / WINDOW;
    for (int b = 0; b < MEL_BANDS; b++) {
        struct mel_band *band = &m->bands[b];
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

struct mel *mel_create(mel_sink sink, void *user, struct err *e)
{
    struct mel *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NO_MEMORY, "no memory for the spectrum");
        return NULL;
    }
    m->sink = sink;
    m->user = user;
    m->in = fftwf_alloc_real(WINDOW);
    m->spectrum = fftwf_alloc_complex(BINS);
    if (m->in && m->spectrum) {
        planner_begin();
        m->plan = fftwf_plan_dft_r2c_1d(WINDOW, m->in, m->spectrum, FFTW_ESTIMATE);
        planner_end();
    }
    if (!m->plan) {
        mel_destroy(m);
        err_set(e, ERR_NO_MEMORY, "no memory for the Fourier transform");
        return NULL;
    }
    for (int i = 0; i < WINDOW; i++)
        m->hann[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * i / WINDOW));
    init_bands(m);
    m->first = -PAD;
    m->fill = PAD;
    return m;
}

void mel_destroy(struct mel *m)
{
    if (!m)
        return;
    if (m->plan) {
        planner_begin();
        fftwf_destroy_plan(m->plan);
        planner_end();
    }
    fftwf_free(m->spectrum);
    fftwf_free(m->in);
    free(m);
}

static bool add_frame(struct mel *m, const float *x, struct err *e)
{
    float magnitude[BINS], mel[MEL_BANDS];
    for (int i = 0; i < WINDOW; i++)
        m->in[i] = x[i] * m->hann[i];
    fftwf_execute(m->plan);
    for (int k = 0; k < BINS; k++) {
        float re = m->spectrum[k][0], im = m->spectrum[k][1];
        magnitude[k] = sqrtf(re * re + im * im);
    }
    for (int b = 0; b < MEL_BANDS; b++) {
        const struct mel_band *band = &m->bands[b];
        float sum = 0;
        for (int k = 0; k < band->count; k++)
            sum += band->weight[k] * magnitude[band->first + k];
        mel[b] = sum;
    }
    m->hops++;
    return m->sink(m->user, mel, e);
}

/* Every frame whose window is complete; then forgets what no later window needs. */
static bool take_frames(struct mel *m, int64_t frame_end, struct err *e)
{
    int64_t t = m->hops, start = hop_sample(t) - PAD;
    while (t < frame_end && start + WINDOW <= m->first + (int64_t)m->fill) {
        if (!add_frame(m, &m->samples[start - m->first], e))
            return false;
        start = hop_sample(++t) - PAD;
    }
    size_t drop = start > m->first ? (size_t)(start - m->first) : 0;
    if (drop > m->fill)
        drop = m->fill;
    memmove(m->samples, m->samples + drop, (m->fill - drop) * sizeof *m->samples);
    m->fill -= drop;
    m->first += (int64_t)drop;
    return true;
}

/* y[n] = x[n] - x[n-1] + a y[n-1]: takes an offset away (corner 5 Hz), leaves the rest alone. */
static float block_dc(struct mel *m, float x)
{
    float y = x - m->dc_in + 0.9986f * m->dc_out;
    m->dc_in = x;
    m->dc_out = fabsf(y) < 1e-20f ? 0 : y; /* no denormals in long silences */
    return y;
}

bool mel_push(struct mel *m, const float *mono, size_t n, struct err *e)
{
    if (m->pushed == 0 && n > 0)
        m->dc_in = mono[0]; /* an offset is no onset */
    while (n > 0) {
        size_t room = WINDOW + CHUNK - m->fill;
        size_t k = n < room ? n : room;
        for (size_t i = 0; i < k; i++)
            m->samples[m->fill + i] = block_dc(m, mono[i]);
        m->fill += k;
        m->pushed += (int64_t)k;
        mono += k;
        n -= k;
        if (!take_frames(m, INT64_MAX, e))
            return false;
    }
    return true;
}

bool mel_end(struct mel *m, struct err *e)
{
    /* take_frames() leaves less than a window behind, so there is room. */
    memset(m->samples + m->fill, 0, WINDOW * sizeof *m->samples);
    m->fill += WINDOW;
    return take_frames(m, m->pushed * 2 / 441 + 1, e);
}
