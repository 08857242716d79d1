/* SPDX-License-Identifier: GPL-3.0-or-later
 * compose.c - one frame of the film after the other.
 *
 * DESIGN. A frame is described (frame.c), its pictures are found, and only when the description or
 * the pictures differ from the last frame's is it drawn: a held picture costs nothing.
 */
#include "render/compose.h"

#include "effects/desk.h"
#include "render/frame.h"
#include "render/images.h"
#include "render/shot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DESCRIPTION_MAX (1u << 20)

struct composer {
    const struct plan *plan;
    const int *fds;
    const struct cancel *cancel;
    struct effect_desk *desk;
    struct shot_maker *shots;
    struct image_layers *images;
    struct caption_painter *painter;
    struct picture_pool *frames;
    struct frame frame;     /* the one being made */
    struct buf look, other; /* what `last` shows, in words; and what the next frame does */
    int64_t letters;        /* of `last` */
    struct picture *last;   /* NULL: none yet */
};

/* All of a source, for effects that read a file. */
static bool read_source(void *user, int source, struct buf *out, struct err *e)
{
    const struct composer *c = user;
    char block[16384];
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(c->fds[source], block, sizeof block, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read the file of an effect");
        if (n == 0)
            return true;
        if (!buf_add(out, block, (size_t)n))
            return err_set(e, ERR_TOO_LARGE, "the file of an effect is too large");
        at += n;
    }
}

struct composer *composer_create(const struct plan *plan, struct captions *captions,
                                 const int *source_fds, const struct cancel *cancel, struct err *e)
{
    struct composer *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NO_MEMORY, "no memory to compose");
        return NULL;
    }
    c->plan = plan;
    c->fds = source_fds;
    c->cancel = cancel;
    buf_init(&c->look, DESCRIPTION_MAX);
    buf_init(&c->other, DESCRIPTION_MAX);
    if ((c->desk = effect_desk_create(read_source, c, e)) &&
        (c->shots = shot_maker_create(source_fds, c->desk, cancel, e)) &&
        (c->images = image_layers_create(plan, source_fds, cancel, e)) &&
        (c->painter = caption_painter_create(captions, e)) &&
        (c->frames = picture_pool_create(plan->format.width, plan->format.height, e)))
        return c;
    composer_destroy(c);
    return NULL;
}

void composer_destroy(struct composer *c)
{
    if (!c)
        return;
    picture_unref(&c->last);
    shot_maker_destroy(c->shots);
    image_layers_destroy(c->images);
    caption_painter_destroy(c->painter);
    effect_desk_destroy(c->desk);
    picture_pool_destroy(c->frames);
    buf_finish(&c->look);
    buf_finish(&c->other);
    free(c);
}

void composer_use_threads(struct composer *c, int threads)
{
    shot_maker_use_threads(c->shots, threads);
}

/* --- Drawing -------------------------------------------------------------------------------- */

static struct picture *draw_shot(struct composer *c, const struct frame_shot *s,
                                 const struct shot *shot, struct err *e)
{
    struct picture *p = picture_pool_take(c->frames, e);
    if (p && !shot_draw(c->shots, s, shot, p, e))
        picture_unref(&p);
    return p;
}

static struct picture *draw_transition(struct composer *c, const struct shot *from,
                                       const struct shot *to, struct err *e)
{
    const struct frame *f = &c->frame;
    const struct transition_use *t = f->transition;
    struct picture *a = NULL, *b = NULL, *out = NULL;
    bool ok = (!f->from.segment || (a = draw_shot(c, &f->from, from, e))) &&
              (!f->to.segment || (b = draw_shot(c, &f->to, to, e))) &&
              (out = picture_pool_take(c->frames, e)) &&
              t->kind->mix(t->self, f->u, a, b, out, c->desk, e);
    picture_unref(&a);
    picture_unref(&b);
    if (!ok)
        picture_unref(&out);
    return out;
}

static struct picture *draw(struct composer *c, int64_t n, const struct shot *from,
                            const struct shot *to, struct err *e)
{
    const struct frame *f = &c->frame;
    struct picture *p =
        f->transition ? draw_transition(c, from, to, e) : draw_shot(c, &f->to, to, e);
    if (p && !(image_layers_paint(c->images, f, p, e) && caption_paint(c->painter, n, p, e)))
        picture_unref(&p);
    return p;
}

/* --- A frame -------------------------------------------------------------------------------- */

/* Is frame n, with these pictures, what `last` shows? Otherwise its description is in c->other. */
static bool is_last(struct composer *c, const struct shot *from, const struct shot *to,
                    int64_t letters)
{
    const int64_t times[2] = {from->time, to->time};
    buf_clear(&c->other);
    frame_describe(c->plan, &c->frame, times, &c->other);
    return c->last && !c->other.failed && c->letters == letters && c->other.len == c->look.len &&
           memcmp(c->other.data, c->look.data, c->look.len) == 0;
}

static bool update_last(struct composer *c, int64_t n, struct err *e)
{
    struct shot from = {0}, to = {0};
    int64_t letters;
    frame_at(c->plan, n, &c->frame);
    shot_maker_next_frame(c->shots);
    bool ok = shot_find(c->shots, &c->frame.from, &from, e) &&
              shot_find(c->shots, &c->frame.to, &to, e) &&
              caption_state(c->painter, n, &letters, e);
    if (ok && !is_last(c, &from, &to, letters)) {
        picture_unref(&c->last);
        c->last = draw(c, n, &from, &to, e);
        ok = c->last;
        struct buf look = c->look;
        c->look = c->other;
        c->other = look;
        c->letters = letters;
    }
    shot_drop(&from);
    shot_drop(&to);
    return ok;
}

struct picture *compose_frame(struct composer *c, int64_t frame, struct err *e)
{
    if (cancel_fired(c->cancel)) {
        err_set(e, ERR_CANCELED, "the render was canceled");
        return NULL;
    }
    if (!update_last(c, frame, e))
        return NULL;
    struct picture *out = picture_ref(c->last);
    if (!out)
        err_set(e, ERR_NO_MEMORY, "no memory for a frame");
    return out;
}
