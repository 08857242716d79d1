/* SPDX-License-Identifier: GPL-3.0-or-later
 * image.h - a still image as straight RGBA, for overlays.
 *
 * PNG, JPEG and WebP (not animated), opened the same safe way as films (media.h). Ownership: the
 * image is the caller's; the descriptor stays the caller's. Threads: any. Blocking: yes.
 */
#ifndef AIVE_MEDIA_IMAGE_H
#define AIVE_MEDIA_IMAGE_H

#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAX_PIXELS 100000000 /* as coded; larger ones are refused */

struct image {
    int width, height; /* upright */
    size_t stride;     /* bytes from row to row */
    bool has_alpha;    /* some sample is less than opaque */
    uint8_t *data;     /* R, G, B, A; sRGB signal, colours not multiplied with A */
};

/* Turned upright (EXIF) and, when it is larger than the bounds, made smaller to fit, in proportion.
 * NULL with ERR_UNSUPPORTED (no image, or not of these kinds), ERR_INVALID (damaged, too large). */
struct image *media_read_image(int fd, int max_width, int max_height, const struct cancel *cancel,
                               struct err *e);
void image_destroy(struct image *image); /* accepts NULL */

#endif
