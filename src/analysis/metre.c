/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metre.h"

#include "analysis/metre_weights.h"

#include <math.h>
#include <stdlib.h>

#define STRETCH_S 45      /* how much music one decision is about, at least */
#define CHANGE_COST 4.0   /* of another reading than in the stretch before */
#define DECODED_MORE 0.5  /* music at large is more often read right by the decoder than ours is, */
#define FAST_UNEVEN 8.0   /* but a pulse faster than any half-time feel (an octave above FAST_BPM) */
#define FAST_BPM 150.0    /* whose beats take turns in strength has to have reasons */

const struct metre_reading metre_readings[METRE_READINGS] = {
    {1, 0}, {1, 0.5}, {2, 0}, {2, 1}, {2, 0.5}, {2, 1.5}, {3, 0}, {3, 1}, {3, 2},
    {0.5, 0}, {1.0 / 3, 0}, {1.5, 0}, {1.5, 0.5}, {1.5, 1}, {2.0 / 3, 0}};

double metre_bpm(const double *beats, size_t n)
{
    return n < 2 ? 0 : 60.0 * HOPS_PER_SECOND * (double)(n - 1) / (beats[n - 1] - beats[0]);
}

size_t metre_beats(const struct metre_view *v, const struct metre_reading *r, size_t from,
                   size_t to, double *out, size_t cap)
{
    size_t n = 0;
    double first = ceil(fmax(0, ((double)from - r->shift) / r->step - 1e-6));
    for (size_t i = 0; n < cap; i++) {
        double x = r->shift + r->step * (first + (double)i) + 1e-9;
        size_t before = (size_t)x;
        if (x >= (double)to || before + 1 >= v->count + (x - (double)before < 1e-6))
            break;
        double part = x - (double)before, next = before + 1 < v->count ? v->beats[before + 1] : 0;
        out[n++] = part < 1e-6 ? v->beats[before] : v->beats[before] * (1 - part) + next * part;
    }
    return n;
}

double metre_weigh(const float facts[METRE_FACTS], double bpm)
{
    double t = tanh(log2(bpm / 115)), sum = metre_bias[0] * t + metre_bias[1] * t * t;
    for (int f = 0; f < METRE_FACTS; f++)
        sum += (double)facts[f] *
               (metre_weights[f][0] + metre_weights[f][1] * t + metre_weights[f][2] * t * t);
    double fast = fmax(log2(bpm / FAST_BPM), 0);
    return sum + (double)facts[FACT_DECODED] *
                     (DECODED_MORE - FAST_UNEVEN * fast * (double)facts[FACT_UNEVEN]);
}

struct stretch {
    size_t from, to; /* of the decoder's beats */
    double score[METRE_READINGS];
    int before[METRE_READINGS]; /* the best reading of the stretch before */
};

struct metre_work {
    const struct metre_view *v;
    struct stretch *stretches;
    size_t count;
    double *beats; /* scratch: cap */
    struct bar_cell *cells;
    size_t cap; /* beats of the fastest reading in the longest stretch */
};

static void cut_stretches(struct metre_work *w)
{
    const double *b = w->v->beats;
    size_t n = w->v->count, from = 0;
    for (size_t i = 0; i <= n; i++) {
        bool enough = i < n && b[i] - b[from] >= STRETCH_S * HOPS_PER_SECOND &&
                      b[n - 1] - b[i] >= STRETCH_S * HOPS_PER_SECOND;
        if (!enough && i < n)
            continue;
        w->stretches[w->count++] = (struct stretch){.from = from, .to = i};
        if (3 * (i - from) + 3 > w->cap)
            w->cap = 3 * (i - from) + 3;
        from = i;
    }
}

static void weigh_stretch(struct metre_work *w, struct stretch *s)
{
    for (int k = 0; k < METRE_READINGS; k++) {
        float facts[METRE_FACTS];
        const struct metre_reading *r = &metre_readings[k];
        size_t n = metre_beats(w->v, r, s->from, s->to, w->beats, w->cap);
        bool possible = metre_facts(w->v, r, w->beats, n, w->cells, facts);
        s->score[k] = possible ? metre_weigh(facts, metre_bpm(w->beats, n)) : k == 0 ? -1e3 : -1e6;
    }
}

/* Adds to every stretch the best of the way up to it; gives the best reading of the last one. */
static int best_path(struct metre_work *w)
{
    int best = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct stretch *s = &w->stretches[i];
        int winner = best;
        for (int k = 0; k < METRE_READINGS && i > 0; k++) {
            const double *came = w->stretches[i - 1].score;
            bool stay = came[k] >= came[winner] - CHANGE_COST;
            s->before[k] = stay ? k : winner;
            s->score[k] += stay ? came[k] : came[winner] - CHANGE_COST;
        }
        best = 0;
        for (int k = 1; k < METRE_READINGS; k++)
            if (s->score[k] > s->score[best])
                best = k;
    }
    return best;
}

static bool is_decoded(const struct metre_view *v, double hop, size_t *at)
{
    while (*at + 1 < v->count && v->beats[*at] < hop - 1e-6)
        ++*at;
    return fabs(v->beats[*at] - hop) < 1e-6;
}

static bool write_beats(struct metre_work *w, int last, struct metre_beat **beats, size_t *count)
{
    size_t n = 0, at = 0;
    int *reading = malloc((w->count + 1) * sizeof *reading);
    struct metre_beat *out = malloc((3 * w->v->count + 3) * sizeof *out);
    for (size_t i = w->count; reading && i-- > 0;) {
        reading[i] = last;
        last = w->stretches[i].before[last];
    }
    for (size_t i = 0; reading && out && i < w->count; i++) {
        const struct stretch *s = &w->stretches[i];
        size_t k = metre_beats(w->v, &metre_readings[reading[i]], s->from, s->to, w->beats, w->cap);
        for (size_t j = 0; j < k; j++)
            if (n == 0 || w->beats[j] > out[n - 1].hop + 1)
                out[n++] = (struct metre_beat){w->beats[j], is_decoded(w->v, w->beats[j], &at)};
    }
    bool ok = reading && out;
    free(reading);
    *beats = out;
    *count = n;
    return ok;
}

bool metre_choose(const struct metre_view *v, struct metre_beat **beats, size_t *count,
                  struct err *e)
{
    struct metre_work w = {.v = v};
    *beats = NULL;
    *count = 0;
    if (v->count == 0)
        return true;
    double minutes = (v->beats[v->count - 1] - v->beats[0]) / (STRETCH_S * HOPS_PER_SECOND);
    w.stretches = calloc((size_t)minutes + 2, sizeof *w.stretches);
    bool ok = w.stretches != NULL;
    if (ok) {
        cut_stretches(&w);
        w.beats = malloc(w.cap * sizeof *w.beats);
        w.cells = malloc(w.cap * sizeof *w.cells);
        ok = w.beats && w.cells;
    }
    for (size_t i = 0; ok && i < w.count; i++)
        weigh_stretch(&w, &w.stretches[i]);
    ok = ok && write_beats(&w, best_path(&w), beats, count);
    if (!ok) {
        free(*beats);
        *beats = NULL;
        err_set(e, ERR_NO_MEMORY, "no memory for the metre");
    }
    free(w.cells);
    free(w.beats);
    free(w.stretches);
    return ok;
}
