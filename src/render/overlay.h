/* SPDX-License-Identifier: GPL-3.0-or-later
 * overlay.h - something drawn over the picture: a caption, a watermark.
 *
 * Painted once, from masks of one colour each and from RGBA pictures, then blended into any number
 * of frames: bt709 limited range, premultiplied, so that a frame costs one multiplication a sample
 * inside the bounding box.
 *
 *     struct overlay *o = overlay_create(x, y, w, h, e);
 *     overlay_paint(o, mask, stride, mx, my, mw, mh, 0xffffff, 255);      ... bottom to top
 *     overlay_finish(o, 255);
 *     overlay_blend(o, frame);
 *
 * Threads: a finished overlay is read-only and may be shared.
 */
#ifndef AIVE_RENDER_OVERLAY_H
#define AIVE_RENDER_OVERLAY_H

#include "core/err.h"
#include "media/picture.h"

#include <stdint.h>

struct overlay;

/* Covers the rectangle, widened to even numbers; may reach beyond the frame. */
struct overlay *overlay_create(int x, int y, int width, int height, struct err *e);
void overlay_destroy(struct overlay *o);

/* Lays a colour (0xRRGGBB, sRGB) over what is there, as far as mask (0..255) times alpha / 255
 * says. x and y are the mask's place in the frame; what falls outside the overlay is left out. */
void overlay_paint(struct overlay *o, const uint8_t *mask, int stride, int x, int y, int width,
                   int height, uint32_t rgb, int alpha);

/* Lays a picture over what is there: straight (not premultiplied) R, G, B, A of 8 bits each, sRGB;
 * its alpha counts times alpha / 255. stride in bytes. */
void overlay_paint_rgba(struct overlay *o, const uint8_t *rgba, int stride, int x, int y, int width,
                        int height, int alpha);

/* To be called once, before blending. `alpha` is how solid the whole is, 255: as painted. */
void overlay_finish(struct overlay *o, int alpha);

void overlay_blend(const struct overlay *o, struct picture *frame);

/* The same while it fades: `alpha` (0..255) of it. 255 is overlay_blend() bit for bit. */
void overlay_blend_faded(const struct overlay *o, struct picture *frame, int alpha);

#endif
