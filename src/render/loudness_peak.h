/* SPDX-License-Identifier: GPL-3.0-or-later
 * loudness_peak.h - true peaks: how high the wave goes between its samples.
 *
 * Four times oversampled, as ITU-R BS.1770 asks for. Stereo, plain data, no allocation; one thread.
 */
#ifndef AIVE_RENDER_LOUDNESS_PEAK_H
#define AIVE_RENDER_LOUDNESS_PEAK_H

#define PEAK_TAPS 12
#define PEAK_DELAY (PEAK_TAPS / 2) /* frames by which the peaks lag behind the samples */
#define PEAK_BLOCK 256

struct peak_meter {
    float filter[3][PEAK_TAPS]; /* for the instants at 1/4, 2/4 and 3/4 */
    float history[2][PEAK_TAPS + PEAK_BLOCK];
};

void peak_init(struct peak_meter *m);

/* For each of n frames, the higher channel's peak around the frame PEAK_DELAY before it: at that
 * sample, or up to the one after it. What can pass nowhere `floor` is told by its samples alone,
 * which is much cheaper. n <= PEAK_BLOCK. */
void peak_run(struct peak_meter *m, const float *left, const float *right, int n, float floor,
              float *peaks);

#endif
