/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/bar.h"

#include <math.h>
#include <stdlib.h>

#define HOLD 2 /* hops that an onset is held to either side */

/* --- Cells ------------------------------------------------------------------------------------ */

static void hold_peaks(const float *x, size_t n, float loud, uint8_t *out)
{
    for (size_t t = 0; t < n; t++) {
        size_t lo = t > HOLD ? t - HOLD : 0, hi = t + HOLD < n ? t + HOLD : n - 1;
        float best = 0;
        for (size_t i = lo; i <= hi; i++)
            best = fmaxf(best, x[i]);
        out[t] = (uint8_t)lrintf(255 * fminf(best / loud, 1));
    }
}

bool bar_sound_make(const struct onset_curve *c, struct bar_sound *out, struct err *e)
{
    bool ok = true;
    *out = (struct bar_sound){.count = c->count};
    for (int r = 0; r < ONSET_RANGES && ok; r++) {
        float loud = quantile_of(c->range[r], c->count, 0.98, &ok) + 1e-6f;
        out->hit[r] = malloc(c->count + 1);
        ok = ok && out->hit[r];
        if (ok)
            hold_peaks(c->range[r], c->count, loud, out->hit[r]);
    }
    if (ok)
        return true;
    bar_sound_finish(out);
    return err_set(e, ERR_NO_MEMORY, "no memory for bars");
}

void bar_sound_finish(struct bar_sound *s)
{
    for (int r = 0; r < ONSET_RANGES; r++)
        free(s->hit[r]);
    *s = (struct bar_sound){0};
}

void bar_cells_read(const struct bar_sound *s, const double *beats, size_t n,
                    struct bar_cell *out)
{
    for (size_t i = 0; i + 1 < n; i++)
        for (int slot = 0; slot < BAR_SLOTS; slot++) {
            double gap = beats[i + 1] - beats[i];
            long t = lround(beats[i] + gap * slot / BAR_SLOTS);
            bool inside = t >= 0 && (size_t)t < s->count;
            for (int r = 0; r < ONSET_RANGES; r++)
                out[i].slot[r][slot] = inside ? (float)s->hit[r][t] / 255.0f : 0;
        }
}

void bar_profile_of(const struct bar_cell *cells, size_t n, int beats, int first,
                    struct bar_profile *out)
{
    int hits[BAR_BEATS_MAX] = {0};
    *out = (struct bar_profile){.beats = beats};
    for (size_t i = 0; i < n; i++) {
        int place = (int)((i + (size_t)first) % (size_t)beats);
        hits[place]++;
        for (int r = 0; r < ONSET_RANGES; r++)
            for (int s = 0; s < BAR_SLOTS; s++)
                out->slot[r][place * BAR_SLOTS + s] += cells[i].slot[r][s];
    }
    for (int r = 0; r < ONSET_RANGES; r++)
        for (int s = 0; s < beats * BAR_SLOTS; s++) {
            int place = s / BAR_SLOTS;
            if (hits[place])
                out->slot[r][s] /= (float)hits[place];
        }
}

static struct bar_cell mean_cell(const struct bar_cell *cells, size_t n)
{
    struct bar_cell mean = {0};
    for (size_t i = 0; i < n; i++)
        for (int r = 0; r < ONSET_RANGES; r++)
            for (int s = 0; s < BAR_SLOTS; s++)
                mean.slot[r][s] += cells[i].slot[r][s] / (float)n;
    return mean;
}

float bar_likeness(const struct bar_cell *cells, size_t n, size_t lag)
{
    double product = 0, a_power = 1e-6, b_power = 1e-6;
    if (n < lag + 4)
        return 0;
    struct bar_cell mean = mean_cell(cells, n);
    for (size_t i = 0; i + lag < n; i++)
        for (int r = 0; r < ONSET_RANGES; r++)
            for (int s = 0; s < BAR_SLOTS; s++) {
                double a = (double)(cells[i].slot[r][s] - mean.slot[r][s]);
                double b = (double)(cells[i + lag].slot[r][s] - mean.slot[r][s]);
                product += a * b;
                a_power += a * a;
                b_power += b * b;
            }
    return (float)(product / sqrt(a_power * b_power));
}
