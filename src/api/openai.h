/* SPDX-License-Identifier: GPL-3.0-or-later
 * openai.h - the bodies of OpenAI's protocol, for clients that speak it already.
 *
 * Shapes and words are those of OpenAI's API reference ("Audio", "Models", "Error codes").
 */
#ifndef AIVE_API_OPENAI_H
#define AIVE_API_OPENAI_H

#include "api/reply.h"
#include "api/route.h"

/* {"error":{"message":..,"type":..,"param":..,"code":..}} */
struct openai_error {
    const char *message, *type, *param, *code;
};
extern const struct wire_type wire_openai_error;

/* For the rows of that protocol. 422 and 415 become 400, as OpenAI has it, and 409 (canceled) 503. */
extern const struct route_errors openai_errors;

/* Answers so; param and code may be NULL. Always true. */
bool openai_refuse(struct reply *r, int status, const char *param, const char *code,
                   const char *message);

/* --- Audio --- */
struct openai_form {
    const char *model, *language, *prompt, *response_format;
    double temperature;
    struct wire_list granularities; /* const char *: "word", "segment" */
    int8_t stream;
};
extern const struct wire_type form_transcription, form_translation;

struct openai_word {
    const char *word;
    double start, end; /* s */
};

struct openai_segment {
    int64_t id, seek; /* seek: 1/100 s */
    double start, end;
    const char *text;
    struct wire_list tokens; /* int64_t */
    double temperature, avg_logprob, compression_ratio, no_speech_prob;
};

struct openai_transcription { /* "json" has the text alone */
    const char *task, *language; /* the language's name in English */
    double duration;
    const char *text;
    struct wire_list segments, words; /* items NULL: not asked for */
};
extern const struct wire_type wire_openai_transcription;

/* What is streamed: one of them in each event. */
struct openai_event {
    const char *type;  /* "transcript.text.delta", "transcript.text.done" */
    const char *delta; /* of the first */
    const char *text;  /* of the last: all of it */
};
extern const struct wire_type wire_openai_event;

/* --- Models --- */
struct openai_model {
    const char *id, *object;
    int64_t created; /* seconds since 1970 */
    const char *owned_by;
};
struct openai_models {
    const char *object;
    struct wire_list data; /* struct openai_model */
};
extern const struct wire_type wire_openai_models;

#endif
