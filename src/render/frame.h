/* SPDX-License-Identifier: GPL-3.0-or-later
 * frame.h - everything that decides the picture of one frame, as a pure function of the plan.
 *
 * The composer draws exactly this, and a chunk's key is made from exactly this, so a chunk cannot
 * be stale: whatever changes no number here changes no pixel. Letters are the captions' own.
 * Threads: pure functions.
 */
#ifndef AIVE_RENDER_FRAME_H
#define AIVE_RENDER_FRAME_H

#include "core/buf.h"
#include "render/plan.h"

#include <stdbool.h>
#include <stdint.h>

#define FRAME_MAX_PAINTS 16  /* as many effects as a segment may have */
#define FRAME_MAX_IMAGES 200 /* as many overlays as a film may have */

/* One source's picture, with what its effects make of it. */
struct frame_shot {
    const struct plan_segment *segment; /* NULL: not needed */
    int64_t source_ticks;               /* which picture; -1: the source has none */
    /* Source time from one frame of the film to the next, when pictures that lie further apart are
     * to be blended into each other; 0: not. */
    int64_t blend_step;
    double x, y, scale; /* of the crop's centre; scale 0: the middle, all of it */
    struct effect_view view;
    struct {
        const struct effect *effect;
        struct effect_look look;
    } paints[FRAME_MAX_PAINTS];
    int paint_count;
};

struct frame {
    struct frame_shot from, to;              /* outside of transitions only `to` */
    const struct transition_use *transition; /* NULL: none */
    double u;                                /* 0..1 through the transition */
    struct {
        const struct plan_image *image;
        double opacity;
    } images[FRAME_MAX_IMAGES];
    int image_count;
};

/* Frame n of the film, 0 <= n < frame_count. */
void frame_at(const struct plan *p, int64_t n, struct frame *out);

/* Writes all of it in one fixed form. `times` stand in for the source times of `from` and `to`:
 * NULL for the plan's own; the composer gives the times of the pictures it found, so that frames
 * that show the same are told to be the same. */
void frame_describe(const struct plan *p, const struct frame *f, const int64_t times[2],
                    struct buf *out);

/* How solid something is that fades in and out, at a film time inside of it: 0..opacity. */
double frame_opacity(int64_t ticks, int64_t start, int64_t end, int64_t fade_in, int64_t fade_out,
                     double opacity);

#endif
