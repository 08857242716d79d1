/* SPDX-License-Identifier: GPL-3.0-or-later
 * random_whisper.h - a very small Whisper with random weights, as a ggml file without a name. What
 * it says is nonsense, but it says it by all the rules. Multilingual, real ids, 30 s windows.
 *
 * Or one that says what it is told to, whatever it hears: with rw_script, its decoder's layers do
 * nothing, and the position of a token alone decides on the one that follows. */
#ifndef AIVE_TESTS_RANDOM_WHISPER_H
#define AIVE_TESTS_RANDOM_WHISPER_H

#include "nn/model_dir.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RW_WIDTH = 32, RW_HEADS = 2, RW_LAYERS = 2, RW_TEXT = 300, RW_VOCAB = RW_TEXT + 1608, RW_MELS = 80 };

static uint32_t rw_seed = 1;

/* What is said behind the token at a position; where that is not allowed, `other`. -1: who knows. */
struct rw_line {
    int32_t token, other;
};
static const struct rw_line *rw_script; /* NULL: everything is random */
static int rw_script_len;
static bool rw_unsure; /* hardly any token is likelier than others, but for <|nospeech|> */
static float rw_nan; /* added to the last norm's bias: NAN makes a damaged model */

static inline float rw_random(float scale)
{
    rw_seed = rw_seed * 1664525u + 1013904223u;
    return ((float)(rw_seed >> 8) / (float)(1 << 24) - 0.5f) * scale;
}

static inline void rw_int(FILE *f, int32_t v)
{
    fwrite(&v, 4, 1, f);
}

/* dims slowest first; 0 ends them. */
static inline void rw_head(FILE *f, const char *name, int a, int b, int c)
{
    const int dims[3] = {a, b, c};
    int n = c ? 3 : b ? 2 : 1;
    rw_int(f, n);
    rw_int(f, (int32_t)strlen(name));
    rw_int(f, 0);
    for (int i = n - 1; i >= 0; i--)
        rw_int(f, dims[i]);
    fwrite(name, 1, strlen(name), f);
}

/* `mean` of all numbers. */
static inline void rw_tensor(FILE *f, const char *name, int a, int b, int c, float mean, float scale)
{
    long count = (long)a * (b ? b : 1) * (c ? c : 1);
    rw_head(f, name, a, b, c);
    for (long i = 0; i < count; i++) {
        float v = mean + rw_random(scale);
        fwrite(&v, 4, 1, f);
    }
}

static inline void rw_pair(FILE *f, const char *prefix, const char *name, int out, int in, bool bias)
{
    char full[256];
    bool silent = rw_script && strncmp(prefix, "decoder", 7) == 0;
    snprintf(full, sizeof full, "%.64s.%.64s.weight", prefix, name);
    rw_tensor(f, full, out, in, 0, 0, silent ? 0 : 0.6f);
    snprintf(full, sizeof full, "%.64s.%.64s.bias", prefix, name);
    if (bias)
        rw_tensor(f, full, out, 0, 0, 0, silent ? 0 : 0.1f);
}

static inline void rw_norm(FILE *f, const char *prefix, const char *name)
{
    char full[256];
    bool last = strcmp(prefix, "decoder") == 0;
    snprintf(full, sizeof full, "%.64s%s%.64s.weight", prefix, *prefix ? "." : "", name);
    rw_tensor(f, full, RW_WIDTH, 0, 0, 1, rw_script ? 0 : 0.1f);
    snprintf(full, sizeof full, "%.64s%s%.64s.bias", prefix, *prefix ? "." : "", name);
    rw_tensor(f, full, RW_WIDTH, 0, 0, last ? rw_nan : 0, rw_script ? 0 : 0.1f);
}

/* The decoder's embeddings: a token's is a random direction, and a position's is that of what is to
 * be said behind it, but much longer. */
static inline void rw_embeddings(FILE *f)
{
    static float tokens[RW_VOCAB][RW_WIDTH], positions[448][RW_WIDTH];
    for (int i = 0; i < RW_VOCAB; i++) {
        float sum = 0;
        for (int k = 0; k < RW_WIDTH; k++)
            sum += tokens[i][k] = rw_random(3.5f);
        float scale = !rw_unsure ? 1 : i == RW_TEXT + 105 ? 5 : 0.1f;
        for (int k = 0; k < RW_WIDTH; k++) /* the norm takes the mean away */
            tokens[i][k] = scale * (tokens[i][k] - sum / RW_WIDTH);
    }
    memset(positions, 0, sizeof positions);
    for (int i = 0; i < rw_script_len; i++)
        for (int k = 0; k < RW_WIDTH; k++) {
            const struct rw_line *line = &rw_script[i];
            positions[i][k] += line->token >= 0 ? 1000 * tokens[line->token][k] : 0;
            positions[i][k] += line->other >= 0 ? 900 * tokens[line->other][k] : 0;
        }
    rw_head(f, "decoder.token_embedding.weight", RW_VOCAB, RW_WIDTH, 0);
    fwrite(tokens, sizeof tokens, 1, f);
    rw_head(f, "decoder.positional_embedding", 448, RW_WIDTH, 0);
    fwrite(positions, sizeof positions, 1, f);
}

static inline void rw_attention(FILE *f, const char *prefix, const char *name)
{
    char full[256], norm[64];
    snprintf(norm, sizeof norm, "%s_ln", name);
    rw_norm(f, prefix, norm);
    snprintf(full, sizeof full, "%s.%s", prefix, name);
    rw_pair(f, full, "query", RW_WIDTH, RW_WIDTH, true);
    rw_pair(f, full, "key", RW_WIDTH, RW_WIDTH, false);
    rw_pair(f, full, "value", RW_WIDTH, RW_WIDTH, true);
    rw_pair(f, full, "out", RW_WIDTH, RW_WIDTH, true);
}

static inline void rw_blocks(FILE *f, const char *side, bool cross)
{
    char prefix[64];
    for (int i = 0; i < RW_LAYERS; i++) {
        snprintf(prefix, sizeof prefix, "%s.blocks.%d", side, i);
        rw_attention(f, prefix, "attn");
        if (cross)
            rw_attention(f, prefix, "cross_attn");
        rw_norm(f, prefix, "mlp_ln");
        rw_pair(f, prefix, "mlp.0", 4 * RW_WIDTH, RW_WIDTH, true);
        rw_pair(f, prefix, "mlp.2", RW_WIDTH, 4 * RW_WIDTH, true);
    }
}

static inline void rw_vocabulary(FILE *f)
{
    rw_int(f, RW_TEXT);
    for (int i = 0; i < RW_TEXT; i++) { /* all bytes, then words */
        char word[16] = {(char)i};
        int32_t len = 1;
        if (i >= 256)
            len = snprintf(word, sizeof word, " w%c%c", 'a' + i % 26, 'a' + i / 26 % 26);
        rw_int(f, len);
        fwrite(word, 1, (size_t)len, f);
    }
}

/* The model's only file; false: no such file can be made. */
static inline bool random_whisper(uint32_t seed, struct model_files *out, struct err *e)
{
    const int32_t head[] = {0x67676d6c, RW_VOCAB, 1500, RW_WIDTH, RW_HEADS, RW_LAYERS,
                            448, RW_WIDTH, RW_HEADS, RW_LAYERS, RW_MELS, 0};
    struct model_file file = {.name = "ggml-random.bin", .fd = memfd_create("model", MFD_CLOEXEC)};
    FILE *f = file.fd >= 0 ? fdopen(dup(file.fd), "wb") : NULL;
    if (!f)
        return err_set(e, ERR_IO, "no file for a model");
    rw_seed = seed;
    fwrite(head, 4, sizeof head / 4, f);
    rw_int(f, RW_MELS);
    rw_int(f, 201);
    for (int i = 0; i < RW_MELS * 201; i++) {
        float none = 0;
        fwrite(&none, 4, 1, f);
    }
    rw_vocabulary(f);
    rw_tensor(f, "encoder.conv1.weight", RW_WIDTH, RW_MELS, 3, 0, 0.3f);
    rw_tensor(f, "encoder.conv1.bias", RW_WIDTH, 1, 0, 0, 0.1f);
    rw_tensor(f, "encoder.conv2.weight", RW_WIDTH, RW_WIDTH, 3, 0, 0.6f);
    rw_tensor(f, "encoder.conv2.bias", RW_WIDTH, 1, 0, 0, 0.1f);
    rw_tensor(f, "encoder.positional_embedding", 1500, RW_WIDTH, 0, 0, 1);
    rw_blocks(f, "encoder", false);
    rw_norm(f, "encoder", "ln_post");
    if (rw_script) {
        rw_embeddings(f);
    } else {
        rw_tensor(f, "decoder.token_embedding.weight", RW_VOCAB, RW_WIDTH, 0, 0, 1);
        rw_tensor(f, "decoder.positional_embedding", 448, RW_WIDTH, 0, 0, 1);
    }
    rw_blocks(f, "decoder", true);
    rw_norm(f, "decoder", "ln");
    fclose(f);
    return model_files_from_fds(&file, 1, out, e);
}

#endif
