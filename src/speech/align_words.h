/* SPDX-License-Identifier: GPL-3.0-or-later
 * align_words.h - the words of a script as pocketsphinx is to hear them. Private to align*.c.
 */
#ifndef AIVE_SPEECH_ALIGN_WORDS_H
#define AIVE_SPEECH_ALIGN_WORDS_H

#include "speech/script.h"
#include "speech/sphinx.h"

#define ALIGN_NAME_SIZE 24

struct align_word {
    unsigned char phones; /* of its likeliest form */
    bool guessed;         /* by the rules of spelling: in no dictionary */
};

/* Tells `s` every word, under the name align_name() gives it, and the sounds that all else is made
 * of. `out` has script->count items. ERR_INVALID: it does not look like English. */
bool align_words_add(struct sphinx *s, const struct script *script, struct align_word *out,
                     struct err *e);

void align_name(size_t word, char out[static ALIGN_NAME_SIZE]);
/* -1: the name of a sound. */
long align_index(const char *name);

extern const char *const align_sounds[]; /* names; NULL at the end */

#endif
