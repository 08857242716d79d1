/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/downbeats.h"

#include <math.h>
#include <stdlib.h>

#define STRETCH 96      /* beats that one decision is about, at least */
#define CHANGE_COST 3.0 /* of another reading than in the stretch before */
#define COLOUR_LOW 28   /* bands of colour below 2.5 kHz: where harmony is */

const struct bar_reading bar_readings[BAR_READINGS] = {{4, 0}, {4, 1}, {4, 2}, {4, 3},
                                                       {3, 0}, {3, 1}, {3, 2}};

/* From `bench/fit_metre.py --bars`. */
static const double weights[BAR_FACTS] = {
    [BAR_PATTERN] = 11.1, [BAR_CHANGE] = 6.7, [BAR_LOW] = 2.3,
    [BAR_HIGH] = -2.4,    [BAR_REPEAT] = 1.5, [BAR_THREE] = 0.3};

static void mean_colour(const struct onset_curve *c, double from, double to, float *out)
{
    long lo = lround(from / COLOUR_HOPS), hi = lround(to / COLOUR_HOPS);
    long most = (long)c->colours;
    lo = lo < 0 ? 0 : lo >= most ? most - 1 : lo;
    hi = hi <= lo ? lo + 1 : hi > most ? most : hi;
    for (int b = 0; b < COLOUR_LOW; b++) {
        float sum = 0;
        for (long t = lo; t < hi; t++)
            sum += c->colour[(size_t)t * COLOUR_BANDS + (size_t)b];
        out[b] = sum / (float)(hi - lo);
    }
}

/* How much the colour of the beat before differs from that of the beat after. */
static float change_at(const struct onset_curve *c, double hop, double gap)
{
    float before[COLOUR_LOW], after[COLOUR_LOW], sum = 0;
    mean_colour(c, hop - 0.95 * gap, hop - 0.05 * gap, before);
    mean_colour(c, hop + 0.15 * gap, hop + gap, after);
    for (int b = 0; b < COLOUR_LOW; b++)
        sum += fabsf(after[b] - before[b]);
    return sum / COLOUR_LOW;
}

/* (mean of v on place 0 of the reading - mean of the others) / (their sum + floor) */
static float contrast(const float *v, size_t n, struct bar_reading r, float floor)
{
    float on = 0, off = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if ((i + (size_t)r.first) % (size_t)r.beats == 0) {
            on += v[i];
            count++;
        } else {
            off += v[i];
        }
    on /= (float)(count ? count : 1);
    off /= (float)(n - count ? n - count : 1);
    return (on - off) / (on + off + floor);
}

bool bar_facts(const struct bar_sound *s, const struct onset_curve *c,
               const struct bar_patterns *p, const double *beats, size_t n,
               float facts[BAR_READINGS][BAR_FACTS], struct err *e)
{
    struct bar_cell *cells = malloc(n * sizeof *cells);
    float *change = malloc(3 * n * sizeof *change);
    if (!cells || !change) {
        free(change);
        free(cells);
        return err_set(e, ERR_NO_MEMORY, "no memory for downbeats");
    }
    float *low = change + n, *high = low + n;
    size_t k = n - 1;
    bar_cells_read(s, beats, n, cells);
    double bpm = 60.0 * HOPS_PER_SECOND * (double)k / (beats[k] - beats[0]);
    for (size_t i = 0; i < k; i++) {
        double gap = fmax(beats[i + 1] - beats[i], 40);
        change[i] = change_at(c, beats[i], gap);
        low[i] = cells[i].slot[ONSET_LOW][0];
        high[i] = 0.5f * (cells[i].slot[ONSET_MIDDLE][0] + cells[i].slot[ONSET_HIGH][0]);
    }
    float threes = bar_likeness(cells, k, 3), fours = bar_likeness(cells, k, 4);
    for (int r = 0; r < BAR_READINGS; r++) {
        struct bar_reading reading = bar_readings[r];
        struct bar_profile profile;
        bar_profile_of(cells, k, reading.beats, reading.first, &profile);
        facts[r][BAR_PATTERN] = bar_pattern_fit(p, &profile, bpm);
        facts[r][BAR_CHANGE] = contrast(change, k, reading, 1);
        facts[r][BAR_LOW] = contrast(low, k, reading, 0.05f);
        facts[r][BAR_HIGH] = contrast(high, k, reading, 0.05f);
        facts[r][BAR_REPEAT] = reading.beats == 3 ? threes - fours : fours - threes;
        facts[r][BAR_THREE] = reading.beats == 3;
    }
    free(change);
    free(cells);
    return true;
}

struct stretch {
    size_t from, to;
    double score[BAR_READINGS];
    int before[BAR_READINGS]; /* the best reading of the stretch before */
};

/* Readings of all stretches count places from beat 0 of the whole. */
static bool weigh_stretch(const struct bar_sound *s, const struct onset_curve *c,
                          const struct bar_patterns *p, const double *beats, struct stretch *st,
                          struct err *e)
{
    float facts[BAR_READINGS][BAR_FACTS];
    if (!bar_facts(s, c, p, beats + st->from, st->to - st->from, facts, e))
        return false;
    for (int r = 0; r < BAR_READINGS; r++) {
        struct bar_reading whole = bar_readings[r];
        int first = (int)(((size_t)whole.first + st->from) % (size_t)whole.beats);
        const float *f = facts[whole.beats == 4 ? first : 4 + first];
        for (int i = 0; i < BAR_FACTS; i++)
            st->score[r] += weights[i] * (double)f[i];
    }
    return true;
}

static int best_of(const double *score)
{
    int best = 0;
    for (int r = 1; r < BAR_READINGS; r++)
        if (score[r] > score[best])
            best = r;
    return best;
}

static void follow(struct stretch *row, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const double *came = row[i - 1].score;
        int winner = best_of(came);
        for (int r = 0; r < BAR_READINGS; r++) {
            bool stay = came[r] >= came[winner] - CHANGE_COST;
            row[i].before[r] = stay ? r : winner;
            row[i].score[r] += stay ? came[r] : came[winner] - CHANGE_COST;
        }
    }
}

bool downbeats_find(const struct bar_sound *s, const struct onset_curve *c,
                    const struct bar_patterns *p, const double *beats, size_t n, uint8_t *place,
                    int *beats_per_bar, struct err *e)
{
    *beats_per_bar = 0;
    if (n < DOWNBEATS_MIN)
        return true;
    size_t count = n / STRETCH > 1 ? n / STRETCH : 1, with[5] = {0};
    struct stretch *row = calloc(count, sizeof *row);
    bool ok = row != NULL || err_set(e, ERR_NO_MEMORY, "no memory for downbeats");
    for (size_t i = 0; i < count && ok; i++) {
        row[i].from = i * STRETCH;
        row[i].to = i + 1 < count ? (i + 1) * STRETCH : n;
        ok = weigh_stretch(s, c, p, beats, &row[i], e);
    }
    if (ok) {
        follow(row, count);
        int reading = best_of(row[count - 1].score);
        for (size_t i = count; i-- > 0; reading = row[i].before[reading]) {
            struct bar_reading r = bar_readings[reading];
            with[r.beats] += row[i].to - row[i].from;
            for (size_t k = row[i].from; k < row[i].to; k++)
                place[k] = (uint8_t)((k + (size_t)r.first) % (size_t)r.beats);
        }
        *beats_per_bar = with[3] > with[4] ? 3 : 4;
    }
    free(row);
    return ok;
}
