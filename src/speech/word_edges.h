/* SPDX-License-Identifier: GPL-3.0-or-later
 * word_edges.h - where words really begin and end.
 *
 * What the network looks at is good to a tenth of a second, but a word beside a pause is often
 * stretched over it. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_WORD_EDGES_H
#define AIVE_SPEECH_WORD_EDGES_H

#include "speech/words.h"

/* No word is longer than twice the usual where a sentence begins or ends (the rule is OpenAI's), nor
 * than WORD_MAX_S anywhere. */
#define WORD_MAX_S 2.5
void words_limit(struct words *w);

/* Moves starts after a pause to where the level rises, and ends before one to where it falls, where
 * that is near. pcm: 16 kHz. No word overlaps the next, and none vanishes. */
void words_snap(struct words *w, const float *pcm, int samples);

#endif
