/* SPDX-License-Identifier: GPL-3.0-or-later
 * desk.h - what effects and transitions may use while they draw: scratch pictures, tables that are
 * kept from frame to frame, and the contents of files.
 *
 * One desk for each thread that composes. Nothing on it may decide a pixel: whatever is found there
 * could as well be made anew.
 */
#ifndef AIVE_EFFECTS_DESK_H
#define AIVE_EFFECTS_DESK_H

#include "core/buf.h"
#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>
#include <stddef.h>

#define DESK_SCRATCH 3
#define DESK_FILE_MAX (8u << 20) /* bytes of a file */

struct effect_desk;

/* Reads all of a source of the film. */
typedef bool (*desk_read_fn)(void *user, int source, struct buf *out, struct err *e);

struct effect_desk *effect_desk_create(desk_read_fn read, void *user, struct err *e);
void effect_desk_destroy(struct effect_desk *d);

/* A picture of that size, 8-bit 4:2:0, `which` of DESK_SCRATCH. Its samples are whatever was there
 * before. It stays the desk's; the next call for the same one takes it back. */
struct picture *effect_desk_picture(struct effect_desk *d, int which, int width, int height,
                                    struct err *e);

/* A block of memory for whoever asks with this key (by content), zeroed and *fresh true the first
 * time, as it was left from then on. Few are kept: the one longest unused goes. */
void *effect_desk_table(struct effect_desk *d, const void *key, size_t key_size, size_t size,
                        bool *fresh, struct err *e);

/* The whole of a source, kept like a table. NUL-terminated for parsers; *len without it. */
const char *effect_desk_file(struct effect_desk *d, int source, size_t *len, struct err *e);

#endif
