/* SPDX-License-Identifier: GPL-3.0-or-later
 * words.h - word lists written as one text, "slow wait beautiful": how rules on words are kept.
 */
#ifndef AIVE_CORE_WORDS_H
#define AIVE_CORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Is the word (len bytes) in the blank-separated list? ASCII case does not matter. */
bool words_contain(const char *list, const char *word, size_t len);

#endif
