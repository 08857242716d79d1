/* SPDX-License-Identifier: GPL-3.0-or-later
 * picture_stream.c - the pictures of a file one after the other.
 *
 * DESIGN. Two stages. decode() gives what the decoder shows, in order. picture_stream_next() makes
 * progressive pictures of it: one that is flagged interlaced is held until the one after it is
 * known, and finished with the help of both neighbours. So that a picture is the same whichever way
 * the stream came to it, the first one after a seek, which lacks its neighbour, is not shown when
 * it is interlaced.
 */
#include "media/picture_stream.h"

#include "media/av.h"
#include "media/convert.h"
#include "media/deinterlace.h"
#include "media/media_open.h"

#include <stdlib.h>

/* Distance that is always decoded rather than sought over. */
#define NEAR_TICKS (TICKS_PER_SECOND / 2)
/* Where the container has no list of key frames: the distance at which a seek is tried. */
#define FAR_TICKS (5 * TICKS_PER_SECOND)
/* Containers round their times; half a unit is forgiven, but never more than this. */
#define MAX_SLACK_TICKS (TICKS_PER_SECOND / 2000)
/* Images are made smaller, because each frame of a film reads all of its picture. */
#define MAX_IMAGE_EDGE 4096
/* Times of left-out pictures that are remembered: more than a decoder reorders. */
#define GAPS 64

struct picture_stream {
    int fd, threads;
    int min_edge; /* of rough pictures; 0: in full */
    const struct cancel *cancel;
    struct source src;
    AVCodecContext *dec;
    AVPacket *pkt;
    AVFrame *frame;
    struct converter *convert;
    struct source_turn turn;

    struct picture
        *before; /* the last one decoded before `ahead`; NULL none, or not its neighbour */
    struct picture *ahead; /* decoded, not shown yet */
    int64_t last_ticks;    /* of the last picture that came out; INT64_MIN none */
    int64_t valid_ticks;   /* pictures before this came from half a group and are dropped */
    int64_t fed_dts;       /* stream time base; how far the file is read */
    int64_t skip_before;   /* packets before this give only reference frames; INT64_MIN off */
    int64_t skipped_ticks; /* INT64_MIN none */
    int64_t asked_from, asked_step; /* the times that will be asked for; step 0: any */
    int64_t gaps[GAPS];             /* times left out for that; a ring, INT64_MIN none */
    int64_t gap_forgotten;          /* the latest that fell out of it */
    int next_gap;
    bool await_key;  /* after a seek, until a key frame comes */
    bool after_seek; /* until the first picture came */
    bool draining;   /* the file is read to its end */
    bool ended;      /* and the decoder is empty */
};

/* --- Decoding in order --- */
static int64_t packet_ticks(const struct picture_stream *s, const AVPacket *pkt)
{
    int64_t t = pkt->pts != AV_NOPTS_VALUE ? pkt->pts : pkt->dts;

    return t == AV_NOPTS_VALUE ? INT64_MIN : source_ticks(&s->src, s->src.video, t);
}

/* Is a picture that is on screen from t on for so long one of those that will be asked for? The
 * container's rounding is allowed for at both ends. */
static bool is_asked_for(const struct picture_stream *s, int64_t t, int64_t duration)
{
    int64_t slop = 2 * picture_stream_slack(s) + MAX_SLACK_TICKS, k = 0;

    if (s->asked_step <= 0 || duration <= 0 || s->before) /* interlaced ones need neighbours */
        return true;
    if (t - slop > s->asked_from)
        k = (t - slop - s->asked_from + s->asked_step - 1) / s->asked_step;
    return s->asked_from + k * s->asked_step < t + duration + slop;
}

static void note_gap(struct picture_stream *s, int64_t t)
{
    int64_t *place = &s->gaps[s->next_gap++ % GAPS];

    if (*place > s->gap_forgotten)
        s->gap_forgotten = *place;
    *place = t;
}

bool picture_stream_has_gap(const struct picture_stream *s, int64_t after_ticks,
                            int64_t until_ticks)
{
    if (s->gap_forgotten > after_ticks)
        return true;
    for (int i = 0; i < GAPS; i++)
        if (s->gaps[i] > after_ticks && s->gaps[i] <= until_ticks)
            return true;
    return false;
}

static void forget_gaps(struct picture_stream *s)
{
    for (int i = 0; i < GAPS; i++)
        s->gaps[i] = INT64_MIN;
    s->gap_forgotten = INT64_MIN;
    s->next_gap = 0;
    s->asked_step = 0;
}

static void note_packet(struct picture_stream *s)
{
    int64_t t = packet_ticks(s, s->pkt);
    bool timed = t != INT64_MIN && s->pkt->pts != AV_NOPTS_VALUE;
    bool skip = timed && t < s->skip_before;
    bool unseen =
        timed && !skip && !is_asked_for(s, t, av_ticks(s->pkt->duration, s->src.video->time_base));

    if (s->pkt->dts != AV_NOPTS_VALUE)
        s->fed_dts = s->pkt->dts;
    if (s->await_key) {
        s->await_key = false;
        s->valid_ticks = t;
    }
    s->dec->skip_frame = skip || unseen ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    if (skip && t > s->skipped_ticks)
        s->skipped_ticks = t;
    if (unseen)
        note_gap(s, t);
}

/* Gives the decoder one packet, or the end. */
static bool feed(struct picture_stream *s, struct err *e)
{
    int rc;

    for (;;) {
        switch (source_read(&s->src, s->pkt, e)) {
        case SOURCE_FAILED:
            return false;
        case SOURCE_END:
            s->draining = true;
            avcodec_send_packet(s->dec, NULL);
            return true;
        case SOURCE_PACKET:
            break;
        }
        if (!s->await_key || s->pkt->flags & AV_PKT_FLAG_KEY)
            break;
        av_packet_unref(s->pkt);
    }
    note_packet(s);
    rc = avcodec_send_packet(s->dec, s->pkt);
    av_packet_unref(s->pkt);
    if (rc == AVERROR(ENOMEM) && cancel_fired(s->cancel))
        return err_set(e, ERR_CANCELED, "canceled");
    return true; /* a packet that cannot be decoded is passed over */
}

static int64_t frame_ticks(const struct picture_stream *s, const AVFrame *f)
{
    if (f->best_effort_timestamp != AV_NOPTS_VALUE)
        return source_ticks(&s->src, s->src.video, f->best_effort_timestamp);
    if (s->last_ticks == INT64_MIN)
        return 0;
    /* A stream without times at all: count frames. */
    return s->last_ticks + (s->src.video->avg_frame_rate.num > 0
                                ? av_ticks(1, av_inv_q(s->src.video->avg_frame_rate))
                                : TICKS_PER_SECOND / 25);
}

/* Is this frame one to show? Late and half-decoded ones are not. */
static bool frame_counts(const struct picture_stream *s, int64_t t)
{
    return t >= s->valid_ticks && (s->last_ticks == INT64_MIN || t > s->last_ticks);
}

static struct picture *finish_picture(struct picture_stream *s, int64_t t, struct err *e)
{
    AVRational sar = source_sar(&s->src, s->frame);
    int64_t duration = s->frame->pkt_duration;
    struct source_turn turn = s->src.is_image ? source_frame_turn(s->frame, s->turn) : s->turn;
    struct picture *p;

    convert_mend_colours(s->frame, s->dec->codec_id);
    p = convert_frame(s->convert, s->frame, s->src.is_image ? MAX_IMAGE_EDGE : 0, e);
    if (!p)
        return NULL;
    p->sar_num = sar.num;
    p->sar_den = sar.den;
    p->rotation = turn.rotation;
    p->mirrored = turn.mirrored;
    p->pts_ticks = t;
    p->duration_ticks = duration > 0 ? av_ticks(duration, s->src.video->time_base) : 0;
    s->last_ticks = t;
    if (s->src.is_image)
        s->ended = true; /* the first picture is the image */
    return p;
}

/* The next picture as it was coded; NULL with ERR_NONE at the end. */
static struct picture *decode(struct picture_stream *s, struct err *e)
{
    e->code = ERR_NONE;
    while (!s->ended) {
        int rc = avcodec_receive_frame(s->dec, s->frame);

        if (rc >= 0) {
            int64_t t = frame_ticks(s, s->frame);
            if (frame_counts(s, t))
                return finish_picture(s, t, e);
            av_frame_unref(s->frame);
        } else if (rc == AVERROR_EOF || (rc != AVERROR(EAGAIN) && s->draining)) {
            s->ended = true; /* when nothing more comes in, nothing better comes out */
        } else if (!feed(s, e)) {
            return NULL;
        }
    }
    return NULL;
}

/* --- Progressive pictures --- */
static bool is_interlaced(const struct picture *p)
{
    return picture_frame(p)->interlaced_frame;
}

static struct picture *take_ahead(struct picture_stream *s, struct err *e)
{
    struct picture *p = s->ahead;

    s->ahead = NULL;
    e->code = ERR_NONE;
    return p ? p : decode(s, e);
}

/* p out of its two fields; it becomes the neighbour of the next one. */
static struct picture *weave(struct picture_stream *s, struct picture *p, struct err *e)
{
    struct picture *out;

    s->ahead = decode(s, e);
    if (!s->ahead && e->code != ERR_NONE) {
        picture_unref(&p);
        return NULL;
    }
    /* Made without its true neighbour: whoever wants this one must come again without skipping. */
    if (s->before &&
        ((s->skipped_ticks > s->before->pts_ticks && s->skipped_ticks < p->pts_ticks) ||
         picture_stream_has_gap(s, s->before->pts_ticks,
                                s->ahead ? s->ahead->pts_ticks : INT64_MAX)))
        s->skipped_ticks = p->pts_ticks;
    out = deinterlace(s->before, p, s->ahead, picture_frame(p)->top_field_first, e);
    picture_unref(&s->before);
    s->before = p;
    return out;
}

struct picture *picture_stream_next(struct picture_stream *s, struct err *e)
{
    struct picture *p = take_ahead(s, e);

    if (p && s->after_seek && is_interlaced(p)) {
        s->before = p;
        p = decode(s, e);
    }
    s->after_seek = false;
    if (!p)
        return NULL;
    if (is_interlaced(p))
        return weave(s, p, e);
    picture_unref(&s->before);
    return p;
}

/* --- Positions --- */
static void forget_position(struct picture_stream *s)
{
    picture_unref(&s->before);
    picture_unref(&s->ahead);
    s->last_ticks = INT64_MIN;
    s->valid_ticks = INT64_MIN;
    s->fed_dts = INT64_MIN;
    s->skip_before = INT64_MIN;
    s->skipped_ticks = INT64_MIN;
    forget_gaps(s);
    s->await_key = s->after_seek = s->draining = s->ended = false;
}

bool picture_stream_restart(struct picture_stream *s, struct err *e)
{
    forget_position(s);
    avcodec_free_context(&s->dec);
    source_close(&s->src);
    if (!source_open(&s->src, s->fd, s->cancel, e))
        return false;
    if (!s->src.video)
        return err_set(e, ERR_INVALID, "the file holds no picture");
    source_use(&s->src, s->src.video, NULL);
    s->dec = s->min_edge > 0 ? source_rough_decoder(&s->src, s->src.video, s->min_edge, e)
                             : source_decoder(&s->src, s->src.video, s->threads, e);
    return s->dec != NULL;
}

bool picture_stream_seek(struct picture_stream *s, int64_t t_ticks)
{
    forget_position(s);
    if (s->src.is_image ||
        !source_seek(&s->src, s->src.video, source_pts(&s->src, s->src.video, t_ticks)))
        return false;
    avcodec_flush_buffers(s->dec);
    s->await_key = s->after_seek = true;
    return true;
}

void picture_stream_skip_before(struct picture_stream *s, int64_t t_ticks)
{
    s->skip_before = t_ticks;
    s->skipped_ticks = INT64_MIN;
}

void picture_stream_ask_for(struct picture_stream *s, int64_t from_ticks, int64_t step_ticks)
{
    s->asked_from = from_ticks;
    s->asked_step = step_ticks;
}

int64_t picture_stream_skipped(const struct picture_stream *s)
{
    return s->skipped_ticks;
}

bool picture_stream_seek_pays(const struct picture_stream *s, int64_t here_ticks, int64_t t_ticks)
{
    AVStream *st = s->src.video;
    int64_t want = source_pts(&s->src, st, t_ticks);
    int n = avformat_index_get_entries_count(st);
    const AVIndexEntry *key, *last;

    if (s->ended || t_ticks - here_ticks < NEAR_TICKS)
        return false;
    last = n > 0 ? avformat_index_get_entry(st, n - 1) : NULL;
    key = last ? avformat_index_get_entry_from_timestamp(st, want, AVSEEK_FLAG_BACKWARD) : NULL;
    if (key && s->fed_dts != INT64_MIN && key->timestamp > s->fed_dts)
        return true;
    if (last && last->timestamp >= want)
        return false; /* the list is complete up to t, and no key frame is in between */
    return t_ticks - here_ticks > FAR_TICKS;
}

int64_t picture_stream_slack(const struct picture_stream *s)
{
    int64_t half = av_ticks(1, s->src.video->time_base) / 2;

    return half <= MAX_SLACK_TICKS ? half : 0;
}

static struct picture_stream *create(int fd, int threads, int min_edge,
                                     const struct cancel *cancel, struct err *e)
{
    struct picture_stream *s = calloc(1, sizeof *s);

    if (s) {
        s->fd = fd;
        s->threads = threads;
        s->min_edge = min_edge;
        s->cancel = cancel;
        s->pkt = av_packet_alloc();
        s->frame = av_frame_alloc();
        s->convert = converter_create();
    }
    if (!s || !s->pkt || !s->frame || !s->convert) {
        err_set(e, ERR_NO_MEMORY, "no memory for a video reader");
        goto fail;
    }
    if (!picture_stream_restart(s, e))
        goto fail;
    s->turn = source_turn(s->src.video);
    return s;

fail:
    picture_stream_destroy(s);
    return NULL;
}

struct picture_stream *picture_stream_create(int fd, int threads, const struct cancel *cancel,
                                             struct err *e)
{
    return create(fd, threads, 0, cancel, e);
}

struct picture_stream *picture_stream_create_rough(int fd, int min_edge,
                                                   const struct cancel *cancel, struct err *e)
{
    return create(fd, 1, min_edge, cancel, e);
}

void picture_stream_destroy(struct picture_stream *s)
{
    if (!s)
        return;
    picture_unref(&s->before);
    picture_unref(&s->ahead);
    converter_destroy(s->convert);
    av_frame_free(&s->frame);
    av_packet_free(&s->pkt);
    avcodec_free_context(&s->dec);
    source_close(&s->src);
    free(s);
}
