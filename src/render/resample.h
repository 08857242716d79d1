/* SPDX-License-Identifier: GPL-3.0-or-later
 * resample.h - scales any part of a picture into a frame, to a fraction of a sample.
 *
 * Separable bicubic (the Keys family with C = 0.6, as libswscale's), computed for the exact
 * rectangle asked for, so that a slow zoom neither jitters nor drifts: the filter is made anew for
 * every rectangle instead of being looked up by a rounded phase. Reducing widens the filter, so
 * nothing aliases.
 *
 * Pictures are 8-bit 4:2:0 with chroma sited as in MPEG-2 and H.264 (left, between the lines).
 * Samples beyond the border repeat the border. Whole-number arithmetic in the picture: the same
 * input gives the same bytes on every machine.
 * Threads: a resampler belongs to one thread. Ownership: x_create/x_destroy.
 */
#ifndef AIVE_RENDER_RESAMPLE_H
#define AIVE_RENDER_RESAMPLE_H

#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>

/* In luma samples of the source; (0, 0) is the outer corner of the first sample. */
struct rect {
    double x, y, w, h;
};

struct resampler;
struct resampler *resampler_create(struct err *e);
/* With loops of one's own choice (resample_loops.h), to compare them. */
struct resample_loops;
struct resampler *resampler_create_with(const struct resample_loops *loops, struct err *e);
void resampler_destroy(struct resampler *r);

/* Fills all of dst with the part `from` of src. Fast when rectangle and sizes are those of the last
 * call. ERR_NO_MEMORY; ERR_INVALID for a rectangle that is empty or reduced more than 64 times. */
bool resample(struct resampler *r, const struct picture *src, const struct rect *from,
              struct picture *dst, struct err *e);

#endif
