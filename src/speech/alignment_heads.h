/* SPDX-License-Identifier: GPL-3.0-or-later
 * alignment_heads.h - the heads of Whisper's decoders that look where a word is spoken.
 *
 * generation_config.json tells them; a ggml file does not, so OpenAI's own models are known here by
 * their shape. (Source: the values that openai/whisper publishes with its models.)
 */
#ifndef AIVE_SPEECH_ALIGNMENT_HEADS_H
#define AIVE_SPEECH_ALIGNMENT_HEADS_H

#include "core/arena.h"
#include "core/err.h"
#include "nn/whisper.h"

#include <stdbool.h>

struct whisper_heads {
    struct whisper_head *items;
    int count;
};

/* From JSON ([[layer, head], ...]) if there is one (len > 0), else by the shape; of a model nobody
 * knows, all heads of the upper half. In the arena. */
bool alignment_heads(const struct whisper_config *c, bool multilingual, const char *json, size_t len,
                     struct arena *a, struct whisper_heads *out, struct err *e);

#endif
