/* SPDX-License-Identifier: GPL-3.0-or-later
 * fragment.h - a film as fragmented MP4, chunk by chunk, so that it can be played while it is made.
 *
 * The init segment describes the streams; each media segment holds one chunk's pictures and the
 * sound that begins while they are shown. Segments put behind one another, init first, are a file
 * that plays like film_mux()'s: the same packets at the same times, all of them two frames later
 * (ISO/IEC 14496-12, one fragment a segment, no edit lists). The same input gives the same bytes.
 *
 * The writer is our own: it runs in the server, and does no more than copy packets between boxes.
 * Descriptors are chunk files (encode.h), read with pread; they stay the caller's.
 * Threads: pure functions.
 */
#ifndef AIVE_MEDIA_FRAGMENT_H
#define AIVE_MEDIA_FRAGMENT_H

#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

/* `out` gets "ftyp" and "moov". chunk_fd: any chunk of the film. */
bool fragment_init(int chunk_fd, int sound_fd, struct buf *out, struct err *e);

struct fragment_place {
    uint32_t number;                /* from 1 */
    int64_t first_frame;            /* of the film */
    int64_t sound_from, sound_end;  /* samples: packets that begin in [from, end) */
};

/* `out` gets "moof" and "mdat". ERR_INVALID: the files are not what they should be. */
bool fragment_media(int chunk_fd, int sound_fd, const struct fragment_place *at, struct buf *out,
                    struct err *e);

#endif
