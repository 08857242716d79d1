/* SPDX-License-Identifier: GPL-3.0-or-later
 * script.h - a text that somebody is known to speak, word by word.
 *
 * Units: none; the times of cues are not believed. Ownership: in the arena. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_SCRIPT_H
#define AIVE_SPEECH_SCRIPT_H

#include "core/arena.h"
#include "core/err.h"
#include "speech/caption_file.h"

#include <stdbool.h>
#include <stddef.h>

#define SCRIPT_MAX_WORDS 200000

struct script_word {
    const char *text; /* as it is written, with the dashes and the like around it */
    int segment;      /* sentence or cue, from 0 */
};

struct script {
    struct script_word *words;
    size_t count;
};

/* UTF-8 text: sentences end at their mark or at an empty line. What stands in square brackets is
 * not spoken and left out. ERR_INVALID: not UTF-8, no words, too many, letters that are not
 * English ("only English can be aligned"). */
bool script_from_text(const char *text, size_t len, struct arena *a, struct script *out,
                      struct err *e);
bool script_from_cues(const struct cues *cues, struct arena *a, struct script *out, struct err *e);

/* Whether these words may be English, by how many of them the dictionary knows (`known`) and how
 * many are of the commonest. */
bool script_is_english(const struct script *s, size_t known);

#endif
