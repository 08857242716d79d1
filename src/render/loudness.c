/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/loudness.h"

#include "render/limiter.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define STEP 120       /* frames: 2.5 ms, for the limiters */
#define STEPS_A_HOP 40 /* 100 ms */
#define HOPS_A_BLOCK 4 /* 400 ms */
#define STEP_S 0.0025
#define AHEAD_STEPS (LIMITER_AHEAD / STEP)

/* Ceilings of the row of limiters, in dB: the first one is no limiter. */
#define CEILINGS 27
#define CEILING_TOP 12.0
#define CEILING_STEP 1.5

/* Loudness of blocks is kept in classes of 0.1 LU from the absolute gate up, with their sum. */
#define GATE_LUFS (-70.0)
#define CLASSES 1000
#define CLASS_LU 0.1

/* --- K-weighting: ITU-R BS.1770-4, tables 1 and 2 (48 kHz) --------------------------------------
 */

struct biquad {
    double b0, b1, b2, a1, a2;
};

static const struct biquad shelf = {1.53512485958697, -2.69169618940638, 1.19839281085285,
                                    -1.69065929318241, 0.73248077421585};
static const struct biquad high_pass = {1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621};

struct state { /* of both channels, which run side by side */
    double z1[2], z2[2];
};

static inline void biquad_step(const struct biquad *f, struct state *s, double x[2])
{
    for (int c = 0; c < 2; c++) {
        double y = f->b0 * x[c] + s->z1[c];
        s->z1[c] = f->b1 * x[c] - f->a1 * y + s->z2[c];
        s->z2[c] = f->b2 * x[c] - f->a2 * y;
        x[c] = y;
    }
}

/* Mean square of both channels together after K-weighting. */
static double weighted_power(struct state *at_shelf, struct state *at_high_pass, const float *left,
                             const float *right, int n)
{
    struct state s = *at_shelf, h = *at_high_pass;
    double sum[2] = {0, 0};
    for (int i = 0; i < n; i++) {
        double x[2] = {(double)left[i], (double)right[i]};
        biquad_step(&shelf, &s, x);
        biquad_step(&high_pass, &h, x);
        sum[0] += x[0] * x[0];
        sum[1] += x[1] * x[1];
    }
    *at_shelf = s;
    *at_high_pass = h;
    return (sum[0] + sum[1]) / n;
}

/* --- One of the limiters, in steps --------------------------------------------------------------
 */

struct lane {
    double ceiling, released;
    double hops[HOPS_A_BLOCK]; /* power of the last ones */
    uint32_t count[CLASSES];
    double sum[CLASSES];
};

struct loudness {
    struct state shelf, high_pass;
    struct peak_meter peaks;
    float left[STEP], right[STEP];
    int filled, step;
    int lane_count; /* CEILINGS, or 1: no limiter is followed */
    int64_t hop;
    float peak;
    double peak_ahead[AHEAD_STEPS + 1], power_ahead[AHEAD_STEPS + 1]; /* of the last steps */
    struct lane lanes[CEILINGS];
};

static struct loudness *create(int lanes, struct err *e)
{
    struct loudness *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(e, ERR_NO_MEMORY, "no memory to measure loudness");
        return NULL;
    }
    l->lane_count = lanes;
    peak_init(&l->peaks);
    for (int k = 0; k < CEILINGS; k++) {
        l->lanes[k].released = 1;
        l->lanes[k].ceiling =
            k == 0 ? INFINITY : pow(10, (CEILING_TOP - CEILING_STEP * (k - 1)) / 20);
    }
    return l;
}

struct loudness *loudness_create(struct err *e)
{
    return create(CEILINGS, e);
}

struct loudness *loudness_create_plain(struct err *e)
{
    return create(1, e);
}

void loudness_destroy(struct loudness *l)
{
    free(l);
}

static void add_block(struct lane *k, double power)
{
    double lufs = -0.691 + 10 * log10(power + 1e-30);
    if (lufs < GATE_LUFS)
        return;
    int i = (int)((lufs - GATE_LUFS) / CLASS_LU);
    i = i < CLASSES ? i : CLASSES - 1;
    k->count[i]++;
    k->sum[i] += power;
}

static void end_hop(struct loudness *l)
{
    l->hop++;
    for (int k = 0; k < l->lane_count; k++) {
        struct lane *lane = &l->lanes[k];
        double power = 0;
        for (int i = 0; i < HOPS_A_BLOCK; i++)
            power += lane->hops[i] / (HOPS_A_BLOCK * STEPS_A_HOP);
        if (l->hop >= HOPS_A_BLOCK)
            add_block(lane, power);
        lane->hops[l->hop % HOPS_A_BLOCK] = 0;
    }
}

/* Power and highest peak of a step; the limiters see both AHEAD_STEPS earlier. */
static void add_step(struct loudness *l, double power, double peak)
{
    double top = 0, back = 1 - exp(-STEP_S / LIMITER_RELEASE_S);
    for (int i = AHEAD_STEPS; i > 0; i--) {
        l->peak_ahead[i] = l->peak_ahead[i - 1];
        l->power_ahead[i] = l->power_ahead[i - 1];
        top = fmax(top, l->peak_ahead[i]);
    }
    l->peak_ahead[0] = peak;
    l->power_ahead[0] = power;
    top = fmax(top, peak);
    for (int k = 0; k < l->lane_count; k++) {
        struct lane *lane = &l->lanes[k];
        double need = top > lane->ceiling ? lane->ceiling / top : 1;
        lane->released = fmin(need, lane->released + (1 - lane->released) * back);
        lane->hops[l->hop % HOPS_A_BLOCK] +=
            lane->released * lane->released * l->power_ahead[AHEAD_STEPS];
    }
    if (++l->step == STEPS_A_HOP) {
        l->step = 0;
        end_hop(l);
    }
}

static void measure_step(struct loudness *l)
{
    float peaks[STEP], top = 0;
    /* Below the lowest ceiling peaks do not matter, but for the highest of all. */
    float floor = fminf(l->peak, (float)l->lanes[l->lane_count - 1].ceiling);
    peak_run(&l->peaks, l->left, l->right, STEP, floor, peaks);
    for (int i = 0; i < STEP; i++)
        top = fmaxf(top, peaks[i]);
    double power = weighted_power(&l->shelf, &l->high_pass, l->left, l->right, STEP);
    l->peak = fmaxf(l->peak, top);
    add_step(l, power, (double)top);
}

void loudness_add(struct loudness *l, const float *samples, int n)
{
    while (n > 0) {
        int part = n < STEP - l->filled ? n : STEP - l->filled;
        float *left = l->left + l->filled, *right = l->right + l->filled;
        for (int i = 0; i < part; i++) {
            left[i] = samples[2 * i];
            right[i] = samples[2 * i + 1];
        }
        samples += 2 * part;
        n -= part;
        l->filled += part;
        if (l->filled == STEP) {
            l->filled = 0;
            measure_step(l);
        }
    }
}

/* --- Reading it ---------------------------------------------------------------------------------
 */

static double mean_above(const struct lane *k, int from)
{
    double sum = 0, count = 0;
    for (int i = from; i < CLASSES; i++) {
        sum += k->sum[i];
        count += k->count[i];
    }
    return count > 0 ? sum / count : 0;
}

static double lane_lufs(const struct lane *k)
{
    double mean = mean_above(k, 0);
    if (mean <= 0)
        return -INFINITY;
    double gate = -0.691 + 10 * log10(mean) - 10;
    int from = gate > GATE_LUFS ? (int)ceil((gate - GATE_LUFS) / CLASS_LU - 0.5) : 0;
    return -0.691 + 10 * log10(mean_above(k, from));
}

double loudness_integrated(const struct loudness *l)
{
    return lane_lufs(&l->lanes[0]);
}

double loudness_true_peak_db(const struct loudness *l)
{
    return l->peak > 0 ? 20 * log10((double)l->peak) : -INFINITY;
}

/* Loudness behind a limiter at ceiling_db. */
static double lufs_at(const double *lufs, double ceiling_db)
{
    double at = 1 + (CEILING_TOP - ceiling_db) / CEILING_STEP;
    if (at <= 0)
        return lufs[0];
    if (at >= CEILINGS - 1)
        return lufs[CEILINGS - 1];
    int i = (int)at;
    return lufs[i] + (at - i) * (lufs[i + 1] - lufs[i]);
}

double loudness_gain(const struct loudness *l, double target, double ceiling_db)
{
    double lufs[CEILINGS];
    for (int k = 0; k < CEILINGS; k++)
        lufs[k] = lane_lufs(&l->lanes[k < l->lane_count ? k : 0]);
    if (!isfinite(lufs[0]))
        return 0;
    double low = target - lufs[0], high = low + LOUDNESS_MAX_MAKE_UP_DB;
    for (int i = 0; i < 30; i++) {
        double mid = (low + high) / 2;
        if (mid + lufs_at(lufs, ceiling_db - mid) < target)
            low = mid;
        else
            high = mid;
    }
    return fmin(low, LOUDNESS_MAX_GAIN_DB);
}
