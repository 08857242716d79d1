/* SPDX-License-Identifier: GPL-3.0-or-later
 * jpeg.c - a picture as a JPEG, WebP or PNG file.
 */
#include "core/timebase.h"
#include "media/av.h"
#include "media/media.h"
#include "media/scale.h"

#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* JFIF asks for bt601 and full range, WebP for bt601 and limited range. */
static const struct still_kind {
    const char *name, *encoder;
    enum AVPixelFormat format;
    enum AVColorRange range;
    enum AVColorSpace matrix;
    int quality; /* libavcodec's scale, 2 (best) to 31; WebP: 0 to 100 (best) */
    int effort;  /* compression_level: WebP 0 to 6 (slowest), PNG 0 to 9 */
} kinds[] = {
    {"jpeg", "mjpeg", AV_PIX_FMT_YUVJ420P, AVCOL_RANGE_JPEG, AVCOL_SPC_BT470BG, 3, 0},
    {"webp", "libwebp", AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG, AVCOL_SPC_BT470BG, 80, 2},
    {"png", "png", AV_PIX_FMT_RGB24, AVCOL_RANGE_JPEG, AVCOL_SPC_RGB, 0, 3},
};

static const struct still_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* Upright and square, the longer side at most max_edge, never enlarged. */
static void choose_size(const struct picture *p, int max_edge, int *width, int *height)
{
    int64_t w = p->width, h = p->height, longer;

    if (p->sar_num > p->sar_den)
        w = ticks_scale(w, p->sar_num, p->sar_den);
    else
        h = ticks_scale(h, p->sar_den, p->sar_num);
    longer = w > h ? w : h;
    if (longer > max_edge) {
        w = ticks_scale(w, max_edge, longer);
        h = ticks_scale(h, max_edge, longer);
    }
    w = w < 2 ? 2 : w;
    h = h < 2 ? 2 : h;
    *width = (int)(p->rotation % 180 ? h : w);
    *height = (int)(p->rotation % 180 ? w : h);
}

/* From bt709, limited range. */
static AVFrame *convert(const struct picture *p, const struct still_kind *kind)
{
    const int *from = sws_getCoefficients(SWS_CS_ITU709), *to = sws_getCoefficients(SWS_CS_ITU601);
    AVFrame *f = av_frame_alloc();
    struct SwsContext *sws =
        sws_getContext(p->width, p->height, AV_PIX_FMT_YUV420P, p->width, p->height, kind->format,
                       SWS_BICUBIC | SWS_ACCURATE_RND, NULL, NULL, NULL);
    bool ok = false;

    if (!f || !sws)
        goto out;
    f->width = p->width;
    f->height = p->height;
    f->format = kind->format;
    f->color_range = kind->range;
    f->colorspace = kind->matrix;
    if (av_frame_get_buffer(f, 0) < 0)
        goto out;
    sws_setColorspaceDetails(sws, from, 0, to, kind->range == AVCOL_RANGE_JPEG, 0, 1 << 16,
                             1 << 16);
    ok = sws_scale(sws, (const uint8_t *const *)p->data, p->stride, 0, p->height, f->data,
                   f->linesize) == p->height;

out:
    sws_freeContext(sws);
    if (!ok)
        av_frame_free(&f);
    return f;
}

static AVPacket *encode(AVFrame *f, const struct still_kind *kind)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(kind->encoder);
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    AVPacket *pkt = av_packet_alloc();
    bool ok = false;

    if (!c || !pkt)
        goto out;
    c->width = f->width;
    c->height = f->height;
    c->pix_fmt = f->format;
    c->color_range = f->color_range;
    c->colorspace = f->colorspace;
    c->time_base = (AVRational){1, 25};
    c->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    c->global_quality = kind->quality * FF_QP2LAMBDA;
    c->compression_level = kind->effort;
    c->thread_count = 1;
    f->quality = c->global_quality;
    f->pts = 0;
    ok = avcodec_open2(c, codec, NULL) >= 0 && avcodec_send_frame(c, f) >= 0 &&
         avcodec_send_frame(c, NULL) >= 0 && avcodec_receive_packet(c, pkt) >= 0;

out:
    avcodec_free_context(&c);
    if (!ok)
        av_packet_free(&pkt);
    return pkt;
}

static bool write_packet(const AVPacket *pkt, int fd, struct err *e)
{
    for (int done = 0; done < pkt->size;) {
        ssize_t n = write(fd, pkt->data + done, (size_t)(pkt->size - done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "write a still");
        done += (int)n;
    }
    return true;
}

static bool write_still(const struct picture *p, const struct still_kind *kind, int width,
                        int height, int fd, struct err *e)
{
    bool ok = false;
    struct picture_pool *pool = NULL;
    struct picture *small = NULL;
    struct scaler *scaler = scaler_create(e);
    AVFrame *f = NULL;
    AVPacket *pkt = NULL;

    pool = scaler ? picture_pool_create(width, height, e) : NULL;
    small = pool ? picture_pool_take(pool, e) : NULL;
    if (!small || !scale_picture(scaler, p, NULL, small, e))
        goto out;
    f = convert(small, kind);
    pkt = f ? encode(f, kind) : NULL;
    if (!pkt) {
        err_set(e, ERR_INTERNAL, "a %s of %dx%d cannot be encoded", kind->name, width, height);
        goto out;
    }
    ok = write_packet(pkt, fd, e);

out:
    av_packet_free(&pkt);
    av_frame_free(&f);
    picture_unref(&small);
    picture_pool_destroy(pool);
    scaler_destroy(scaler);
    return ok;
}

bool media_write_jpeg(const struct picture *p, int max_edge, int fd, struct err *e)
{
    int width, height;

    choose_size(p, max_edge, &width, &height);
    return write_still(p, &kinds[0], width, height, fd, e);
}

bool media_write_webp(const struct picture *p, int max_edge, int quality, int fd, struct err *e)
{
    struct still_kind kind = *find_kind("webp");
    int width, height;

    if (quality < 0 || quality > 100)
        return err_set(e, ERR_INVALID, "the quality of a WebP is a number from 0 to 100, not %d",
                       quality);
    kind.quality = quality;
    choose_size(p, max_edge, &width, &height);
    return write_still(p, &kind, width, height, fd, e);
}

bool media_write_still(const struct picture *p, const char *kind, int max_width, int fd,
                       struct err *e)
{
    const struct still_kind *k = find_kind(kind);
    int width, height;

    if (!k)
        return err_set(e, ERR_INVALID, "a still is a jpeg, webp or png, not a %.20s", kind);
    choose_size(p, INT_MAX, &width, &height);
    if (max_width > 0 && width > max_width) {
        height = (int)ticks_scale(height, max_width, width);
        width = max_width;
    }
    return write_still(p, k, width < 2 ? 2 : width, height < 2 ? 2 : height, fd, e);
}
