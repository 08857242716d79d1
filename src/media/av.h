/* SPDX-License-Identifier: GPL-3.0-or-later
 * av.h - what the files of src/media share about libav: errors, time, frames. Private to media.
 */
#ifndef AIVE_MEDIA_AV_H
#define AIVE_MEDIA_AV_H

#include "core/err.h"
#include "core/timebase.h"
#include "media/picture.h"

#include <libavutil/frame.h>
#include <libavutil/rational.h>

/* Limits on what a file may claim (media_open.c checks them, decoders are held to them). */
#define MEDIA_MAX_EDGE 8192
#define MEDIA_MAX_PIXELS (INT64_C(8192) * 4352)
#define MEDIA_MAX_STREAMS 32
#define MEDIA_MAX_SECONDS (7 * 24 * 3600.0)

/* Sets e from a libav error number; always returns false. Memory refused while reading a file is
 * the file's fault (it claimed too much), not the machine's. */
bool av_fail(struct err *e, int rc, const char *what);

/* A time in a stream's time base as ticks, rounded to nearest. */
static inline int64_t av_ticks(int64_t t, AVRational tb)
{
    return ticks_scale(t, tb.num * TICKS_PER_SECOND, tb.den);
}

/* What every H.264 encoder of ours is told: upright 8-bit 4:2:0 of bt709 limited with square samples,
 * closed GOPs, parameters in the container, the same bytes every time. */
struct AVCodecContext;
void av_h264_pictures(struct AVCodecContext *c, int width, int height);

/* The frame behind a picture (borrowed). */
AVFrame *picture_frame(const struct picture *p);

/* A picture that takes over f's references (f is blank afterwards); samples, colours and the sample
 * aspect ratio are filled from f, times and rotation are the caller's. f must be planar YUV. NULL
 * without memory. */
struct picture *picture_take_frame(AVFrame *f);

/* Is this pixel format one that a picture can hold as it is? */
bool picture_holds_format(int pixel_format);

#endif
