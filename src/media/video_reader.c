/* SPDX-License-Identifier: GPL-3.0-or-later
 * video_reader.c - the picture on screen at a time.
 *
 * DESIGN. The reader holds two neighbours in presentation order, `cur` and `next`; the answer for t
 * is `cur` when cur <= t < next. Going forward it shifts them along. It seeks when t lies before
 * `cur`, or when a key frame lies between and so decoding on would be waste.
 *
 * A seek is checked, never believed: pictures before the key frame that it landed on may lack their
 * references and are dropped, and if the first whole picture is later than t, it seeks again from
 * further back, in the end from the start of the file. On the way to a far target only reference
 * frames are decoded; should the answer then be older than a frame that was left out (a gap in
 * a file of variable rate), the way is gone again in full.
 */
#include "media/av.h"
#include "media/convert.h"
#include "media/media.h"
#include "media/media_open.h"

#include <inttypes.h>
#include <stdlib.h>

/* Distance that is always decoded rather than sought over. */
#define NEAR_TICKS (TICKS_PER_SECOND / 2)
/* Where the container has no list of key frames: the distance at which a seek is tried. */
#define FAR_TICKS (5 * TICKS_PER_SECOND)
/* Frames this close before the target are all decoded. */
#define PREROLL_FULL_TICKS (TICKS_PER_SECOND / 4)
#define FIRST_STEP_BACK (TICKS_PER_SECOND)
/* Containers round their times; half a unit is forgiven, but never more than this. */
#define MAX_SLACK_TICKS (TICKS_PER_SECOND / 2000)

struct video_reader {
    int fd;
    const struct cancel *cancel;
    struct source src;
    AVCodecContext *dec;
    AVPacket *pkt;
    AVFrame *frame;
    struct converter *convert;
    int rotation;
    int64_t slack_ticks;

    struct picture *cur, *next;
    int64_t first_ticks;   /* of the first picture of all */
    int64_t last_ticks;    /* of the last picture that came out; INT64_MIN none */
    int64_t valid_ticks;   /* pictures before this came from half a group and are dropped */
    int64_t fed_dts;       /* stream time base; how far the file is read */
    int64_t skip_before;   /* packets before this give only reference frames; INT64_MIN off */
    int64_t skipped_ticks; /* the latest time that may have been left out; INT64_MIN none */
    bool await_key;        /* after a seek, until a key frame comes */
    bool draining;         /* the file is read to its end */
    bool ended;            /* and the decoder is empty */
};

/* --- Decoding in order --- */
static int64_t packet_ticks(const struct video_reader *r, const AVPacket *pkt)
{
    int64_t t = pkt->pts != AV_NOPTS_VALUE ? pkt->pts : pkt->dts;

    return t == AV_NOPTS_VALUE ? INT64_MIN : source_ticks(&r->src, r->src.video, t);
}

static void note_packet(struct video_reader *r)
{
    int64_t t = packet_ticks(r, r->pkt);
    bool skip = t != INT64_MIN && r->pkt->pts != AV_NOPTS_VALUE && t < r->skip_before;

    if (r->pkt->dts != AV_NOPTS_VALUE)
        r->fed_dts = r->pkt->dts;
    if (r->await_key) {
        r->await_key = false;
        r->valid_ticks = t;
    }
    r->dec->skip_frame = skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    if (skip && t > r->skipped_ticks)
        r->skipped_ticks = t;
}

/* Gives the decoder one packet, or the end. */
static bool feed(struct video_reader *r, struct err *e)
{
    int rc;

    for (;;) {
        switch (source_read(&r->src, r->pkt, e)) {
        case SOURCE_FAILED:
            return false;
        case SOURCE_END:
            r->draining = true;
            avcodec_send_packet(r->dec, NULL);
            return true;
        case SOURCE_PACKET:
            break;
        }
        if (!r->await_key || r->pkt->flags & AV_PKT_FLAG_KEY)
            break;
        av_packet_unref(r->pkt);
    }
    note_packet(r);
    rc = avcodec_send_packet(r->dec, r->pkt);
    av_packet_unref(r->pkt);
    if (rc == AVERROR(ENOMEM) && cancel_fired(r->cancel))
        return err_set(e, ERR_CANCELED, "canceled");
    return true; /* a packet that cannot be decoded is passed over */
}

static int64_t frame_ticks(const struct video_reader *r, const AVFrame *f)
{
    if (f->best_effort_timestamp != AV_NOPTS_VALUE)
        return source_ticks(&r->src, r->src.video, f->best_effort_timestamp);
    if (r->last_ticks == INT64_MIN)
        return 0;
    /* A stream without times at all: count frames. */
    return r->last_ticks + (r->src.video->avg_frame_rate.num > 0
                                ? av_ticks(1, av_inv_q(r->src.video->avg_frame_rate))
                                : TICKS_PER_SECOND / 25);
}

/* Is this frame one to show? Late and half-decoded ones are not. */
static bool frame_counts(const struct video_reader *r, int64_t t)
{
    return t >= r->valid_ticks && (r->last_ticks == INT64_MIN || t > r->last_ticks);
}

static struct picture *finish_picture(struct video_reader *r, int64_t t, struct err *e)
{
    AVRational sar = source_sar(&r->src, r->frame);
    int64_t duration = r->frame->pkt_duration;
    struct picture *p = convert_frame(r->convert, r->frame, e);

    if (!p)
        return NULL;
    p->sar_num = sar.num;
    p->sar_den = sar.den;
    p->rotation = r->rotation;
    p->pts_ticks = t;
    p->duration_ticks = duration > 0 ? av_ticks(duration, r->src.video->time_base) : 0;
    r->last_ticks = t;
    return p;
}

/* The next picture in presentation order; NULL with ERR_NONE at the end. */
static struct picture *decode(struct video_reader *r, struct err *e)
{
    e->code = ERR_NONE;
    while (!r->ended) {
        int rc = avcodec_receive_frame(r->dec, r->frame);

        if (rc >= 0) {
            int64_t t = frame_ticks(r, r->frame);
            if (frame_counts(r, t))
                return finish_picture(r, t, e);
            av_frame_unref(r->frame);
        } else if (rc == AVERROR_EOF || (rc != AVERROR(EAGAIN) && r->draining)) {
            r->ended = true; /* when nothing more comes in, nothing better comes out */
        } else if (!feed(r, e)) {
            return NULL;
        }
    }
    return NULL;
}

/* --- Positions --- */
static void forget_position(struct video_reader *r)
{
    picture_unref(&r->cur);
    picture_unref(&r->next);
    r->last_ticks = INT64_MIN;
    r->valid_ticks = INT64_MIN;
    r->fed_dts = INT64_MIN;
    r->skip_before = INT64_MIN;
    r->skipped_ticks = INT64_MIN;
    r->await_key = r->draining = r->ended = false;
}

/* Opens the file anew, at its start. */
static bool restart(struct video_reader *r, struct err *e)
{
    forget_position(r);
    avcodec_free_context(&r->dec);
    source_close(&r->src);
    if (!source_open(&r->src, r->fd, r->cancel, e))
        return false;
    if (!r->src.video)
        return err_set(e, ERR_INVALID, "the file holds no picture");
    source_use(&r->src, r->src.video, NULL);
    r->dec = source_decoder(r->src.video, 1, e);
    return r->dec != NULL;
}

/* Moves to a key frame at or before t and decodes its picture into `next`. *found says whether that
 * picture is early enough for t. */
static bool land(struct video_reader *r, int64_t from, int64_t t, bool skip, bool *found,
                 struct err *e)
{
    *found = false;
    forget_position(r);
    if (!source_seek(&r->src, r->src.video, source_pts(&r->src, r->src.video, from)))
        return true;
    avcodec_flush_buffers(r->dec);
    r->await_key = true;
    if (skip)
        r->skip_before = t - PREROLL_FULL_TICKS;
    r->next = decode(r, e);
    if (!r->next && e->code != ERR_NONE)
        return false;
    *found = r->next && r->next->pts_ticks <= t;
    return true;
}

static bool seek_to(struct video_reader *r, int64_t t, bool skip, struct err *e)
{
    bool found = false;

    for (int64_t back = 0; t - back > r->first_ticks; back = back ? back * 4 : FIRST_STEP_BACK) {
        if (!land(r, t - back, t, skip, &found, e))
            return false;
        if (found)
            return true;
    }
    if (!restart(r, e))
        return false;
    if (skip)
        r->skip_before = t - PREROLL_FULL_TICKS;
    r->next = decode(r, e);
    if (!r->next && e->code == ERR_NONE)
        return err_set(e, ERR_INVALID, "no picture can be decoded any more");
    return r->next != NULL;
}

/* Shifts the neighbours until cur <= t < next. */
static bool advance(struct video_reader *r, int64_t t, struct err *e)
{
    while (r->next && r->next->pts_ticks <= t) {
        picture_unref(&r->cur);
        r->cur = r->next;
        r->next = decode(r, e);
        if (!r->next && e->code != ERR_NONE)
            return false;
    }
    return true;
}

/* Would a seek to t get there sooner than decoding on? */
static bool seek_pays(const struct video_reader *r, int64_t t)
{
    AVStream *st = r->src.video;
    int64_t here = r->next ? r->next->pts_ticks : r->cur->pts_ticks;
    int64_t want = source_pts(&r->src, st, t);
    int n = avformat_index_get_entries_count(st);
    const AVIndexEntry *key, *last;

    if (!r->next || t - here < NEAR_TICKS)
        return false;
    last = n > 0 ? avformat_index_get_entry(st, n - 1) : NULL;
    key = last ? avformat_index_get_entry_from_timestamp(st, want, AVSEEK_FLAG_BACKWARD) : NULL;
    if (key && r->fed_dts != INT64_MIN && key->timestamp > r->fed_dts)
        return true;
    if (last && last->timestamp >= want)
        return false; /* the list is complete up to t, and no key frame is in between */
    return t - here > FAR_TICKS;
}

static bool move_to(struct video_reader *r, int64_t t, struct err *e)
{
    const struct picture *here = r->cur ? r->cur : r->next;
    bool skip = true;

    if (!here || t < here->pts_ticks || seek_pays(r, t)) {
        if (!seek_to(r, t, skip, e))
            return false;
    } else {
        r->skipped_ticks = INT64_MIN;
        r->skip_before = t - PREROLL_FULL_TICKS;
    }
    if (!advance(r, t, e))
        return false;
    if (!r->cur || r->skipped_ticks <= r->cur->pts_ticks)
        return true;
    return seek_to(r, t, !skip, e) && advance(r, t, e);
}

/* --- The reader --- */
struct video_reader *video_reader_create(int fd, const struct cancel *cancel, struct err *e)
{
    struct video_reader *r = calloc(1, sizeof *r);
    AVRational tb;

    if (r) {
        r->fd = fd;
        r->cancel = cancel;
        r->pkt = av_packet_alloc();
        r->frame = av_frame_alloc();
        r->convert = converter_create();
    }
    if (!r || !r->pkt || !r->frame || !r->convert) {
        err_set(e, ERR_NO_MEMORY, "no memory for a video reader");
        goto fail;
    }
    if (!restart(r, e))
        goto fail;
    tb = r->src.video->time_base;
    r->slack_ticks = av_ticks(1, tb) / 2 <= MAX_SLACK_TICKS ? av_ticks(1, tb) / 2 : 0;
    r->rotation = source_rotation(r->src.video);
    r->next = decode(r, e);
    if (!r->next) {
        if (e->code == ERR_NONE)
            err_set(e, ERR_INVALID, "the file is damaged: none of its pictures can be decoded");
        goto fail;
    }
    r->first_ticks = r->next->pts_ticks;
    return r;

fail:
    video_reader_destroy(r);
    return NULL;
}

void video_reader_destroy(struct video_reader *r)
{
    if (!r)
        return;
    picture_unref(&r->cur);
    picture_unref(&r->next);
    converter_destroy(r->convert);
    av_frame_free(&r->frame);
    av_packet_free(&r->pkt);
    avcodec_free_context(&r->dec);
    source_close(&r->src);
    free(r);
}

struct picture *video_reader_at(struct video_reader *r, int64_t t_ticks, struct err *e)
{
    struct picture *p = NULL;
    int64_t t = t_ticks + r->slack_ticks;

    if (t < r->first_ticks)
        t = r->first_ticks;
    if (move_to(r, t, e)) {
        p = picture_ref(r->cur ? r->cur : r->next);
        if (!p)
            err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    }
    return p;
}

struct picture *video_reader_next(struct video_reader *r, struct err *e)
{
    struct picture *p = NULL;

    e->code = ERR_NONE;
    r->skip_before = INT64_MIN;
    if (!r->next)
        return NULL;
    p = picture_ref(r->next);
    if (!p) {
        err_set(e, ERR_NO_MEMORY, "no memory for a picture");
        return NULL;
    }
    picture_unref(&r->cur);
    r->cur = r->next;
    r->next = decode(r, e);
    if (!r->next && e->code != ERR_NONE)
        picture_unref(&p);
    return p;
}
