/* SPDX-License-Identifier: GPL-3.0-or-later
 * image.c - a still image as straight RGBA.
 */
#include "media/image.h"

#include "core/timebase.h"
#include "media/av.h"
#include "media/convert.h"
#include "media/media_open.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include <stdlib.h>
#include <string.h>

/* Packets that may be looked at for the one picture. */
#define MAX_PACKETS 16

void image_destroy(struct image *image)
{
    if (!image)
        return;
    free(image->data);
    free(image);
}

/* --- Decoding --- */
static bool fail_decode(int rc, struct err *e)
{
    if (rc == AVERROR(ENOMEM))
        return err_set(e, ERR_INVALID,
                       "the image needs more memory than is allowed; make it smaller");
    return err_set(e, ERR_INVALID, "the image is damaged: it cannot be decoded");
}

/* The one picture of an image file into f. Running out of what is allowed is the better reason:
 * what comes after it is only the consequence. */
static bool decode_first(struct source *s, AVCodecContext *dec, AVPacket *pkt, AVFrame *f,
                         struct err *e)
{
    enum source_result got = SOURCE_PACKET;
    int rc = AVERROR_INVALIDDATA;

    for (int n = 0; n < MAX_PACKETS && got == SOURCE_PACKET && rc != AVERROR(ENOMEM); n++) {
        got = source_read(s, pkt, e);
        if (got == SOURCE_FAILED)
            return false;
        rc = avcodec_send_packet(dec, got == SOURCE_END ? NULL : pkt);
        av_packet_unref(pkt);
        if (rc >= 0)
            rc = avcodec_receive_frame(dec, f);
        if (rc >= 0) {
            convert_mend_colours(f, dec->codec_id);
            return true;
        }
    }
    return fail_decode(rc, e);
}

static bool read_frame(struct source *s, AVFrame *f, struct err *e)
{
    AVPacket *pkt = av_packet_alloc();
    AVCodecContext *dec = source_decoder(s, s->video, 1, e);
    bool ok = pkt && dec && decode_first(s, dec, pkt, f, e);

    if (dec && !pkt)
        err_set(e, ERR_NO_MEMORY, "no memory to read an image");
    avcodec_free_context(&dec);
    av_packet_free(&pkt);
    return ok;
}

/* --- RGBA --- */

/* f as RGBA of another size. Blank on failure. */
static AVFrame *to_rgba(const AVFrame *f, int width, int height, struct err *e)
{
    AVFrame *out = av_frame_alloc();
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
    bool rgb = d && d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL);
    struct SwsContext *sws = sws_getContext(
        f->width, f->height, f->format, width, height, AV_PIX_FMT_RGBA,
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, NULL, NULL, NULL);
    const int *m = sws_getCoefficients(f->colorspace);
    bool ok = false;

    if (!out || !sws)
        goto out;
    out->width = width;
    out->height = height;
    out->format = AV_PIX_FMT_RGBA;
    if (av_frame_get_buffer(out, 0) < 0)
        goto out;
    sws_setColorspaceDetails(sws, m, rgb || f->color_range == AVCOL_RANGE_JPEG, m, 1, 0, 1 << 16,
                             1 << 16);
    ok = sws_scale(sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, out->data,
                   out->linesize) == height;

out:
    sws_freeContext(sws);
    if (!ok) {
        av_frame_free(&out);
        err_set(e, ERR_INVALID, "an image of %dx%d cannot be converted", f->width, f->height);
    }
    return out;
}

/* Colours times alpha, so that scaling does not draw in the colour of what is not seen. */
static void multiply(AVFrame *f)
{
    for (int y = 0; y < f->height; y++) {
        uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0];
        for (int x = 0; x < f->width; x++, p += 4)
            for (int i = 0; i < 3; i++)
                p[i] = (uint8_t)((p[i] * p[3] + 127) / 255);
    }
}

static void divide(AVFrame *f)
{
    for (int y = 0; y < f->height; y++) {
        uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0];
        for (int x = 0; x < f->width; x++, p += 4)
            for (int i = 0; i < 3 && p[3] > 0; i++) {
                int straight = (p[i] * 255 + p[3] / 2) / p[3];
                p[i] = (uint8_t)(straight > 255 ? 255 : straight);
            }
    }
}

/* f as RGBA of its own size, its samples free to be changed; f may be blank afterwards. */
static AVFrame *own_rgba(AVFrame *f, struct err *e)
{
    AVFrame *own;

    if (f->format != AV_PIX_FMT_RGBA)
        return to_rgba(f, f->width, f->height, e);
    own = av_frame_alloc();
    if (own)
        av_frame_move_ref(own, f);
    if (!own || av_frame_make_writable(own) < 0) {
        av_frame_free(&own);
        err_set(e, ERR_NO_MEMORY, "no memory for an image");
    }
    return own;
}

static AVFrame *shrink(AVFrame *f, int width, int height, bool alpha, struct err *e)
{
    AVFrame *full, *small;

    if (!alpha || (width == f->width && height == f->height))
        return to_rgba(f, width, height, e);
    full = own_rgba(f, e);
    if (!full)
        return NULL;
    multiply(full);
    small = to_rgba(full, width, height, e);
    av_frame_free(&full);
    if (small)
        divide(small);
    return small;
}

/* --- Upright --- */
static struct image *upright(const AVFrame *f, struct source_turn turn, struct err *e)
{
    bool lying = turn.rotation % 180 != 0;
    bool flip_y = turn.rotation == 90 || turn.rotation == 180;
    bool flip_x = (turn.rotation == 180 || turn.rotation == 270) != turn.mirrored;
    struct image *im = calloc(1, sizeof *im);

    if (im) {
        im->width = lying ? f->height : f->width;
        im->height = lying ? f->width : f->height;
        im->stride = (size_t)im->width * 4;
        im->data = malloc(im->stride * (size_t)im->height);
    }
    if (!im || !im->data) {
        err_set(e, ERR_NO_MEMORY, "no memory for an image");
        image_destroy(im);
        return NULL;
    }
    for (int y = 0; y < f->height; y++) {
        const uint8_t *from = f->data[0] + (ptrdiff_t)y * f->linesize[0];
        size_t to_y = (size_t)(flip_y ? f->height - 1 - y : y);
        for (int x = 0; x < f->width; x++, from += 4) {
            size_t to_x = (size_t)(flip_x ? f->width - 1 - x : x);
            size_t row = lying ? to_x : to_y, column = lying ? to_y : to_x;
            memcpy(im->data + row * im->stride + 4 * column, from, 4);
            im->has_alpha |= from[3] < 255;
        }
    }
    return im;
}

/* In proportion, into the bounds, never enlarged. */
static void fit(int *width, int *height, int max_width, int max_height)
{
    int64_t w = *width, h = *height;

    if (w > max_width) {
        h = ticks_scale(h, max_width, w);
        w = max_width;
    }
    if (h > max_height) {
        w = ticks_scale(w, max_height, h);
        h = max_height;
    }
    *width = w < 1 ? 1 : (int)w;
    *height = h < 1 ? 1 : (int)h;
}

/* f may be blank afterwards. */
static struct image *make_image(AVFrame *f, struct source_turn turn, int max_width, int max_height,
                                struct err *e)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
    bool lying = turn.rotation % 180 != 0, alpha = d && d->flags & AV_PIX_FMT_FLAG_ALPHA;
    int width = f->width, height = f->height;
    struct image *im = NULL;
    AVFrame *rgba;

    fit(&width, &height, lying ? max_height : max_width, lying ? max_width : max_height);
    rgba = shrink(f, width, height, alpha, e);
    if (rgba)
        im = upright(rgba, turn, e);
    av_frame_free(&rgba);
    return im;
}

struct image *media_read_image(int fd, int max_width, int max_height, const struct cancel *cancel,
                               struct err *e)
{
    struct source s;
    struct image *im = NULL;
    AVFrame *f;

    if (max_width < 1 || max_height < 1) {
        err_set(e, ERR_INVALID, "an image must be at least 1x1");
        return NULL;
    }
    if (!source_open(&s, fd, cancel, e))
        return NULL;
    f = av_frame_alloc();
    if (!f)
        err_set(e, ERR_NO_MEMORY, "no memory to read an image");
    else if (!s.is_image)
        err_set(e, ERR_UNSUPPORTED, "this is not an image; send PNG, JPEG or WebP");
    else if (read_frame(&s, f, e))
        im = make_image(f, source_frame_turn(f, (struct source_turn){0, false}), max_width,
                        max_height, e);
    av_frame_free(&f);
    source_close(&s);
    return im;
}
