/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/gpt2.h"

#include "nn/block.h"
#include "nn/gpt2_parts.h"

#include <stdlib.h>
#include <string.h>

#define MLP 4

struct gpt2_run {
    const struct gpt2 *model;
    struct crew crew;
    struct cache *caches; /* [layers] */
    int32_t *tokens;      /* [ctx], those that were read */
    int length;
    size_t *at;              /* [ctx] */
    struct attend_row *rows; /* [ctx] */
    float *x, *h, *wide;     /* [ctx][width or 4 * width] */
};

struct gpt2_run *gpt2_run_create(const struct gpt2 *m, struct team *team, struct err *e)
{
    const struct gpt2_config *c = &m->config;
    const size_t ctx = (size_t)c->ctx, width = (size_t)c->width;
    struct gpt2_run *run = calloc(1, sizeof *run);
    bool ok = run != NULL;
    if (ok) {
        run->model = m;
        run->caches = calloc((size_t)c->layers, sizeof *run->caches);
        run->tokens = calloc(ctx, sizeof *run->tokens);
        run->at = calloc(ctx, sizeof *run->at);
        run->rows = calloc(ctx, sizeof *run->rows);
        run->x = calloc(ctx * width, sizeof *run->x);
        run->h = calloc(ctx * width, sizeof *run->h);
        run->wide = calloc(ctx * width * MLP, sizeof *run->wide);
        ok = run->caches && run->tokens && run->at && run->rows && run->x && run->h && run->wide &&
             crew_init(&run->crew, team, ctx, MLP * c->width, e);
        for (int i = 0; ok && i < c->layers; i++)
            ok = cache_init(&run->caches[i], c->ctx, 1, c->width, false, e);
        for (int i = 0; ok && i < c->ctx; i++)
            run->at[i] = (size_t)i * width;
    }
    if (ok)
        return run;
    gpt2_run_destroy(run);
    err_set(e, ERR_NO_MEMORY, "no memory to run a language model");
    return NULL;
}

void gpt2_run_destroy(struct gpt2_run *run)
{
    if (!run)
        return;
    for (int i = 0; run->caches && i < run->model->config.layers; i++)
        cache_finish(&run->caches[i]);
    free(run->caches);
    free(run->tokens);
    free(run->at);
    free(run->rows);
    free(run->x);
    free(run->h);
    free(run->wide);
    crew_finish(&run->crew);
    free(run);
}

static void run_layer(struct gpt2_run *run, int layer, int n)
{
    const struct gpt2_block *b = &run->model->blocks[layer];
    const struct gpt2_config *c = &run->model->config;
    const struct crew *crew = &run->crew;
    const int width = c->width, row = 3 * width;
    norm_rows(crew, &b->attend_norm, run->x, n, width, c->epsilon, run->h);
    linear_rows(crew, &b->attend_in, run->h, width, n, run->wide, row, THEN_STORE);
    for (int i = 0; i < n; i++) {
        const float *key = run->wide + (size_t)i * (size_t)row + width;
        cache_put(&run->caches[layer], crew->kernels, run->at[run->length + i], key, key + width);
    }
    cache_attend(crew, &run->caches[layer], c->heads, run->wide, row, run->rows, n, run->h);
    linear_rows(crew, &b->attend_out, run->h, width, n, run->x, width, THEN_ADD);

    norm_rows(crew, &b->mlp_norm, run->x, n, width, c->epsilon, run->h);
    linear_rows(crew, &b->mlp_in, run->h, width, n, run->wide, MLP * width, THEN_GELU_TANH);
    linear_rows(crew, &b->mlp_out, run->wide, MLP * width, n, run->x, width, THEN_ADD);
}

static void embed(struct gpt2_run *run, int i, int32_t token)
{
    const struct linear *t = &run->model->tokens;
    const size_t width = (size_t)t->in;
    const float *where = run->model->positions + (size_t)(run->length + i) * width;
    float *x = run->x + (size_t)i * width;
    run->crew.kernels->to_f32(
        t->dtype, t->weight + (size_t)token * width * dtype_block_bytes(t->dtype), width, x);
    for (size_t j = 0; j < width; j++)
        x[j] += where[j];
}

/* Reads n tokens that fit behind those that were read. */
static bool feed_some(struct gpt2_run *run, const int32_t *tokens, int n, float *logits, int rows,
                      const struct cancel *cancel, struct err *e)
{
    const struct gpt2_config *c = &run->model->config;
    for (int i = 0; i < n; i++) {
        embed(run, i, tokens[i]);
        run->rows[i] = (struct attend_row){.at = run->at, .n = run->length + i + 1};
    }
    for (int layer = 0; layer < c->layers; layer++) {
        if (cancel_fired(cancel))
            return err_set(e, ERR_CANCELED, "stopped");
        run_layer(run, layer, n);
    }
    memmove(run->tokens + run->length, tokens, (size_t)n * sizeof *tokens);
    run->length += n;
    if (rows > 0) {
        norm_rows(&run->crew, &run->model->norm, run->x + (size_t)(n - rows) * (size_t)c->width,
                  rows, c->width, c->epsilon, run->h);
        linear_rows(&run->crew, &run->model->tokens, run->h, c->width, rows, logits, c->vocab,
                    THEN_STORE);
    }
    return true;
}

/* Makes room for n tokens, at most half a context: what stays is read anew at its new place. */
static bool slide(struct gpt2_run *run, int n, const struct cancel *cancel, struct err *e)
{
    const int keep = run->model->config.ctx / 2;
    if (run->length + n <= run->model->config.ctx)
        return true;
    const int first = run->length > keep ? run->length - keep : 0, some = run->length - first;
    memmove(run->tokens, run->tokens + first, (size_t)some * sizeof *run->tokens);
    run->length = 0;
    return feed_some(run, run->tokens, some, NULL, 0, cancel, e);
}

bool gpt2_feed(struct gpt2_run *run, const int32_t *tokens, int n, float *logits, int rows,
               const struct cancel *c, struct err *e)
{
    const int ctx = run->model->config.ctx, half = ctx / 2;
    if (n < 0 || rows < 0 || rows > n || (rows > half && rows > ctx - run->length))
        return err_set(e, ERR_INVALID, "%d rows of logits for %d tokens", rows, n);
    for (int i = 0; i < n; i++) {
        if (tokens[i] < 0 || tokens[i] >= run->model->config.vocab)
            return err_set(e, ERR_INVALID, "token %d: the language model knows 0 to %d", tokens[i],
                           run->model->config.vocab - 1);
    }
    if (n > ctx) { /* what could not be remembered anyway */
        run->length = 0;
        tokens += n - ctx;
        n = ctx;
    }
    while (n > 0) {
        int some = n;
        if (run->length + n > ctx) {
            some = n > half ? (n - half < half ? n - half : half) : n;
            if (!slide(run, some, c, e))
                return false;
        }
        if (!feed_some(run, tokens, some, logits, some == n ? rows : 0, c, e))
            return false;
        tokens += some;
        n -= some;
    }
    return true;
}

void gpt2_reset(struct gpt2_run *run)
{
    run->length = 0;
}

int gpt2_length(const struct gpt2_run *run)
{
    return run->length;
}
