/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/skim.h"

#include "core/timebase.h"
#include "media/media.h"
#include "media/picture_stream.h"
#include "media/shrink.h"

#include <math.h>
#include <stdlib.h>

#define RATE_TOLERANCE 1.02 /* 30.3 is 30 */
#define OVERSAMPLED 2       /* rough pictures have twice the samples a side that are needed */

struct skim {
    struct skim_options opt;
    struct picture_stream *stream;
    struct shrinker *shrinker;
    struct picture *full, *small; /* lent out */
    int width, height;            /* of small pictures; 0: not known yet */
    int64_t due_ticks;            /* the next picture is wanted from here on */
};

int64_t skim_step(const struct media_info *info, double most)
{
    double rate = info->fps;
    if (!(rate > most * RATE_TOLERANCE))
        return 0;
    return (int64_t)llround(ceil(rate / (most * RATE_TOLERANCE)) / rate * TICKS_PER_SECOND);
}

struct skim *skim_create(int fd, const struct skim_options *opt, const struct cancel *cancel,
                         struct err *e)
{
    int edge = OVERSAMPLED * opt->edge;
    struct skim *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "no memory to look at pictures");
        return NULL;
    }
    s->opt = *opt;
    s->due_ticks = INT64_MIN;
    s->stream =
        picture_stream_create_rough(fd, edge > opt->full_edge ? edge : opt->full_edge, cancel, e);
    s->shrinker = s->stream ? shrinker_create(e) : NULL;
    if (s->shrinker)
        return s;
    skim_destroy(s);
    return NULL;
}

void skim_destroy(struct skim *s)
{
    if (!s)
        return;
    picture_unref(&s->small);
    picture_unref(&s->full);
    shrinker_destroy(s->shrinker);
    picture_stream_destroy(s->stream);
    free(s);
}

/* How much sooner a picture may come than it is due: rates and times are rounded. No whole picture,
 * or they would not lie evenly. */
static int64_t slack(const struct skim *s, const struct picture *p)
{
    int64_t quarter = s->opt.step_ticks / 4, half = p->duration_ticks / 2;
    return half > 0 && half < quarter ? half : quarter;
}

static struct picture *next_due(struct skim *s, struct err *e)
{
    struct picture *p;
    while ((p = picture_stream_next(s->stream, e)) && p->pts_ticks + slack(s, p) < s->due_ticks)
        picture_unref(&p);
    if (!p || s->opt.step_ticks == 0)
        return p;
    if (s->due_ticks == INT64_MIN)
        picture_stream_ask_for(s->stream, p->pts_ticks, s->opt.step_ticks);
    if (s->due_ticks < p->pts_ticks - slack(s, p))
        s->due_ticks = p->pts_ticks; /* the first one, or the first after a gap */
    s->due_ticks += s->opt.step_ticks;
    return p;
}

bool skim_next(struct skim *s, struct skimmed *out, struct err *e)
{
    picture_unref(&s->small);
    picture_unref(&s->full);
    s->full = next_due(s, e);
    if (!s->full)
        return false;
    if (s->width == 0)
        shrink_size(s->full, s->opt.edge, &s->width, &s->height);
    s->small = shrink(s->shrinker, s->full, s->width, s->height, e);
    if (!s->small)
        return false;
    *out = (struct skimmed){s->small, s->full, s->full->pts_ticks};
    return true;
}
