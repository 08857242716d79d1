/* SPDX-License-Identifier: GPL-3.0-or-later
 * video_reader.c - the picture on screen at a time.
 *
 * DESIGN. The reader holds a window of neighbours in presentation order, none of them missing; the
 * answer for t is the last one whose time is <= t, and the window always reaches beyond t or to the
 * end of the film. Going forward it holds two pictures and shifts them along. It seeks when t lies
 * before the window, or when a key frame lies between and so decoding on would be waste. Going
 * backwards step by step it keeps, of the pictures that it must decode anyway on the way from the
 * key frame, as many as fit in KEPT_BYTES, so that the steps after that cost nothing.
 *
 * A seek is checked, never believed: if the first picture after it is later than t, it seeks again
 * from further back, in the end from the start of the file. On the way to a far target only
 * reference frames are decoded; should the answer then be older than a frame that was left out (a
 * gap in a file of variable rate), the way is gone again in full.
 *
 * A film of 30 fps from a source of 60 shows every second picture. Once times have been asked for
 * in equal steps the reader expects that to go on, and pictures that would never be seen are not
 * decoded. When it expected wrongly, and a picture is missing, the way is gone again, too; after a
 * few times it expects nothing any more.
 */
#include "core/timebase.h"
#include "media/media.h"
#include "media/picture_stream.h"

#include <stdlib.h>
#include <string.h>

/* Frames this close before the target are all decoded. */
#define PREROLL_FULL_TICKS (TICKS_PER_SECOND / 4)
#define FIRST_STEP_BACK (TICKS_PER_SECOND)
/* A step back of up to this, or two pictures, is one of many: the film runs in reverse. */
#define REVERSE_STEP_TICKS (TICKS_PER_SECOND / 2)
#define KEPT_BYTES ((size_t)32 << 20)
#define KEPT_LEAST                                                                                 \
    8 /* pictures in reverse, however large: each refill decodes a group of pictures */
#define KEPT_MAX 512
#define FORWARD_PICTURES 2 /* the answer and the one after it */
/* Equal steps, within rounding, that must have been made before the next is expected. */
#define STEADY_STEPS 2
#define STEP_TOLERANCE_TICKS (TICKS_PER_SECOND / 10000)
#define MAX_MISSES 3

struct video_reader {
    struct picture_stream *stream;
    int64_t slack_ticks;
    int64_t first_ticks; /* of the first picture of all */

    struct picture *kept[KEPT_MAX]; /* the window, ascending */
    int count;                      /* at least 1 between calls, unless one failed */
    size_t bytes;                   /* of all kept ones */
    size_t limit;                   /* of bytes; a few pictures are kept whatever their size */
    int shown;                      /* the one that was asked for last; -1 none */

    int64_t asked, step; /* the last time asked for, and how far it was from the one before */
    int steady;          /* how many steps were like that */
    int misses;          /* how often that misled */
};

/* --- The window --- */
static size_t picture_bytes(const struct picture *p)
{
    size_t n = 0;

    for (int i = 0; i < 3; i++) {
        int rows = i ? (p->height >> p->chroma_shift_y) + 1 : p->height;
        n += (size_t)abs(p->stride[i]) * (size_t)rows;
    }
    return n;
}

static void drop_first(struct video_reader *r)
{
    r->bytes -= picture_bytes(r->kept[0]);
    picture_unref(&r->kept[0]);
    r->count--;
    memmove(r->kept, r->kept + 1, (size_t)r->count * sizeof r->kept[0]);
    r->shown -= r->shown >= 0;
}

static void drop_all(struct video_reader *r)
{
    for (int i = 0; i < r->count; i++)
        picture_unref(&r->kept[i]);
    r->count = 0;
    r->bytes = 0;
    r->shown = -1;
}

static const struct picture *last_kept(const struct video_reader *r)
{
    return r->kept[r->count - 1];
}

/* Adds the next picture; *end is set when there is none. Going forward there is room for it before
 * it is decoded: a decoder never needs one picture more than it and the window hold, 12 MB at 4K.
 */
static bool extend(struct video_reader *r, bool *end, struct err *e)
{
    while (!r->limit && r->count >= FORWARD_PICTURES)
        drop_first(r);
    struct picture *p = picture_stream_next(r->stream, e);

    *end = !p;
    if (!p)
        return e->code == ERR_NONE;
    while (r->count >= KEPT_LEAST &&
           (r->count == KEPT_MAX || r->bytes + picture_bytes(p) > r->limit))
        drop_first(r);
    r->kept[r->count++] = p;
    r->bytes += picture_bytes(p);
    return true;
}

/* The last picture whose time is <= t; the window begins at or before t. */
static int find(const struct video_reader *r, int64_t t)
{
    int low = 0, high = r->count;

    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (r->kept[middle]->pts_ticks <= t)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* --- Positions --- */

/* Moves to a key frame at or before t and decodes its picture. *found says whether that picture is
 * early enough for t. */
static bool land(struct video_reader *r, int64_t from, int64_t t, int64_t skip_before, bool *found,
                 struct err *e)
{
    bool end;

    *found = false;
    drop_all(r);
    if (!picture_stream_seek(r->stream, from))
        return true;
    picture_stream_skip_before(r->stream, skip_before);
    if (!extend(r, &end, e))
        return false;
    *found = !end && r->kept[0]->pts_ticks <= t;
    return true;
}

static bool seek_to(struct video_reader *r, int64_t t, int64_t skip_before, struct err *e)
{
    bool found = false, end;

    for (int64_t back = 0; t - back > r->first_ticks; back = back ? back * 4 : FIRST_STEP_BACK) {
        if (!land(r, t - back, t, skip_before, &found, e))
            return false;
        if (found)
            return true;
    }
    drop_all(r);
    if (!picture_stream_restart(r->stream, e))
        return false;
    picture_stream_skip_before(r->stream, skip_before);
    if (!extend(r, &end, e))
        return false;
    return end ? err_set(e, ERR_INVALID, "no picture can be decoded any more") : true;
}

/* Extends the window until it reaches beyond t, or to the end. */
static bool advance(struct video_reader *r, int64_t t, struct err *e)
{
    bool end = false;

    while (!end && last_kept(r)->pts_ticks <= t)
        if (!extend(r, &end, e))
            return false;
    return true;
}

/* How long before t the window would begin if it were full. */
static int64_t window_span(const struct video_reader *r)
{
    const struct picture *p = r->kept[0];
    int64_t pictures = (int64_t)(KEPT_BYTES / (picture_bytes(p) + 1));
    int64_t each = r->count > 1 ? r->kept[1]->pts_ticks - p->pts_ticks : p->duration_ticks;

    if (pictures > KEPT_MAX)
        pictures = KEPT_MAX;
    if (pictures < 2 || each <= 0 || each > TICKS_PER_SECOND)
        return PREROLL_FULL_TICKS;
    return pictures * each > PREROLL_FULL_TICKS ? pictures * each : PREROLL_FULL_TICKS;
}

/* Is t so little before the window, after a step back already, that the film must be running in
 * reverse? A cut to a little earlier is one such step alone. */
static bool is_reverse_step(const struct video_reader *r, int64_t t)
{
    int64_t spacing = r->count > 1 ? r->kept[1]->pts_ticks - r->kept[0]->pts_ticks : 0;
    int64_t step = 2 * spacing > REVERSE_STEP_TICKS ? 2 * spacing : REVERSE_STEP_TICKS;

    return r->count > 0 && r->step < 0 && r->kept[0]->pts_ticks - t <= step;
}

static bool go_back(struct video_reader *r, int64_t t, struct err *e)
{
    bool in_reverse = is_reverse_step(r, t);
    int64_t skip_before = t - (in_reverse ? window_span(r) : PREROLL_FULL_TICKS);

    r->limit = in_reverse ? KEPT_BYTES : 0;
    return seek_to(r, t, skip_before, e);
}

/* Drops what lies before a picture that may have been left out: the window has no gaps. */
static void drop_before_gap(struct video_reader *r)
{
    int64_t skipped = picture_stream_skipped(r->stream);

    while (r->count > 1 && r->kept[0]->pts_ticks <= skipped)
        drop_first(r);
}

/* Tells the stream what will be asked for after t. alone: not its neighbours. */
static void expect(struct video_reader *r, int64_t t, bool alone)
{
    int64_t step = t - r->asked;

    if (alone && step > 0 && llabs(step - r->step) <= STEP_TOLERANCE_TICKS)
        r->steady++;
    else
        r->steady = 0;
    r->asked = t;
    r->step = step;
    picture_stream_ask_for(r->stream, t,
                           r->steady >= STEADY_STEPS && r->misses < MAX_MISSES ? step : 0);
}

/* Is the answer, and where wanted the one after it, known to have no other before it? */
static bool is_certain(const struct video_reader *r, int at, int64_t t, bool alone)
{
    int64_t pts = r->kept[at]->pts_ticks;
    int64_t until = alone ? t : at + 1 < r->count ? r->kept[at + 1]->pts_ticks - 1 : INT64_MAX;

    return !picture_stream_has_gap(r->stream, pts, until);
}

/* Makes the window reach around t; the answer is *at. */
static bool move_to(struct video_reader *r, int64_t t, bool alone, int *at, struct err *e)
{
    if (r->count == 0 || t < r->kept[0]->pts_ticks) {
        if (!go_back(r, t, e))
            return false;
    } else if (t >= last_kept(r)->pts_ticks) {
        r->limit = 0;
        if (picture_stream_seek_pays(r->stream, last_kept(r)->pts_ticks, t)) {
            if (!seek_to(r, t, t - PREROLL_FULL_TICKS, e))
                return false;
        } else {
            picture_stream_skip_before(r->stream, t - PREROLL_FULL_TICKS);
        }
    }
    expect(r, t, alone);
    if (!advance(r, t, e))
        return false;
    *at = find(r, t);
    if (!is_certain(r, *at, t, alone)) {
        r->misses++;
    } else if (picture_stream_skipped(r->stream) < r->kept[*at]->pts_ticks) {
        drop_before_gap(r);
        *at = find(r, t);
        return true;
    }
    if (!seek_to(r, t, INT64_MIN, e) || !advance(r, t, e))
        return false;
    *at = find(r, t);
    return true;
}

/* --- The reader --- */
struct video_reader *video_reader_create(int fd, const struct cancel *cancel, struct err *e)
{
    return video_reader_create_threaded(fd, 1, cancel, e);
}

struct video_reader *video_reader_create_threaded(int fd, int threads, const struct cancel *cancel,
                                                  struct err *e)
{
    struct err unheard = {0};
    struct video_reader *r = calloc(1, sizeof *r);
    bool end;

    e = e ? e : &unheard;
    if (!r) {
        err_set(e, ERR_NO_MEMORY, "no memory for a video reader");
        return NULL;
    }
    r->shown = -1;
    r->stream = picture_stream_create(fd, threads, cancel, e);
    if (!r->stream || !extend(r, &end, e))
        goto fail;
    if (end) {
        err_set(e, ERR_INVALID, "the file is damaged: none of its pictures can be decoded");
        goto fail;
    }
    r->slack_ticks = picture_stream_slack(r->stream);
    r->first_ticks = r->kept[0]->pts_ticks;
    return r;

fail:
    video_reader_destroy(r);
    return NULL;
}

void video_reader_destroy(struct video_reader *r)
{
    if (!r)
        return;
    drop_all(r);
    picture_stream_destroy(r->stream);
    free(r);
}

static struct picture *new_reference(const struct picture *p, struct err *e)
{
    struct picture *ref = picture_ref(p);

    if (!ref)
        err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    return ref;
}

/* The picture at a time; *next its neighbour, unless next is NULL. */
static struct picture *picture_at(struct video_reader *r, int64_t t_ticks, struct picture **next,
                                  struct err *e)
{
    struct err unheard = {0};
    int64_t t = t_ticks + r->slack_ticks;
    struct picture *now;
    int at;

    e = e ? e : &unheard;
    if (!move_to(r, t < r->first_ticks ? r->first_ticks : t, !next, &at, e))
        return NULL;
    r->shown = at;
    now = new_reference(r->kept[at], e);
    if (now && next && at + 1 < r->count && !(*next = new_reference(r->kept[at + 1], e)))
        picture_unref(&now);
    return now;
}

bool video_reader_pair_at(struct video_reader *r, int64_t t_ticks, struct picture **now,
                          struct picture **next, struct err *e)
{
    *next = NULL;
    *now = picture_at(r, t_ticks, next, e);
    return *now != NULL;
}

struct picture *video_reader_at(struct video_reader *r, int64_t t_ticks, struct err *e)
{
    return picture_at(r, t_ticks, NULL, e);
}

struct picture *video_reader_next(struct video_reader *r, struct err *e)
{
    struct err unheard = {0};
    bool end = false;

    e = e ? e : &unheard;
    e->code = ERR_NONE;
    picture_stream_skip_before(r->stream, INT64_MIN);
    picture_stream_ask_for(r->stream, 0, 0);
    r->steady = 0;
    if (r->shown + 1 >= r->count && (!extend(r, &end, e) || end))
        return NULL;
    r->shown++;
    return new_reference(r->kept[r->shown], e);
}
