/* SPDX-License-Identifier: GPL-3.0-or-later
 * shrink.h - a picture many times smaller, for programs to look at.
 *
 * Each sample is the mean of those that it stands for, which is what looking at a picture as a
 * whole needs and a tenth of the cost of scale.c. What is left over after that (depth, colours,
 * light, rotation) is done on the small picture by scale.c.
 * Threads: a shrinker belongs to one thread.
 */
#ifndef AIVE_MEDIA_SHRINK_H
#define AIVE_MEDIA_SHRINK_H

#include "core/err.h"
#include "media/picture.h"

/* The size for a picture: upright, square samples, even, the longer side at most max_edge. A whole
 * fraction of the picture's size where that comes out even. Never larger than the picture. */
void shrink_size(const struct picture *p, int max_edge, int *width, int *height);

struct shrinker;
struct shrinker *shrinker_create(struct err *e);
void shrinker_destroy(struct shrinker *s);

/* The whole of src as an upright picture of 8-bit 4:2:0 bt709 limited, width x height (both even).
 * The caller's reference. */
struct picture *shrink(struct shrinker *s, const struct picture *src, int width, int height,
                       struct err *e);

#endif
