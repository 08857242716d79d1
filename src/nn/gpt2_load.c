/* SPDX-License-Identifier: GPL-3.0-or-later
 * GPT-2's weights as Hugging Face names them; its "Conv1D" maps are stored [in][out]. */
#include "core/arena.h"
#include "core/json.h"
#include "nn/gpt2_parts.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 96

static const struct {
    const char *name, *other; /* of config.json; other: an older or newer word for it */
    size_t offset;
    int most;
} size_fields[] = {
    {"vocab_size", NULL, offsetof(struct gpt2_config, vocab), 1000000},
    {"n_positions", "n_ctx", offsetof(struct gpt2_config, ctx), 65536},
    {"n_embd", NULL, offsetof(struct gpt2_config, width), 16384},
    {"n_head", NULL, offsetof(struct gpt2_config, heads), 256},
    {"n_layer", NULL, offsetof(struct gpt2_config, layers), 256},
};
#define FIELDS (sizeof size_fields / sizeof *size_fields)

static int *field(struct gpt2_config *c, size_t i)
{
    return (int *)(void *)((char *)c + size_fields[i].offset);
}

static bool config_check(const struct gpt2_config *c, struct err *e)
{
    struct gpt2_config copy = *c;
    for (size_t i = 0; i < FIELDS; i++) {
        int v = *field(&copy, i);
        if (v < 1 || v > size_fields[i].most)
            return err_set(e, ERR_INVALID, "language model: %s is %d, and must be 1 to %d",
                           size_fields[i].name, v, size_fields[i].most);
    }
    if (c->ctx < 2)
        return err_set(e, ERR_INVALID, "language model: a context of one token");
    if (c->width % c->heads != 0)
        return err_set(e, ERR_INVALID, "language model: %d heads do not divide a width of %d",
                       c->heads, c->width);
    if (!(c->epsilon > 0 && c->epsilon < 1))
        return err_set(e, ERR_INVALID, "language model: layer_norm_epsilon is out of range");
    return true;
}

static bool read_field(struct json_reader *r, const char *key, struct gpt2_config *c)
{
    double v;
    bool is_int = false;
    int64_t i = 0;
    if (json_peek(r) != JSON_NUMBER)
        return json_skip(r);
    if (!json_read_number(r, &v, &is_int, &i))
        return false;
    const int whole = is_int && i >= 0 && i <= INT32_MAX ? (int)i : -1;
    for (size_t k = 0; k < FIELDS; k++) {
        const char *other = size_fields[k].other;
        if (strcmp(key, size_fields[k].name) == 0 || (other && strcmp(key, other) == 0))
            *field(c, k) = whole;
    }
    if (strcmp(key, "layer_norm_epsilon") == 0)
        c->epsilon = (float)v;
    if (strcmp(key, "eos_token_id") == 0)
        c->eot = whole;
    return true;
}

bool gpt2_config_from_json(const char *text, size_t len, struct gpt2_config *out, struct err *e)
{
    struct arena arena;
    struct json_reader r;
    const char *key;
    *out = (struct gpt2_config){.epsilon = 1e-5f, .eot = -1};
    arena_init(&arena, 1u << 20);
    json_reader_init(&r, text, len, 32);
    bool ok = json_enter_object(&r);
    while (ok && json_next_key(&r, &arena, &key) && read_field(&r, key, out)) {
    }
    if (json_failed(&r))
        ok = err_set(e, ERR_INVALID, "%s at character %zu", r.error, json_error_char(&r));
    arena_finish(&arena);
    if (!ok || !config_check(out, e))
        return err_wrap(e, "config.json");
    return true;
}

struct loader {
    struct gpt2 *model;
    const struct weights *weights;
    const char *prefix;
    struct err *e;
};

static bool get_norm(struct loader *l, const char *part, struct norm *n)
{
    char name[NAME_SIZE];
    const int64_t dims[] = {l->model->config.width, 0};
    snprintf(name, sizeof name, "%s%s.weight", l->prefix, part);
    n->gain = tensor_floats(l->weights, name, dims, &l->model->floats, l->e);
    if (!n->gain)
        return false;
    snprintf(name, sizeof name, "%s%s.bias", l->prefix, part);
    n->bias = tensor_floats(l->weights, name, dims, &l->model->floats, l->e);
    return n->bias != NULL;
}

static bool get_block(struct loader *l, int layer, struct gpt2_block *b)
{
    const int width = l->model->config.width;
    const struct {
        const char *name;
        int in, out;
        struct linear *map;
    } maps[] = {
        {"attn.c_attn", width, 3 * width, &b->attend_in},
        {"attn.c_proj", width, width, &b->attend_out},
        {"mlp.c_fc", width, 4 * width, &b->mlp_in},
        {"mlp.c_proj", 4 * width, width, &b->mlp_out},
    };
    char part[NAME_SIZE / 2], name[NAME_SIZE], bias[NAME_SIZE];
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        snprintf(name, sizeof name, "%sh.%d.%s.weight", l->prefix, layer, maps[i].name);
        snprintf(bias, sizeof bias, "%sh.%d.%s.bias", l->prefix, layer, maps[i].name);
        if (!tensor_linear(l->weights, name, bias, true, maps[i].in, maps[i].out, maps[i].map,
                           &l->model->floats, l->e))
            return false;
    }
    snprintf(part, sizeof part, "h.%d.ln_1", layer);
    if (!get_norm(l, part, &b->attend_norm))
        return false;
    snprintf(part, sizeof part, "h.%d.ln_2", layer);
    return get_norm(l, part, &b->mlp_norm);
}

static bool load(struct gpt2 *m, const struct weights *w, struct err *e)
{
    const struct gpt2_config *c = &m->config;
    struct loader l = {.model = m, .weights = w, .e = e};
    l.prefix = weights_find(w, "transformer.wte.weight") ? "transformer." : "";
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%swte.weight", l.prefix);
    if (!tensor_linear(w, name, NULL, false, c->width, c->vocab, &m->tokens, &m->floats, e))
        return false;
    if (dtype_block(m->tokens.dtype) > 1)
        return err_set(e, ERR_INVALID, "tensor %s: type %s is not supported", name,
                       dtype_name(m->tokens.dtype));
    const int64_t dims[] = {c->ctx, c->width, 0};
    snprintf(name, sizeof name, "%swpe.weight", l.prefix);
    m->positions = tensor_floats(w, name, dims, &m->floats, e);
    if (!m->positions || !get_norm(&l, "ln_f", &m->norm))
        return false;
    for (int i = 0; i < c->layers; i++) {
        if (!get_block(&l, i, &m->blocks[i]))
            return false;
    }
    return true;
}

struct gpt2 *gpt2_open(const struct weights *w, const struct gpt2_config *c, struct err *e)
{
    if (!config_check(c, e))
        return NULL;
    struct gpt2 *m = calloc(1, sizeof *m);
    if (m) {
        m->config = *c;
        m->blocks = calloc((size_t)c->layers, sizeof *m->blocks);
    }
    if (!m || !m->blocks)
        err_set(e, ERR_NO_MEMORY, "no memory for a language model");
    else if (load(m, w, e))
        return m;
    gpt2_destroy(m);
    return NULL;
}

void gpt2_destroy(struct gpt2 *m)
{
    if (!m)
        return;
    floats_finish(&m->floats);
    free(m->blocks);
    free(m);
}

const struct gpt2_config *gpt2_config(const struct gpt2 *m)
{
    return &m->config;
}
