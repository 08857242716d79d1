/* SPDX-License-Identifier: GPL-3.0-or-later
 * convert.c - decoded frames as pictures, whatever their pixel format.
 */
#include "media/convert.h"

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

/* The planar format that loses least of what f carries. */
static enum AVPixelFormat planar_format(enum AVPixelFormat from)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(from);
    bool deep = d && d->comp[0].depth > 8;
    bool rgb = d && d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL);

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

static bool convert(struct converter *c, const AVFrame *from, AVFrame *to)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(from->format);

    if (!d || av_frame_copy_props(to, from) < 0)
        return false;
    to->format = planar_format(from->format);
    to->width = from->width;
    to->height = from->height;
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

struct picture *convert_frame(struct converter *c, AVFrame *f, struct err *e)
{
    struct picture *p = NULL;
    AVFrame *planar = NULL;

    if (picture_holds_format(f->format)) {
        p = picture_take_frame(f);
    } else {
        planar = av_frame_alloc();
        if (planar && convert(c, f, planar))
            p = picture_take_frame(planar);
    }
    av_frame_free(&planar);
    av_frame_unref(f);
    if (!p)
        err_set(e, ERR_INVALID, "a picture could not be converted");
    return p;
}
