/* SPDX-License-Identifier: GPL-3.0-or-later
 * shot.c - one shot of a frame.
 */
#include "render/shot.h"

#include "effects/planes.h"
#include "media/media.h"
#include "media/scale.h"
#include "render/backdrop.h"
#include "render/geometry.h"
#include "render/readers.h"
#include "render/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Behind sound without a picture: a dark grey-blue. */
static const uint8_t no_picture[3] = {38, 134, 124};
static const uint8_t black[3] = {PLANE_BLACK, PLANE_GREY, PLANE_GREY};

/* Pictures that differ by more than this (mean of luma) are not of one movement: a cut in the
 * source, where a blend would be a double exposure. */
#define BLEND_MAX_DIFFERENCE 24

struct shot_maker {
    struct effect_desk *desk;
    struct readers *readers;
    struct scaler *scaler;
    struct resampler *resampler, *backdrop_resampler;
    struct picture_pool *plain;   /* for sources made plain */
    struct picture_pool *blended; /* for two pictures mixed */
    struct picture_pool *small;   /* for backdrops */
};

struct shot_maker *shot_maker_create(const int *source_fds, struct effect_desk *desk,
                                     const struct cancel *cancel, struct err *e)
{
    struct shot_maker *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NO_MEMORY, "no memory to compose");
        return NULL;
    }
    m->desk = desk;
    if ((m->readers = readers_create(source_fds, cancel, e)) && (m->scaler = scaler_create(e)) &&
        (m->resampler = resampler_create(e)) && (m->backdrop_resampler = resampler_create(e)))
        return m;
    shot_maker_destroy(m);
    return NULL;
}

void shot_maker_destroy(struct shot_maker *m)
{
    if (!m)
        return;
    readers_destroy(m->readers);
    scaler_destroy(m->scaler);
    resampler_destroy(m->resampler);
    resampler_destroy(m->backdrop_resampler);
    picture_pool_destroy(m->plain);
    picture_pool_destroy(m->blended);
    picture_pool_destroy(m->small);
    free(m);
}

void shot_maker_use_threads(struct shot_maker *m, int threads)
{
    readers_use_threads(m->readers, threads);
}

void shot_maker_next_frame(struct shot_maker *m)
{
    readers_next_frame(m->readers);
}

/* --- Which picture -------------------------------------------------------------------------- */

/* Mean difference of luma, on a grid of every eighth sample. */
static int difference(const struct picture *a, const struct picture *b)
{
    int64_t sum = 0, n = 0;
    for (int y = 0; y < a->height; y += 8) {
        const uint8_t *p = a->data[0] + (ptrdiff_t)y * a->stride[0];
        const uint8_t *q = b->data[0] + (ptrdiff_t)y * b->stride[0];
        for (int x = 0; x < a->width; x += 8, n++)
            sum += abs(p[x] - q[x]);
    }
    return n ? (int)(sum / n) : 0;
}

static bool can_blend(const struct picture *a, const struct picture *b)
{
    return b && a->depth == 8 && b->depth == 8 && a->width == b->width && a->height == b->height &&
           a->chroma_shift_x == 1 && a->chroma_shift_y == 1 && b->chroma_shift_x == 1 &&
           b->chroma_shift_y == 1 && difference(a, b) <= BLEND_MAX_DIFFERENCE;
}

/* A source whose pictures come as close together as the film's frames show them is slow enough by
 * itself. */
static void weigh_next(const struct frame_shot *s, struct shot *out)
{
    int64_t gap = out->next ? out->next->pts_ticks - out->picture->pts_ticks : 0;
    int64_t into = s->source_ticks - out->picture->pts_ticks;
    if (gap > s->blend_step + s->blend_step / 16 && into > 0 && into < gap)
        out->next_weight = (int)((into * SHOT_WEIGHTS + gap / 2) / gap);
    if (out->next_weight && !can_blend(out->picture, out->next))
        out->next_weight = 0;
    if (!out->next_weight)
        picture_unref(&out->next);
}

bool shot_find(struct shot_maker *m, const struct frame_shot *s, struct shot *out, struct err *e)
{
    *out = (struct shot){.time = -1};
    if (!s->segment || s->source_ticks < 0)
        return true;
    struct video_reader *r = readers_take(m->readers, s->segment->source, s->source_ticks, e);
    if (!r)
        return false;
    if (s->blend_step) {
        if (!video_reader_pair_at(r, s->source_ticks, &out->picture, &out->next, e))
            return false;
        weigh_next(s, out);
    } else if (!(out->picture = video_reader_at(r, s->source_ticks, e))) {
        return false;
    }
    out->time = out->picture->pts_ticks * (SHOT_WEIGHTS + 1) + out->next_weight;
    return true;
}

void shot_drop(struct shot *shot)
{
    picture_unref(&shot->picture);
    picture_unref(&shot->next);
}

/* The two pictures of a shot as one. A new reference. */
static struct picture *blend(struct shot_maker *m, const struct shot *shot, struct err *e)
{
    const struct picture *a = shot->picture, *b = shot->next;
    if (!shot->next_weight)
        return picture_ref(a);
    struct picture *p = picture_pool_take_sized(&m->blended, a->width, a->height, e);
    if (!p)
        return NULL;
    planes_mix(a, b, shot->next_weight * 256 / SHOT_WEIGHTS, p);
    picture_copy_looks(p, a);
    return p;
}

/* --- Fitting -------------------------------------------------------------------------------- */

static void fill(struct picture *p, const uint8_t yuv[3])
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < plane_height(p, i); y++)
            memset(plane_row(p, i, y), yuv[i], (size_t)plane_width(p, i));
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

/* A source that has to be made plain is not made larger than what it is for: `reduce` times smaller
 * is still at least as large as what is seen of it. */
static int find_reduction(const struct rect *part, const struct picture *into)
{
    double n = fmin(part->w / into->width, part->h / into->height);
    return n < 1 ? 1 : n > 16 ? 16 : (int)n;
}

/* The source as the resampler takes it. A new reference. */
static struct picture *make_plain(struct shot_maker *m, const struct picture *src,
                                  const struct upright *u, int reduce, struct err *e)
{
    if (scale_is_direct(src))
        return picture_ref(src);
    struct picture *p = picture_pool_take_sized(&m->plain, (u->width / reduce + 1) & ~1,
                                                (u->height / reduce + 1) & ~1, e);
    if (p && !scale_picture(m->scaler, src, NULL, p, e))
        picture_unref(&p);
    return p;
}

static bool draw_part(struct shot_maker *m, const struct picture *src, const struct rect *part,
                      struct picture *into, struct err *e)
{
    const struct upright u = geometry_upright(src);
    struct picture *plain = make_plain(m, src, &u, find_reduction(part, into), e);
    if (!plain)
        return false;
    struct rect of_plain = *part;
    if (!scale_is_direct(src)) {
        double kx = (double)plain->width / u.width, ky = (double)plain->height / u.height;
        of_plain = (struct rect){part->x * kx, part->y * ky, part->w * kx, part->h * ky};
    }
    bool ok = resample(m->resampler, plain, &of_plain, into, e);
    if (ok && scale_is_direct(src))
        scale_finish_colours(into, src);
    picture_unref(&plain);
    return ok;
}

/* Nothing moves: whole samples will do. */
static bool is_still(const struct frame_shot *s)
{
    return s->view.scale <= 1 && s->segment->crop_count < 2;
}

static bool draw_crop(struct shot_maker *m, const struct frame_shot *s, const struct picture *src,
                      struct picture *frame, struct err *e)
{
    const struct upright u = geometry_upright(src);
    struct rect cover = geometry_cover(&u, frame->width, frame->height);
    if (s->scale > 0)
        cover = geometry_crop(&u, &cover, s->x, s->y, s->scale);
    if (is_still(s) && !scale_is_direct(src)) {
        struct scale_rect crop = {(int)(cover.x + 0.5), (int)(cover.y + 0.5), (int)(cover.w + 0.5),
                                  (int)(cover.h + 0.5)};
        return scale_picture(m->scaler, src, &crop, frame, e);
    }
    struct rect part = geometry_view(&cover, &s->view);
    return draw_part(m, src, &part, frame, e);
}

/* The picture itself, blurred and darker, filling the frame. */
static bool draw_backdrop(struct shot_maker *m, const struct picture *src, struct picture *frame,
                          struct err *e)
{
    int w = (frame->width / BACKDROP_REDUCTION + 1) & ~1;
    int h = (frame->height / BACKDROP_REDUCTION + 1) & ~1;
    struct picture *small = picture_pool_take_sized(&m->small, w, h, e);
    if (!small)
        return false;
    const struct upright u = geometry_upright(src);
    struct rect cover = geometry_cover(&u, w, h), all = {0, 0, w, h};
    bool ok = draw_part(m, src, &cover, small, e);
    if (ok) {
        backdrop_blur(small);
        ok = resample(m->backdrop_resampler, small, &all, frame, e);
    }
    picture_unref(&small);
    return ok;
}

static bool draw_contained(struct shot_maker *m, const struct frame_shot *s,
                           const struct picture *src, struct picture *frame, struct err *e)
{
    const struct upright u = geometry_upright(src);
    struct rect where = geometry_contain(&u, frame->width, frame->height);
    struct picture window = window_of(frame, &where);
    struct rect all = {0, 0, u.width, u.height}, part = geometry_view(&all, &s->view);
    return draw_part(m, src, &part, &window, e);
}

static bool draw_fitted(struct shot_maker *m, const struct frame_shot *s, const struct picture *src,
                        struct picture *frame, struct err *e)
{
    switch (s->segment->fit) {
    case FIT_BLUR:
        return draw_backdrop(m, src, frame, e) && draw_contained(m, s, src, frame, e);
    case FIT_PAD:
        fill(frame, black);
        return draw_contained(m, s, src, frame, e);
    case FIT_CROP:
        break;
    }
    return draw_crop(m, s, src, frame, e);
}

/* --- Effects on samples --------------------------------------------------------------------- */

static void mirror(struct picture *p)
{
    for (int i = 0; i < 3; i++) {
        for (int y = 0; y < plane_height(p, i); y++) {
            uint8_t *a = plane_row(p, i, y), *b = a + plane_width(p, i) - 1;
            for (; a < b; a++, b--) {
                uint8_t v = *a;
                *a = *b;
                *b = v;
            }
        }
    }
}

static bool paint(struct shot_maker *m, const struct frame_shot *s, struct picture *frame,
                  struct err *e)
{
    for (int i = 0; i < s->paint_count; i++) {
        const struct effect *fx = s->paints[i].effect;
        if (!fx->paint(&s->paints[i].look, frame, m->desk, e))
            return err_wrap(e, "effect %s", fx->name);
    }
    return true;
}

bool shot_draw(struct shot_maker *m, const struct frame_shot *s, const struct shot *shot,
               struct picture *frame, struct err *e)
{
    if (!shot->picture) {
        fill(frame, no_picture);
        return paint(m, s, frame, e);
    }
    struct picture *src = blend(m, shot, e);
    if (!src)
        return err_set(e, ERR_NO_MEMORY, "no memory for a frame");
    bool ok = draw_fitted(m, s, src, frame, e);
    picture_unref(&src);
    if (!ok)
        return false;
    if (s->view.mirrored)
        mirror(frame);
    return paint(m, s, frame, e);
}
