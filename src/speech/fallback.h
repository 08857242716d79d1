/* SPDX-License-Identifier: GPL-3.0-or-later
 * fallback.h - a window decoded until the text can be believed: first the likeliest one, then at
 * higher and higher temperatures, as long as there are tries left.
 */
#ifndef AIVE_SPEECH_FALLBACK_H
#define AIVE_SPEECH_FALLBACK_H

#include "speech/decode.h"

struct tokenizer;

/* What is wrong with a text. */
enum doubt {
    DOUBT_NONE,
    DOUBT_SILENCE,    /* the network says itself that nobody speaks, and is not sure of its text */
    DOUBT_IMPROBABLE, /* mean log probability below -1 */
    DOUBT_REPEATS,    /* compresses too well, or runs in circles */
};

struct fallback {
    struct decoder *decoder;
    const struct whisper_tokens *tokens;
    const struct tokenizer *tokenizer;
    int tries; /* left above temperature 0, for the whole sound: a cap on the time it takes */
};

struct attempt {
    struct decoded said;
    float temperature;
    double compression;
    int before_loop; /* tokens before the text begins to run in circles; all if it does not */
    enum doubt doubt;
};

/* ask's temperature is set here. The least doubtful attempt comes back. */
bool decode_believably(struct fallback *f, struct decode_ask *ask, struct attempt *out,
                       struct err *e);

/* The text of tokens without times, specials and blanks at its ends. */
struct buf;
bool tokens_text(const struct whisper_tokens *k, const struct tokenizer *t, const int32_t *tokens,
                 int n, struct buf *out);

#endif
