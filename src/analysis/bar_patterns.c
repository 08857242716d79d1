/* SPDX-License-Identifier: GPL-3.0-or-later
 * bar_patterns.c - the patterns, and the likeness of a profile to them. */
#include "analysis/bar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROFILE_SLOTS (BAR_BEATS_MAX * BAR_SLOTS)

/* X strong, x usual, o soft; as many steps a bar as the row is long. */
struct pattern {
    const char *name;
    int beats;
    double slow, fast; /* BPM between which it is played */
    const char *kick, *snare, *hat; /* or what does their work: bass, chords, strumming */
};

/* clang-format off */
static const struct pattern patterns[] = {
    {"rock", 4, 76, 185,       "X.......X.......", "....X.......X...", "x.x.x.x.x.x.x.x."},
    {"rock 2", 4, 76, 185,     "X.......x.x.....", "....X.......X...", "x.x.x.x.x.x.x.x."},
    {"pushed", 4, 76, 150,     "X.....x.x.......", "....X.......X...", "x.x.x.x.x.x.x.x."},
    {"sixteen beat", 4, 56, 116, "X.......x.x.....", "....X.......X...", "xoxoxoxoxoxoxoxo"},
    {"plain", 4, 96, 212,      "X.......X.......", "....X.......X...", "x...x...x...x..."},
    {"house", 4, 108, 146,     "X...X...X...X...", "....x.......x...", "..x...x...x...x."},
    {"techno", 4, 108, 146,    "X...X...X...X...", "....x.......x...", "xoxoxoxoxoxoxoxo"},
    {"disco", 4, 100, 150,     "X...X...X...X...", "....x.......x...", "x.x.x.x.x.x.x.x."},
    {"drum and bass", 4, 155, 185, "X.........X.....", "....X.......X...", "x.x.x.x.x.x.x.x."},
    {"breakbeat", 4, 120, 178, "X.x.......X.....", "....X..o.o..X...", "x.x.x.x.x.x.x.x."},
    {"boom bap", 4, 74, 104,   "X.........X.....", "....X.......X...", "x.x.x.x.x.x.x.x."},
    {"half time", 4, 126, 156, "X...............", "........X.......", "x.x.x.x.x.x.x.x."},
    {"one drop", 4, 60, 86,    "....X.......X...", "....x.......x...", "..X...X...X...X."},
    {"one drop 2", 4, 60, 86,  "....X.......X...", "....x.......x...", "x.X.x.X.x.X.x.X."},
    {"swing", 4, 100, 220,     "x..x..x..x..",     "...x.....x..",     "x..x.xx..x.x"},
    {"shuffle", 4, 80, 150,    "X.....X.....",     "...X.....X..",     "x.xx.xx.xx.x"},
    {"twelve eight", 4, 44, 78, "X.....X.....",    "...X.....X..",     "xooxooxooxoo"},
    {"waltz", 3, 80, 200,      "X...........",     "....x...x...",     "x...x...x..."},
    {"waltz 2", 3, 76, 150,    "X...........",     "....x...x...",     "x.x.x.x.x.x."},
    {"dembow", 4, 80, 108,     "X...X...X...X...", "...x..x....x..x.", "x.x.x.x.x.x.x.x."},
    {"bossa nova", 4, 105, 155, "X.....x.X.....x.", "X.....x.....x...", "x.x.x.x.x.x.x.x."},
    {"clave", 4, 160, 215,     "......x.....X...", "X.....x.....x...", "x.x.x.x.x.x.x.x."},
    {"tumbao", 4, 160, 215,    "......x.....X...", "....x.......x.x.", "X.o.X.o.X.o.X.o."},
    {"train", 4, 86, 130,      "X.......X.......", "o.o.X.o.o.o.X.oo", "ooooxoooooooxooo"},
    {"strumming", 4, 70, 140,  "X.......x.......", "X...x.x...x.x.x.", "X...x.x...x.x.x."},
    {"eighths", 4, 66, 140,    "X...x...X...x...", "X.o.x.o.X.o.x.o.", "x.o.x.o.x.o.x.o."},
    {"sixteenths", 4, 52, 92,  "X...x...X...x...", "XoooxoooXoooxooo", "XoooxoooXoooxooo"},
    {"quarters", 4, 60, 132,   "X...x...X...x...", "X...x...X...x...", "x...x...x...x..."},
    {"halves", 4, 60, 132,     "X.......X.......", "X.......X.......", "x.......x......."},
};
/* clang-format on */
#define PATTERNS (sizeof patterns / sizeof *patterns)

/* How much of kick, snare and hat is heard in the low, middle and high range, and what a range's
 * correlation counts. */
static const float mix[ONSET_RANGES][3] = {{1.0f, 0, 0}, {0.3f, 1.0f, 0.15f}, {0.1f, 0.6f, 0.6f}};
static const float range_weight[ONSET_RANGES] = {1.0f, 1.0f, 0.6f};
#define RANGE_WEIGHTS 2.6f
#define FLATNESS 0.15f    /* a profile that hardly varies correlates with nothing */
#define TEMPO_COST 3.0    /* per squared octave outside the pattern's tempi */

struct bar_patterns {
    float slot[PATTERNS][ONSET_RANGES][PROFILE_SLOTS]; /* mean 0, length 1 */
};

static float step_of(char c)
{
    return c == 'X' ? 1.0f : c == 'x' ? 0.7f : c == 'o' ? 0.35f : 0;
}

/* Mean 0, and length 1 or, with `slack`, a little less. */
static void centre(const float *in, int n, float slack, float *out)
{
    float mean = 0, power = 0;
    for (int i = 0; i < n; i++)
        mean += in[i] / (float)n;
    for (int i = 0; i < n; i++)
        power += (in[i] - mean) * (in[i] - mean);
    float scale = 1 / (sqrtf(power) + slack);
    for (int i = 0; i < n; i++)
        out[i] = (in[i] - mean) * scale;
}

static void lay_out(const struct pattern *p, float slot[ONSET_RANGES][PROFILE_SLOTS])
{
    const char *rows[3] = {p->kick, p->snare, p->hat};
    float raw[ONSET_RANGES][PROFILE_SLOTS] = {0};
    for (int part = 0; part < 3; part++) {
        int steps = (int)strlen(rows[part]), width = p->beats * BAR_SLOTS / steps;
        for (int i = 0; i < steps; i++)
            for (int r = 0; r < ONSET_RANGES; r++)
                raw[r][i * width] += mix[r][part] * step_of(rows[part][i]);
    }
    for (int r = 0; r < ONSET_RANGES; r++)
        centre(raw[r], p->beats * BAR_SLOTS, 1e-9f, slot[r]);
}

struct bar_patterns *bar_patterns_create(struct err *e)
{
    struct bar_patterns *p = calloc(1, sizeof *p);
    if (!p)
        err_set(e, ERR_NO_MEMORY, "no memory for bars");
    for (size_t i = 0; p && i < PATTERNS; i++)
        lay_out(&patterns[i], p->slot[i]);
    return p;
}

void bar_patterns_destroy(struct bar_patterns *p)
{
    free(p);
}

static double octaves_outside(const struct pattern *p, double bpm)
{
    return bpm < p->slow ? log2(p->slow / bpm) : bpm > p->fast ? log2(bpm / p->fast) : 0;
}

float bar_pattern_fit(const struct bar_patterns *p, const struct bar_profile *profile, double bpm)
{
    int n = profile->beats * BAR_SLOTS;
    float flat[ONSET_RANGES][PROFILE_SLOTS], best = -1;
    for (int r = 0; r < ONSET_RANGES; r++)
        centre(profile->slot[r], n, FLATNESS, flat[r]);
    for (size_t i = 0; i < PATTERNS; i++) {
        if (patterns[i].beats != profile->beats)
            continue;
        float fit = 0;
        for (int r = 0; r < ONSET_RANGES; r++) {
            float product = 0;
            for (int s = 0; s < n; s++)
                product += flat[r][s] * p->slot[i][r][s];
            fit += range_weight[r] / RANGE_WEIGHTS * product;
        }
        double outside = octaves_outside(&patterns[i], bpm);
        best = fmaxf(best, fit - (float)(TEMPO_COST * outside * outside));
    }
    return best;
}
