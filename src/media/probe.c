/* SPDX-License-Identifier: GPL-3.0-or-later
 * probe.c - what a file really holds, measured by reading it.
 *
 * Headers lie, so they are used only as hints where to look. The first packets are read until one
 * picture and one piece of sound have come out of the decoders; their times tell the frame rate and
 * whether it is constant. For the end, the last seconds are read; where the container cannot seek,
 * or what lies there is not readable, the whole file is.
 */
#include "media/av.h"
#include "media/media.h"
#include "media/media_open.h"

#include <libavutil/avstring.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/pixdesc.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TIMES 2000 /* frames looked at for rate and steadiness */
#define HEAD_BYTES (INT64_C(64) << 20)
#define REORDER_MAX 16      /* frames that may be shown before one decoded earlier */
#define MAX_UNDECODABLE 400 /* packets, before a stream counts as broken */
#define TAIL_TICKS (4 * TICKS_PER_SECOND)
#define PROBE_SECONDS 60.0

struct track_scan {
    const AVStream *st;  /* NULL: no such stream, or it does not decode */
    AVCodecContext *dec; /* until something came out */
    bool decoded;
    int packets;
    int64_t end_ticks; /* source clock; INT64_MIN unknown */
};

struct scan {
    struct source src;
    struct track_scan video, audio;
    AVPacket *pkt;
    AVFrame *frame;
    int64_t bytes;
    int64_t times[MAX_TIMES]; /* of video packets, stream time base */
    int time_count;
    bool at_end;             /* the whole file has been read */
    struct source_turn turn; /* of the pictures */
};

/* --- Reading --- */
static int64_t packet_duration(const AVStream *st, const AVPacket *pkt)
{
    size_t size = 0;
    const uint8_t *skip = av_packet_get_side_data(pkt, AV_PKT_DATA_SKIP_SAMPLES, &size);
    int64_t d = pkt->duration > 0 ? av_ticks(pkt->duration, st->time_base) : 0;

    if (d == 0 && st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && st->avg_frame_rate.num > 0)
        d = av_ticks(1, av_inv_q(st->avg_frame_rate));
    /* The last packet of a sound may be cut off at its end. */
    if (skip && size >= 10 && st->codecpar->sample_rate > 0)
        d -= av_ticks(AV_RL32(skip + 4), (AVRational){1, st->codecpar->sample_rate});
    return d > 0 ? d : 0;
}

static void try_decode(struct scan *s, struct track_scan *t)
{
    if (t->decoded || !t->dec)
        return;
    if (avcodec_send_packet(t->dec, s->pkt) >= 0 || t->packets > 1)
        t->decoded = avcodec_receive_frame(t->dec, s->frame) >= 0;
    if (t->decoded && s->src.is_image)
        s->turn = source_frame_turn(s->frame, s->turn);
    av_frame_unref(s->frame);
}

static void note_packet(struct scan *s)
{
    struct track_scan *t =
        s->src.fmt->streams[s->pkt->stream_index] == s->video.st ? &s->video : &s->audio;
    int64_t at = s->pkt->pts != AV_NOPTS_VALUE ? s->pkt->pts : s->pkt->dts;
    int64_t end;

    t->packets++;
    s->bytes += s->pkt->size;
    try_decode(s, t);
    if (s->pkt->flags & AV_PKT_FLAG_DISCARD)
        return;
    if (at == AV_NOPTS_VALUE) { /* follows the packet before */
        if (t->end_ticks != INT64_MIN && t == &s->audio)
            t->end_ticks += packet_duration(t->st, s->pkt);
        return;
    }
    if (t == &s->video && s->time_count < MAX_TIMES)
        s->times[s->time_count++] = at;
    end = source_ticks(&s->src, t->st, at) + packet_duration(t->st, s->pkt);
    if (end > t->end_ticks)
        t->end_ticks = end;
}

static bool read_one(struct scan *s, struct err *e)
{
    switch (source_read(&s->src, s->pkt, e)) {
    case SOURCE_FAILED:
        return false;
    case SOURCE_END:
        s->at_end = true;
        return true;
    case SOURCE_PACKET:
        note_packet(s);
        av_packet_unref(s->pkt);
        break;
    }
    return true;
}

static void drain(struct scan *s, struct track_scan *t)
{
    if (t->decoded || !t->dec)
        return;
    avcodec_send_packet(t->dec, NULL);
    t->decoded = avcodec_receive_frame(t->dec, s->frame) >= 0;
    if (t->decoded && s->src.is_image)
        s->turn = source_frame_turn(s->frame, s->turn);
    av_frame_unref(s->frame);
}

static bool wants_more(const struct track_scan *t)
{
    return t->st && !t->decoded && t->packets < MAX_UNDECODABLE;
}

static bool read_head(struct scan *s, struct err *e)
{
    while (!s->at_end) {
        bool enough = s->time_count >= MAX_TIMES || !s->video.st || s->bytes > HEAD_BYTES;
        if (enough && !wants_more(&s->video) && !wants_more(&s->audio))
            break;
        if (s->bytes > 4 * HEAD_BYTES)
            break;
        if (!read_one(s, e))
            return false;
    }
    drain(s, &s->video);
    drain(s, &s->audio);
    return true;
}

static bool read_to_end(struct scan *s, struct err *e)
{
    while (!s->at_end)
        if (!read_one(s, e))
            return false;
    return true;
}

/* Reads the end of the file. *good is false when nothing readable lay there. */
static bool read_tail(struct scan *s, bool *good, struct err *e)
{
    const AVStream *st = s->video.st ? s->video.st : s->audio.st;
    int64_t total = s->src.fmt->duration;
    int64_t end, head_end = s->video.st ? s->video.end_ticks : s->audio.end_ticks;

    *good = false;
    if (total <= 0 || total > (int64_t)(MEDIA_MAX_SECONDS * AV_TIME_BASE))
        return true;
    end = av_ticks(total, AV_TIME_BASE_Q);
    if (end - TAIL_TICKS < head_end)
        return true; /* short: reading on is as quick */
    if (!source_seek(&s->src, st, source_pts(&s->src, st, end - TAIL_TICKS)))
        return true;
    s->time_count = MAX_TIMES; /* no more: times would not be neighbours of the first ones */
    s->video.packets = s->audio.packets = 0;
    if (!read_to_end(s, e))
        return false;
    *good = (!s->video.st || s->video.packets > 0) && (!s->audio.st || s->audio.packets > 0);
    return true;
}

static bool rewind_and_read_all(struct scan *s, struct err *e)
{
    const AVStream *st = s->video.st ? s->video.st : s->audio.st;

    s->at_end = false;
    if (!source_seek(&s->src, st, st->start_time == AV_NOPTS_VALUE ? 0 : st->start_time))
        return err_set(e, ERR_INVALID, "the length of the file cannot be measured");
    return read_to_end(s, e);
}

static bool measure(struct scan *s, struct err *e)
{
    int times;
    bool good;

    if (!read_head(s, e))
        return false;
    if (!s->video.decoded)
        s->video.st = NULL;
    if (!s->audio.decoded)
        s->audio.st = NULL;
    if (!s->video.st && !s->audio.st)
        return err_set(e, ERR_INVALID, "the file is damaged: nothing in it can be decoded");
    if (s->at_end)
        return true;
    source_use(&s->src, s->video.st, s->audio.st);
    times = s->time_count;
    if (!read_tail(s, &good, e))
        return false;
    s->time_count = times;
    if (good)
        return true;
    return s->at_end ? rewind_and_read_all(s, e) : read_to_end(s, e);
}

/* --- Rate --- */
static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 0.005 * b;
}

/* The exact rate where the intervals are equal; else the container's nominal one if it agrees with
 * the measured average; else the average. */
static AVRational frame_rate(const AVStream *st, int64_t shortest, int64_t longest, double average)
{
    AVRational tb = st->time_base;

    if (shortest == longest && shortest > 0 && shortest < INT32_MAX) {
        AVRational r;
        av_reduce(&r.num, &r.den, tb.den, tb.num * shortest, INT32_MAX);
        return r;
    }
    if (st->r_frame_rate.num > 0 && is_near(av_q2d(st->r_frame_rate), average))
        return st->r_frame_rate;
    if (st->avg_frame_rate.num > 0 && is_near(av_q2d(st->avg_frame_rate), average))
        return st->avg_frame_rate;
    return av_d2q(average, 100000);
}

static void measure_rate(struct scan *s, struct media_info *out)
{
    const AVStream *st = s->video.st;
    int64_t shortest = INT64_MAX, longest = 0;
    AVRational r = st->avg_frame_rate;
    int n = s->time_count;

    qsort(s->times, (size_t)n, sizeof s->times[0], compare_times);
    /* Packets come in decoding order, so among the latest times some are still missing. */
    n -= n / 4 < REORDER_MAX ? n / 4 : REORDER_MAX;
    for (int i = 1; i < n; i++) {
        int64_t d = s->times[i] - s->times[i - 1];
        shortest = d < shortest ? d : shortest;
        longest = d > longest ? d : longest;
    }
    if (n > 1 && longest > 0) {
        double span = (double)(s->times[n - 1] - s->times[0]) * av_q2d(st->time_base);
        r = frame_rate(st, shortest, longest, (n - 1) / span);
        out->is_vfr = longest - shortest > 1;
    }
    if (r.num <= 0 || r.den <= 0)
        return;
    out->fps_num = r.num;
    out->fps_den = r.den;
    out->fps = av_q2d(r);
}

/* --- Describing --- */
static void name_container(const struct scan *s, struct media_info *out)
{
    const char *name = s->src.fmt->iformat->name;
    const AVDictionaryEntry *brand = av_dict_get(s->src.fmt->metadata, "major_brand", NULL, 0);
    const AVStream *v = s->video.st;

    if (av_match_name("mov", name))
        name = brand && strncmp(brand->value, "qt", 2) == 0 ? "mov" : v ? "mp4" : "m4a";
    else if (av_match_name("matroska", name))
        name = v && (v->codecpar->codec_id == AV_CODEC_ID_VP8 ||
                     v->codecpar->codec_id == AV_CODEC_ID_VP9 ||
                     v->codecpar->codec_id == AV_CODEC_ID_AV1)
                   ? "webm"
                   : "mkv";
    snprintf(out->container, sizeof out->container, "%.*s", (int)strcspn(name, "_"), name);
}

/* What a viewer sees: pixels made square by enlarging, then turned. */
static void set_display_size(struct media_info *out)
{
    int64_t w = out->coded_width, h = out->coded_height;

    if (out->sar_num > out->sar_den)
        w = ticks_scale(w, out->sar_num, out->sar_den);
    else
        h = ticks_scale(h, out->sar_den, out->sar_num);
    out->width = (int)(out->rotation % 180 ? h : w);
    out->height = (int)(out->rotation % 180 ? w : h);
}

static void describe_video(struct scan *s, struct media_info *out)
{
    AVStream *st = s->src.video;
    const AVCodecParameters *p = st->codecpar;
    AVRational sar = source_sar(&s->src, NULL);
    const char *format = av_get_pix_fmt_name(p->format);

    out->has_video = true;
    snprintf(out->video_codec, sizeof out->video_codec, "%s", avcodec_get_name(p->codec_id));
    snprintf(out->pixel_format, sizeof out->pixel_format, "%s", format ? format : "unknown");
    out->coded_width = p->width;
    out->coded_height = p->height;
    out->sar_num = sar.num;
    out->sar_den = sar.den;
    out->rotation = s->turn.rotation;
    out->is_hdr = p->color_trc == AVCOL_TRC_SMPTE2084 || p->color_trc == AVCOL_TRC_ARIB_STD_B67;
    set_display_size(out);
    measure_rate(s, out);
    if (st->start_time != AV_NOPTS_VALUE)
        out->video_start_ticks = source_ticks(&s->src, st, st->start_time);
    out->video_end_ticks = s->video.end_ticks;
}

/* An edit list may end the sound inside its last packets. */
static int64_t audio_end(const struct scan *s)
{
    const AVStream *st = s->audio.st;
    int64_t claimed;

    if (st->duration <= 0 || st->start_time == AV_NOPTS_VALUE)
        return s->audio.end_ticks;
    claimed = source_ticks(&s->src, st, st->start_time) + av_ticks(st->duration, st->time_base);
    return claimed < s->audio.end_ticks && s->audio.end_ticks - claimed < TICKS_PER_SECOND / 5
               ? claimed
               : s->audio.end_ticks;
}

static void describe_audio(struct scan *s, struct media_info *out)
{
    const AVStream *st = s->audio.st;

    out->has_audio = true;
    snprintf(out->audio_codec, sizeof out->audio_codec, "%s",
             avcodec_get_name(st->codecpar->codec_id));
    out->sample_rate = st->codecpar->sample_rate;
    out->channels = st->codecpar->ch_layout.nb_channels;
    if (st->start_time != AV_NOPTS_VALUE)
        out->audio_start_ticks = source_ticks(&s->src, st, st->start_time);
    out->audio_end_ticks = audio_end(s);
}

static bool describe(struct scan *s, struct media_info *out, struct err *e)
{
    name_container(s, out);
    if (s->video.st)
        describe_video(s, out);
    if (s->audio.st)
        describe_audio(s, out);
    if (s->src.is_image) {
        out->is_image = true;
        out->is_vfr = false;
        out->fps_num = out->fps_den = 0;
        out->fps = 0;
        out->video_end_ticks = out->video_start_ticks = 0;
        return true;
    }
    out->duration_ticks =
        out->video_end_ticks > out->audio_end_ticks ? out->video_end_ticks : out->audio_end_ticks;
    if (out->duration_ticks <= 0)
        return err_set(e, ERR_INVALID, "the file plays for no time at all");
    out->duration = ticks_to_seconds(out->duration_ticks);
    if (out->duration > MEDIA_MAX_SECONDS)
        return err_set(e, ERR_INVALID, "the file plays for %.0f hours, the most accepted is %.0f",
                       out->duration / 3600, MEDIA_MAX_SECONDS / 3600);
    out->bit_rate = llround((double)s->src.io.size * 8 / out->duration);
    return true;
}

static bool begin_track(const struct source *s, struct track_scan *t, const AVStream *st)
{
    t->st = st;
    t->end_ticks = INT64_MIN;
    if (st)
        t->dec = source_decoder(s, st, 1, NULL);
    return !st || t->dec;
}

bool media_probe(int fd, struct media_info *out, const struct cancel *cancel, struct err *e)
{
    bool ok = false;
    struct scan *s = calloc(1, sizeof *s);

    *out = (struct media_info){0};
    if (!s)
        return err_set(e, ERR_NO_MEMORY, "no memory to look at a file");
    s->pkt = av_packet_alloc();
    s->frame = av_frame_alloc();
    if (!s->pkt || !s->frame) {
        err_set(e, ERR_NO_MEMORY, "no memory to look at a file");
        goto out;
    }
    if (!source_open(&s->src, fd, cancel, e))
        goto out;
    source_deadline(&s->src, PROBE_SECONDS);
    if (s->src.video)
        s->turn = source_turn(s->src.video);
    begin_track(&s->src, &s->video, s->src.video);
    begin_track(&s->src, &s->audio, s->src.audio);
    ok = measure(s, e) && describe(s, out, e);

out:
    avcodec_free_context(&s->video.dec);
    avcodec_free_context(&s->audio.dec);
    source_close(&s->src);
    av_frame_free(&s->frame);
    av_packet_free(&s->pkt);
    free(s);
    return ok;
}
