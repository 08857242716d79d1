/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/transcriber.h"
#include "nn/team.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"

#include <stdlib.h>
#include <string.h>

static bool read_config(struct transcriber *t, const struct model_files *files, struct err *e)
{
    size_t len;
    if (weights_ggml(t->weights))
        return whisper_config_from_ggml(weights_ggml(t->weights), &t->config, e);
    const char *text = model_files_text(files, "config.json", &t->arena, &len, e);
    return text && whisper_config_from_json(text, len, &t->config, e);
}

static bool read_tokens(struct transcriber *t, const struct model_files *files, struct err *e)
{
    struct err none = {0};
    size_t len = 0;
    const char *generation = model_files_text(files, "generation_config.json", &t->arena, &len, &none);
    if (!generation && none.code != ERR_NOT_FOUND)
        return err_set(e, none.code, "%s", none.msg);
    return whisper_tokens_read(t->tokenizer, &t->config, weights_ggml(t->weights), generation, len,
                               &t->arena, &t->tokens, e);
}

struct transcriber *transcriber_open(const struct model_files *files, int threads, struct err *e)
{
    struct transcriber *t = calloc(1, sizeof *t);
    if (!t) {
        err_set(e, ERR_NO_MEMORY, "no memory for a speech model");
        return NULL;
    }
    arena_init(&t->arena, (size_t)256 << 20);
    if (strcmp(files->kind, "whisper") != 0) {
        err_set(e, ERR_INVALID, "a model for speech is needed, and this is one of kind \"%s\"",
                files->kind);
        goto fail;
    }
    if (!(t->weights = model_files_weights(files, e)) || !read_config(t, files, e) ||
        !(t->tokenizer = model_files_tokenizer(files, t->weights, e)) ||
        !(t->model = whisper_open(t->weights, &t->config, e)) || !read_tokens(t, files, e) ||
        !(t->team = team_create(threads, e)))
        goto fail;
    return t;
fail:
    transcriber_destroy(t);
    return NULL;
}

void transcriber_destroy(struct transcriber *t)
{
    if (!t)
        return;
    team_destroy(t->team);
    whisper_destroy(t->model);
    tokenizer_destroy(t->tokenizer);
    weights_destroy(t->weights);
    arena_finish(&t->arena);
    free(t);
}
