/* SPDX-License-Identifier: GPL-3.0-or-later
 * proxy_writer.c - the pictures of a source once more, as a small film that is easy to decode.
 *
 * DESIGN. A picture is halved, in its own format, for as long as it stays as large as the proxy;
 * for the usual 1080 lines that is all there is to do, and it costs a tenth of what a general
 * scaler takes. What is left (a size in between, turning, depth, light, matrix) scale.c does with
 * the small picture. Key frames are set by time, because a source may hold any number of pictures a
 * second.
 */
#include "media/proxy_writer.h"

#include "media/av.h"
#include "media/out_io.h"
#include "media/scale.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include <math.h>
#include <stdlib.h>

/* Holds the frames of 24, 25, 30, 50, 60 ... and of those times 1000/1001 exactly, and every time
 * of containers that count 1000, 12800, 24000, 30000, 48000 or 90000 a second; a finer one would
 * not hold long pictures, whose lengths are 31 bits in an MP4. */
#define UNITS_PER_SECOND 2880000
#define LONGEST_TICKS (600 * TICKS_PER_SECOND)
#define KEY_TICKS (TICKS_PER_SECOND / 2)
#define MAX_HALVINGS 4   /* 8192 samples to 540 */
#define SHAPE_SLACK 0.01 /* what rounding to even sizes may change it by */
#define QUALITY_CRF 25

struct proxy_writer {
    int width, height;
    int64_t end_ticks; /* of the source's pictures, as far as is known */
    struct scaler *scaler;
    struct picture_pool *pool;
    struct picture *halved[MAX_HALVINGS]; /* scratch, each of half the size of the one before */

    AVCodecContext *enc;
    AVFrame *frame;
    AVPacket *pkt;
    AVFormatContext *fmt;
    struct out_io io;

    int64_t pictures;
    int64_t last_ticks; /* of the one added last */
    int64_t key_ticks;  /* of the last key frame */
    int64_t last_units;
    int64_t units_left; /* from it to the end: all that the muxer keeps is the last one's length */
};

/* --- Size ----------------------------------------------------------------------------------- */

bool proxy_is_wanted(const struct media_info *info)
{
    return info->has_video && !info->is_image && info->width > PROXY_EDGE &&
           info->height > PROXY_EDGE;
}

static void find_size(const struct media_info *info, int *width, int *height)
{
    int shorter = info->width < info->height ? info->width : info->height;
    *width = 2 * (int)lrint(info->width * (PROXY_EDGE / 2.0) / shorter);
    *height = 2 * (int)lrint(info->height * (PROXY_EDGE / 2.0) / shorter);
}

/* Would it be seen in another shape than the others? */
static bool has_shape(const struct proxy_writer *w, const struct picture *p)
{
    int width, height;
    picture_upright_size(p, &width, &height);
    double sample = p->sar_num > 0 && p->sar_den > 0 ? (double)p->sar_num / p->sar_den : 1;
    if (p->rotation % 180 != 0)
        sample = 1 / sample;
    return fabs(width * sample / height * w->height / w->width - 1) < SHAPE_SLACK;
}

/* --- Halving -------------------------------------------------------------------------------- */

static void halve_8(const uint8_t *restrict a, const uint8_t *restrict b, uint8_t *restrict out,
                    int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

static void halve_16(const uint16_t *restrict a, const uint16_t *restrict b, uint16_t *restrict out,
                     int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

static void halve(const struct picture *from, struct picture *to)
{
    for (int i = 0; i < 3; i++) {
        int w = i ? to->width >> to->chroma_shift_x : to->width;
        int h = i ? to->height >> to->chroma_shift_y : to->height;
        for (int y = 0; y < h; y++) {
            const uint8_t *a = from->data[i] + (ptrdiff_t)(2 * y) * from->stride[i];
            const uint8_t *b = a + from->stride[i];
            uint8_t *out = to->data[i] + (ptrdiff_t)y * to->stride[i];
            if (from->depth > 8)
                halve_16((const void *)a, (const void *)b, (void *)out, w);
            else
                halve_8(a, b, out, w);
        }
    }
}

/* Does it divide evenly, and is it at least as large as the proxy then? */
static bool can_halve(const struct proxy_writer *w, const struct picture *p)
{
    int width, height, whole_x = (2 << p->chroma_shift_x) - 1,
                       whole_y = (2 << p->chroma_shift_y) - 1;
    picture_upright_size(p, &width, &height);
    return width / 2 >= w->width && height / 2 >= w->height && !(p->width & whole_x) &&
           !(p->height & whole_y);
}

/* A picture like p of half its size, its samples unset. */
static struct picture *new_half(const struct picture *p, struct err *e)
{
    struct picture *half = NULL;
    AVFrame *f = av_frame_alloc();
    if (f) {
        f->format = picture_frame(p)->format;
        f->width = p->width / 2;
        f->height = p->height / 2;
        if (av_frame_get_buffer(f, 0) >= 0)
            half = picture_take_frame(f);
    }
    av_frame_free(&f);
    if (!half)
        err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    return half;
}

static bool fits(const struct picture *half, const struct picture *p)
{
    return half && half->width == p->width / 2 && half->height == p->height / 2 &&
           picture_frame(half)->format == picture_frame(p)->format;
}

/* The picture as the proxy shows it. */
static struct picture *make_small(struct proxy_writer *w, const struct picture *p, struct err *e)
{
    for (int i = 0; i < MAX_HALVINGS && can_halve(w, p); i++) {
        if (!fits(w->halved[i], p)) {
            picture_unref(&w->halved[i]);
            if (!(w->halved[i] = new_half(p, e)))
                return NULL;
        }
        picture_copy_looks(w->halved[i], p);
        halve(p, w->halved[i]);
        p = w->halved[i];
    }
    struct picture *small = picture_pool_take(w->pool, e);
    if (small && !scale_picture(w->scaler, p, NULL, small, e))
        picture_unref(&small);
    return small;
}

/* --- Writing -------------------------------------------------------------------------------- */

static bool fail(const struct proxy_writer *w, int rc, struct err *e)
{
    if (w->io.errnum)
        return err_errno(e, w->io.errnum, "write a proxy");
    return rc == AVERROR(ENOMEM) ? err_set(e, ERR_NO_MEMORY, "no memory for a proxy")
                                 : err_set(e, ERR_INTERNAL, "a proxy cannot be written");
}

static bool collect(struct proxy_writer *w, struct err *e)
{
    AVStream *st = w->fmt->streams[0];
    int rc;
    while ((rc = avcodec_receive_packet(w->enc, w->pkt)) >= 0) {
        av_packet_rescale_ts(w->pkt, w->enc->time_base, st->time_base);
        w->pkt->stream_index = st->index;
        w->pkt->duration = av_rescale_q(w->units_left, w->enc->time_base, st->time_base);
        rc = av_write_frame(w->fmt, w->pkt);
        av_packet_unref(w->pkt);
        if (rc < 0)
            break;
    }
    return (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) && !w->io.errnum ? true : fail(w, rc, e);
}

static int64_t units(int64_t ticks)
{
    return ticks_scale(ticks, UNITS_PER_SECOND, TICKS_PER_SECOND);
}

static int64_t units_to_end(const struct proxy_writer *w, int64_t ticks)
{
    int64_t left = w->end_ticks - ticks;
    return left < 1 ? UNITS_PER_SECOND / 30 : units(left < LONGEST_TICKS ? left : LONGEST_TICKS);
}

static bool encode(struct proxy_writer *w, const struct picture *small, int64_t ticks,
                   struct err *e)
{
    bool is_key = w->pictures == 0 || ticks - w->key_ticks >= KEY_TICKS;
    if (av_frame_ref(w->frame, picture_frame(small)) < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    w->frame->pts = w->last_units = units(ticks);
    w->units_left = units_to_end(w, ticks);
    w->frame->pict_type = is_key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    int rc = avcodec_send_frame(w->enc, w->frame);
    av_frame_unref(w->frame);
    if (is_key)
        w->key_ticks = ticks;
    w->last_ticks = ticks;
    w->pictures++;
    return rc >= 0 ? collect(w, e) : fail(w, rc, e);
}

bool proxy_writer_add(struct proxy_writer *w, const struct picture *p, struct err *e)
{
    int64_t ticks = p->pts_ticks > 0 ? p->pts_ticks : 0;
    if (w->pictures > 0 && units(ticks) <= w->last_units)
        return true; /* never seen */
    if (!has_shape(w, p))
        return err_set(e, ERR_UNSUPPORTED, "the pictures change their shape on the way");
    if (ticks - w->last_ticks > LONGEST_TICKS)
        return err_set(e, ERR_UNSUPPORTED, "a picture stays for longer than ten minutes");
    struct picture *small = make_small(w, p, e);
    bool ok = small && (w->pictures > 0 || ticks == 0 || encode(w, small, 0, e)) &&
              encode(w, small, ticks, e);
    picture_unref(&small);
    return ok;
}

bool proxy_writer_finish(struct proxy_writer *w, struct err *e)
{
    if (w->pictures == 0)
        return err_set(e, ERR_INVALID, "there is no picture to make a proxy of");
    int rc = avcodec_send_frame(w->enc, NULL);
    if (rc < 0 || !collect(w, e))
        return rc < 0 ? fail(w, rc, e) : false;
    rc = av_write_trailer(w->fmt);
    avio_flush(w->fmt->pb);
    return rc >= 0 && !w->io.errnum ? true : fail(w, rc, e);
}

/* --- Opening -------------------------------------------------------------------------------- */

static AVRational usual_rate(const struct media_info *info)
{
    return info->fps_num > 0 && info->fps_den > 0 ? (AVRational){info->fps_num, info->fps_den}
                                                  : (AVRational){30, 1};
}

static void set_options(AVCodecContext *c, const struct proxy_writer *w,
                        const struct media_info *info)
{
    av_h264_pictures(c, w->width, w->height);
    c->time_base = (AVRational){1, UNITS_PER_SECOND};
    c->framerate = usual_rate(info);
    c->thread_count = 1;
    c->gop_size = 1 << 16; /* they are set by time */
    /* No arithmetic coding, loop filter, B-frames or second reference: cheap both ways. */
    av_opt_set(c->priv_data, "preset", "ultrafast", 0);
    av_opt_set(c->priv_data, "forced-idr", "1", 0);
    av_opt_set_double(c->priv_data, "crf", QUALITY_CRF, 0);
}

static bool open_encoder(struct proxy_writer *w, const struct media_info *info, struct err *e)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    if (!codec)
        return err_set(e, ERR_UNAVAILABLE, "libavcodec was built without x264");
    w->enc = avcodec_alloc_context3(codec);
    if (!w->enc)
        return err_set(e, ERR_NO_MEMORY, "no memory for a proxy");
    set_options(w->enc, w, info);
    return avcodec_open2(w->enc, codec, NULL) >= 0 ||
           err_set(e, ERR_INTERNAL, "the H.264 encoder refuses %dx%d", w->width, w->height);
}

static bool open_file(struct proxy_writer *w, struct err *e)
{
    if (avformat_alloc_output_context2(&w->fmt, NULL, "mp4", NULL) < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for a proxy");
    w->fmt->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
    w->fmt->pb = out_open(&w->io, true);
    AVStream *st = avformat_new_stream(w->fmt, NULL);
    if (!w->fmt->pb || !st || avcodec_parameters_from_context(st->codecpar, w->enc) < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for a proxy");
    st->time_base = w->enc->time_base;
    st->avg_frame_rate = w->enc->framerate;
    int rc = avformat_write_header(w->fmt, NULL);
    return rc >= 0 ? true : fail(w, rc, e);
}

struct proxy_writer *proxy_writer_create(const struct media_info *info, int out_fd, struct err *e)
{
    struct proxy_writer *w = calloc(1, sizeof *w);
    if (w) {
        w->frame = av_frame_alloc();
        w->pkt = av_packet_alloc();
    }
    if (!w || !w->frame || !w->pkt) {
        err_set(e, ERR_NO_MEMORY, "no memory for a proxy");
        goto fail;
    }
    w->io.fd = out_fd;
    w->end_ticks = info->video_end_ticks;
    find_size(info, &w->width, &w->height);
    if ((w->scaler = scaler_create(e)) && (w->pool = picture_pool_create(w->width, w->height, e)) &&
        open_encoder(w, info, e) && open_file(w, e))
        return w;
fail:
    proxy_writer_destroy(w);
    return NULL;
}

void proxy_writer_destroy(struct proxy_writer *w)
{
    if (!w)
        return;
    if (w->fmt) {
        out_close(&w->fmt->pb);
        avformat_free_context(w->fmt);
    }
    avcodec_free_context(&w->enc);
    av_frame_free(&w->frame);
    av_packet_free(&w->pkt);
    for (int i = 0; i < MAX_HALVINGS; i++)
        picture_unref(&w->halved[i]);
    picture_pool_destroy(w->pool);
    scaler_destroy(w->scaler);
    free(w);
}
