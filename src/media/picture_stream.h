/* SPDX-License-Identifier: GPL-3.0-or-later
 * picture_stream.h - the pictures of a file one after the other, in presentation order. Private to
 * media; video_reader.c makes "the picture at a time" of it.
 *
 * Pictures come finished: planar, progressive, alpha over black, with rotation and sample aspect.
 * Late, half-decoded and undecodable ones are passed over. After a seek the first picture may be
 * one later than the key frame, because an interlaced picture needs its neighbours.
 * Threads: a stream belongs to one thread. Ownership: the descriptor is the caller's.
 */
#ifndef AIVE_MEDIA_PICTURE_STREAM_H
#define AIVE_MEDIA_PICTURE_STREAM_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>
#include <stdint.h>

struct picture_stream;

/* Stands at the start of the file. `threads` decode. */
struct picture_stream *picture_stream_create(int fd, int threads, const struct cancel *cancel,
                                             struct err *e);
/* The same for who looks from afar: see source_rough_decoder(). */
struct picture_stream *picture_stream_create_rough(int fd, int min_edge,
                                                   const struct cancel *cancel, struct err *e);
void picture_stream_destroy(struct picture_stream *s);

/* The next picture; NULL with ERR_NONE at the end. e is not NULL. */
struct picture *picture_stream_next(struct picture_stream *s, struct err *e);

/* Opens the file anew, at its start: the one way back that every container knows. */
bool picture_stream_restart(struct picture_stream *s, struct err *e);

/* Moves to a key frame at or before t, as far as the container can tell. False when it cannot. */
bool picture_stream_seek(struct picture_stream *s, int64_t t_ticks);

/* Pictures before t that no other picture needs may be left out from now on; INT64_MIN: none. A
 * seek and a restart end it. */
void picture_stream_skip_before(struct picture_stream *s, int64_t t_ticks);

/* From now on only the times from + k * step (k = 0, 1, ...) will be asked for, as far as can be
 * told: pictures that are on screen at none of them and that no other picture needs may be left
 * out. Step 0: all may be asked for. A seek and a restart end it. */
void picture_stream_ask_for(struct picture_stream *s, int64_t from_ticks, int64_t step_ticks);

/* May a picture with after < its time <= until have been left out for that reason? */
bool picture_stream_has_gap(const struct picture_stream *s, int64_t after_ticks,
                            int64_t until_ticks);

/* The latest time whose picture may have been left out before skip_before()'s, or made without a
 * neighbour that was, since the last call of skip_before(), seek() or restart(); INT64_MIN none. */
int64_t picture_stream_skipped(const struct picture_stream *s);

/* Would a seek to t get there sooner than reading on from the picture at `here`? */
bool picture_stream_seek_pays(const struct picture_stream *s, int64_t here_ticks, int64_t t_ticks);

/* Half a unit of the container's times, by which they may be off; at most 0.5 ms. */
int64_t picture_stream_slack(const struct picture_stream *s);

#endif
