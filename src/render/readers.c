/* SPDX-License-Identifier: GPL-3.0-or-later
 * readers.c - the open decoders of one composer.
 */
#include "render/readers.h"

#include "core/timebase.h"

#include <stdlib.h>

/* Both sides of a transition. A decoder takes tens of megabytes, and moving it costs about what
 * opening it does. */
#define MAX_READERS 2
/* A decoder that lies no further behind than this is gone on with rather than moved. */
#define NEAR_TICKS (2 * TICKS_PER_SECOND)
/* Closed when no frame has wanted it for so long: a transition is over. */
#define IDLE_FRAMES 3

struct slot {
    struct video_reader *reader; /* NULL: free */
    int source;
    int64_t at;    /* ticks it was asked for last */
    int64_t frame; /* of the composer's count, that wanted it last */
};

struct readers {
    const int *fds;
    const struct cancel *cancel;
    int threads;
    struct slot slots[MAX_READERS];
    int64_t frame;
};

struct readers *readers_create(const int *fds, const struct cancel *cancel, struct err *e)
{
    struct readers *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, ERR_NO_MEMORY, "no memory for decoders");
        return NULL;
    }
    r->fds = fds;
    r->cancel = cancel;
    r->threads = 1;
    return r;
}

void readers_use_threads(struct readers *r, int threads)
{
    r->threads = threads;
}

static void close_slot(struct slot *s)
{
    video_reader_destroy(s->reader);
    *s = (struct slot){0};
}

void readers_destroy(struct readers *r)
{
    if (!r)
        return;
    for (int i = 0; i < MAX_READERS; i++)
        close_slot(&r->slots[i]);
    free(r);
}

void readers_next_frame(struct readers *r)
{
    r->frame++;
    for (int i = 0; i < MAX_READERS; i++)
        if (r->slots[i].reader && r->frame - r->slots[i].frame > IDLE_FRAMES)
            close_slot(&r->slots[i]);
}

static bool is_taken(const struct readers *r, const struct slot *s)
{
    return s->reader && s->frame == r->frame;
}

/* How far a decoder is from t; those that would have to be moved are all equally far. */
static int64_t distance(const struct slot *s, int64_t t)
{
    int64_t d = t - s->at;
    return d < 0 ? (-d < NEAR_TICKS / 4 ? -d : NEAR_TICKS) : d < NEAR_TICKS ? d : NEAR_TICKS;
}

/* The nearest decoder of that source that is not taken. */
static struct slot *find_open(struct readers *r, int source, int64_t t)
{
    struct slot *best = NULL;
    for (int i = 0; i < MAX_READERS; i++) {
        struct slot *s = &r->slots[i];
        if (s->reader && s->source == source && !is_taken(r, s) &&
            (!best || distance(s, t) < distance(best, t)))
            best = s;
    }
    return best;
}

static struct slot *find_room(struct readers *r)
{
    struct slot *oldest = NULL;
    for (int i = 0; i < MAX_READERS; i++) {
        struct slot *s = &r->slots[i];
        if (!s->reader)
            return s;
        if (!oldest || s->frame < oldest->frame)
            oldest = s;
    }
    close_slot(oldest);
    return oldest;
}

struct video_reader *readers_take(struct readers *r, int source, int64_t t_ticks, struct err *e)
{
    struct slot *s = find_open(r, source, t_ticks);
    if (!s) {
        s = find_room(r);
        s->source = source;
        s->reader = video_reader_create_threaded(r->fds[source], r->threads, r->cancel, e);
    }
    s->at = t_ticks;
    s->frame = r->frame;
    return s->reader;
}
