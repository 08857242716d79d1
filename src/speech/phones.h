/* SPDX-License-Identifier: GPL-3.0-or-later
 * phones.h - how an English word that is in no dictionary is probably said. Pure functions.
 *
 * Rules from letters to sounds in the manner of H. S. Elovitz et al., "Automatic translation of
 * English text to phonetics by means of letter-to-sound rules", NRL report 7948, 1976; sounds are
 * those of the CMU dictionary.
 */
#ifndef AIVE_SPEECH_PHONES_H
#define AIVE_SPEECH_PHONES_H

#include <stdbool.h>
#include <stddef.h>

/* word: a-z and apostrophes. Adds the phones to out, a blank between. false: no room. */
bool phones_guess(const char *word, char *out, size_t size);

/* The name of one letter: "EY" for 'a'. NULL: not a letter. */
const char *phones_letter(char c);

#endif
