/* SPDX-License-Identifier: GPL-3.0-or-later
 * av.c - libav's errors in our words, and what must be touched once before a cage closes.
 */
#include "media/av.h"

#include "media/encode.h"
#include "media/media.h"

#include <libavcodec/avcodec.h>
#include <libavutil/cpu.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The largest single block that a file can make libav allocate. The largest honest one is a plane
 * of 16-bit samples of MEDIA_MAX_PIXELS (72 MB); a picture of 16000x16000 already needs more. */
#define MAX_ALLOC_BYTES ((size_t)192 << 20)

bool av_fail(struct err *e, int rc, const char *what)
{
    char words[AV_ERROR_MAX_STRING_SIZE];

    if (rc == AVERROR(ENOMEM))
        return err_set(e, ERR_INVALID,
                       "%s: the file asks for more streams or memory than is allowed", what);
    if (rc == AVERROR(EIO) || rc == AVERROR(EINVAL) || rc == AVERROR_EOF ||
        rc == AVERROR_INVALIDDATA)
        return err_set(e, ERR_INVALID, "%s: it is damaged or cut off", what);
    av_strerror(rc, words, sizeof words);
    return err_set(e, ERR_INVALID, "%s: %s", what, words);
}

static void log_nothing(void *ctx, int level, const char *fmt, va_list args)
{
    (void)ctx;
    (void)level;
    (void)fmt;
    (void)args;
}

void media_init(void)
{
    const char *level = getenv("AIVE_LOG_LEVEL");

    if (level && strcmp(level, "debug") == 0)
        av_log_set_level(AV_LOG_VERBOSE);
    else
        av_log_set_callback(log_nothing);
    av_max_alloc(MAX_ALLOC_BYTES);
    tzset(); /* reading a date asks for the time zone, which is in a file */
    av_get_cpu_flags();
    av_cpu_count();
    encode_versions();
}

void av_h264_pictures(AVCodecContext *c, int width, int height)
{
    c->width = width;
    c->height = height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->sample_aspect_ratio = (AVRational){1, 1};
    c->color_range = AVCOL_RANGE_MPEG;
    c->colorspace = AVCOL_SPC_BT709;
    c->color_trc = AVCOL_TRC_BT709;
    c->color_primaries = AVCOL_PRI_BT709;
    c->chroma_sample_location = AVCHROMA_LOC_LEFT;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_BITEXACT;
}
