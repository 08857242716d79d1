/* SPDX-License-Identifier: GPL-3.0-or-later
 * captions.h - what the film says in letters: titles, captions, the watermark.
 *
 * Made from the plan before the cage closes, since it reads fonts; afterwards it opens nothing.
 * Texts are taken literally: no ASS code in them works. Lines are broken by their measured width,
 * never inside a word that fits a line; what needs more lines than its style has is shown page by
 * page, as the words are spoken. Captions that overlap stand above each other; those that overlap
 * for a moment only take turns.
 *
 *     struct captions *c = captions_create(plan, e);
 *     struct caption_painter *p = caption_painter_create(c, e);       one for each thread
 *     caption_paint(p, frame_number, picture, e);
 *
 * Threads: captions may be shared by painters on any threads; a painter belongs to one.
 */
#ifndef AIVE_RENDER_CAPTIONS_H
#define AIVE_RENDER_CAPTIONS_H

#include "core/buf.h"
#include "core/err.h"
#include "media/picture.h"
#include "render/plan.h"

#include <stdbool.h>

struct captions;

/* The plan must outlive it. ERR_UNAVAILABLE when there is text and no font at all, ERR_INVALID for
 * a style that there is not. */
struct captions *captions_create(const struct plan *plan, struct err *e);
void captions_destroy(struct captions *c);

/* Characters that no font draws and that were left out, as UTF-8 ("": none). */
const char *captions_left_out(const struct captions *c);

/* Adds to `out` everything of titles, captions and watermark that can change a pixel of the frames
 * [first, end), times counted from `first`; nothing that cannot. */
void captions_describe(const struct captions *c, int64_t first, int64_t end, struct buf *out);

struct caption_painter;
struct caption_painter *caption_painter_create(struct captions *c, struct err *e);
void caption_painter_destroy(struct caption_painter *p);

/* Draws what is to be read at that frame of the film into the picture. */
bool caption_paint(struct caption_painter *p, int64_t frame, struct picture *picture,
                   struct err *e);

/* What caption_paint draws at a frame, as a number: equal numbers, equal letters. -1: nothing but
 * the watermark. */
bool caption_state(struct caption_painter *p, int64_t frame, int64_t *state, struct err *e);

#endif
