/* SPDX-License-Identifier: GPL-3.0-or-later
 * metre_facts.c - what a reading makes of the music, in numbers. */
#include "analysis/metre.h"

#include <math.h>

#define TINY 0.03f
#define BPM_MIN 44.0
#define BPM_MAX 235.0
#define BEATS_MIN 6

/* Mean cell, and what begins on each place of bars of `beats` beats. */
struct mean_cell {
    float low[BAR_SLOTS], high[BAR_SLOTS], all[BAR_SLOTS];
};

static float high_of(const struct bar_cell *c, int slot)
{
    return 0.5f * (c->slot[ONSET_MIDDLE][slot] + c->slot[ONSET_HIGH][slot]);
}

static struct mean_cell mean_of(const struct bar_cell *cells, size_t n)
{
    struct mean_cell m = {0};
    for (int s = 0; s < BAR_SLOTS; s++) {
        for (size_t i = 0; i < n; i++) {
            m.low[s] += cells[i].slot[ONSET_LOW][s] / (float)n;
            m.high[s] += high_of(&cells[i], s) / (float)n;
        }
        m.all[s] = m.low[s] + m.high[s];
    }
    return m;
}

static float share(float a, float b)
{
    return (a - b) / (a + b + TINY);
}

static float upto1(float x)
{
    return fminf(x, 1);
}

/* low[p], high[p]: mean strength of the beats on place p of bars of `beats`. */
static void places_of(const struct bar_cell *cells, size_t n, int beats, float *low, float *high)
{
    struct bar_profile p;
    bar_profile_of(cells, n, beats, 0, &p);
    for (int i = 0; i < beats; i++) {
        int s = i * BAR_SLOTS;
        low[i] = p.slot[ONSET_LOW][s];
        high[i] = 0.5f * (p.slot[ONSET_MIDDLE][s] + p.slot[ONSET_HIGH][s]);
    }
}

static void division_facts(const struct mean_cell *m, float *f)
{
    float top = 0, half = m->all[6], third = 0.5f * (m->all[4] + m->all[8]);
    for (int s = 0; s < BAR_SLOTS; s++)
        top = fmaxf(top, m->all[s]);
    float on = m->all[0] + TINY;
    f[FACT_ON] = m->all[0] / (top + TINY);
    f[FACT_LOW_ON] = share(m->low[0], m->low[6]);
    f[FACT_HIGH_ON] = share(m->high[0], m->high[6]);
    f[FACT_DIVIDED] = upto1(fmaxf(half, third) / on);
    f[FACT_QUARTERS] = upto1(0.5f * (m->all[3] + m->all[9]) / on);
    f[FACT_THIRDS] = upto1(fmaxf(0, third - half) / on);
}

static void accent_facts(const struct bar_cell *cells, size_t n, float *f)
{
    float low[BAR_BEATS_MAX], high[BAR_BEATS_MAX], heard = 0;
    for (size_t i = 0; i < n; i++)
        heard += upto1(2 * (cells[i].slot[ONSET_LOW][0] + high_of(&cells[i], 0)));
    f[FACT_HEARD] = heard / (float)n;

    places_of(cells, n, 2, low, high);
    f[FACT_UNEVEN] = fabsf(share(low[0] + high[0], low[1] + high[1]));
    f[FACT_BACKBEAT] = sqrtf(fmaxf(0, -share(low[0], low[1]) * share(high[0], high[1])));

    places_of(cells, n, 3, low, high);
    float most = 0, least = INFINITY, sum = TINY;
    for (int i = 0; i < 3; i++) {
        most = fmaxf(most, low[i] + high[i]);
        least = fminf(least, low[i] + high[i]);
        sum += low[i] + high[i];
    }
    f[FACT_THREES] = (most - least) / sum;

    places_of(cells, n, 4, low, high);
    f[FACT_HALF_TIME] = 0;
    for (int i = 0; i < 4; i++) {
        int next = (i + 1) % 4, across = (i + 2) % 4, before = (i + 3) % 4;
        float kick = low[i] - fmaxf(low[next], low[before]);
        float snare = high[across] - fmaxf(high[next], high[before]);
        f[FACT_HALF_TIME] = fmaxf(f[FACT_HALF_TIME], fminf(kick, snare));
    }
}

static void repeat_facts(const struct bar_cell *cells, size_t n, float *f)
{
    float two = bar_likeness(cells, n, 2), three = bar_likeness(cells, n, 3);
    float four = bar_likeness(cells, n, 4), eight = bar_likeness(cells, n, 8);
    f[FACT_BAR] = fmaxf(three, four);
    f[FACT_LONG_BAR] = fmaxf(0, eight - fmaxf(three, four));
    f[FACT_BAR_OF_3] = fmaxf(0, three - fmaxf(two, four));
}

static float best_pattern(const struct bar_patterns *p, const struct bar_cell *cells, size_t n,
                          double bpm)
{
    float best = -1;
    for (int beats = 3; beats <= 4; beats++)
        for (int first = 0; first < beats; first++) {
            struct bar_profile profile;
            bar_profile_of(cells, n, beats, first, &profile);
            best = fmaxf(best, bar_pattern_fit(p, &profile, bpm));
        }
    return best;
}

static double above(double x)
{
    return fmax(x, 0);
}

bool metre_facts(const struct metre_view *v, const struct metre_reading *r, const double *beats,
                 size_t n, struct bar_cell *cells, float facts[METRE_FACTS])
{
    if (n < BEATS_MIN)
        return false;
    double bpm = metre_bpm(beats, n), octaves = log2(bpm / 115);
    if (bpm < BPM_MIN || bpm > BPM_MAX)
        return false;
    bar_cells_read(v->sound, beats, n, cells);
    struct mean_cell mean = mean_of(cells, n - 1);
    const struct tempo_prior *prior = tempo_map_at(v->map, (size_t)fmax(beats[n / 2], 0));
    facts[FACT_TEMPO] = (float)(4 * octaves * octaves);
    facts[FACT_FAST] = (float)above(log2(bpm / 180));
    facts[FACT_SLOW] = (float)above(log2(62 / bpm));
    facts[FACT_DECODED] = r->step == 1 && r->shift == 0;
    facts[FACT_PERIODIC] = tempo_score(prior, bpm);
    facts[FACT_PATTERN] = best_pattern(v->patterns, cells, n - 1, bpm);
    division_facts(&mean, facts);
    accent_facts(cells, n - 1, facts);
    repeat_facts(cells, n - 1, facts);
    return true;
}
