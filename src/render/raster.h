/* SPDX-License-Identifier: GPL-3.0-or-later
 * raster.h - small pictures in memory: masks of one byte and RGBA of four, enlarged, blurred, cut.
 *
 * For what captions are put together from. Pixels are rows without gaps, of `channels` bytes each.
 * RGBA is premultiplied while it is scaled; raster_straighten() undoes that.
 * Ownership: `pixels` are malloc'd; raster_finish() frees them and accepts a zeroed one.
 */
#ifndef AIVE_RENDER_RASTER_H
#define AIVE_RENDER_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raster {
    int x, y; /* of the frame */
    int width, height, channels;
    uint8_t *pixels; /* NULL: empty */
};

/* Zeroed pixels. False: no memory. */
bool raster_create(struct raster *r, int x, int y, int width, int height, int channels);
void raster_finish(struct raster *r);
bool raster_copy(struct raster *to, const struct raster *from);

/* Cuts off empty rows and columns; only for masks. */
void raster_trim(struct raster *r);

/* `from` enlarged (or made smaller) so that its point (x0, y0) of the frame stays, or comes to lie
 * at (x1, y1): a tent filter, exact to fractions of a pixel. */
bool raster_scale(struct raster *to, const struct raster *from, double scale, double x0, double y0,
                  double x1, double y1);

/* Premultiplied to straight alpha; only RGBA. */
void raster_straighten(struct raster *r);

/* A mask, or the alpha of RGBA, into `to` (a mask) where that is darker. */
void raster_merge(struct raster *to, const struct raster *from);

/* Three box filters of that radius in a row, near to a Gaussian; only for masks. */
bool raster_blur(struct raster *r, int radius);

/* A box with round corners, anti-aliased, over what the mask has. */
void raster_round_box(struct raster *r, double left, double top, double right, double bottom,
                      double radius);

#endif
