/* SPDX-License-Identifier: GPL-3.0-or-later
 * compose.c - one frame of the film after the other.
 *
 * DESIGN. A "look" is everything that decides a frame's pixels; when the next frame's look is the
 * last one's, its picture is used again. Most sources (8-bit 4:2:0 bt709, upright) are resampled
 * straight from the decoder's picture into the encoder's. Others are first made plain by media's
 * scaler: directly into the frame when nothing moves, else at their own size, to be resampled.
 */
#include "render/compose.h"

#include "media/media.h"
#include "media/scale.h"
#include "render/geometry.h"
#include "render/resample.h"

#include <stdlib.h>
#include <string.h>

/* The blurred fill behind `fit: blur` is made this many times smaller, and blurred there. */
#define BACKDROP_REDUCTION 8
#define BACKDROP_RADIUS 5
#define BACKDROP_LIGHT_NUM 5 /* of 8 */

/* Behind sound without a picture: a dark grey-blue. */
static const uint8_t no_picture[3] = {38, 134, 124};
static const uint8_t black[3] = {16, 128, 128};

/* Equal looks, equal pixels. */
struct look {
    const struct plan_segment *segment; /* gives source and fit */
    int64_t pts;
    struct effect_view view;
    int64_t letters;
};

struct composer {
    const struct plan *plan;
    const int *fds;
    const struct cancel *cancel;
    struct video_reader **readers; /* by source; NULL until needed */
    struct caption_painter *painter;
    struct scaler *scaler;
    struct resampler *resampler, *backdrop_resampler;
    struct picture_pool *frames;
    struct picture_pool *plain; /* for sources made plain; of plain_width x plain_height */
    int plain_width, plain_height;
    struct picture_pool *small; /* for backdrops */
    struct look last_look;
    struct picture *last; /* NULL: none yet */
};

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
    c->readers = calloc(plan->source_count, sizeof(struct video_reader *));
    if (!c->readers) {
        err_set(e, ERR_NO_MEMORY, "no memory to compose");
        goto fail;
    }
    if (!(c->painter = caption_painter_create(captions, e)) || !(c->scaler = scaler_create(e)) ||
        !(c->resampler = resampler_create(e)) || !(c->backdrop_resampler = resampler_create(e)) ||
        !(c->frames = picture_pool_create(plan->format.width, plan->format.height, e)))
        goto fail;
    return c;

fail:
    composer_destroy(c);
    return NULL;
}

void composer_destroy(struct composer *c)
{
    if (!c)
        return;
    picture_unref(&c->last);
    for (size_t i = 0; c->readers && i < c->plan->source_count; i++)
        video_reader_destroy(c->readers[i]);
    free(c->readers);
    caption_painter_destroy(c->painter);
    scaler_destroy(c->scaler);
    resampler_destroy(c->resampler);
    resampler_destroy(c->backdrop_resampler);
    picture_pool_destroy(c->frames);
    picture_pool_destroy(c->plain);
    picture_pool_destroy(c->small);
    free(c);
}

/* --- Parts of a frame ----------------------------------------------------------------------- */

static void fill(struct picture *p, const uint8_t yuv[3])
{
    for (int i = 0; i < 3; i++) {
        int rows = i ? (p->height + 1) / 2 : p->height, n = i ? (p->width + 1) / 2 : p->width;
        for (int y = 0; y < rows; y++)
            memset(p->data[i] + (ptrdiff_t)y * p->stride[i], yuv[i], (size_t)n);
    }
}

/* A part of a frame as a picture of its own that shares the samples; even numbers only. */
static struct picture window_of(const struct picture *p, const struct rect *r)
{
    struct picture w = *p;
    int x = (int)r->x, y = (int)r->y;
    w.width = (int)r->w;
    w.height = (int)r->h;
    for (int i = 0; i < 3; i++)
        w.data[i] += (ptrdiff_t)(i ? y / 2 : y) * p->stride[i] + (i ? x / 2 : x);
    w.owner = NULL;
    return w;
}

static struct picture_pool *plain_pool(struct composer *c, int width, int height, struct err *e)
{
    if (c->plain && c->plain_width == width && c->plain_height == height)
        return c->plain;
    picture_pool_destroy(c->plain);
    c->plain = picture_pool_create(width, height, e);
    c->plain_width = width;
    c->plain_height = height;
    return c->plain;
}

/* The source as the resampler takes it, at its own size. A new reference. */
static struct picture *make_plain(struct composer *c, const struct picture *src,
                                  const struct upright *u, struct err *e)
{
    if (scale_is_plain(src))
        return picture_ref(src);
    struct picture_pool *pool = plain_pool(c, (u->width + 1) & ~1, (u->height + 1) & ~1, e);
    struct picture *p = pool ? picture_pool_take(pool, e) : NULL;
    if (p && !scale_picture(c->scaler, src, NULL, p, e))
        picture_unref(&p);
    return p;
}

static bool draw_part(struct composer *c, const struct picture *src, const struct rect *part,
                      struct picture *into, struct err *e)
{
    const struct upright u = geometry_upright(src);
    struct picture *plain = make_plain(c, src, &u, e);
    if (!plain)
        return false;
    bool ok = resample(c->resampler, plain, part, into, e);
    picture_unref(&plain);
    return ok;
}

static bool is_still(const struct effect_view *v)
{
    return v->scale <= 1;
}

static bool draw_crop(struct composer *c, const struct picture *src, const struct effect_view *v,
                      struct picture *frame, struct err *e)
{
    const struct upright u = geometry_upright(src);
    struct rect cover = geometry_cover(&u, frame->width, frame->height);
    if (is_still(v) && !scale_is_plain(src)) {
        struct scale_rect crop = {(int)(cover.x + 0.5), (int)(cover.y + 0.5), (int)(cover.w + 0.5),
                                  (int)(cover.h + 0.5)};
        return scale_picture(c->scaler, src, &crop, frame, e);
    }
    struct rect part = geometry_view(&cover, v);
    return draw_part(c, src, &part, frame, e);
}

/* --- Backdrop ------------------------------------------------------------------------------- */

/* A running mean over 2 r + 1 samples `step` apart; the border sample repeats. */
static void box_line(uint8_t *line, int n, int step, int r, uint8_t *copy)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        copy[i] = line[(ptrdiff_t)i * step];
    for (int k = -r; k <= r; k++)
        sum += copy[k < 0 ? 0 : k >= n ? n - 1 : k];
    for (int i = 0; i < n; i++) {
        line[(ptrdiff_t)i * step] = (uint8_t)((sum + r) / (2 * r + 1));
        sum += copy[i + r + 1 >= n ? n - 1 : i + r + 1] - copy[i - r < 0 ? 0 : i - r];
    }
}

/* Three box filters each way come close to a Gaussian. */
static void blur_plane(uint8_t *data, int stride, int width, int height, int r)
{
    uint8_t copy[4096];
    if (width > (int)sizeof copy || height > (int)sizeof copy)
        return;
    for (int pass = 0; pass < 3; pass++) {
        for (int y = 0; y < height; y++)
            box_line(data + (ptrdiff_t)y * stride, width, 1, r, copy);
        for (int x = 0; x < width; x++)
            box_line(data + x, height, stride, r, copy);
    }
}

static void darken(struct picture *p)
{
    for (int y = 0; y < p->height; y++) {
        uint8_t *row = p->data[0] + (ptrdiff_t)y * p->stride[0];
        for (int x = 0; x < p->width; x++)
            row[x] = (uint8_t)(16 + (row[x] - 16) * BACKDROP_LIGHT_NUM / 8);
    }
}

/* The picture itself, blurred and darker, filling the frame. */
static bool draw_backdrop(struct composer *c, const struct picture *src, struct picture *frame,
                          struct err *e)
{
    int w = (frame->width / BACKDROP_REDUCTION + 1) & ~1;
    int h = (frame->height / BACKDROP_REDUCTION + 1) & ~1;
    if (!c->small && !(c->small = picture_pool_create(w, h, e)))
        return false;
    struct picture *small = picture_pool_take(c->small, e);
    if (!small)
        return false;
    const struct upright u = geometry_upright(src);
    struct rect cover = geometry_cover(&u, w, h);
    bool ok = draw_part(c, src, &cover, small, e);
    if (ok) {
        for (int i = 0; i < 3; i++)
            blur_plane(small->data[i], small->stride[i], i ? w / 2 : w, i ? h / 2 : h,
                       i ? (BACKDROP_RADIUS + 1) / 2 : BACKDROP_RADIUS);
        darken(small);
        struct rect all = {0, 0, w, h};
        ok = resample(c->backdrop_resampler, small, &all, frame, e);
    }
    picture_unref(&small);
    return ok;
}

static bool draw_contained(struct composer *c, const struct picture *src,
                           const struct effect_view *v, struct picture *frame, struct err *e)
{
    const struct upright u = geometry_upright(src);
    struct rect where = geometry_contain(&u, frame->width, frame->height);
    struct picture window = window_of(frame, &where);
    struct rect all = {0, 0, u.width, u.height}, part = geometry_view(&all, v);
    return draw_part(c, src, &part, &window, e);
}

/* --- A frame -------------------------------------------------------------------------------- */

static struct picture *source_picture(struct composer *c, const struct plan_segment *s,
                                      int64_t frame, struct err *e)
{
    struct video_reader **r = &c->readers[s->source];
    if (!*r)
        *r = video_reader_create(c->fds[s->source], c->cancel, e);
    return *r ? video_reader_at(*r, plan_source_ticks(c->plan, s, frame), e) : NULL;
}

static bool draw(struct composer *c, const struct plan_segment *s, const struct picture *src,
                 const struct effect_view *v, struct picture *frame, struct err *e)
{
    if (!src) {
        fill(frame, no_picture);
        return true;
    }
    switch (s->fit) {
    case FIT_BLUR:
        return draw_backdrop(c, src, frame, e) && draw_contained(c, src, v, frame, e);
    case FIT_PAD:
        fill(frame, black);
        return draw_contained(c, src, v, frame, e);
    case FIT_CROP:
        break;
    }
    return draw_crop(c, src, v, frame, e);
}

static bool same_look(const struct look *a, const struct look *b)
{
    return a->segment == b->segment && a->pts == b->pts && a->letters == b->letters &&
           a->view.x == b->view.x && a->view.y == b->view.y && a->view.scale == b->view.scale;
}

static struct picture *make_frame(struct composer *c, const struct look *look,
                                  const struct picture *src, int64_t frame, struct err *e)
{
    struct picture *p = picture_pool_take(c->frames, e);
    if (p && draw(c, look->segment, src, &look->view, p, e) &&
        caption_paint(c->painter, frame, p, e))
        return p;
    picture_unref(&p);
    return NULL;
}

struct picture *compose_frame(struct composer *c, int64_t frame, struct err *e)
{
    if (cancel_fired(c->cancel)) {
        err_set(e, ERR_CANCELED, "the render was canceled");
        return NULL;
    }
    const struct plan_segment *s = plan_segment_at(c->plan, frame);
    struct look look = {.segment = s, .pts = -1};
    struct picture *src = NULL;
    if (c->plan->sources[s->source].has_video) {
        if (!(src = source_picture(c, s, frame, e)))
            return NULL;
        look.pts = src->pts_ticks;
    }
    struct effect_moment m = {.u = plan_effect_position(c->plan, s, frame), .length = 1};
    effect_total_view(s->effects, s->effect_count, &m, &look.view);
    struct picture *out = NULL;
    if (!caption_state(c->painter, frame, &look.letters, e))
        goto out;
    if (!c->last || !same_look(&look, &c->last_look)) {
        picture_unref(&c->last);
        c->last = make_frame(c, &look, src, frame, e);
        c->last_look = look;
    }
    if (c->last && !(out = picture_ref(c->last)))
        err_set(e, ERR_NO_MEMORY, "no memory for a frame");

out:
    picture_unref(&src);
    return out;
}
