/* SPDX-License-Identifier: GPL-3.0-or-later
 * workers.h - how many chunks of a film are made at once.
 *
 * As many as there are cores, unless that would take more memory than a render may: a worker has an
 * encoder, always of one size, and decoders, each of which holds some eight pictures of its source:
 * 25 MB at 1080p, 100 at 4K. A transition has two of them open, b-roll opens one beside the film's
 * own, and what runs backwards is kept in groups as large as a decoder.
 * Pure.
 */
#ifndef AIVE_RENDER_WORKERS_H
#define AIVE_RENDER_WORKERS_H

#include "render/plan.h"

#include <stddef.h>

/* What each core may spend on decoders. One of 4K fits, or two of 1440p. */
#define WORKERS_DECODER_BYTES ((size_t)110 << 20)

/* The most that one worker's decoders hold at any frame, bytes. */
size_t workers_decoder_bytes(const struct plan *p);

/* 1..cores. */
int workers_that_fit(const struct plan *p, int cores);

#endif
