/* SPDX-License-Identifier: GPL-3.0-or-later
 * gpt2.h - the GPT-2 family (gpt2, distilgpt2, ...): tokens to the logits of the next one.
 *
 *     struct gpt2 *m = gpt2_open(weights, &config, &e);
 *     struct gpt2_run *run = gpt2_run_create(m, team, &e);
 *     gpt2_feed(run, prompt, n, logits, 1, cancel, &e);
 *     while (...) { id = sampler_pick(&sampler, logits, ...); ... }
 *
 * A text may go on for ever: when the context is full, the last half of it is read anew.
 * Ownership: weights must outlive the model, the model and the team their runs.
 * Threads: a model never changes; a run belongs to one thread (its team works for it).
 */
#ifndef AIVE_NN_GPT2_H
#define AIVE_NN_GPT2_H

#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weights;
struct team;

struct gpt2_config {
    int vocab, ctx, width, heads, layers;
    float epsilon; /* of the layer norms */
    int32_t eot;   /* the token that ends a text; -1: none */
};

bool gpt2_config_from_json(const char *text, size_t len, struct gpt2_config *out, struct err *e);

/* Finds and checks every tensor, with or without "transformer." before its name. */
struct gpt2 *gpt2_open(const struct weights *w, const struct gpt2_config *c, struct err *e);
void gpt2_destroy(struct gpt2 *m); /* accepts NULL */
const struct gpt2_config *gpt2_config(const struct gpt2 *m);

struct gpt2_run *gpt2_run_create(const struct gpt2 *m, struct team *team, struct err *e);
void gpt2_run_destroy(struct gpt2_run *run); /* accepts NULL */

/* Reads n more tokens. logits: [rows][vocab], behind each of the last `rows` of them; rows 0 .. n,
 * and at most ctx / 2. More tokens than the context holds: the older ones are forgotten. */
bool gpt2_feed(struct gpt2_run *run, const int32_t *tokens, int n, float *logits, int rows,
               const struct cancel *c, struct err *e);

void gpt2_reset(struct gpt2_run *run);       /* forgets everything */
int gpt2_length(const struct gpt2_run *run); /* tokens in the context */

#endif
