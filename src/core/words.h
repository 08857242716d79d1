/* SPDX-License-Identifier: GPL-3.0-or-later
 * words.h - word lists written as one text, "slow wait beautiful": how rules on words are kept;
 * and what a spoken word, and the end of a sentence, tell of the moment they are said in. The lists
 * are English; digits, capitals and sentence marks are told in any script that has them.
 */
#ifndef AIVE_CORE_WORDS_H
#define AIVE_CORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Is the word (len bytes) in the blank-separated list? ASCII case does not matter. */
bool words_contain(const char *list, const char *word, size_t len);

enum wording {
    WORDING_PLAIN,
    WORDING_STRONG,   /* "amazing" */
    WORDING_SLOW,     /* "imagine": takes its time */
    WORDING_LAUGHTER, /* "haha" */
    WORDING_WEIGHT,   /* "remember" */
    WORDING_NUMBER,   /* "million", "42" */
    WORDING_LIST,     /* "second": a point of a list */
    WORDING_SHOUTED,  /* "NEVER", at least five capitals */
    WORDING_COUNT
};
enum wording wording_of(const char *word, size_t len);

/* The first word of a text at or behind *at, its length; *at becomes where it begins. 0: none. */
size_t words_next(const char *text, size_t len, size_t *at);

/* Does a text end with a question mark (an exclamation mark), Greek, Arabic, wide ones too? */
bool words_ask(const char *text, size_t len);
bool words_exclaim(const char *text, size_t len);

#endif
