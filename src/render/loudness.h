/* SPDX-License-Identifier: GPL-3.0-or-later
 * loudness.h - how loud a mix is, and the one gain that brings it to a target through a limiter.
 *
 *     struct loudness *l = loudness_create(&e);
 *     loudness_add(l, samples, n); ...                         all of the mix, once
 *     double gain_db = loudness_gain(l, -14, -1.5);
 *     loudness_destroy(l);
 *
 * Integrated loudness after ITU-R BS.1770-4: K-weighted power of blocks of 400 ms, gated at -70
 * LUFS and 10 LU below the mean of what is left.
 *
 * A limiter takes loudness away, more the harder it is driven. So that the first gain tried is the
 * right one, the probe also follows what a row of limiters of different ceilings would make of the
 * mix, in steps of 2.5 ms: a limiter at ceiling C behind a gain of g dB is one at C - g before it.
 *
 * 48 kHz stereo. Memory: constant, half a megabyte. One thread.
 */
#ifndef AIVE_RENDER_LOUDNESS_H
#define AIVE_RENDER_LOUDNESS_H

#include "core/err.h"

#define LOUDNESS_MAX_GAIN_DB 20.0
/* How much more gain than the plain difference a limiter's losses may call for. */
#define LOUDNESS_MAX_MAKE_UP_DB 3.0

struct loudness;
struct loudness *loudness_create(struct err *e);
/* For who only wants to know how loud it is, at half the cost: loudness_gain() knows no limiter. */
struct loudness *loudness_create_plain(struct err *e);
void loudness_add(struct loudness *l, const float *samples, int n); /* interleaved stereo */
void loudness_destroy(struct loudness *l);

/* LUFS; -INFINITY: silent, or shorter than 0.4 s. */
double loudness_integrated(const struct loudness *l);
double loudness_true_peak_db(const struct loudness *l); /* -INFINITY: silent */

/* The gain in dB that brings the mix to `target` LUFS behind a limiter at `ceiling_db`; 0 when it
 * has no loudness. */
double loudness_gain(const struct loudness *l, double target, double ceiling_db);

#endif
