/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound.h - the sound of a whole film, mixed to the sample from a plan.
 *
 * Each segment brings the sound of its source (stretched at kept pitch where it is slower or
 * faster); where two segments meet they fade into each other over 10 ms with equal power, unless
 * the second goes on where the first ended; sound effects are added at their sample; a limiter
 * keeps the sum below full scale. Exactly plan->sample_count frames come out, interleaved stereo,
 * 48 kHz.
 *
 * An effect starts `lead_samples` before the moment that the plan gives it, so that a whoosh passes
 * at the cut and a riser ends there (at the start of a film: as soon as it can).
 *
 * Memory: constant, whatever the length and the number of segments; one open reader a source, one
 * more for each effect that plays from a source. The same plan and sources give the same samples.
 * Threads: blocking, one thread; sources are read with pread, so their descriptors may be shared.
 * Errors: ERR_INVALID unknown sound effect (named), ERR_CANCELED, and those of the media readers.
 */
#ifndef AIVE_RENDER_SOUND_H
#define AIVE_RENDER_SOUND_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"

#include <stdbool.h>

typedef bool (*sound_sink_fn)(void *user, const float *samples, int n, struct err *e);

/* `source_fds`: one for each source of the plan, -1 where there is no sound to be read. The sink
 * gets blocks of a few thousand frames in order. `cancel` may be NULL. */
bool sound_mix(const struct plan *p, const int *source_fds, sound_sink_fn sink, void *user,
               const struct cancel *cancel, struct err *e);

#endif
