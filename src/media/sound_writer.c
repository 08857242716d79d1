/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_writer.c - the film's sound as AAC-LC, in step without an edit list.
 *
 * libavcodec's encoder delays its sound by one frame of 1024 samples ("priming"). Players cut that
 * off only if an edit list says so, and platforms refuse edit lists. So the first 1024 samples are
 * not given to the encoder: packet k then holds exactly the samples from k * 1024 on, at the price
 * of the first 21 ms, which fade in from silence.
 */
#include "media/av.h"
#include "media/chunk_file.h"
#include "media/encode.h"

#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>

#include <stdlib.h>

#define SAMPLE_RATE 48000
#define FRAME_SAMPLES 1024

struct sound_writer {
    AVCodecContext *enc;
    AVFrame *frame;
    AVPacket *pkt;
    struct chunk_out out;
    int64_t total;   /* samples given by the caller */
    int64_t encoded; /* samples given to the encoder */
    int filled;      /* samples in frame */
};

static AVCodecContext *open_encoder(int bit_rate, struct err *e)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("aac");
    AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;

    if (!c) {
        err_set(e, ERR_UNAVAILABLE, "libavcodec was built without its AAC encoder");
        return NULL;
    }
    c->sample_rate = SAMPLE_RATE;
    c->sample_fmt = AV_SAMPLE_FMT_FLTP;
    c->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    c->bit_rate = bit_rate;
    c->time_base = (AVRational){1, SAMPLE_RATE};
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    c->thread_count = 1;
    if (avcodec_open2(c, codec, NULL) < 0 || c->frame_size != FRAME_SAMPLES ||
        c->initial_padding != FRAME_SAMPLES) {
        avcodec_free_context(&c);
        err_set(e, ERR_INTERNAL, "the AAC encoder refuses %d bits/s", bit_rate);
    }
    return c;
}

static bool new_frame(struct sound_writer *w, struct err *e)
{
    w->frame->format = AV_SAMPLE_FMT_FLTP;
    w->frame->nb_samples = FRAME_SAMPLES;
    w->frame->sample_rate = SAMPLE_RATE;
    w->frame->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    w->filled = 0;
    if (av_frame_get_buffer(w->frame, 0) < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for sound");
    return true;
}

struct sound_writer *sound_writer_create(int bit_rate, int out_fd, struct err *e)
{
    struct sound_writer *w = calloc(1, sizeof *w);

    if (w) {
        w->frame = av_frame_alloc();
        w->pkt = av_packet_alloc();
    }
    if (!w || !w->frame || !w->pkt) {
        err_set(e, ERR_NO_MEMORY, "no memory for an encoder");
        goto fail;
    }
    w->enc = open_encoder(bit_rate, e);
    if (!w->enc || !new_frame(w, e) || !chunk_out_begin(&w->out, out_fd, w->enc, CHUNK_AAC, e))
        goto fail;
    return w;

fail:
    sound_writer_destroy(w);
    return NULL;
}

/* Packet k plays from k * 1024. The last one lasts only as long as there is sound. */
static bool collect(struct sound_writer *w, bool last, struct err *e)
{
    int rc;

    while ((rc = avcodec_receive_packet(w->enc, w->pkt)) >= 0) {
        int64_t start = w->out.packets * FRAME_SAMPLES;
        int64_t left = w->total - start;
        bool ok = true;

        w->pkt->pts = w->pkt->dts = start;
        w->pkt->duration = last && left < FRAME_SAMPLES ? left : FRAME_SAMPLES;
        if (left > 0)
            ok = chunk_out_add(&w->out, w->pkt, e);
        av_packet_unref(w->pkt);
        if (!ok)
            return false;
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF || av_fail(e, rc, "encode sound");
}

static bool send_frame(struct sound_writer *w, struct err *e)
{
    int rc;

    w->frame->nb_samples = w->filled;
    w->frame->pts = w->encoded;
    w->encoded += w->filled;
    rc = avcodec_send_frame(w->enc, w->frame);
    av_frame_unref(w->frame);
    if (rc < 0)
        return av_fail(e, rc, "encode sound");
    return new_frame(w, e);
}

bool sound_writer_add(struct sound_writer *w, const float *samples, int n, struct err *e)
{
    int i = 0;

    if (w->total < FRAME_SAMPLES)
        i = (int)(FRAME_SAMPLES - w->total < n ? FRAME_SAMPLES - w->total : n);
    w->total += n;
    for (; i < n; i++) {
        ((float *)w->frame->data[0])[w->filled] = samples[2 * i];
        ((float *)w->frame->data[1])[w->filled] = samples[2 * i + 1];
        if (++w->filled == FRAME_SAMPLES && (!send_frame(w, e) || !collect(w, false, e)))
            return false;
    }
    return true;
}

bool sound_writer_finish(struct sound_writer *w, struct err *e)
{
    int rc;

    if (w->total == 0)
        return err_set(e, ERR_INVALID, "there is no sound to encode");
    /* With less than a frame of sound nothing has reached the encoder, and it would give nothing.
     */
    if (w->encoded == 0 && w->filled == 0) {
        av_samples_set_silence(w->frame->extended_data, 0, FRAME_SAMPLES, 2, AV_SAMPLE_FMT_FLTP);
        w->filled = FRAME_SAMPLES;
    }
    if (w->filled > 0 && !send_frame(w, e))
        return false;
    rc = avcodec_send_frame(w->enc, NULL);
    if (rc < 0)
        return av_fail(e, rc, "finish the sound");
    return collect(w, true, e) && chunk_out_end(&w->out, e);
}

void sound_writer_destroy(struct sound_writer *w)
{
    if (!w)
        return;
    avcodec_free_context(&w->enc);
    av_frame_free(&w->frame);
    av_packet_free(&w->pkt);
    free(w);
}
