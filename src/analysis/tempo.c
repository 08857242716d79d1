/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/tempo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A beat of interval i repeats at i; its bar, half bar and subdivision speak for it too. */
static const struct {
    double multiple;
    float weight;
} harmonics[] = {{1, 1.0f}, {2, 0.7f}, {3, 0.35f}, {4, 0.6f}, {0.5, 0.25f}};

#define LAGS (4 * TEMPO_LONGEST + 4 * TEMPO_LONGEST / 50 + 2)

/* r[lag] for lag < LAGS of x without its mean, relative to r[0]; negative values count as none. */
static bool autocorrelate(const float *act, size_t n, float *r)
{
    float *x = malloc(n * sizeof *x);
    if (!x)
        return false;
    double mean = 0;
    for (size_t t = 0; t < n; t++)
        mean += (double)act[t];
    mean /= (double)n;
    for (size_t t = 0; t < n; t++)
        x[t] = act[t] - (float)mean;
    double power = 0;
    for (size_t lag = 0; lag < LAGS; lag++) {
        double sum = 0;
        for (size_t t = lag; t < n; t++)
            sum += (double)(x[t] * x[t - lag]);
        if (lag == 0)
            power = sum > 0 ? sum : 1;
        r[lag] = fmaxf((float)(sum / power), 0);
    }
    free(x);
    return true;
}

static float strongest_near(const float *r, double lag)
{
    long mid = lround(lag), slack = lround(lag * 0.02);
    if (slack < 1)
        slack = 1;
    float best = 0;
    for (long i = mid - slack; i <= mid + slack && i < LAGS; i++)
        best = fmaxf(best, r[i]);
    return best;
}

/* Is state k the triplet of a beat three times as long? In 6/8 the quavers are the loudest pulse
 * and the decoder would follow them; the dotted crotchet is what one taps. True where the long
 * interval repeats much better than the short one, which neither 4/4 nor 3/4 does. */
static bool is_triplet(const float *score, int k)
{
    int three = 3 * (TEMPO_SHORTEST + k) - TEMPO_SHORTEST;
    float best = 0;
    for (int j = three - 1; j <= three + 1 && j < TEMPO_STATES; j++)
        best = fmaxf(best, score[j]);
    return score[k] < 0.6f * best;
}

static bool make_prior(const float *act, size_t n, struct tempo_prior *out)
{
    float r[LAGS];
    if (!autocorrelate(act, n, r))
        return false;
    float top = 1e-6f;
    for (int k = 0; k < TEMPO_STATES; k++) {
        float sum = 0;
        for (size_t h = 0; h < sizeof harmonics / sizeof *harmonics; h++)
            sum += harmonics[h].weight *
                   strongest_near(r, harmonics[h].multiple * (TEMPO_SHORTEST + k));
        out->score[k] = sum;
        top = fmaxf(top, sum);
    }
    for (int k = 0; k < TEMPO_STATES; k++)
        out->score[k] /= top;
    out->periodicity = top;
    for (int k = 0; k < TEMPO_STATES; k++) {
        double octaves = log2(6000.0 / (TEMPO_SHORTEST + k) / 120.0) / 0.5;
        float taken = is_triplet(out->score, k) ? 0.0f : out->score[k];
        out->log_prior[k] = 8.0f * taken - (float)(0.5 * octaves * octaves);
    }
    return true;
}

/* Windows of two spans; what is left at the end joins the last one. */
bool tempo_map_make(const float *act, size_t n, struct tempo_map *out, struct err *e)
{
    size_t count = n / TEMPO_SPAN > 1 ? n / TEMPO_SPAN : 1;
    *out = (struct tempo_map){calloc(count, sizeof *out->priors), count};
    bool ok = out->priors != NULL && n > 0;
    for (size_t i = 0; ok && i < count; i++) {
        size_t mid = i * TEMPO_SPAN + TEMPO_SPAN / 2;
        size_t lo = mid > TEMPO_SPAN ? mid - TEMPO_SPAN : 0;
        size_t hi = mid + TEMPO_SPAN < n && i + 1 < count ? mid + TEMPO_SPAN : n;
        ok = make_prior(act + lo, hi - lo, &out->priors[i]);
    }
    if (ok)
        return true;
    tempo_map_finish(out);
    return err_set(e, ERR_NO_MEMORY, "no memory for the tempo");
}

void tempo_map_finish(struct tempo_map *m)
{
    free(m->priors);
    *m = (struct tempo_map){0};
}

float tempo_score(const struct tempo_prior *p, double bpm)
{
    double k = 60.0 * HOPS_PER_SECOND / bpm - TEMPO_SHORTEST;
    if (!(k > -0.5 && k < TEMPO_STATES - 0.5))
        return 0;
    return p->score[lround(k)];
}
