/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tensors of Whisper by the two styles of names there are: Hugging Face's (safetensors) and
 * OpenAI's (ggml). */
#include "nn/whisper_parts.h"

#include <stdio.h>
#include <string.h>

struct style {
    const char *prefix; /* of all names */
    const char *audio_positions, *text_positions, *tokens;
    const char *encoder_norm, *decoder_norm;
    const char *layer; /* of "encoder.<layer>.3.<part>.weight" */
    const char *self, *self_norm, *cross, *cross_norm;
    const char *query, *key, *value, *out;
    const char *mlp_norm, *mlp_in, *mlp_out;
};

static const struct style styles[] = {
    {
        .prefix = "model.",
        .audio_positions = "encoder.embed_positions.weight",
        .text_positions = "decoder.embed_positions.weight",
        .tokens = "decoder.embed_tokens",
        .encoder_norm = "encoder.layer_norm",
        .decoder_norm = "decoder.layer_norm",
        .layer = "layers",
        .self = "self_attn",
        .self_norm = "self_attn_layer_norm",
        .cross = "encoder_attn",
        .cross_norm = "encoder_attn_layer_norm",
        .query = "q_proj",
        .key = "k_proj",
        .value = "v_proj",
        .out = "out_proj",
        .mlp_norm = "final_layer_norm",
        .mlp_in = "fc1",
        .mlp_out = "fc2",
    },
    {
        .prefix = "",
        .audio_positions = "encoder.positional_embedding",
        .text_positions = "decoder.positional_embedding",
        .tokens = "decoder.token_embedding",
        .encoder_norm = "encoder.ln_post",
        .decoder_norm = "decoder.ln",
        .layer = "blocks",
        .self = "attn",
        .self_norm = "attn_ln",
        .cross = "cross_attn",
        .cross_norm = "cross_attn_ln",
        .query = "query",
        .key = "key",
        .value = "value",
        .out = "out",
        .mlp_norm = "mlp_ln",
        .mlp_in = "mlp.0",
        .mlp_out = "mlp.2",
    },
};

#define NAME_SIZE 160
#define PART_SIZE 64

struct loader {
    struct whisper *model;
    const struct weights *weights;
    const struct style *style;
    const char *prefix;
    char place[PART_SIZE]; /* in front of a part's name */
    struct err *e;
};

static void full_name(const struct loader *l, const char *part, const char *end, char *out)
{
    snprintf(out, NAME_SIZE, "%s%s%s%s", l->prefix, l->place, part, end);
}

static bool get_norm(struct loader *l, const char *part, int width, struct norm *n)
{
    char name[NAME_SIZE];
    const int64_t dims[] = {width, 0};
    full_name(l, part, ".weight", name);
    n->gain = tensor_floats(l->weights, name, dims, &l->model->floats, l->e);
    if (!n->gain)
        return false;
    full_name(l, part, ".bias", name);
    n->bias = tensor_floats(l->weights, name, dims, &l->model->floats, l->e);
    return n->bias != NULL;
}

static bool get_linear(struct loader *l, const char *part, bool bias, int in, int out,
                       struct linear *map)
{
    char name[NAME_SIZE], bias_name[NAME_SIZE];
    full_name(l, part, ".weight", name);
    full_name(l, part, ".bias", bias_name);
    return tensor_linear(l->weights, name, bias ? bias_name : NULL, false, in, out, map,
                         &l->model->floats, l->e);
}

static bool get_conv(struct loader *l, const char *part, int in, int out, struct whisper_conv *c)
{
    char name[NAME_SIZE];
    const int64_t dims[] = {out, in, 3, 0}, side[] = {out, 0};
    full_name(l, part, ".weight", name);
    const struct tensor *t = tensor_get(l->weights, name, dims, l->e);
    if (!t)
        return false;
    if (dtype_block(t->dtype) > 1)
        return err_set(l->e, ERR_INVALID, "tensor %s: convolutions of type %s are not supported",
                       name, dtype_name(t->dtype));
    full_name(l, part, ".bias", name);
    *c = (struct whisper_conv){.weight = t->data, .dtype = t->dtype, .in = in, .out = out};
    c->bias = tensor_floats(l->weights, name, side, &l->model->floats, l->e);
    return c->bias != NULL;
}

static bool get_positions(struct loader *l, const char *part, int ctx, int width, const float **out)
{
    char name[NAME_SIZE];
    const int64_t dims[] = {ctx, width, 0};
    full_name(l, part, "", name);
    *out = tensor_floats(l->weights, name, dims, &l->model->floats, l->e);
    return *out != NULL;
}

static bool get_attention(struct loader *l, const char *part, const char *norm, int width,
                          struct whisper_attention *a)
{
    const struct {
        const char *name;
        bool bias;
        struct linear *map;
    } maps[] = {
        {l->style->query, true, &a->query},
        {l->style->key, false, &a->key},
        {l->style->value, true, &a->value},
        {l->style->out, true, &a->out},
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        char name[PART_SIZE];
        snprintf(name, sizeof name, "%s.%s", part, maps[i].name);
        if (!get_linear(l, name, maps[i].bias, width, width, maps[i].map))
            return false;
    }
    return get_norm(l, norm, width, &a->norm);
}

static bool get_block(struct loader *l, const char *side, int layer, int width, bool cross,
                      struct whisper_block *b)
{
    const struct style *s = l->style;
    snprintf(l->place, sizeof l->place, "%s.%s.%d.", side, s->layer, layer);
    bool ok = get_attention(l, s->self, s->self_norm, width, &b->self) &&
              (!cross || get_attention(l, s->cross, s->cross_norm, width, &b->cross)) &&
              get_norm(l, s->mlp_norm, width, &b->mlp_norm) &&
              get_linear(l, s->mlp_in, true, width, WHISPER_MLP * width, &b->mlp_in) &&
              get_linear(l, s->mlp_out, true, WHISPER_MLP * width, width, &b->mlp_out);
    l->place[0] = 0;
    return ok;
}

static bool find_style(struct loader *l)
{
    char name[NAME_SIZE];
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        l->style = &styles[i];
        for (int bare = 0; bare < 2; bare++) {
            l->prefix = bare ? "" : styles[i].prefix;
            full_name(l, styles[i].tokens, ".weight", name);
            if (weights_find(l->weights, name))
                return true;
        }
    }
    return err_set(l->e, ERR_INVALID,
                   "these weights are not a speech model's: there is no token embedding");
}

/* Every activation is at least as exact as the weights it meets. */
static bool keep_half(const struct whisper *m)
{
    return m->decoder[0].cross.key.dtype != DTYPE_F32;
}

bool whisper_load(struct whisper *m, const struct weights *w, struct err *e)
{
    const struct whisper_config *c = &m->config;
    const int width = c->audio_width;
    struct loader l = {.model = m, .weights = w, .e = e};
    if (!find_style(&l))
        return false;
    bool ok =
        get_conv(&l, "encoder.conv1", c->mels, width, &m->conv1) &&
        get_conv(&l, "encoder.conv2", width, width, &m->conv2) &&
        get_positions(&l, l.style->audio_positions, c->audio_ctx, width, &m->audio_positions) &&
        get_norm(&l, l.style->encoder_norm, width, &m->encoder_norm) &&
        get_linear(&l, l.style->tokens, false, width, c->vocab, &m->tokens) &&
        get_positions(&l, l.style->text_positions, c->text_ctx, width, &m->text_positions) &&
        get_norm(&l, l.style->decoder_norm, width, &m->decoder_norm);
    for (int i = 0; ok && i < c->audio_layers; i++)
        ok = get_block(&l, "encoder", i, width, false, &m->encoder[i]);
    for (int i = 0; ok && i < c->text_layers; i++)
        ok = get_block(&l, "decoder", i, width, true, &m->decoder[i]);
    if (ok)
        m->half = keep_half(m);
    return ok;
}
