/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/arena.h"
#include "core/json.h"
#include "nn/whisper_parts.h"

#include <stddef.h>
#include <string.h>

struct size_field {
    const char *name; /* in config.json */
    size_t offset;
    int most;
};

/* The largest Whisper has 1280, 20 heads, 32 layers, 51 866 tokens. */
static const struct size_field size_fields[] = {
    {"vocab_size", offsetof(struct whisper_config, vocab), 1000000},
    {"num_mel_bins", offsetof(struct whisper_config, mels), 512},
    {"max_source_positions", offsetof(struct whisper_config, audio_ctx), 6000},
    {"d_model", offsetof(struct whisper_config, audio_width), 8192},
    {"encoder_attention_heads", offsetof(struct whisper_config, audio_heads), 256},
    {"encoder_layers", offsetof(struct whisper_config, audio_layers), 256},
    {"max_target_positions", offsetof(struct whisper_config, text_ctx), 8192},
    {"d_model", offsetof(struct whisper_config, text_width), 8192},
    {"decoder_attention_heads", offsetof(struct whisper_config, text_heads), 256},
    {"decoder_layers", offsetof(struct whisper_config, text_layers), 256},
};
#define FIELDS (sizeof size_fields / sizeof *size_fields)

static int *field(struct whisper_config *c, size_t i)
{
    return (int *)(void *)((char *)c + size_fields[i].offset);
}

bool whisper_config_check(const struct whisper_config *c, struct err *e)
{
    struct whisper_config copy = *c;
    for (size_t i = 0; i < FIELDS; i++) {
        int v = *field(&copy, i);
        if (v < 1 || v > size_fields[i].most)
            return err_set(e, ERR_INVALID, "speech model: %s is %d, and must be 1 to %d",
                           size_fields[i].name, v, size_fields[i].most);
    }
    if (c->audio_width != c->text_width)
        return err_set(e, ERR_INVALID,
                       "speech model: encoder and decoder differ in width (%d and %d)",
                       c->audio_width, c->text_width);
    if (c->audio_width % c->audio_heads != 0 || c->text_width % c->text_heads != 0)
        return err_set(e, ERR_INVALID, "speech model: %d or %d heads do not divide a width of %d",
                       c->audio_heads, c->text_heads, c->audio_width);
    return true;
}

static bool read_size(struct json_reader *r, int *out)
{
    double v;
    bool is_int;
    int64_t i;
    if (!json_read_number(r, &v, &is_int, &i))
        return false;
    *out = is_int && i > 0 && i <= INT32_MAX ? (int)i : -1; /* -1 is refused by the check */
    return true;
}

bool whisper_config_from_json(const char *text, size_t len, struct whisper_config *out,
                              struct err *e)
{
    struct arena arena;
    struct json_reader r;
    const char *key;
    *out = (struct whisper_config){0};
    arena_init(&arena, 1u << 20);
    json_reader_init(&r, text, len, 32);
    bool ok = json_enter_object(&r);
    while (ok && json_next_key(&r, &arena, &key)) {
        int v = 0;
        bool known = false;
        for (size_t i = 0; i < FIELDS && !known; i++)
            known = strcmp(key, size_fields[i].name) == 0;
        if (known ? !read_size(&r, &v) : !json_skip(&r))
            break;
        for (size_t i = 0; i < FIELDS && known; i++) {
            if (strcmp(key, size_fields[i].name) == 0)
                *field(out, i) = v;
        }
    }
    if (json_failed(&r))
        ok = err_set(e, ERR_INVALID, "config.json: %s at character %zu", r.error,
                     json_error_char(&r));
    arena_finish(&arena);
    if (!ok || !whisper_config_check(out, e))
        return err_wrap(e, "config.json");
    return true;
}

bool whisper_config_from_ggml(const struct ggml_head *head, struct whisper_config *out,
                              struct err *e)
{
    *out = (struct whisper_config){
        .vocab = head->n_vocab,
        .mels = head->n_mels,
        .audio_ctx = head->n_audio_ctx,
        .audio_width = head->n_audio_state,
        .audio_heads = head->n_audio_head,
        .audio_layers = head->n_audio_layer,
        .text_ctx = head->n_text_ctx,
        .text_width = head->n_text_state,
        .text_heads = head->n_text_head,
        .text_layers = head->n_text_layer,
    };
    return whisper_config_check(out, e);
}
