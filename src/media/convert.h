/* SPDX-License-Identifier: GPL-3.0-or-later
 * convert.h - decoded frames as pictures, whatever their pixel format. Private to media.
 *
 * Planar YUV is taken as it is, without a copy; RGB, palettes, grey and interleaved kinds are
 * turned into planar YUV. What has alpha is laid over black. Threads: a converter belongs to one
 * thread.
 */
#ifndef AIVE_MEDIA_CONVERT_H
#define AIVE_MEDIA_CONVERT_H

#include "core/err.h"
#include "media/picture.h"

#include <libavcodec/codec_id.h>
#include <libavutil/frame.h>

struct converter;
struct converter *converter_create(void);
void converter_destroy(struct converter *c);

/* A frame with a longer side than max_edge is made smaller to fit; 0: any size is kept. f is blank
 * afterwards, also on failure (NULL). */
struct picture *convert_frame(struct converter *c, AVFrame *f, int max_edge, struct err *e);

/* Says what libav leaves unsaid of a decoder's frames: WebP is bt601 and limited, by its format. */
void convert_mend_colours(AVFrame *f, enum AVCodecID codec);

#endif
