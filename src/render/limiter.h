/* SPDX-License-Identifier: GPL-3.0-or-later
 * limiter.h - keeps a mix below full scale by turning it down for a moment, never by clipping.
 *
 * Sound that stays below the ceiling passes unchanged. What would pass it is turned down smoothly
 * over the 5 ms before its peak and comes back within a tenth of a second. Both channels are turned
 * down alike, so nothing moves. 48 kHz stereo. Plain data, no allocation; one thread.
 */
#ifndef AIVE_RENDER_LIMITER_H
#define AIVE_RENDER_LIMITER_H

#include <stdint.h>

#define LIMITER_CEILING 0.8913f /* -1 dBFS: lossy coding overshoots a little */
#define LIMITER_DELAY 240       /* frames: output lags behind input by so much */
#define LIMITER_SPAN (LIMITER_DELAY + 1)

struct limiter {
    float delay[LIMITER_DELAY][2];
    float gain[LIMITER_SPAN]; /* the last ones, to be averaged */
    double gain_sum;
    float released; /* gain on its way back to 1 */
    /* Ascending queue for the minimum of what the last LIMITER_SPAN frames need. */
    struct {
        float need;
        int64_t frame;
    } queue[LIMITER_SPAN];
    int64_t queue_head, queue_end, frame;
};

void limiter_init(struct limiter *l);

/* n frames in place: what comes out is what went in LIMITER_DELAY frames earlier. */
void limiter_run(struct limiter *l, float *samples, int n);

#endif
