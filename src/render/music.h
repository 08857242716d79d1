/* SPDX-License-Identifier: GPL-3.0-or-later
 * music.h - inside sound: the music under a film, started over where it is shorter.
 *
 * With its gain and its fades, not yet turned down for speech (sound_duck.h). Where it starts over
 * is told by music_loop.h and kept in the store, as finding it costs. Memory: constant; two
 * readers. One thread.
 */
#ifndef AIVE_RENDER_MUSIC_H
#define AIVE_RENDER_MUSIC_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"

#include <stdbool.h>

struct render_store; /* render.h */

/* NULL with ERR_NONE: the plan has none, or it cannot be heard. `store` may be NULL. */
struct music;
struct music *music_create(const struct plan *p, const int *source_fds,
                           const struct render_store *store, const struct cancel *cancel,
                           struct err *e);
/* The next n frames, interleaved stereo. */
bool music_read(struct music *m, float *out, int n, struct err *e);
void music_destroy(struct music *m);

#endif
