/* SPDX-License-Identifier: GPL-3.0-or-later
 * scale.h - one picture into another: crop, turn upright, scale, right colours, in one call.
 *
 * Usage:   struct scaler *s = scaler_create(e);
 *          scale_picture(s, src, &(struct scale_rect){x, y, w, h}, dst, e);
 *
 * Source: planar YUV of any depth and subsampling, with its rotation, mirroring, matrix, range and
 * light (HDR and bt2020 colours are mapped to bt709 SDR, see tone.c). Result: upright 8-bit 4:2:0,
 * bt709, limited range (a picture from a picture_pool, or any such picture
 * that nobody else holds). Bicubic with exact rounding. Rectangles are in samples of the picture as
 * seen upright, that is after `rotation` has been applied (picture_upright_size()); they are cut to
 * even offsets and to the picture. Sample aspect ratio is the caller's: choose crop and target so.
 * Set-up for a geometry is kept, so calls that repeat one of the last few geometries are cheap.
 * Threads: a scaler belongs to one thread.
 */
#ifndef AIVE_MEDIA_SCALE_H
#define AIVE_MEDIA_SCALE_H

#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>

struct scale_rect {
    int x, y, width, height;
};

struct scaler;
struct scaler *scaler_create(struct err *e);
void scaler_destroy(struct scaler *s);

/* Fills the whole of dst. NULL crop: all of src. */
bool scale_picture(struct scaler *s, const struct picture *src, const struct scale_rect *crop,
                   struct picture *dst, struct err *e);

/* Fills only the rectangle `into` of dst (even offset and size); the rest is left as it is. */
bool scale_picture_into(struct scaler *s, const struct picture *src, const struct scale_rect *crop,
                        struct picture *dst, const struct scale_rect *into, struct err *e);

/* Is src already what scale_picture() makes - upright, 8-bit 4:2:0, bt709, limited range - so that
 * its samples can be used as they are? */
bool scale_is_plain(const struct picture *src);

/* Can src's samples be resampled as they are - upright, 8-bit 4:2:0, no other light - though their
 * matrix or range may differ? Then, and for plain ones too, call scale_finish_colours() on what was
 * resampled, before anything is drawn on it: src is the picture the samples came from. Costs
 * nothing for plain ones, else about as much as a copy. */
bool scale_is_direct(const struct picture *src);
void scale_finish_colours(struct picture *resampled, const struct picture *src);

/* Size of p after its rotation, in its own (possibly not square) samples. */
void picture_upright_size(const struct picture *p, int *width, int *height);

#endif
