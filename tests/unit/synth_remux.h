/* SPDX-License-Identifier: GPL-3.0-or-later
 * synth_remux.h - synthetic chunks in any container and with any times, as other programs write
 * them.
 */
#ifndef AIVE_TESTS_SYNTH_REMUX_H
#define AIVE_TESTS_SYNTH_REMUX_H

#include "media/chunk_file.h"
#include "unit/synth.h"

#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#define REMUX_BUFFER 65536

/* Time of frame i in microseconds. */
typedef int64_t (*remux_time_fn)(int i);

static inline int remux_write(void *user, uint8_t *buf, int size)
{
    return (int)write(*(int *)user, buf, (size_t)size);
}

static inline int64_t remux_seek(void *user, int64_t offset, int whence)
{
    return whence & AVSEEK_SIZE ? -1 : lseek(*(int *)user, offset, whence);
}

static inline void remux_stream(AVFormatContext *fmt, const struct chunk_in *in)
{
    AVStream *st = avformat_new_stream(fmt, NULL);
    AVCodecParameters *p = st->codecpar;
    bool video = in->header.kind == CHUNK_H264;

    st->time_base = video ? (AVRational){1, 90000} : (AVRational){1, (int)in->header.width};
    p->codec_type = video ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO;
    p->codec_id = video ? AV_CODEC_ID_H264 : AV_CODEC_ID_AAC;
    p->extradata = av_mallocz(in->header.extradata_size + AV_INPUT_BUFFER_PADDING_SIZE);
    memcpy(p->extradata, in->extradata, in->header.extradata_size);
    p->extradata_size = (int)in->header.extradata_size;
    if (video) {
        p->width = (int)in->header.width;
        p->height = (int)in->header.height;
        p->format = 0;
    } else {
        p->sample_rate = (int)in->header.width;
        p->frame_size = 1024;
        av_channel_layout_default(&p->ch_layout, (int)in->header.height);
    }
}

/* x264 decodes two frames ahead of what it shows, so a packet's decoding time is the time of the
 * frame shown two packets earlier. */
static inline int64_t remux_dts(remux_time_fn time_of, int k)
{
    return k >= 2 ? time_of(k - 2) : time_of(0) - (2 - k) * (time_of(1) - time_of(0));
}

static inline bool remux_packet(AVFormatContext *fmt, int stream, AVPacket *pkt, int64_t pts_us,
                                int64_t dts_us, int64_t duration_us)
{
    AVRational us = {1, 1000000}, tb = fmt->streams[stream]->time_base;

    pkt->stream_index = stream;
    pkt->pts = av_rescale_q(pts_us, us, tb);
    pkt->dts = av_rescale_q(dts_us, us, tb);
    pkt->duration = av_rescale_q(duration_us, us, tb);
    return av_interleaved_write_frame(fmt, pkt) >= 0;
}

/* Writes a video chunk (shown at time_of) and, unless it is -1, sound whose packet k plays at
 * sound_at(k). */
static inline int remux(const char *container, const char *options, int video_fd,
                        remux_time_fn time_of, int sound_fd, remux_time_fn sound_at)
{
    int fd = synth_fd();
    struct chunk_in *in = calloc(2, sizeof *in);
    AVFormatContext *fmt = NULL;
    AVPacket *pkt = av_packet_alloc();
    AVDictionary *o = NULL;
    bool end = false, ok;

    avformat_alloc_output_context2(&fmt, NULL, container, NULL);
    fmt->pb = avio_alloc_context(av_malloc(REMUX_BUFFER), REMUX_BUFFER, 1, &fd, NULL, remux_write,
                                 remux_seek);
    fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
    ok = chunk_in_begin(&in[0], video_fd, NULL);
    remux_stream(fmt, &in[0]);
    if (sound_fd >= 0) {
        ok = ok && chunk_in_begin(&in[1], sound_fd, NULL);
        remux_stream(fmt, &in[1]);
    }
    av_dict_parse_string(&o, options, "=", ",", 0);
    ok = ok && avformat_write_header(fmt, &o) >= 0;
    av_dict_free(&o);
    for (int k = 0; ok && chunk_in_next(&in[0], pkt, &end, NULL) && !end; k++)
        ok = remux_packet(fmt, 0, pkt, time_of((int)pkt->pts), remux_dts(time_of, k),
                          time_of((int)pkt->pts + 1) - time_of((int)pkt->pts));
    for (int k = 0; ok && sound_fd >= 0 && chunk_in_next(&in[1], pkt, &end, NULL) && !end; k++) {
        int64_t at = sound_at(k);
        ok = remux_packet(fmt, 1, pkt, at, at, INT64_C(1024) * 1000000 / 48000);
    }
    ok = ok && av_write_trailer(fmt) >= 0;
    avio_flush(fmt->pb);
    av_freep(&fmt->pb->buffer);
    avio_context_free(&fmt->pb);
    avformat_free_context(fmt);
    av_packet_free(&pkt);
    free(in);
    if (!ok) {
        close(fd);
        return -1;
    }
    return fd;
}

#endif
