/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/pulse.h"

#include "analysis/grid.h"

#include <math.h>
#include <string.h>

/* What is measured of the beats of a span. On speech, noise, steps and applause: `stands_out` of
 * noise is below 1.5; `periodicity` below 0.36; beats that are heard are uneven by 0.04 at least,
 * and few when they are not. */
struct span_facts {
    double stands_out;  /* activation at beats, relative to anywhere */
    double periodicity; /* of the activation, in units of autocorrelation */
    double uneven;      /* RMS change from one interval to the next, in intervals */
    double heard;       /* share of beats on which something begins */
    double seconds;
    size_t count;
};

static double uneven(const double *beats, size_t n)
{
    double sum = 0;
    if (n < 3)
        return 1;
    for (size_t i = 0; i + 2 < n; i++) {
        double d = beats[i] - 2 * beats[i + 1] + beats[i + 2];
        sum += d * d;
    }
    return sqrt(sum / (double)(n - 2)) * (double)(n - 1) / (beats[n - 1] - beats[0]);
}

static struct span_facts look(const struct onset_curve *c, const struct tempo_map *map,
                              const double *beats, size_t n, size_t from, size_t to)
{
    struct span_facts f = {.count = n, .uneven = uneven(beats, n),
                           .seconds = (double)(to - from) / HOPS_PER_SECOND};
    double at_beats = 0, anywhere = 1e-9;
    for (size_t i = 0; i < n; i++) {
        double here = grid_act(c, beats[i]);
        at_beats += here / (double)n;
        f.heard += (here > 0.1) / (double)n;
    }
    for (size_t t = from; t < to; t++)
        anywhere += grid_act(c, (double)t) / (double)(to - from);
    f.stands_out = at_beats / anywhere;
    f.periodicity = (double)tempo_map_at(map, (from + to) / 2)->periodicity;
    return f;
}

static bool has_pulse(const struct span_facts *f)
{
    if (f->count < 4 || f->stands_out < 1.8)
        return false;
    double by_chance = 0.2 * fmax(0, 1 - f->seconds / 8); /* a few seconds repeat more easily */
    if (f->periodicity >= 0.45 + by_chance)
        return true;
    bool even = f->count >= 8 && f->uneven <= 0.04 && f->heard >= 0.5;
    bool mostly_heard = f->count >= 20 && f->uneven <= 0.05 && f->heard >= 0.75;
    return even || (mostly_heard && f->stands_out >= 2.2);
}

/* Music goes on next to music unless little speaks for it. */
static bool may_go_on(const struct span_facts *f)
{
    return f->stands_out >= 1.4 && (f->periodicity >= 0.3 || f->uneven <= 0.05);
}

static size_t span_end(const struct onset_curve *c, const struct tempo_map *map, size_t span)
{
    return span + 1 < map->count ? (span + 1) * TEMPO_SPAN : c->count;
}

size_t pulse_keep(const struct onset_curve *c, const struct tempo_map *map, double *beats,
                  size_t n)
{
    size_t kept = 0, from = 0;
    bool before = false; /* the span before was kept */
    struct {
        size_t from, to;
        bool may_go_on; /* a span not kept, that music in the next one would save */
    } last = {0};
    for (size_t span = 0; span < map->count; span++) {
        size_t end = span_end(c, map, span), to = from;
        while (to < n && (beats[to] < (double)end || span + 1 == map->count))
            to++;
        struct span_facts f =
            look(c, map, beats + from, to - from, span * TEMPO_SPAN, end);
        bool pulse = has_pulse(&f);
        if (pulse && last.may_go_on) {
            memmove(beats + kept, beats + last.from, (last.to - last.from) * sizeof *beats);
            kept += last.to - last.from;
        }
        before = pulse || (before && may_go_on(&f));
        if (before) {
            memmove(beats + kept, beats + from, (to - from) * sizeof *beats);
            kept += to - from;
        }
        last.may_go_on = !before && may_go_on(&f);
        last.from = from;
        last.to = to;
        from = to;
    }
    return kept;
}
