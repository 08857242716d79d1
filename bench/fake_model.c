/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_model.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint32_t random_state = 1;

static uint32_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    return random_state ^= random_state << 5;
}

/* 1024 blocks of 32 numbers about +-size, repeated: cheap, and random enough for a clock. */
static void put_numbers(FILE *f, enum dtype dtype, size_t n, float size)
{
    static uint8_t bytes[1024 * 128];
    const size_t per_block = dtype_block(dtype), block = dtype_block_bytes(dtype);
    const size_t some = 32768 / per_block * block;
    const int exponent = (int)lrintf(log2f(size));
    const uint16_t half = (uint16_t)((15 + exponent) << 10);
    for (size_t i = 0; i < some; i += 2) {
        uint16_t bits = (uint16_t)random_bits();
        if (dtype == DTYPE_F16)
            bits = (uint16_t)((bits & 0x83ff) | half);
        memcpy(bytes + i, &bits, 2);
    }
    for (size_t i = 0; dtype == DTYPE_F32 && i < some; i += 4) {
        float x = ((float)(random_bits() >> 8) * 0x1p-23f - 1) * size;
        memcpy(bytes + i, &x, 4);
    }
    for (size_t i = 0; per_block > 1 && i < some; i += block) { /* the scales */
        const uint16_t d = (uint16_t)(half - ((dtype == DTYPE_Q8_0 ? 7 : 4) << 10)), m = 0;
        memcpy(bytes + i, &d, 2);
        if (dtype == DTYPE_Q5_1 || dtype == DTYPE_Q4_1)
            memcpy(bytes + i + 2, &m, 2);
    }
    for (size_t left = n / per_block * block; left > 0;) {
        size_t now = left < some ? left : some;
        fwrite(bytes, 1, now, f);
        left -= now;
    }
}

static void put_ints(FILE *f, const int32_t *v, size_t n)
{
    fwrite(v, sizeof *v, n, f);
}

static void put_tensor(FILE *f, const char *name, enum dtype dtype, int ndim, const int32_t *dims,
                       float size)
{
    static const struct {
        enum dtype dtype;
        int32_t number;
    } types[] = {{DTYPE_F32, 0}, {DTYPE_F16, 1}, {DTYPE_Q5_1, 7}, {DTYPE_Q8_0, 8}};
    int32_t head[3] = {ndim, (int32_t)strlen(name), 0}, turned[3];
    size_t n = 1;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        head[2] = types[i].dtype == dtype ? types[i].number : head[2];
    for (int i = 0; i < ndim; i++) {
        turned[ndim - 1 - i] = dims[i];
        n *= (size_t)dims[i];
    }
    put_ints(f, head, 3);
    put_ints(f, turned, (size_t)ndim);
    fputs(name, f);
    put_numbers(f, dtype, n, size);
}

static void put_matrix(FILE *f, const char *place, const char *part, enum dtype dtype, int out,
                       int in)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s.weight", place, part);
    put_tensor(f, name, dtype, 2, (int32_t[]){out, in}, 1 / sqrtf((float)in));
}

static void put_vector(FILE *f, const char *place, const char *part, int n, float size)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", place, part);
    put_tensor(f, name, DTYPE_F32, 1, (int32_t[]){n}, size);
}

static void put_norm(FILE *f, const char *place, const char *part, int width)
{
    char name[128];
    snprintf(name, sizeof name, "%s.weight", part);
    put_vector(f, place, name, width, 1);
    snprintf(name, sizeof name, "%s.bias", part);
    put_vector(f, place, name, width, 0.05f);
}

static void put_attention(FILE *f, const char *place, const char *part, enum dtype dtype, int width)
{
    static const char *const maps[] = {"query", "key", "value", "out"};
    char name[64];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s.%s", part, maps[i]);
        put_matrix(f, place, name, dtype, width, width);
        snprintf(name, sizeof name, "%s.%s.bias", part, maps[i]);
        if (i != 1)
            put_vector(f, place, name, width, 0.05f);
    }
    snprintf(name, sizeof name, "%s_ln", part);
    put_norm(f, place, name, width);
}

static void put_block(FILE *f, const char *side, int layer, enum dtype dtype, int width, bool cross)
{
    char place[64];
    snprintf(place, sizeof place, "%s.blocks.%d.", side, layer);
    put_attention(f, place, "attn", dtype, width);
    if (cross)
        put_attention(f, place, "cross_attn", dtype, width);
    put_norm(f, place, "mlp_ln", width);
    put_matrix(f, place, "mlp.0", dtype, 4 * width, width);
    put_vector(f, place, "mlp.0.bias", 4 * width, 0.05f);
    put_matrix(f, place, "mlp.2", dtype, width, 4 * width);
    put_vector(f, place, "mlp.2.bias", width, 0.05f);
}

static void put_conv(FILE *f, const char *name, enum dtype dtype, int out, int in)
{
    char full[64];
    snprintf(full, sizeof full, "encoder.%s.weight", name);
    put_tensor(f, full, dtype == DTYPE_F32 ? DTYPE_F32 : DTYPE_F16, 3, (int32_t[]){out, in, 3},
               1 / sqrtf(3 * (float)in));
    snprintf(full, sizeof full, "encoder.%s.bias", name);
    put_tensor(f, full, DTYPE_F32, 2, (int32_t[]){out, 1}, 0.05f);
}

bool fake_whisper(FILE *f, const struct fake_speech *s, enum dtype dtype)
{
    const int32_t head[] = {0x67676d6c, s->vocab, 1500,     s->width,  s->heads, s->layers,
                            448,        s->width, s->heads, s->layers, s->mels,  1};
    put_ints(f, head, sizeof head / sizeof *head);
    put_ints(f, (int32_t[]){s->mels, 201}, 2);
    put_numbers(f, DTYPE_F32, (size_t)s->mels * 201, 0.01f);
    put_ints(f, (int32_t[]){0}, 1); /* no vocabulary */
    put_conv(f, "conv1", dtype, s->width, s->mels);
    put_conv(f, "conv2", dtype, s->width, s->width);
    put_tensor(f, "encoder.positional_embedding", DTYPE_F32, 2, (int32_t[]){1500, s->width}, 0.5f);
    put_norm(f, "", "encoder.ln_post", s->width);
    put_matrix(f, "", "decoder.token_embedding", dtype, s->vocab, s->width);
    put_tensor(f, "decoder.positional_embedding", DTYPE_F32, 2, (int32_t[]){448, s->width}, 0.25f);
    put_norm(f, "", "decoder.ln", s->width);
    for (int i = 0; i < s->layers; i++) {
        put_block(f, "encoder", i, dtype, s->width, false);
        put_block(f, "decoder", i, dtype, s->width, true);
    }
    return fflush(f) == 0 && !ferror(f);
}

struct entry {
    char name[64];
    int dims[2];
    float size;
};

static int list_gpt2(struct entry *out, int width, int layers, int vocab, int ctx)
{
    int n = 0;
    out[n++] = (struct entry){"wte.weight", {vocab, width}, 0.2f};
    out[n++] = (struct entry){"wpe.weight", {ctx, width}, 0.2f};
    out[n++] = (struct entry){"ln_f.weight", {width, 0}, 1};
    out[n++] = (struct entry){"ln_f.bias", {width, 0}, 0.05f};
    for (int i = 0; i < layers; i++) {
        const struct {
            const char *name;
            int in, out;
        } parts[] = {{"ln_1", 0, width},
                     {"attn.c_attn", width, 3 * width},
                     {"attn.c_proj", width, width},
                     {"ln_2", 0, width},
                     {"mlp.c_fc", width, 4 * width},
                     {"mlp.c_proj", 4 * width, width}};
        for (int k = 0; k < 6; k++) {
            const int in = parts[k].in;
            struct entry *w = &out[n++], *b = &out[n++];
            *w = (struct entry){.dims = {in ? in : parts[k].out, in ? parts[k].out : 0},
                                .size = in ? 1 / sqrtf((float)in) : 1};
            *b = (struct entry){.dims = {parts[k].out, 0}, .size = 0.05f};
            snprintf(w->name, sizeof w->name, "h.%d.%s.weight", i, parts[k].name);
            snprintf(b->name, sizeof b->name, "h.%d.%s.bias", i, parts[k].name);
        }
    }
    return n;
}

static size_t entry_count(const struct entry *e)
{
    return (size_t)e->dims[0] * (size_t)(e->dims[1] ? e->dims[1] : 1);
}

bool fake_gpt2(FILE *f, int width, int layers, int vocab, int ctx)
{
    struct entry *list = calloc((size_t)layers * 12 + 4, sizeof *list);
    char *head = calloc((size_t)layers * 12 + 8, 160);
    if (!list || !head) {
        free(list);
        free(head);
        return false;
    }
    const int n = list_gpt2(list, width, layers, vocab, ctx);
    size_t at = 0, len = 0;
    for (int i = 0; i < n; i++) {
        char second[32] = "";
        if (list[i].dims[1])
            snprintf(second, sizeof second, ",%d", list[i].dims[1]);
        size_t end = at + 2 * entry_count(&list[i]);
        len += (size_t)sprintf(head + len,
                               "%s\"%s\":{\"dtype\":\"F16\",\"shape\":[%d%s],"
                               "\"data_offsets\":[%zu,%zu]}",
                               i ? "," : "{", list[i].name, list[i].dims[0], second, at, end);
        at = end;
    }
    head[len++] = '}';
    while (len % 8)
        head[len++] = ' ';
    uint64_t size = len;
    fwrite(&size, sizeof size, 1, f);
    fwrite(head, 1, len, f);
    for (int i = 0; i < n; i++)
        put_numbers(f, DTYPE_F16, entry_count(&list[i]), list[i].size);
    free(list);
    free(head);
    return fflush(f) == 0 && !ferror(f);
}
