/* SPDX-License-Identifier: GPL-3.0-or-later
 * geometry.h - which part of a source picture goes where in the frame. Pure functions.
 *
 * Source rectangles are in samples of the picture as seen upright; a sample may be wider or
 * narrower than high (sample aspect), which is evened out here.
 */
#ifndef AIVE_RENDER_GEOMETRY_H
#define AIVE_RENDER_GEOMETRY_H

#include "effects/effect.h"
#include "media/picture.h"
#include "render/resample.h"

/* Upright size in its own samples, and how wide a sample is when it is 1 high. */
struct upright {
    int width, height;
    double sample_width;
};
struct upright geometry_upright(const struct picture *p);

/* The largest part, in the middle, that has the shape of width x height. */
struct rect geometry_cover(const struct upright *u, int width, int height);

/* The same `scale` times enlarged and around a centre (0..1 of the picture), as far as the picture
 * reaches. */
struct rect geometry_crop(const struct upright *u, const struct rect *cover, double x, double y,
                          double scale);

/* Where all of it fits into a frame of width x height: even position and size, in the middle. */
struct rect geometry_contain(const struct upright *u, int width, int height);

/* What of `from` is seen through a view. */
struct rect geometry_view(const struct rect *from, const struct effect_view *v);

#endif
