/* SPDX-License-Identifier: GPL-3.0-or-later
 * readers.h - the open decoders of one composer: few, and each where it is wanted next.
 *
 * A film may be cut from many files, and a transition shows two places of one file at once. A
 * decoder is kept where going on with it is cheap, moved where it is not, and closed when it has
 * not been asked for a while, so that memory does not grow with the number of files.
 * Threads: one set, one thread.
 */
#ifndef AIVE_RENDER_READERS_H
#define AIVE_RENDER_READERS_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/media.h"

#include <stdint.h>

struct readers;
/* fds: one for each source of a film, the caller's. */
struct readers *readers_create(const int *fds, const struct cancel *cancel, struct err *e);
void readers_use_threads(struct readers *r, int threads); /* of each decoder that opens later; 1 */
void readers_destroy(struct readers *r);

/* Before each frame: readers taken for the frame before may be moved again. */
void readers_next_frame(struct readers *r);

/* The decoder to ask for the picture of a source at t. Not the one that was taken for another place
 * of the same frame. It stays the set's. */
struct video_reader *readers_take(struct readers *r, int source, int64_t t_ticks, struct err *e);

#endif
