/* SPDX-License-Identifier: GPL-3.0-or-later
 * convert.h - decoded frames as pictures, whatever their pixel format. Private to media.
 *
 * Planar YUV is taken as it is, without a copy; RGB, palettes, grey and interleaved kinds are
 * turned into planar YUV of the same size. Threads: a converter belongs to one thread.
 */
#ifndef AIVE_MEDIA_CONVERT_H
#define AIVE_MEDIA_CONVERT_H

#include "core/err.h"
#include "media/picture.h"

#include <libavutil/frame.h>

struct converter;
struct converter *converter_create(void);
void converter_destroy(struct converter *c);

/* f is blank afterwards, also on failure (NULL). */
struct picture *convert_frame(struct converter *c, AVFrame *f, struct err *e);

#endif
