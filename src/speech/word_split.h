/* SPDX-License-Identifier: GPL-3.0-or-later
 * word_split.h - tokens to words: at spaces, or characters where a language writes without; with
 * punctuation at the word it belongs to. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_WORD_SPLIT_H
#define AIVE_SPEECH_WORD_SPLIT_H

#include "speech/words.h"

/* Sets what of each word is text and tokens, in the arena. */
bool words_split(const struct words_ask *ask, struct arena *a, struct words *out, struct err *e);

#endif
