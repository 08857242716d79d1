/* SPDX-License-Identifier: GPL-3.0-or-later
 * tone.h - pictures of other light, HDR (PQ, HLG) or bt2020 primaries, as bt709 SDR. Private to
 * media.
 *
 * Usage: a picture for which tone_needed() is made 10-bit 4:2:0 limited in its own colours by
 * whatever means, then tone_map() gives its 8-bit 4:2:0 bt709 limited. Set-up takes some 50 ms and
 * is kept while pictures of one kind follow. Threads: a mapper belongs to one thread.
 */
#ifndef AIVE_MEDIA_TONE_H
#define AIVE_MEDIA_TONE_H

#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>

struct tone_mapper;
struct tone_mapper *tone_mapper_create(struct err *e);
void tone_mapper_destroy(struct tone_mapper *t); /* accepts NULL */

/* Do p's samples mean other light than bt709's? */
bool tone_needed(const struct picture *p);

/* from: 10-bit 4:2:0 limited samples in the colours of `kind` (the picture they came from), of the
 * same size as `to`. */
bool tone_map(struct tone_mapper *t, const struct picture *kind, const struct picture *from,
              struct picture *to, struct err *e);

#endif
