/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_effects.h - inside sound: the film's sound effects, each added at its sample.
 *
 * An effect starts `lead_samples` before the moment that the plan gives it, so that a whoosh passes
 * at the cut and a riser ends there (at the start of a film: as soon as it can).
 */
#ifndef AIVE_RENDER_SOUND_EFFECTS_H
#define AIVE_RENDER_SOUND_EFFECTS_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"

#include <stdbool.h>
#include <stdint.h>

#define SOUND_EFFECTS_BLOCK 4096

/* ERR_INVALID, naming it, when the plan asks for a sound that does not exist. */
bool sound_effects_check(const struct plan *p, struct err *e);

struct sound_effects;
struct sound_effects *sound_effects_create(const struct plan *p, const int *source_fds,
                                           const struct cancel *cancel, struct err *e);
/* Adds what is heard in [pos, pos + n) of the film; pos goes on from call to call.
 * n <= SOUND_EFFECTS_BLOCK. */
bool sound_effects_add(struct sound_effects *m, float *out, int64_t pos, int n, struct err *e);
void sound_effects_destroy(struct sound_effects *m);

#endif
