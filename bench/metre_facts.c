/* SPDX-License-Identifier: GPL-3.0-or-later
 * metre_facts.c - what metre.c and downbeats.c weigh, for fit_metre.py.
 *
 *     metre_facts FILE.f32               a line a reading: STEP SHIFT BPM FACTS... | BEATS...
 *     metre_facts FILE.f32 FILE.beats    with these beats, a line a bar: BEATS FIRST FACTS...
 *
 * Times are seconds; FILE.f32 is raw mono float at 22,050 Hz.
 */
#include "analysis/decode.h"
#include "analysis/downbeats.h"
#include "analysis/grid.h"
#include "analysis/metre.h"

#include <stdio.h>
#include <stdlib.h>

static bool listen(const char *path, struct onset_curve *c, struct err *e)
{
    float block[4096];
    size_t n;
    FILE *f = fopen(path, "rb");
    struct onset *o = f ? onset_create(e) : NULL;
    bool ok = o != NULL;
    while (ok && (n = fread(block, sizeof *block, 4096, f)) > 0)
        ok = onset_push(o, block, n, e);
    ok = ok && onset_finish(o, c, e);
    onset_destroy(o);
    if (f)
        fclose(f);
    return ok;
}

static void print_readings(const struct metre_view *v)
{
    size_t cap = 3 * v->count + 3;
    double *beats = malloc(cap * sizeof *beats);
    struct bar_cell *cells = malloc(cap * sizeof *cells);
    for (int k = 0; beats && cells && k < METRE_READINGS; k++) {
        float facts[METRE_FACTS];
        size_t n = metre_beats(v, &metre_readings[k], 0, v->count, beats, cap);
        if (!metre_facts(v, &metre_readings[k], beats, n, cells, facts))
            continue;
        printf("%g %g %.6f", metre_readings[k].step, metre_readings[k].shift, metre_bpm(beats, n));
        for (int f = 0; f < METRE_FACTS; f++)
            printf(" %.6f", (double)facts[f]);
        printf(" |");
        for (size_t i = 0; i < n; i++)
            printf(" %.3f", beats[i] / HOPS_PER_SECOND);
        printf("\n");
    }
    free(cells);
    free(beats);
}

static size_t read_beats(const char *path, double *hops, size_t cap)
{
    char line[256];
    size_t n = 0;
    FILE *f = fopen(path, "r");
    while (f && n < cap && fgets(line, sizeof line, f))
        hops[n++] = strtod(line, NULL) * HOPS_PER_SECOND;
    if (f)
        fclose(f);
    return n;
}

static bool print_bars(const struct metre_view *v, const struct onset_curve *c, const char *path,
                       struct err *e)
{
    static double hops[10000];
    float facts[BAR_READINGS][BAR_FACTS];
    size_t n = read_beats(path, hops, sizeof hops / sizeof *hops);
    if (n < DOWNBEATS_MIN || !bar_facts(v->sound, c, v->patterns, hops, n, facts, e))
        return false;
    for (int r = 0; r < BAR_READINGS; r++) {
        printf("%d %d", bar_readings[r].beats, bar_readings[r].first);
        for (int f = 0; f < BAR_FACTS; f++)
            printf(" %.6f", (double)facts[r][f]);
        printf("\n");
    }
    return true;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct onset_curve c = {0};
    struct tempo_map map = {0};
    struct bar_sound sound = {0};
    struct bar_patterns *patterns = NULL;
    struct decoded_beat *row = NULL;
    double *beats = NULL;
    size_t n = 0;
    bool ok = (argc == 2 || argc == 3) && listen(argv[1], &c, &e) && tempo_map_make(c.act, c.count, &map, &e) &&
              decode_beats(c.act, c.count, &map, &row, &n, &e) &&
              bar_sound_make(&c, &sound, &e) && (patterns = bar_patterns_create(&e)) &&
              (beats = malloc((n + 1) * sizeof *beats));
    if (ok) {
        n = grid_snap(&c, row, n, beats);
        struct metre_view v = {&sound, patterns, &map, beats, n};
        if (argc == 3)
            ok = print_bars(&v, &c, argv[2], &e);
        else
            print_readings(&v);
    }
    if (!ok)
        fprintf(stderr, "metre_facts: %s\n", *e.msg ? e.msg : "give FILE.f32 [FILE.beats]");
    free(beats);
    free(row);
    bar_patterns_destroy(patterns);
    bar_sound_finish(&sound);
    tempo_map_finish(&map);
    onset_curve_finish(&c);
    return ok ? 0 : 1;
}
