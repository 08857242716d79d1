/* SPDX-License-Identifier: GPL-3.0-or-later
 * whisper_tokens.h - the tokens by which Whisper is told what to do, and says when.
 *
 * Where a model has generation_config.json or names its special tokens, those count; a ggml file
 * says only how many tokens there are, and the rest follows from OpenAI's fixed order:
 * text, <|endoftext|>, <|startoftranscript|>, languages, translate, transcribe, startoflm,
 * startofprev, nospeech, notimestamps, <|0.00|> ... <|30.00|> in steps of 20 ms.
 * Threads: never changes once read.
 */
#ifndef AIVE_SPEECH_WHISPER_TOKENS_H
#define AIVE_SPEECH_WHISPER_TOKENS_H

#include "core/arena.h"
#include "core/err.h"
#include "nn/whisper.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tokenizer;
struct ggml_head;

#define TIMES 1501 /* <|0.00|> to <|30.00|> */
#define TIME_STEP_S 0.02

struct whisper_tokens {
    int32_t vocab;
    int32_t eot, sot, first_language, translate, transcribe, start_of_lm, start_of_prev, no_speech,
        no_times, first_time;
    int language_count; /* 99 or 100 */
    bool multilingual;
    int32_t blank;               /* " "; -1: none */
    const bool *symbol;          /* [vocab]: no speech, such as brackets and musical notes */
    struct whisper_head *heads;  /* those that look where a word is spoken */
    int head_count;
};

/* `generation` is generation_config.json (NULL: none), `ggml` the head of a ggml file (NULL: another
 * file). Everything lives in the arena. */
bool whisper_tokens_read(const struct tokenizer *t, const struct whisper_config *c,
                         const struct ggml_head *ggml, const char *generation, size_t len,
                         struct arena *a, struct whisper_tokens *out, struct err *e);

static inline bool is_time(const struct whisper_tokens *t, int32_t id)
{
    return id >= t->first_time;
}

#endif
