/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_mux.c - chunks and sound to an MP4 by stream copy.
 *
 * The muxer writes to a descriptor through our own I/O. For faststart it shifts the media data to
 * make room for the index in front, and for that reads back what it wrote: its request to open the
 * output again is answered with a reader on the same descriptor, so no file is ever opened by name.
 */
#include "media/av.h"
#include "media/chunk_file.h"
#include "media/encode.h"
#include "media/out_io.h"

#include <libavformat/avformat.h>
#include <libavutil/avstring.h>

#include <string.h>
#include <unistd.h>

#define MOST_AHEAD 32 /* what H.264 allows at all: 16, once for each end */

/* --- The muxer's state --- */
struct track {
    AVStream *st;
    struct chunk_in in;
    AVPacket *pkt; /* the next packet, times in the file's time base */
    bool has_packet;
    AVRational tb; /* of the file */
};

struct mux {
    const struct film_source *src;
    AVFormatContext *fmt;
    struct out_io io, read_back;
    struct track video, audio;
    int chunk;           /* index of the chunk being read */
    int chunk_fd;        /* -1 none */
    int64_t chunk_start; /* frames before it */
    int64_t packets;     /* video packets so far */
    int64_t last_sound;  /* dts of the sound's packet before */
    struct chunk_header first;
    uint8_t extradata[CHUNK_MAX_EXTRADATA];
};

/* avformat has no other way to hand our state to io_open. */
static int open_again(AVFormatContext *fmt, AVIOContext **pb, const char *url, int flags,
                      AVDictionary **options)
{
    struct mux *m = fmt->opaque;

    (void)url;
    (void)options;
    *pb = NULL;
    if (flags != AVIO_FLAG_READ)
        return AVERROR(EPERM);
    m->read_back = (struct out_io){.fd = m->io.fd, .size = m->io.size};
    *pb = out_open(&m->read_back, false);
    return *pb ? 0 : AVERROR(ENOMEM);
}

static int close_again(AVFormatContext *fmt, AVIOContext *pb)
{
    (void)fmt;
    out_close(&pb);
    return 0;
}

static bool fail(const struct mux *m, int rc, const char *what, struct err *e)
{
    if (m->io.errnum)
        return err_errno(e, m->io.errnum, "write the film");
    if (rc == AVERROR(ENOMEM))
        return err_set(e, ERR_NO_MEMORY, "%s: no memory", what);
    av_fail(e, rc, what);
    if (e)
        e->code = ERR_INTERNAL;
    return false;
}

/* --- Reading chunks and sound --- */
static bool same_parameters(const struct mux *m)
{
    const struct chunk_header *a = &m->first, *b = &m->video.in.header;

    return a->kind == b->kind && a->tb_num == b->tb_num && a->tb_den == b->tb_den &&
           a->width == b->width && a->height == b->height &&
           a->extradata_size == b->extradata_size &&
           memcmp(m->extradata, m->video.in.extradata, a->extradata_size) == 0;
}

static void close_chunk(struct mux *m)
{
    if (m->chunk_fd >= 0)
        close(m->chunk_fd);
    m->chunk_fd = -1;
}

static bool open_chunk(struct mux *m, struct err *e)
{
    m->chunk_fd = m->src->open_chunk(m->src->user, m->chunk, e);
    if (m->chunk_fd < 0)
        return err_wrap(e, "chunk %d", m->chunk);
    if (!chunk_in_begin(&m->video.in, m->chunk_fd, e))
        return err_wrap(e, "chunk %d", m->chunk);
    if (m->video.in.header.kind != CHUNK_H264)
        return err_set(e, ERR_INVALID, "chunk %d holds no pictures", m->chunk);
    if (m->chunk == 0) {
        m->first = m->video.in.header;
        memcpy(m->extradata, m->video.in.extradata, m->first.extradata_size);
    } else if (!same_parameters(m)) {
        return err_set(e, ERR_CONFLICT,
                       "chunk %d was encoded with other settings than the first; encode it anew",
                       m->chunk);
    }
    return true;
}

/* Frames are equally long, so a packet's decoding time follows from its number alone; that makes
 * chunks of any length join without a gap. */
static bool place_packet(struct mux *m, struct err *e)
{
    AVPacket *pkt = m->video.pkt;

    pkt->pts += m->chunk_start;
    pkt->dts = m->packets++ - CHUNK_REORDER_FRAMES;
    pkt->duration = 1;
    if (pkt->pts < pkt->dts || pkt->pts < m->chunk_start || pkt->pts > pkt->dts + MOST_AHEAD)
        return err_set(e, ERR_INVALID, "chunk %d shows its pictures in an impossible order",
                       m->chunk);
    m->video.has_packet = true;
    return true;
}

static bool next_video(struct mux *m, struct err *e)
{
    bool end;

    m->video.has_packet = false;
    while (m->chunk < m->src->chunk_count) {
        if (m->chunk_fd < 0 && !open_chunk(m, e))
            return false;
        if (!chunk_in_next(&m->video.in, m->video.pkt, &end, e))
            return err_wrap(e, "chunk %d", m->chunk);
        if (!end)
            return place_packet(m, e);
        m->chunk_start += m->video.in.packets;
        close_chunk(m);
        m->chunk++;
    }
    return true;
}

/* The muxer aborts the program when time goes back. */
static bool next_audio(struct mux *m, struct err *e)
{
    bool end;

    m->audio.has_packet = false;
    if (!chunk_in_next(&m->audio.in, m->audio.pkt, &end, e))
        return err_wrap(e, "sound");
    m->audio.has_packet = !end;
    if (!end && (m->audio.pkt->dts <= m->last_sound || m->audio.pkt->pts != m->audio.pkt->dts))
        return err_set(e, ERR_INVALID, "the sound's packets are not in order");
    m->last_sound = m->audio.pkt->dts;
    return true;
}

static bool open_sources(struct mux *m, struct err *e)
{
    if (m->src->chunk_count < 1)
        return err_set(e, ERR_INVALID, "a film needs at least one chunk");
    if (!next_video(m, e))
        return false;
    if (!m->video.has_packet)
        return err_set(e, ERR_INVALID, "the film holds no picture");
    if (m->src->sound_fd < 0)
        return true;
    if (!chunk_in_begin(&m->audio.in, m->src->sound_fd, e))
        return err_wrap(e, "sound");
    if (m->audio.in.header.kind != CHUNK_AAC)
        return err_set(e, ERR_INVALID, "the sound file holds no sound");
    return next_audio(m, e);
}

/* --- Streams --- */
static bool add_stream(struct mux *m, struct track *t, const struct chunk_header *h,
                       const uint8_t *extradata)
{
    AVCodecParameters *p;

    t->st = avformat_new_stream(m->fmt, NULL);
    if (!t->st)
        return false;
    t->tb = t->st->time_base = (AVRational){(int)h->tb_num, (int)h->tb_den};
    p = t->st->codecpar;
    p->extradata = av_mallocz(h->extradata_size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!p->extradata)
        return false;
    memcpy(p->extradata, extradata, h->extradata_size);
    p->extradata_size = (int)h->extradata_size;
    p->bit_rate = h->bit_rate;
    return true;
}

static bool add_video(struct mux *m)
{
    AVCodecParameters *p;

    if (!add_stream(m, &m->video, &m->first, m->extradata))
        return false;
    p = m->video.st->codecpar;
    p->codec_type = AVMEDIA_TYPE_VIDEO;
    p->codec_id = AV_CODEC_ID_H264;
    p->width = (int)m->first.width;
    p->height = (int)m->first.height;
    p->format = AV_PIX_FMT_YUV420P;
    p->color_range = AVCOL_RANGE_MPEG;
    p->color_space = AVCOL_SPC_BT709;
    p->color_trc = AVCOL_TRC_BT709;
    p->color_primaries = AVCOL_PRI_BT709;
    p->sample_aspect_ratio = m->video.st->sample_aspect_ratio = (AVRational){1, 1};
    m->video.st->avg_frame_rate = av_inv_q(m->video.tb);
    return true;
}

static bool add_audio(struct mux *m)
{
    const struct chunk_header *h = &m->audio.in.header;
    AVCodecParameters *p;

    if (m->src->sound_fd < 0)
        return true;
    if (!add_stream(m, &m->audio, h, m->audio.in.extradata))
        return false;
    p = m->audio.st->codecpar;
    p->codec_type = AVMEDIA_TYPE_AUDIO;
    p->codec_id = AV_CODEC_ID_AAC;
    p->sample_rate = (int)h->width;
    p->frame_size = 1024;
    av_channel_layout_default(&p->ch_layout, (int)h->height);
    return true;
}

/* MP4 knows a few tags by a code of four letters; others need the keyed kind of metadata. */
static bool is_common_tag(const char *key)
{
    return av_match_list(key,
                         "title,artist,album,comment,copyright,description,date,genre,"
                         "creation_time,synopsis,keywords",
                         ',') > 0;
}

static bool begin(struct mux *m, const struct film_tag *tags, int tag_count, struct err *e)
{
    AVDictionary *o = NULL;
    bool keyed = false;
    int rc;

    if (avformat_alloc_output_context2(&m->fmt, NULL, "mp4", NULL) < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for a film");
    m->fmt->opaque = m;
    m->fmt->io_open = open_again;
    m->fmt->io_close2 = close_again;
    m->fmt->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
    m->fmt->pb = out_open(&m->io, true);
    if (!m->fmt->pb || !add_video(m) || !add_audio(m))
        return err_set(e, ERR_NO_MEMORY, "no memory for a film");
    for (int i = 0; i < tag_count; i++) {
        av_dict_set(&m->fmt->metadata, tags[i].key, tags[i].value, 0);
        keyed = keyed || !is_common_tag(tags[i].key);
    }
    av_dict_set(&o, "movflags", "+faststart+negative_cts_offsets", 0);
    if (keyed)
        av_dict_set(&o, "movflags", "+use_metadata_tags", AV_DICT_APPEND);
    av_dict_set(&o, "use_editlist", "0", 0);
    rc = avformat_write_header(m->fmt, &o);
    av_dict_free(&o);
    return rc >= 0 ? true : fail(m, rc, "start the film", e);
}

/* --- Copying --- */
static bool write_packet(struct mux *m, struct track *t, struct err *e)
{
    int rc;

    av_packet_rescale_ts(t->pkt, t->tb, t->st->time_base);
    t->pkt->stream_index = t->st->index;
    rc = av_write_frame(m->fmt, t->pkt);
    av_packet_unref(t->pkt);
    return rc >= 0 ? true : fail(m, rc, "write the film", e);
}

static bool copy_packets(struct mux *m, const struct cancel *cancel,
                         void (*progress)(void *user, double fraction), void *progress_user,
                         struct err *e)
{
    while (m->video.has_packet || m->audio.has_packet) {
        bool video = !m->audio.has_packet ||
                     (m->video.has_packet && av_compare_ts(m->video.pkt->dts, m->video.tb,
                                                           m->audio.pkt->dts, m->audio.tb) <= 0);
        int chunk = m->chunk;

        if (cancel_fired(cancel))
            return err_set(e, ERR_CANCELED, "canceled while the film was put together");
        if (!write_packet(m, video ? &m->video : &m->audio, e) ||
            !(video ? next_video(m, e) : next_audio(m, e)))
            return false;
        if (progress && m->chunk != chunk)
            progress(progress_user, (double)m->chunk / m->src->chunk_count);
    }
    return true;
}

static bool end(struct mux *m, struct err *e)
{
    int rc = av_write_trailer(m->fmt);

    if (rc < 0 || m->io.errnum)
        return fail(m, rc, "finish the film", e);
    avio_flush(m->fmt->pb);
    return m->io.errnum ? fail(m, 0, "finish the film", e) : true;
}

bool film_mux(const struct film_source *src, int out_fd, const struct film_tag *tags, int tag_count,
              const struct cancel *cancel, void (*progress)(void *user, double fraction),
              void *progress_user, struct err *e)
{
    bool ok = false;
    struct mux m = {.src = src, .io = {.fd = out_fd}, .chunk_fd = -1, .last_sound = INT64_MIN};

    m.video.pkt = av_packet_alloc();
    m.audio.pkt = av_packet_alloc();
    if (!m.video.pkt || !m.audio.pkt) {
        err_set(e, ERR_NO_MEMORY, "no memory for a film");
        goto out;
    }
    ok = open_sources(&m, e) && begin(&m, tags, tag_count, e) &&
         copy_packets(&m, cancel, progress, progress_user, e) && end(&m, e);

out:
    if (m.fmt) {
        out_close(&m.fmt->pb);
        avformat_free_context(m.fmt);
    }
    close_chunk(&m);
    av_packet_free(&m.video.pkt);
    av_packet_free(&m.audio.pkt);
    return ok;
}
