/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_text.h - what captions need to know of writing systems: cleaning, clusters, line breaks.
 *
 * A unit is what a line is never broken inside: a word with the punctuation that clings to it, or a
 * single ideograph. A cluster is one sign for the reader: a letter with its marks.
 *
 * Much simpler than Unicode's annexes 14 and 29, on purpose: no tables of 100 KB for captions of
 * two lines. Scripts that write without spaces (Thai, Khmer, ...) count as long words, which are
 * broken between clusters. Text is valid UTF-8. Threads: pure functions.
 */
#ifndef AIVE_RENDER_CAPTION_TEXT_H
#define AIVE_RENDER_CAPTION_TEXT_H

#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_unit {
    const char *text; /* not NUL-terminated */
    size_t len;       /* bytes */
    size_t chars;     /* code points, for sharing out time */
    bool space_before;
    bool newline_before; /* the author broke the line here */
};

/* Takes part in shaping and order but is never seen: needs no glyph. */
bool text_is_invisible(uint32_t cp);

/* A mark that sits on the character before it. */
bool text_is_mark(uint32_t cp);

/* Length in bytes of the first cluster of n > 0 bytes. */
size_t text_cluster(const char *s, size_t n);

/* A copy without what cannot be shown: control characters, byte order marks, variation selectors,
 * tags, bidi overrides, and every cluster whose base `drawable` (may be NULL) refuses. Line ends
 * become '\n', other space one blank; no blanks or newlines at the ends, no empty lines. NULL: no
 * memory. */
char *text_clean(const char *s, bool (*drawable)(void *user, uint32_t cp), void *user,
                 struct arena *a);

/* Splits cleaned text. Returns the number of units, SIZE_MAX without memory. */
size_t text_units(const char *s, struct text_unit **units, struct arena *a);

#endif
