/* SPDX-License-Identifier: GPL-3.0-or-later
 * limiter.h - keeps true peaks below a ceiling by turning the sound down for a moment.
 *
 * Sound whose true peaks (loudness_peak.h) stay below the ceiling passes unchanged. What would pass
 * it is turned down smoothly over the 5 ms before its peak and comes back within a tenth of a
 * second. Both channels are turned down alike, so nothing moves. It is the same at any scale: sound
 * and ceiling twice as high give an output twice as high.
 * 48 kHz stereo. Plain data, no allocation; one thread.
 */
#ifndef AIVE_RENDER_LIMITER_H
#define AIVE_RENDER_LIMITER_H

#include "render/loudness_peak.h"

#include <stdint.h>

#define LIMITER_AHEAD 240 /* frames it looks ahead */
#define LIMITER_SPAN (LIMITER_AHEAD + 1)
#define LIMITER_DELAY (LIMITER_AHEAD + PEAK_DELAY) /* frames: output lags behind input by so much  \
                                                    */
#define LIMITER_RELEASE_S 0.1

struct limiter {
    float ceiling;
    float least; /* gain so far: 1 when it has had nothing to do */
    struct peak_meter peaks;
    float delay[LIMITER_DELAY][2];
    int delay_at;
    float gain[LIMITER_SPAN]; /* the last ones, to be averaged */
    int gain_at;
    double gain_sum;
    float released; /* gain on its way back to 1 */
    int64_t busy_until, frame;
    /* Ascending queue for the minimum of what the last LIMITER_SPAN frames need. */
    struct {
        float need;
        int64_t frame;
    } queue[LIMITER_SPAN];
    int64_t queue_head, queue_end;
};

void limiter_init(struct limiter *l, double ceiling_db);

/* n frames in place: what comes out is what went in LIMITER_DELAY frames earlier. */
void limiter_run(struct limiter *l, float *samples, int n);

#endif
