/* SPDX-License-Identifier: GPL-3.0-or-later
 * images.h - draws the images that lie over a film.
 *
 * Each is read and scaled once, when it is first seen, and kept while it is on screen.
 * Threads: one set of layers, one thread.
 */
#ifndef AIVE_RENDER_IMAGES_H
#define AIVE_RENDER_IMAGES_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/picture.h"
#include "render/frame.h"

struct image_layers;
struct image_layers *image_layers_create(const struct plan *plan, const int *source_fds,
                                         const struct cancel *cancel, struct err *e);
void image_layers_destroy(struct image_layers *l);

/* Draws what the frame says, bottom to top. */
bool image_layers_paint(struct image_layers *l, const struct frame *f, struct picture *picture,
                        struct err *e);

#endif
