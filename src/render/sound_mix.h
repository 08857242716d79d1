/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_mix.h - everything a film's plan wants to be heard, added up to the sample.
 *
 * The film's own sound (sound_film.h), its effects (sound_effects.h) and its music, which gives way
 * to speech (music.h, sound_duck.h): 48 kHz stereo, not yet brought to any level, so it may pass
 * full scale. The same plan and sources give the same samples.
 * Memory: constant. One thread.
 */
#ifndef AIVE_RENDER_SOUND_MIX_H
#define AIVE_RENDER_SOUND_MIX_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"

#include <stdbool.h>

struct render_store; /* render.h */
struct sound_mix;

/* `source_fds`: one for each source of the plan, -1 where there is no sound to be read. `store` and
 * `cancel` may be NULL. */
struct sound_mix *sound_mix_create(const struct plan *p, const int *source_fds,
                                   const struct render_store *store, const struct cancel *cancel,
                                   struct err *e);
/* The next frames, n at most; how many, 0 past plan->sample_count, -1 on failure. */
int sound_mix_read(struct sound_mix *m, float *out, int n, struct err *e);
void sound_mix_destroy(struct sound_mix *m);

#endif
