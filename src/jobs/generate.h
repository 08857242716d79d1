/* SPDX-License-Identifier: GPL-3.0-or-later
 * generate.h - a conversation goes on as a language model of the GPT-2 family would have it.
 *
 *     struct generate_order order = {.models_dir = dir, .model = "distilgpt2", .turns = turns,
 *                                    .turn_count = n, .options = GENERATE_DEFAULTS,
 *                                    .on_text = show};
 *     if (!generate_run(&order, &ended, e)) ...
 *
 * The model's files are untrusted: they are handed to a work-horse, which maps them inside its
 * cage. These models only ever go on with a text, so they are given the conversation as a dialogue
 * in a play, and are stopped where the next speaker's name would come. What does not fit the
 * model's context is left out from the oldest turn on.
 * Blocking: for as long as options.seconds. Threads: any.
 */
#ifndef AIVE_JOBS_GENERATE_H
#define AIVE_JOBS_GENERATE_H

#include "core/cancel.h"
#include "core/err.h"
#include "jobs/horse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GENERATE_STOPS_MAX 8

extern const struct horse_kind horse_generate;

struct generate_options {
    int max_tokens; /* of the answer, and at most half of the model's context */
    double temperature, top_p, repetition_penalty; /* as in nn/sample.h; temperature 0: greedy */
    int top_k;
    int64_t seed;
    int seconds;              /* then the answer ends where it is */
    const char *const *stops; /* further strings that end it; none is empty */
    size_t stop_count;        /* at most GENERATE_STOPS_MAX */
};
extern const struct generate_options GENERATE_DEFAULTS;

struct generate_turn {
    bool ours; /* the assistant's */
    const char *text;
};

struct generate_order {
    const char *models_dir, *model;
    bool own_model; /* named by whoever runs aive: it may be a path */
    const struct generate_turn *turns; /* oldest first; the last one is to be answered */
    size_t turn_count;
    struct generate_options options;
    const struct cancel *cancel;
    /* Whole characters, in the order they are written. */
    void (*on_text)(void *user, const char *text, size_t len);
    void *user;
};

/* Why a text ended. */
enum generate_end { GENERATE_STOP, GENERATE_LENGTH, GENERATE_TIME };

struct generate_ended {
    enum generate_end why;
    int prompt_tokens, tokens; /* read and written */
    double seconds;            /* of writing */
};

/* ERR_UNAVAILABLE: the model is not there, or is none that can chat, or had nothing to say; says
 * what to do. */
bool generate_run(const struct generate_order *order, struct generate_ended *ended, struct err *e);

#endif
