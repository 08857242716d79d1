/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcriber.h - a Whisper model with all that belongs to it, for the files of this folder.
 */
#ifndef AIVE_SPEECH_TRANSCRIBER_H
#define AIVE_SPEECH_TRANSCRIBER_H

#include "core/arena.h"
#include "speech/transcribe.h"
#include "speech/whisper_tokens.h"

struct transcriber {
    struct arena arena;
    struct weights *weights;
    struct tokenizer *tokenizer;
    struct whisper_config config;
    struct whisper *model;
    struct whisper_tokens tokens;
    struct team *team;
};

#endif
