/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. A beat of interval i that starts at hop t says: hops t .. t+z-1 (its zone) look like a
 * beat, the rest of the interval does not. `begun[t][j]` is the best log likelihood of hops 0..t-1
 * when a beat of interval j starts at t. A beat that ends before t started at t - i, so only the
 * last TEMPO_LONGEST rows of `begun` are kept. Prefix sums make a beat's likelihood four look-ups.
 *
 * The way back needs to know which interval came before each, for all hops: 30 MB an hour. Instead
 * the forward pass only saves its rows at the start of every BLOCK; the way back takes the blocks
 * from the last to the first and runs each again, this time with the intervals written down.
 */
#include "analysis/decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RING (TEMPO_LONGEST + 1)
#define CHANGE_COST 150.0 /* log likelihood per relative change of interval */
#define PRIOR_WEIGHT 0.3  /* of the tempo prior at every beat after the first */
#define ZONES 12.0        /* the zone is a twelfth of the interval */
#define BLOCK 6000        /* hops between saved rows */

typedef double begun_rows[RING][TEMPO_STATES];

struct decoder {
    size_t n;
    const struct tempo_map *map;
    double *zone_sum; /* n + 1: prefix sums of log b - log n, b "beat here", n "none here" */
    double *none_sum; /* n + 1: prefix sums of log n */
    uint8_t *from;    /* BLOCK x STATES: state of the beat before one that starts here */
    begun_rows begun;           /* ring by hop */
    begun_rows *saved;          /* `begun` before the first hop of each block */
    double first[TEMPO_STATES]; /* begun[t] for t <= 0 */
    double change[TEMPO_STATES][TEMPO_STATES];          /* [to][from], 0 or less */
    int reach_lo[TEMPO_STATES], reach_hi[TEMPO_STATES]; /* from-states within reach */
};

static void init_changes(struct decoder *d)
{
    for (int from = 0; from < TEMPO_STATES; from++) {
        double i = TEMPO_SHORTEST + from, z = 0;
        for (int to = 0; to < TEMPO_STATES; to++)
            z += exp(-CHANGE_COST * fabs((TEMPO_SHORTEST + to) / i - 1));
        for (int to = 0; to < TEMPO_STATES; to++)
            d->change[to][from] = -CHANGE_COST * fabs((TEMPO_SHORTEST + to) / i - 1) - log(z);
    }
    for (int to = 0; to < TEMPO_STATES; to++) {
        int reach = (int)(0.12 * (TEMPO_SHORTEST + to)) + 1;
        d->reach_lo[to] = to > reach ? to - reach : 0;
        d->reach_hi[to] = to + reach < TEMPO_STATES ? to + reach : TEMPO_STATES - 1;
    }
}

static void init_sums(struct decoder *d, const float *act)
{
    for (size_t t = 0; t < d->n; t++) {
        double p = 0.02 + 0.94 * (double)act[t];
        double none = log((1 - p) / (ZONES - 1));
        d->none_sum[t + 1] = d->none_sum[t] + none;
        d->zone_sum[t + 1] = d->zone_sum[t] + log(p) - none;
    }
}

static size_t clamp_hop(const struct decoder *d, int64_t t)
{
    return t < 0 ? 0 : t > (int64_t)d->n ? d->n : (size_t)t;
}

/* Log likelihood of what a beat of state k that starts at `start` says up to hop `end`. */
static double beat_fit(const struct decoder *d, int64_t start, int k, int64_t end)
{
    int zone = decode_zone(TEMPO_SHORTEST + k);
    size_t a = clamp_hop(d, start), z = clamp_hop(d, start + zone), b = clamp_hop(d, end);
    return d->zone_sum[z] - d->zone_sum[a] + d->none_sum[b] - d->none_sum[a];
}

static double begun_at(const struct decoder *d, int64_t t, int k)
{
    return t <= 0 ? d->first[k] : d->begun[t % RING][k];
}

/* begun[t] from the rows before it; `from`, if any, takes the best state before each. */
static void step(struct decoder *d, int64_t t, uint8_t *from)
{
    const struct tempo_prior *prior = tempo_map_at(d->map, (size_t)t);
    double ended[TEMPO_STATES];
    for (int k = 0; k < TEMPO_STATES; k++) {
        int64_t start = t - TEMPO_SHORTEST - k;
        ended[k] = begun_at(d, start, k) + beat_fit(d, start, k, t);
    }
    for (int to = 0; to < TEMPO_STATES; to++) {
        double best = -INFINITY;
        int best_from = to;
        for (int k = d->reach_lo[to]; k <= d->reach_hi[to]; k++) {
            double x = ended[k] + d->change[to][k];
            if (x > best) {
                best = x;
                best_from = k;
            }
        }
        d->begun[t % RING][to] = best + PRIOR_WEIGHT * (double)prior->log_prior[to];
        if (from)
            from[to] = (uint8_t)best_from;
    }
}

static void run_forward(struct decoder *d)
{
    for (int64_t t = 0; t < (int64_t)d->n; t++) {
        if (t % BLOCK == 0)
            memcpy(d->saved[t / BLOCK], d->begun, sizeof d->begun);
        if (t > 0)
            step(d, t, NULL);
    }
}

static void rerun_block(struct decoder *d, int64_t block)
{
    memcpy(d->begun, d->saved[block], sizeof d->begun);
    for (int64_t t = block * BLOCK; t < (block + 1) * BLOCK && t < (int64_t)d->n; t++)
        if (t > 0)
            step(d, t, d->from + (t - block * BLOCK) * TEMPO_STATES);
}

/* The last beat, cut by the end of the sound. */
static void best_end(const struct decoder *d, int64_t *start, int *state)
{
    double best = -INFINITY;
    for (int k = 0; k < TEMPO_STATES; k++) {
        int64_t n = (int64_t)d->n;
        for (int64_t t = n - TEMPO_SHORTEST - k; t < n; t++) {
            double x = begun_at(d, t, k) + beat_fit(d, t, k, n);
            if (x > best) {
                best = x;
                *start = t;
                *state = k;
            }
        }
    }
}

static bool walk_back(struct decoder *d, struct decoded_beat **beats, size_t *count,
                      struct err *e)
{
    int64_t t = 0, block = -1;
    int k = 0;
    best_end(d, &t, &k);
    size_t cap = d->n / TEMPO_SHORTEST + 2, at = cap;
    struct decoded_beat *row = malloc(cap * sizeof *row);
    if (!row)
        return err_set(e, ERR_NO_MEMORY, "no memory for beats");
    for (;;) {
        row[--at] = (struct decoded_beat){t, TEMPO_SHORTEST + k};
        if (t <= 0)
            break;
        if (t / BLOCK != block)
            rerun_block(d, block = t / BLOCK);
        k = d->from[t % BLOCK * TEMPO_STATES + k];
        t -= TEMPO_SHORTEST + k;
    }
    *count = cap - at;
    memmove(row, row + at, *count * sizeof *row);
    *beats = row;
    return true;
}

bool decode_beats(const float *act, size_t n, const struct tempo_map *map,
                  struct decoded_beat **beats, size_t *count, struct err *e)
{
    *beats = NULL;
    *count = 0;
    struct decoder *d = calloc(1, sizeof *d);
    bool ok = d != NULL;
    if (ok) {
        d->n = n;
        d->map = map;
        d->zone_sum = calloc(n + 1, sizeof *d->zone_sum);
        d->none_sum = calloc(n + 1, sizeof *d->none_sum);
        d->from = malloc((size_t)BLOCK * TEMPO_STATES);
        d->saved = malloc((n / BLOCK + 1) * sizeof *d->saved);
        ok = d->zone_sum && d->none_sum && d->from && d->saved;
    }
    if (!ok) {
        err_set(e, ERR_NO_MEMORY, "no memory to follow the beat");
        goto out;
    }
    init_changes(d);
    init_sums(d, act);
    for (int k = 0; k < TEMPO_STATES; k++)
        d->first[k] = (double)tempo_map_at(map, 0)->log_prior[k] - log(TEMPO_SHORTEST + k);
    run_forward(d);
    ok = walk_back(d, beats, count, e);

out:
    if (d) {
        free(d->saved);
        free(d->from);
        free(d->none_sum);
        free(d->zone_sum);
    }
    free(d);
    return ok;
}
