/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/loudness_peak.h"

#include <math.h>
#include <string.h>

/* The wave between samples is at most so much higher than the highest sample around: the sum of the
 * filter's absolute values, found by peak_init() to be below 2. */
#define OVERSHOOT 2.0f

/* A sinc under a Kaiser window: below 0.1 dB off up to 18 kHz. */
#define KAISER_BETA 5.0

static double bessel_i0(double x)
{
    double sum = 1, term = 1;
    for (int k = 1; k < 30; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

void peak_init(struct peak_meter *m)
{
    memset(m, 0, sizeof *m);
    for (int phase = 1; phase < 4; phase++) {
        double sum = 0, taps[PEAK_TAPS];
        for (int i = 0; i < PEAK_TAPS; i++) {
            double t = i - (PEAK_TAPS / 2.0 - 1) - phase / 4.0, u = t / (PEAK_TAPS / 2.0);
            double window = bessel_i0(KAISER_BETA * sqrt(1 - u * u)) / bessel_i0(KAISER_BETA);
            taps[i] = sin(M_PI * t) / (M_PI * t) * window;
            sum += taps[i];
        }
        for (int i = 0; i < PEAK_TAPS; i++)
            m->filter[phase - 1][i] = (float)(taps[i] / sum);
    }
}

/* fmaxf() without its care for what is no number, which keeps loops from being vectorised. */
static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

static float highest(const float *x, int n)
{
    float top = 0;
    for (int i = 0; i < n; i++)
        top = larger(top, fabsf(x[i]));
    return top;
}

/* x[PEAK_TAPS / 2 - 1] is the sample that peaks[0] stands for. */
static void interpolate(const struct peak_meter *m, const float *x, int n, float *peaks)
{
    for (int phase = 0; phase < 3; phase++) {
        const float *f = m->filter[phase];
        float y[PEAK_BLOCK] = {0};
        for (int k = 0; k < PEAK_TAPS; k++)
            for (int i = 0; i < n; i++)
                y[i] += f[k] * x[i + k];
        for (int i = 0; i < n; i++)
            peaks[i] = larger(peaks[i], fabsf(y[i]));
    }
}

void peak_run(struct peak_meter *m, const float *left, const float *right, int n, float floor,
              float *peaks)
{
    const float *in[2] = {left, right};
    memset(peaks, 0, (size_t)n * sizeof *peaks);
    for (int c = 0; c < 2; c++) {
        float *x = m->history[c];
        memcpy(x + PEAK_TAPS, in[c], (size_t)n * sizeof *x);
        /* Frame i of this call stands for x[PEAK_TAPS + i - PEAK_DELAY]. */
        const float *first = x + PEAK_TAPS - PEAK_DELAY - (PEAK_TAPS / 2 - 1);
        for (int i = 0; i < n; i++)
            peaks[i] = larger(peaks[i], fabsf(x[PEAK_TAPS + i - PEAK_DELAY]));
        if (highest(x, PEAK_TAPS + n) * OVERSHOOT > floor)
            interpolate(m, first, n, peaks);
        memmove(x, x + n, PEAK_TAPS * sizeof *x);
    }
}
