/* SPDX-License-Identifier: GPL-3.0-or-later
 * sample.h - which token comes next: from the logits of a language model, with a seed.
 *
 * In this order, as Hugging Face's generate() has it: repetition penalty, temperature, top-k,
 * top-p, then one draw. The same seed and logits give the same tokens on every machine that has the
 * same logits. Threads: a sampler belongs to one thread.
 */
#ifndef AIVE_NN_SAMPLE_H
#define AIVE_NN_SAMPLE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample_options {
    float temperature;        /* 0: always the likeliest token */
    int top_k;                /* draw among the k likeliest; 0: among all */
    float top_p;              /* draw among the likeliest that have this probability; 1: all */
    float repetition_penalty; /* 1: none. Logits of tokens that were there: > 0 divided by it,
                                 else multiplied */
    uint64_t seed;
};

extern const struct sample_options SAMPLE_GREEDY;

struct sampler;
struct sampler *sampler_create(const struct sample_options *o, int vocab, struct err *e);
void sampler_destroy(struct sampler *s); /* accepts NULL */

/* recent: tokens the penalty is for, in any order, also more than once. logits stay as they are. A
 * NaN among them is never picked. */
int32_t sampler_pick(struct sampler *s, const float *logits, const int32_t *recent, size_t n);

/* A number in 0 <= x < 1 and the next state: splitmix64. */
double random_unit(uint64_t *state);

#endif
