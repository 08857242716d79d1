/* SPDX-License-Identifier: GPL-3.0-or-later
 * whisper.h - the Whisper network: log-mel to sound features, features and tokens to logits.
 *
 *     struct whisper *m = whisper_open(weights, &config, &e);
 *     struct whisper_run *run = whisper_run_create(m, team, 5, &e);
 *     whisper_encode(run, mel, frames, 1500, cancel, &e);
 *     whisper_prompt(run, prompt, n, logits, NULL, 0, &e);       logits behind the prompt
 *     whisper_fork(run, (int[]){0, 0, 0, 0, 0}, 5);              five beams of it
 *     whisper_step(run, tokens, 5, logits, &e);                  one token more each
 *
 * Which token is chosen is the caller's matter (src/speech). Logits are raw.
 * Exact: erf GELU, f32 activations; keys and values are kept in f16 unless the weights are f32.
 * Results do not depend on the number of threads.
 *
 * Ownership: weights and config must outlive the model, the model and the team their runs.
 * Threads: a model never changes; a run belongs to one thread (its team works for it).
 */
#ifndef AIVE_NN_WHISPER_H
#define AIVE_NN_WHISPER_H

#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHISPER_BEAMS_MAX 8

struct weights;
struct ggml_head;
struct team;

struct whisper_config {
    int vocab;     /* tokens, specials and times included */
    int mels;      /* 80 or 128 */
    int audio_ctx; /* positions of 20 ms: 1500 */
    int audio_width, audio_heads, audio_layers;
    int text_ctx; /* tokens: 448 */
    int text_width, text_heads, text_layers;
};

/* From config.json of Hugging Face's layout; from the head of a ggml file. Sizes nobody could mean
 * are refused here. */
bool whisper_config_from_json(const char *text, size_t len, struct whisper_config *out,
                              struct err *e);
bool whisper_config_from_ggml(const struct ggml_head *head, struct whisper_config *out,
                              struct err *e);

/* Finds and checks every tensor, by Hugging Face's names (with or without "model.") or OpenAI's. */
struct whisper *whisper_open(const struct weights *w, const struct whisper_config *c,
                             struct err *e);
void whisper_destroy(struct whisper *m); /* accepts NULL */
const struct whisper_config *whisper_config(const struct whisper *m);

/* beams: sequences that go on at the same time, 1 .. WHISPER_BEAMS_MAX. team: NULL for no threads.
 */
struct whisper_run *whisper_run_create(const struct whisper *m, struct team *team, int beams,
                                       struct err *e);
void whisper_run_destroy(struct whisper_run *run); /* accepts NULL */

/* mel: [mels][frames] as log_mel gives it; of it the first 2 * positions frames, and zeros where
 * there are fewer. positions: 1 .. audio_ctx. Ends all sequences. */
bool whisper_encode(struct whisper_run *run, const float *mel, int frames, int positions,
                    const struct cancel *c, struct err *e);

/* The encoder's output of the last whisper_encode(): [positions][audio_width], the run's. */
const float *whisper_features(const struct whisper_run *run, int *positions);

/* Starts sequence 0 anew with these tokens, the only sequence then. last_logits: [vocab], behind
 * the last token; sot_logits: behind tokens[sot_index], or NULL. */
bool whisper_prompt(struct whisper_run *run, const int32_t *tokens, int n, float *last_logits,
                    float *sot_logits, int sot_index, struct err *e);

/* From now on there are n sequences, and sequence i goes on as a copy of from[i]. Costs next to
 * nothing. */
void whisper_fork(struct whisper_run *run, const int *from, int n);

/* Sequence i goes on with tokens[i]; n is the number of sequences. logits: [n][vocab]. ERR_INVALID
 * when the context is full. */
bool whisper_step(struct whisper_run *run, const int32_t *tokens, int n, float *logits,
                  struct err *e);

int whisper_length(const struct whisper_run *run); /* tokens in each sequence */

struct whisper_head {
    int layer, head;
};

/* Where these heads of the decoder look while it reads the tokens: weights gets
 * [head_count][n][positions], each row of sum 1. Ends all sequences. */
bool whisper_attention(struct whisper_run *run, const int32_t *tokens, int n,
                       const struct whisper_head *heads, int head_count, float *weights,
                       struct err *e);

#endif
