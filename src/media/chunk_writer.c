/* SPDX-License-Identifier: GPL-3.0-or-later
 * chunk_writer.c - pictures to one closed GOP of H.264.
 *
 * Everything that could make two encoders differ is pinned: one thread, parameter sets that do not
 * depend on the content ("stitchable"), key frames by count and not by scene, B-frames fixed at
 * two, so that chunks join by copying and the same pictures always give the same bytes. B-frames are
 * not referred to: with two of them that gains nothing, and takes two pictures more of memory, of
 * 14 MB each at 1080x1920.
 */
#include "media/av.h"
#include "media/chunk_file.h"
#include "media/encode.h"

#include <libavcodec/avcodec.h>
#include <libavutil/cpu.h>
#include <libavutil/opt.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chunk_writer {
    AVCodecContext *enc;
    AVFrame *frame;
    AVPacket *pkt;
    struct chunk_out out;
    int64_t frames;
};

/* H.264 table A-1: macroblocks a second and a frame that level 4.0 allows, High profile bits/s. */
static bool fits_level_40(const struct h264_settings *s)
{
    int64_t blocks = (int64_t)((s->width + 15) / 16) * ((s->height + 15) / 16);

    return blocks <= 8192 && blocks * s->fps_num <= INT64_C(245760) * s->fps_den &&
           s->max_bitrate <= 25000000;
}

/* x264 164 with AVX-512 lets what happens to lie in memory decide the macroblock tree (measured:
 * same pictures, other bytes, with other MALLOC_PERTURB_); its AVX2 code does not, and is as fast.
 */
static const char *avoid_avx512(void)
{
    return av_get_cpu_flags() & AV_CPU_FLAG_AVX512 ? ":asm=AVX2" : "";
}

static void set_options(AVCodecContext *c, const struct h264_settings *s)
{
    char params[400];
    int keyint = 2 * s->fps_num / s->fps_den;

    av_h264_pictures(c, s->width, s->height);
    c->time_base = (AVRational){s->fps_den, s->fps_num};
    c->framerate = (AVRational){s->fps_num, s->fps_den};
    c->thread_count = s->threads > 0 ? s->threads : 1;
    c->max_b_frames = 2;
    c->gop_size = keyint > 0 ? keyint : 1;
    if (s->max_bitrate > 0) {
        c->rc_max_rate = s->max_bitrate;
        c->rc_buffer_size = s->max_bitrate > INT32_MAX / 2 ? INT32_MAX : s->max_bitrate * 2;
    }
    if (fits_level_40(s))
        c->level = 40;
    av_opt_set(c->priv_data, "preset", s->preset, 0);
    av_opt_set(c->priv_data, "profile", "high", 0);
    av_opt_set_double(c->priv_data, "crf", s->crf, 0);
    snprintf(params, sizeof params,
             "scenecut=0:open-gop=0:b-pyramid=none:stitchable=1:8x8dct=1:sliced-threads=0:"
             "lookahead-threads=1:force-cfr=1:rc-lookahead=%d%s%s%s",
             s->lookahead, avoid_avx512(), s->params ? ":" : "", s->params ? s->params : "");
    av_opt_set(c->priv_data, "x264-params", params, 0);
}

static bool check_settings(const struct h264_settings *s, struct err *e)
{
    if (s->width < 16 || s->height < 16 || s->width % 2 || s->height % 2 ||
        s->width > MEDIA_MAX_EDGE || s->height > MEDIA_MAX_EDGE)
        return err_set(e, ERR_INVALID,
                       "a film of %dx%d cannot be encoded: choose even sizes from 16 "
                       "to %d",
                       s->width, s->height, MEDIA_MAX_EDGE);
    if (s->fps_num <= 0 || s->fps_den <= 0 || s->lookahead < 0 || s->lookahead > 250)
        return err_set(e, ERR_INVALID, "impossible encoder settings");
    return true;
}

static AVCodecContext *open_encoder(const struct h264_settings *s, struct err *e)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    int rc;

    if (!c) {
        err_set(e, ERR_UNAVAILABLE, "libavcodec was built without x264");
        return NULL;
    }
    set_options(c, s);
    rc = avcodec_open2(c, codec, NULL);
    if (rc < 0) {
        avcodec_free_context(&c);
        err_set(e, ERR_INTERNAL, "the H.264 encoder refuses preset %s, %dx%d", s->preset, s->width,
                s->height);
    }
    return c;
}

struct chunk_writer *chunk_writer_create(const struct h264_settings *s, int out_fd, struct err *e)
{
    struct chunk_writer *w;

    if (!check_settings(s, e))
        return NULL;
    w = calloc(1, sizeof *w);
    if (w) {
        w->frame = av_frame_alloc();
        w->pkt = av_packet_alloc();
    }
    if (!w || !w->frame || !w->pkt) {
        err_set(e, ERR_NO_MEMORY, "no memory for an encoder");
        goto fail;
    }
    w->enc = open_encoder(s, e);
    if (!w->enc || !chunk_out_begin(&w->out, out_fd, w->enc, CHUNK_H264, e))
        goto fail;
    return w;

fail:
    chunk_writer_destroy(w);
    return NULL;
}

static bool collect(struct chunk_writer *w, struct err *e)
{
    int rc;

    while ((rc = avcodec_receive_packet(w->enc, w->pkt)) >= 0) {
        bool ok;
        w->pkt->duration = 1;
        ok = chunk_out_add(&w->out, w->pkt, e);
        av_packet_unref(w->pkt);
        if (!ok)
            return false;
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF || av_fail(e, rc, "encode a picture");
}

bool chunk_writer_add(struct chunk_writer *w, const struct picture *p, struct err *e)
{
    int rc;

    if (p->width != w->enc->width || p->height != w->enc->height || p->depth != 8 ||
        p->chroma_shift_x != 1 || p->chroma_shift_y != 1)
        return err_set(e, ERR_INTERNAL, "a picture of %dx%d for an encoder of %dx%d", p->width,
                       p->height, w->enc->width, w->enc->height);
    rc = av_frame_ref(w->frame, picture_frame(p));
    if (rc < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    w->frame->pts = w->frames++;
    w->frame->pict_type = AV_PICTURE_TYPE_NONE;
    rc = avcodec_send_frame(w->enc, w->frame);
    av_frame_unref(w->frame);
    return rc >= 0 ? collect(w, e) : av_fail(e, rc, "encode a picture");
}

bool chunk_writer_finish(struct chunk_writer *w, struct err *e)
{
    int rc = avcodec_send_frame(w->enc, NULL);

    if (rc < 0)
        return av_fail(e, rc, "finish a chunk");
    if (!collect(w, e))
        return false;
    if (w->out.packets != w->frames)
        return err_set(e, ERR_INTERNAL, "the encoder lost pictures");
    return chunk_out_end(&w->out, e);
}

void chunk_writer_destroy(struct chunk_writer *w)
{
    if (!w)
        return;
    avcodec_free_context(&w->enc);
    av_frame_free(&w->frame);
    av_packet_free(&w->pkt);
    free(w);
}

/* --- Versions --- */
static char versions_text[160];

/* x264 tells its own version only in the first packet that it writes. */
static void find_x264_version(char *out, size_t size)
{
    static const char mark[] = "x264 - core ";
    const struct h264_settings s = {
        .width = 32, .height = 32, .fps_num = 30, .fps_den = 1, .preset = "ultrafast", .crf = 40};
    AVCodecContext *c = open_encoder(&s, NULL);
    AVPacket *pkt = av_packet_alloc();
    struct picture_pool *pool = picture_pool_create(s.width, s.height, NULL);
    struct picture *p = pool ? picture_pool_take(pool, NULL) : NULL;
    const char *at = NULL;

    snprintf(out, size, "unknown");
    if (!c || !pkt || !p)
        goto out;
    for (int i = 0; i < 3; i++)
        memset(p->data[i], 128, (size_t)p->stride[i] * (i ? 16 : 32));
    if (avcodec_send_frame(c, picture_frame(p)) >= 0 && avcodec_send_frame(c, NULL) >= 0 &&
        avcodec_receive_packet(c, pkt) >= 0)
        at = memmem(pkt->data, (size_t)pkt->size, mark, sizeof mark - 1);
    if (at) {
        size_t left = (size_t)(pkt->data + pkt->size - (const uint8_t *)at);
        at += sizeof mark - 1;
        left -= sizeof mark - 1;
        snprintf(out, size, "%.*s", (int)(left < size ? left : size - 1), at);
        out[strcspn(out, "-\n") - 1] = '\0'; /* "164 r3095 baee400 - H.264/..." */
    }

out:
    picture_unref(&p);
    picture_pool_destroy(pool);
    av_packet_free(&pkt);
    avcodec_free_context(&c);
}

static void write_versions(void)
{
    char x264[32];

    find_x264_version(x264, sizeof x264);
    snprintf(versions_text, sizeof versions_text, "x264 %s, libavcodec %u.%u.%u (%s)", x264,
             avcodec_version() >> 16, avcodec_version() >> 8 & 255, avcodec_version() & 255,
             av_version_info());
}

const char *encode_versions(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, write_versions);
    return versions_text;
}
