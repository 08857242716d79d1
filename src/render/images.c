/* SPDX-License-Identifier: GPL-3.0-or-later
 * images.c - images over the film.
 */
#include "render/images.h"

#include "media/image.h"
#include "render/overlay.h"

#include <math.h>
#include <stdlib.h>

/* An image may be up to so many times as wide and high as the frame; it is scaled while reading. */
#define SIDE_FACTOR 2

struct image_layers {
    const struct plan *plan;
    const int *fds;
    const struct cancel *cancel;
    struct overlay **overlays; /* by image; NULL: not on screen */
};

struct image_layers *image_layers_create(const struct plan *plan, const int *source_fds,
                                         const struct cancel *cancel, struct err *e)
{
    struct image_layers *l = calloc(1, sizeof *l);
    if (l)
        l->overlays = calloc(plan->image_count + 1, sizeof(struct overlay *));
    if (!l || !l->overlays) {
        err_set(e, ERR_NO_MEMORY, "no memory for images");
        free(l);
        return NULL;
    }
    l->plan = plan;
    l->fds = source_fds;
    l->cancel = cancel;
    return l;
}

void image_layers_destroy(struct image_layers *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->plan->image_count; i++)
        overlay_destroy(l->overlays[i]);
    free(l->overlays);
    free(l);
}

/* --- Scaling -------------------------------------------------------------------------------- */

/* Sums samples, each weighed by its alpha, so that what is transparent lends no colour. */
struct mean {
    double rgb[3], alpha, weight;
};

static void add_sample(struct mean *m, const struct image *in, int x, int y, double weight)
{
    x = x < 0 ? 0 : x < in->width ? x : in->width - 1;
    y = y < 0 ? 0 : y < in->height ? y : in->height - 1;
    const uint8_t *p = in->data + (size_t)y * in->stride + (size_t)x * 4;
    for (int k = 0; k < 3; k++)
        m->rgb[k] += weight * p[3] * p[k];
    m->alpha += weight * p[3];
    m->weight += weight;
}

/* How far a filter reaches: a sample when it enlarges, the samples under a target one otherwise. */
static double reach_of(double step)
{
    return step > 1 ? step : 1;
}

/* A tent over the place that the target's sample (x, y) has in the source. */
static void sample(const struct image *in, double step_x, double step_y, int x, int y,
                   uint8_t out[4])
{
    struct mean m = {0};
    double cx = (x + 0.5) * step_x - 0.5, cy = (y + 0.5) * step_y - 0.5;
    double rx = reach_of(step_x), ry = reach_of(step_y);
    for (int sy = (int)ceil(cy - ry); sy <= (int)floor(cy + ry); sy++)
        for (int sx = (int)ceil(cx - rx); sx <= (int)floor(cx + rx); sx++)
            add_sample(&m, in, sx, sy, (1 - fabs(sx - cx) / rx) * (1 - fabs(sy - cy) / ry));
    for (int k = 0; k < 3; k++)
        out[k] = m.alpha > 0 ? (uint8_t)lround(m.rgb[k] / m.alpha) : 0;
    out[3] = m.weight > 0 ? (uint8_t)lround(m.alpha / m.weight) : 0;
}

/* A part of an image that is scaled: the target's samples from (x, y) on. */
struct window {
    int x, y, width, height;
};

static uint8_t *scale_rgba(const struct image *in, double step_x, double step_y,
                           const struct window *w)
{
    uint8_t *out = malloc((size_t)w->width * (size_t)w->height * 4);
    for (int y = 0; out && y < w->height; y++)
        for (int x = 0; x < w->width; x++)
            sample(in, step_x, step_y, w->x + x, w->y + y,
                   out + ((ptrdiff_t)y * w->width + x) * 4);
    return out;
}

/* --- Layers --------------------------------------------------------------------------------- */

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* What lies beside the frame is not made, so that memory stays within the frame's, however large an
 * image is to be. */
static struct overlay *make_overlay(const struct image *image, const struct plan_image *m,
                                    const struct picture *frame, struct err *e)
{
    double width = fmax(isfinite(m->width) ? m->width * frame->width : image->width, 1);
    double height = fmax(width * image->height / image->width, 1);
    int left = (int)lround(m->x * frame->width - width / 2);
    int top = (int)lround(m->y * frame->height - height / 2);
    int x = clamp(left, 0, frame->width - 1), y = clamp(top, 0, frame->height - 1);
    int right = clamp(left + (int)lround(width), x + 1, frame->width);
    int bottom = clamp(top + (int)lround(height), y + 1, frame->height);
    struct window seen = {x - left, y - top, right - x, bottom - y};
    uint8_t *rgba = scale_rgba(image, image->width / width, image->height / height, &seen);
    struct overlay *o = rgba ? overlay_create(x, y, seen.width, seen.height, e) : NULL;
    if (o) {
        overlay_paint_rgba(o, rgba, seen.width * 4, x, y, seen.width, seen.height, 255);
        overlay_finish(o, 255);
    } else if (!rgba) {
        err_set(e, ERR_NO_MEMORY, "no memory for an image");
    }
    free(rgba);
    return o;
}

static bool load(struct image_layers *l, size_t i, const struct picture *frame, struct err *e)
{
    const struct plan_image *m = &l->plan->images[i];
    struct image *image =
        media_read_image(l->fds[m->source], frame->width * SIDE_FACTOR,
                         frame->height * SIDE_FACTOR, l->cancel, e);
    if (image)
        l->overlays[i] = make_overlay(image, m, frame, e);
    image_destroy(image);
    return l->overlays[i] ? true : err_wrap(e, "image overlay %zu", i);
}

static void drop_unseen(struct image_layers *l, const struct frame *f)
{
    for (size_t i = 0; i < l->plan->image_count; i++) {
        bool seen = false;
        for (int k = 0; l->overlays[i] && k < f->image_count; k++)
            seen = seen || f->images[k].image == &l->plan->images[i];
        if (!seen) {
            overlay_destroy(l->overlays[i]);
            l->overlays[i] = NULL;
        }
    }
}

bool image_layers_paint(struct image_layers *l, const struct frame *f, struct picture *picture,
                        struct err *e)
{
    drop_unseen(l, f);
    for (int k = 0; k < f->image_count; k++) {
        size_t i = (size_t)(f->images[k].image - l->plan->images);
        if (!l->overlays[i] && !load(l, i, picture, e))
            return false;
        overlay_blend_faded(l->overlays[i], picture, (int)lround(f->images[k].opacity * 255));
    }
    return true;
}
