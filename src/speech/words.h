/* SPDX-License-Identifier: GPL-3.0-or-later
 * words.h - when each word of a window is spoken.
 *
 * While Whisper's decoder says a word, some of its heads look where the word is in the sound. What
 * they look at, token by token, is brought into an order by dynamic time warping (the method and
 * its constants are OpenAI's); tokens become words at spaces, or characters in languages that write
 * without; starts after a pause and ends before one move to where the sound really rises and falls.
 * Numbers and symbols are words like others. Times: seconds of the window.
 */
#ifndef AIVE_SPEECH_WORDS_H
#define AIVE_SPEECH_WORDS_H

#include "core/arena.h"
#include "speech/decode.h"

struct word {
    const char *text; /* with the space before it, as it is written */
    double start_s, end_s;
    double p;               /* mean probability of its tokens */
    int first, token_count; /* of the text's tokens */
    int spoken, spoken_count; /* those of them that are not punctuation at its edges */
};

struct words {
    struct word *items;
    size_t count;
};

struct words_ask {
    struct whisper_run *run; /* the window is encoded */
    const struct whisper_config *config;
    const struct whisper_tokens *tokens;
    const struct tokenizer *tokenizer;
    int language; /* of languages[] */
    bool translate;
    const int32_t *text; /* without times */
    const float *log_p;
    int count;
    const float *pcm; /* of the window, 16 kHz, -1..1 */
    int samples;
};

/* In the arena. No words for no tokens. */
bool words_align(const struct words_ask *ask, struct arena *a, struct words *out, struct err *e);

/* --- Its parts, for tests --------------------------------------------------------------------- */

/* What the heads look at ([heads][rows][columns], each row of sum 1), made comparable: each column
 * normalised over the rows, a median over 7 columns, the mean of the heads. In place: the result is
 * in the first [rows][columns]. */
bool attention_mean(float *weights, int heads, int rows, int columns, struct err *e);

/* The way through a matrix [rows][columns] from corner to corner that is the best in sum, told by
 * where it first comes to each row ([rows]). */
bool warp(const float *matrix, int rows, int columns, int *first_column, struct err *e);

#endif
