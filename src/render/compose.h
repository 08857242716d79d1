/* SPDX-License-Identifier: GPL-3.0-or-later
 * compose.h - one frame of the film after the other.
 *
 * For each frame: the source's picture for that time, fitted and zoomed straight into a frame for
 * the encoder, letters on top. Pictures that come out alike (slow motion, 24 to 30 fps) are made
 * once. Memory does not grow with the film: one reader a source, a few pictures.
 *
 *     struct composer *c = composer_create(plan, captions, source_fds, cancel, e);
 *     struct picture *p = compose_frame(c, 0, e);  ...  picture_unref(&p);
 *
 * Frames may be asked for in any order; forward is cheap.
 * Threads: a composer belongs to one thread; several may share plan, captions and descriptors.
 */
#ifndef AIVE_RENDER_COMPOSE_H
#define AIVE_RENDER_COMPOSE_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/picture.h"
#include "render/captions.h"
#include "render/plan.h"

struct composer;

/* source_fds: one for each source of the plan. Nothing is opened before the first frame. */
struct composer *composer_create(const struct plan *plan, struct captions *captions,
                                 const int *source_fds, const struct cancel *cancel, struct err *e);
void composer_destroy(struct composer *c);

/* Lets each decoder use so many threads (1 unless told), where cores would idle: the pictures are the
 * same. Before the first frame. */
void composer_use_threads(struct composer *c, int threads);

/* A picture to read from (others may hold it too), the caller's to unref. NULL: e says why;
 * ERR_CANCELED soon after cancel fires. */
struct picture *compose_frame(struct composer *c, int64_t frame, struct err *e);

#endif
