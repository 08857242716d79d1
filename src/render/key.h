/* SPDX-License-Identifier: GPL-3.0-or-later
 * key.h - names of finished pieces: hashes of everything that can change a byte of them.
 *
 * A frame's part of the key is what the composer will be asked for (which source, at what time,
 * seen how, with which letters), not the timeline's words for it: whatever changes no pixel changes
 * no key. Private to render.
 */
#ifndef AIVE_RENDER_KEY_H
#define AIVE_RENDER_KEY_H

#include "core/err.h"
#include "render/captions.h"
#include "render/plan.h"
#include "render/render.h"

#include <stdbool.h>

#define KEY_SIZE 65

bool key_of_chunk(const struct plan *p, const struct captions *c,
                  const struct render_preset *preset, const struct plan_chunk *chunk,
                  char key[KEY_SIZE], struct err *e);
bool key_of_sound(const struct plan *p, const struct render_preset *preset, char key[KEY_SIZE],
                  struct err *e);

#endif
