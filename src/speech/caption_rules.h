/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_rules.h - what captions need to know of words and scripts: how wide, where blanks go,
 * where a line may end. Pure functions; `len` is in bytes, texts are valid UTF-8.
 */
#ifndef AIVE_SPEECH_CAPTION_RULES_H
#define AIVE_SPEECH_CAPTION_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns that are not 1, by code point; made by caption_columns.py. */
struct column_range {
    uint32_t first, last;
    int columns; /* 0 or 2 */
};
extern const struct column_range column_ranges[];
extern const size_t column_range_count;

int text_columns(const char *text, size_t len);
bool text_is_wide(const char *text, size_t len); /* has signs of Han, kana or Hangul */

/* Does a blank go between two words that came without any? */
bool blank_between(const char *before, const char *after);

struct caption_language; /* words that bind to the next one, and those that open a phrase */

/* By code; NULL: none of those known. */
const struct caption_language *caption_language_find(const char *code);
/* The one whose small words occur most among the words; NULL: none of them. */
const struct caption_language *caption_language_guess(const char *const *words, size_t count);

/* What it costs to part two words, 0 (the end of a sentence) .. BREAK_NEVER. `language` may be
 * NULL: punctuation, names and numbers count everywhere. */
#define BREAK_SENTENCE 0.0
#define BREAK_CLAUSE 0.15
#define BREAK_PHRASE 0.4
#define BREAK_PLAIN 0.7
#define BREAK_BOUND 1.6
#define BREAK_NEVER 3.0
double break_cost(const struct caption_language *language, const char *before, const char *after);

#endif
