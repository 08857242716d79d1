/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/limiter.h"

#include <math.h>
#include <string.h>

#define RELEASE 0.000208f /* of the way to 1 a frame: 100 ms at 48 kHz */

void limiter_init(struct limiter *l)
{
    memset(l, 0, sizeof *l);
    for (int i = 0; i < LIMITER_SPAN; i++)
        l->gain[i] = 1;
    l->gain_sum = LIMITER_SPAN;
    l->released = 1;
}

/* The smallest of `need` and those of the LIMITER_DELAY frames before it. */
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
    float need = peak > LIMITER_CEILING ? LIMITER_CEILING / peak : 1.0f;
    float back = l->released + (1.0f - l->released) * RELEASE;
    if (back > 0.99999f)
        back = 1.0f;
    l->released = fminf(recent_minimum(l, need), back);
    float *slot = &l->gain[l->frame % LIMITER_SPAN];
    l->gain_sum += (double)l->released - (double)*slot;
    *slot = l->released;
    return fminf((float)(l->gain_sum / LIMITER_SPAN), 1.0f);
}

void limiter_run(struct limiter *l, float *samples, int n)
{
    for (int i = 0; i < n; i++) {
        float *x = samples + 2 * i;
        float *old = l->delay[l->frame % LIMITER_DELAY];
        float gain = next_gain(l, fmaxf(fabsf(x[0]), fabsf(x[1])));
        float in[2] = {x[0], x[1]};
        x[0] = old[0] * gain;
        x[1] = old[1] * gain;
        old[0] = in[0];
        old[1] = in[1];
        l->frame++;
    }
}
