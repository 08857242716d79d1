/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment.h - where words end in scripts that are written without spaces, by ICU's dictionaries:
 * Chinese, Japanese, Thai, Lao, Khmer, Burmese.
 *
 * The dictionaries are part of the library: nothing is opened. Threads: any; calls take turns.
 */
#ifndef AIVE_RENDER_SEGMENT_H
#define AIVE_RENDER_SEGMENT_H

#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segmenter;

/* NULL: no memory, or the library has no data. */
struct segmenter *segmenter_create(void);
void segmenter_destroy(struct segmenter *s);

/* Whether such a script has this character. */
bool segment_wanted(uint32_t cp);
bool segment_wanted_in(const char *text, size_t n);

/* Sets begins[i] for each byte of text[0..n) at which a word begins. False: no memory. */
bool segment_words(struct segmenter *s, const char *text, size_t n, bool *begins, struct arena *a);

#endif
