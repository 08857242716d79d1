/* SPDX-License-Identifier: GPL-3.0-or-later
 * shot.h - draws one shot of a frame: a source's picture, fitted, seen through a view, painted on.
 *
 * Two steps, so that a composer can tell that nothing has changed before it draws:
 *     struct shot shot;
 *     shot_find(maker, &frame.to, &shot, e);       which picture is it?
 *     shot_draw(maker, &frame.to, &shot, frame_picture, e);
 *     shot_drop(&shot);
 *
 * Most sources (8-bit 4:2:0, upright) are resampled straight from the decoder's picture into the
 * encoder's, where their colours become bt709. Others are first made plain by media's scaler:
 * directly into the frame when nothing moves, else at their own size, to be resampled.
 * Threads: one maker, one thread.
 */
#ifndef AIVE_RENDER_SHOT_H
#define AIVE_RENDER_SHOT_H

#include "core/cancel.h"
#include "core/err.h"
#include "effects/desk.h"
#include "media/picture.h"
#include "render/frame.h"

#include <stdint.h>

struct shot_maker;
/* source_fds: one for each source of the film; they and the desk stay the caller's. */
struct shot_maker *shot_maker_create(const int *source_fds, struct effect_desk *desk,
                                     const struct cancel *cancel, struct err *e);
void shot_maker_destroy(struct shot_maker *m);
void shot_maker_use_threads(struct shot_maker *m, int threads); /* as readers_use_threads() */

/* Before the shots of each frame. */
void shot_maker_next_frame(struct shot_maker *m);

/* The picture that a shot shows. */
struct shot {
    struct picture *picture, *next; /* NULL: none; `next` is blended in */
    int next_weight;                /* of SHOT_WEIGHTS */
    int64_t time;                   /* equal times, equal pictures */
};
#define SHOT_WEIGHTS 32

bool shot_find(struct shot_maker *m, const struct frame_shot *s, struct shot *out, struct err *e);
bool shot_draw(struct shot_maker *m, const struct frame_shot *s, const struct shot *shot,
               struct picture *frame, struct err *e);
void shot_drop(struct shot *shot); /* of what shot_find() found */

#endif
