/* SPDX-License-Identifier: GPL-3.0-or-later
 * convert.c - decoded frames as pictures, whatever their pixel format.
 */
#include "media/convert.h"

#include "core/timebase.h"
#include "media/av.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include <stdlib.h>

struct converter {
    struct SwsContext *sws; /* for the last size and format */
};

struct converter *converter_create(void)
{
    return calloc(1, sizeof(struct converter));
}

void converter_destroy(struct converter *c)
{
    if (!c)
        return;
    sws_freeContext(c->sws);
    free(c);
}

static bool has_alpha(enum AVPixelFormat format)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);

    return d && d->flags & AV_PIX_FMT_FLAG_ALPHA;
}

/* The planar format that loses least of what f carries. */
static enum AVPixelFormat planar_format(enum AVPixelFormat from)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(from);
    bool deep = d && d->comp[0].depth > 8;
    bool rgb = d && d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL);

    if (has_alpha(from))
        return deep ? AV_PIX_FMT_YUVA444P10 : AV_PIX_FMT_YUVA444P;
    if (rgb)
        return deep ? AV_PIX_FMT_YUV444P10 : AV_PIX_FMT_YUV444P;
    if (d && d->nb_components >= 3 && d->log2_chroma_h == 0)
        return deep ? AV_PIX_FMT_YUV422P10 : AV_PIX_FMT_YUV422P;
    return deep ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P;
}

static bool set_colours(struct SwsContext *sws, const AVFrame *from, const AVFrame *to)
{
    const int *m = sws_getCoefficients(to->colorspace);
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(from->format);
    int full = from->color_range == AVCOL_RANGE_JPEG ||
               (d && d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));

    return sws_setColorspaceDetails(sws, m, full, m, to->color_range == AVCOL_RANGE_JPEG, 0,
                                    1 << 16, 1 << 16) >= 0;
}

static void fit(AVFrame *to, const AVFrame *from, int max_edge)
{
    int longer = from->width > from->height ? from->width : from->height;

    to->width = from->width;
    to->height = from->height;
    if (max_edge <= 0 || longer <= max_edge)
        return;
    to->width = (int)ticks_scale(from->width, max_edge, longer);
    to->height = (int)ticks_scale(from->height, max_edge, longer);
    to->width += to->width < 1;
    to->height += to->height < 1;
}

static bool convert(struct converter *c, const AVFrame *from, AVFrame *to, int max_edge)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(from->format);

    if (!d || av_frame_copy_props(to, from) < 0)
        return false;
    to->format = planar_format(from->format);
    fit(to, from, max_edge);
    if (d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) {
        to->colorspace = AVCOL_SPC_BT709; /* ours to choose: RGB has no matrix */
        to->color_range = AVCOL_RANGE_MPEG;
    }
    if (av_frame_get_buffer(to, 0) < 0)
        return false;
    c->sws = sws_getCachedContext(
        c->sws, from->width, from->height, from->format, to->width, to->height, to->format,
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, NULL, NULL, NULL);
    return c->sws && set_colours(c->sws, from, to) &&
           sws_scale(c->sws, (const uint8_t *const *)from->data, from->linesize, 0, from->height,
                     to->data, to->linesize) == to->height;
}

void convert_mend_colours(AVFrame *f, enum AVCodecID codec)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);

    if (codec != AV_CODEC_ID_WEBP || !d || d->flags & AV_PIX_FMT_FLAG_RGB)
        return;
    f->colorspace = AVCOL_SPC_SMPTE170M;
    f->color_range = AVCOL_RANGE_MPEG;
}

/* --- Alpha --- */

/* One plane over black: x becomes black + (x - black) * alpha. */
static void cover_plane(AVFrame *f, int plane, int black, const AVPixFmtDescriptor *d)
{
    int sx = plane ? d->log2_chroma_w : 0, sy = plane ? d->log2_chroma_h : 0;
    int width = -(-f->width >> sx), height = -(-f->height >> sy);
    int64_t opaque = (1 << d->comp[3].depth) - 1;

    for (int y = 0; y < height; y++) {
        uint8_t *row = f->data[plane] + (ptrdiff_t)y * f->linesize[plane];
        const uint8_t *alpha = f->data[3] + ((ptrdiff_t)y << sy) * f->linesize[3];

        for (int x = 0; x < width; x++)
            if (d->comp[0].depth > 8) {
                int a = ((const uint16_t *)(const void *)alpha)[x << sx];
                uint16_t *v = (uint16_t *)(void *)row + x;
                *v = (uint16_t)(black + ((*v - black) * a + opaque / 2) / opaque);
            } else {
                row[x] =
                    (uint8_t)(black + ((row[x] - black) * alpha[x << sx] + opaque / 2) / opaque);
            }
    }
}

static bool cover_black(AVFrame *f)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
    int top = 1 << (d->comp[0].depth - 8);

    if (av_frame_make_writable(f) < 0)
        return false;
    cover_plane(f, 0, f->color_range == AVCOL_RANGE_JPEG ? 0 : 16 * top, d);
    cover_plane(f, 1, 128 * top, d);
    cover_plane(f, 2, 128 * top, d);
    return true;
}

struct picture *convert_frame(struct converter *c, AVFrame *f, int max_edge, struct err *e)
{
    bool small = max_edge <= 0 || (f->width <= max_edge && f->height <= max_edge);
    AVFrame *planar = av_frame_alloc();
    struct picture *p = NULL;

    if (planar && small && picture_holds_format(f->format))
        av_frame_move_ref(planar, f);
    else if (planar && !convert(c, f, planar, max_edge))
        av_frame_free(&planar);
    if (planar && (!has_alpha(planar->format) || cover_black(planar)))
        p = picture_take_frame(planar);
    av_frame_free(&planar);
    av_frame_unref(f);
    if (!p)
        err_set(e, ERR_INVALID, "a picture could not be converted");
    return p;
}
