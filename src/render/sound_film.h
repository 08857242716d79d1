/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_film.h - inside sound: the film's own sound, segment after segment, without effects.
 */
#ifndef AIVE_RENDER_SOUND_FILM_H
#define AIVE_RENDER_SOUND_FILM_H

#include "core/cancel.h"
#include "render/plan.h"

#include <stdbool.h>

#define SOUND_FADE 480 /* frames: 10 ms */

struct render_store;
struct sound_film;
/* `store` may be NULL. */
struct sound_film *sound_film_create(const struct plan *p, const int *source_fds,
                                     const struct render_store *store, const struct cancel *cancel,
                                     struct err *e);
/* The next n frames, interleaved stereo; silence past the end. */
bool sound_film_read(struct sound_film *f, float *out, int n, struct err *e);
void sound_film_destroy(struct sound_film *f);

#endif
