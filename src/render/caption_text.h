/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_text.h - what captions need to know of writing systems: cleaning, clusters, line breaks.
 *
 * A unit is what a line is never broken inside: a word with the punctuation that clings to it. A
 * cluster is one sign for the reader: a letter with its marks.
 *
 * Much simpler than Unicode's annexes 14 and 29, on purpose: no tables of 100 KB for captions of
 * two lines. Scripts that write without spaces are broken where a segmenter says (segment.h) or
 * else between any two signs of Han and kana, and otherwise nowhere. Text is valid UTF-8. Threads:
 * pure functions.
 */
#ifndef AIVE_RENDER_CAPTION_TEXT_H
#define AIVE_RENDER_CAPTION_TEXT_H

#include "core/arena.h"
#include "render/segment.h"

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

/* Length in bytes of the first cluster of n > 0 bytes, TEXT_CLUSTER_MAX code points at most. */
size_t text_cluster(const char *s, size_t n);
#define TEXT_CLUSTER_MAX 32

/* What makes no word: punctuation, blanks, invisible characters. */
bool text_is_punctuation(uint32_t cp);

/* Arabic, Hebrew and their kin: written from right to left. */
bool text_is_rtl(uint32_t cp);

/* The capital letter; Greek ones without their accents, as is usual. */
uint32_t text_upper(uint32_t cp);
char *text_uppercase(const char *s, struct arena *a); /* NULL: no memory */

/* What can be drawn. */
struct text_glyphs {
    bool (*glyph)(void *user, uint32_t cp);
    bool (*emoji)(void *user, const char *cluster, size_t len); /* in colour, as a whole */
    void *user;
};

/* A copy without what cannot be shown: control characters, byte order marks, variation selectors
 * and tags outside of emoji, bidi overrides, piles of marks, and every cluster whose base `glyphs`
 * (NULL: all can be drawn) refuses. Line ends become '\n', other space one blank; no blanks or
 * newlines at the ends, no empty lines. NULL: no memory. */
char *text_clean(const char *s, const struct text_glyphs *glyphs, struct arena *a);

/* Splits cleaned text. Returns the number of units, SIZE_MAX without memory. segmenter may be NULL.
 */
size_t text_units(const char *s, struct segmenter *segmenter, struct text_unit **units,
                  struct arena *a);

#endif
