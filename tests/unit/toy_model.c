/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toy_model.h"

#include "nn/gpt2.h"
#include "nn/kernels.h"
#include "nn/sample.h"
#include "nn/weights.h"
#include "nn/whisper.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_half(const struct toy *t, const struct toy_tensor *x)
{
    return t->half && x->ndim >= 2;
}

void toy_add(struct toy *t, const char *name, const int *dims, float size, float base)
{
    struct toy_tensor *x = &t->tensors[t->count++];
    *x = (struct toy_tensor){.count = 1};
    snprintf(x->name, sizeof x->name, "%s", name);
    for (; dims[x->ndim]; x->ndim++) {
        x->dims[x->ndim] = dims[x->ndim];
        x->count *= (size_t)dims[x->ndim];
    }
    x->data = malloc(x->count * sizeof *x->data);
    for (size_t i = 0; i < x->count; i++)
        x->data[i] = base + size * (float)(random_unit(&t->seed) * 2 - 1) * 1.73f;
    for (size_t i = 0; is_half(t, x) && i < x->count; i++) {
        uint16_t bits;
        kernels_named("plain")->to_f16(&x->data[i], 1, &bits);
        x->data[i] = f16_to_f32(bits);
    }
}

const struct toy_tensor *toy_find(const struct toy *t, const char *name)
{
    for (int i = 0; i < t->count; i++) {
        if (strcmp(t->tensors[i].name, name) == 0)
            return &t->tensors[i];
    }
    fprintf(stderr, "no toy tensor %s\n", name);
    exit(1);
}

struct weights *toy_weights(struct toy *t)
{
    size_t head_size = (size_t)t->count * 256 + 16, total = 0, len = 0, at = 0;
    for (int i = 0; i < t->count; i++)
        total += t->tensors[i].count * 4;
    free(t->file);
    t->file = calloc(1, 8 + head_size + total);
    char *head = (char *)t->file + 8;
    for (int i = 0; i < t->count; i++) {
        const struct toy_tensor *x = &t->tensors[i];
        size_t end = at + x->count * (is_half(t, x) ? 2 : 4);
        len +=
            (size_t)snprintf(head + len, head_size - len, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                             i ? "," : "{", x->name, is_half(t, x) ? "F16" : "F32");
        for (int d = 0; d < x->ndim; d++)
            len += (size_t)snprintf(head + len, head_size - len, "%s%d", d ? "," : "", x->dims[d]);
        len +=
            (size_t)snprintf(head + len, head_size - len, "],\"data_offsets\":[%zu,%zu]}", at, end);
        at = end;
    }
    head[len++] = '}';
    uint64_t size = len;
    memcpy(t->file, &size, 8);
    uint8_t *data = t->file + 8 + len;
    for (int i = 0; i < t->count; i++) {
        const struct toy_tensor *x = &t->tensors[i];
        if (is_half(t, x))
            kernels_named("plain")->to_f16(x->data, x->count, (uint16_t *)(void *)data);
        else
            memcpy(data, x->data, x->count * 4);
        data += x->count * (is_half(t, x) ? 2 : 4);
    }
    struct err e = {0};
    struct weights *w = weights_from_bytes("toy", t->file, (size_t)(data - t->file), &e);
    if (!w)
        fprintf(stderr, "%s\n", e.msg);
    return w;
}

void toy_finish(struct toy *t)
{
    for (int i = 0; i < t->count; i++)
        free(t->tensors[i].data);
    free(t->file);
    t->count = 0;
    t->file = NULL;
}

static void add_pair(struct toy *t, const char *name, int out, int in, bool across, bool bias)
{
    char full[96];
    snprintf(full, sizeof full, "%s.weight", name);
    toy_add(t, full, across ? (int[]){in, out, 0} : (int[]){out, in, 0}, 1.3f / sqrtf((float)in),
            0);
    snprintf(full, sizeof full, "%s.bias", name);
    if (bias)
        toy_add(t, full, (int[]){out, 0}, 0.05f, 0);
}

static void add_norm(struct toy *t, const char *name, int width)
{
    char full[96];
    snprintf(full, sizeof full, "%s.weight", name);
    toy_add(t, full, (int[]){width, 0}, 0.1f, 1);
    snprintf(full, sizeof full, "%s.bias", name);
    toy_add(t, full, (int[]){width, 0}, 0.05f, 0);
}

static void add_attention(struct toy *t, const char *place, const char *part, int width)
{
    static const char *const maps[] = {"q_proj", "k_proj", "v_proj", "out_proj"};
    char name[80];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s.%s.%s", place, part, maps[i]);
        add_pair(t, name, width, width, false, i != 1);
    }
    snprintf(name, sizeof name, "%s.%s_layer_norm", place, part);
    add_norm(t, name, width);
}

static void add_block(struct toy *t, const char *side, int layer, int width, bool cross)
{
    char place[48], name[80];
    snprintf(place, sizeof place, "model.%s.layers.%d", side, layer);
    add_attention(t, place, "self_attn", width);
    if (cross)
        add_attention(t, place, "encoder_attn", width);
    snprintf(name, sizeof name, "%s.final_layer_norm", place);
    add_norm(t, name, width);
    snprintf(name, sizeof name, "%s.fc1", place);
    add_pair(t, name, 4 * width, width, false, true);
    snprintf(name, sizeof name, "%s.fc2", place);
    add_pair(t, name, width, 4 * width, false, true);
}

static void add_conv(struct toy *t, const char *name, int out, int in)
{
    char full[96];
    snprintf(full, sizeof full, "%s.weight", name);
    toy_add(t, full, (int[]){out, in, 3, 0}, 2 / sqrtf(3 * (float)in), 0);
    snprintf(full, sizeof full, "%s.bias", name);
    toy_add(t, full, (int[]){out, 0}, 0.05f, 0);
}

void toy_whisper(struct toy *t, const struct whisper_config *c)
{
    const int width = c->text_width;
    add_conv(t, "model.encoder.conv1", width, c->mels);
    add_conv(t, "model.encoder.conv2", width, width);
    toy_add(t, "model.encoder.embed_positions.weight", (int[]){c->audio_ctx, width, 0}, 0.5f, 0);
    add_norm(t, "model.encoder.layer_norm", width);
    toy_add(t, "model.decoder.embed_tokens.weight", (int[]){c->vocab, width, 0}, 0.35f, 0);
    toy_add(t, "model.decoder.embed_positions.weight", (int[]){c->text_ctx, width, 0}, 0.25f, 0);
    add_norm(t, "model.decoder.layer_norm", width);
    for (int i = 0; i < c->audio_layers; i++)
        add_block(t, "encoder", i, width, false);
    for (int i = 0; i < c->text_layers; i++)
        add_block(t, "decoder", i, width, true);
}

void toy_gpt2(struct toy *t, const struct gpt2_config *c)
{
    char name[80];
    toy_add(t, "wte.weight", (int[]){c->vocab, c->width, 0}, 0.35f, 0);
    toy_add(t, "wpe.weight", (int[]){c->ctx, c->width, 0}, 0.3f, 0);
    add_norm(t, "ln_f", c->width);
    for (int i = 0; i < c->layers; i++) {
        const struct {
            const char *name;
            int in, out;
        } maps[] = {
            {"attn.c_attn", 1, 3}, {"attn.c_proj", 1, 1}, {"mlp.c_fc", 1, 4}, {"mlp.c_proj", 4, 1}};
        for (int k = 0; k < 4; k++) {
            snprintf(name, sizeof name, "h.%d.%s", i, maps[k].name);
            add_pair(t, name, maps[k].out * c->width, maps[k].in * c->width, true, true);
        }
        for (int k = 1; k <= 2; k++) {
            snprintf(name, sizeof name, "h.%d.ln_%d", i, k);
            add_norm(t, name, c->width);
        }
    }
}
