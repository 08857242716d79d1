/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/limiter.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define RELEASE ((float)(1 / (48000 * LIMITER_RELEASE_S))) /* of the way to 1 a frame */

void limiter_init(struct limiter *l, double ceiling_db)
{
    memset(l, 0, sizeof *l);
    l->ceiling = (float)pow(10, ceiling_db / 20);
    l->least = 1;
    peak_init(&l->peaks);
    for (int i = 0; i < LIMITER_SPAN; i++)
        l->gain[i] = 1;
    l->gain_sum = LIMITER_SPAN;
    l->released = 1;
}

/* The smallest of `need` and those of the LIMITER_AHEAD frames before it. */
static float recent_minimum(struct limiter *l, float need)
{
    while (l->queue_end > l->queue_head && l->queue[(l->queue_end - 1) % LIMITER_SPAN].need >= need)
        l->queue_end--;
    l->queue[l->queue_end % LIMITER_SPAN].need = need;
    l->queue[l->queue_end % LIMITER_SPAN].frame = l->frame;
    l->queue_end++;
    if (l->queue[l->queue_head % LIMITER_SPAN].frame <= l->frame - LIMITER_SPAN)
        l->queue_head++;
    return l->queue[l->queue_head % LIMITER_SPAN].need;
}

/* Each of the gains averaged here allows for the frame that comes out now, so their mean does too.
 */
static float next_gain(struct limiter *l, float peak)
{
    float need = peak > l->ceiling ? l->ceiling / peak : 1.0f;
    float back = l->released + (1.0f - l->released) * RELEASE;
    if (back > 0.99999f)
        back = 1.0f;
    l->released = fminf(recent_minimum(l, need), back);
    if (l->released < 1)
        l->busy_until = l->frame + LIMITER_SPAN;
    float *slot = &l->gain[l->gain_at];
    l->gain_at = l->gain_at + 1 < LIMITER_SPAN ? l->gain_at + 1 : 0;
    l->gain_sum += (double)l->released - (double)*slot;
    *slot = l->released;
    return fminf((float)(l->gain_sum / LIMITER_SPAN), 1.0f);
}

static void run_block(struct limiter *l, float *samples, int n)
{
    float left[PEAK_BLOCK], right[PEAK_BLOCK], peaks[PEAK_BLOCK], top = 0;
    for (int i = 0; i < n; i++) {
        left[i] = samples[2 * i];
        right[i] = samples[2 * i + 1];
    }
    peak_run(&l->peaks, left, right, n, l->ceiling, peaks);
    for (int i = 0; i < n; i++)
        top = fmaxf(top, peaks[i]);
    /* At rest all gains are 1 and nothing in the queue asks for less. */
    bool rest = top <= l->ceiling && l->frame >= l->busy_until;
    if (rest) {
        l->queue_head = l->queue_end;
        l->gain_sum = LIMITER_SPAN;
    }
    for (int i = 0; i < n; i++) {
        float *x = samples + 2 * i, *old = l->delay[l->delay_at];
        float gain = rest ? 1.0f : next_gain(l, peaks[i]);
        l->least = fminf(l->least, gain);
        x[0] = old[0] * gain;
        x[1] = old[1] * gain;
        old[0] = left[i];
        old[1] = right[i];
        l->delay_at = l->delay_at + 1 < LIMITER_DELAY ? l->delay_at + 1 : 0;
        l->frame++;
    }
}

void limiter_run(struct limiter *l, float *samples, int n)
{
    for (int i = 0; i < n; i += PEAK_BLOCK)
        run_block(l, samples + 2 * i, n - i < PEAK_BLOCK ? n - i : PEAK_BLOCK);
}
