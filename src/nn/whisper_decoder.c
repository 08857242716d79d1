/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. The rows of one pass are either the next tokens of all sequences or all tokens of a
 * prompt; the layers do not know which. Each sequence has a list of where its tokens' keys and
 * values are, so a fork copies that list and nothing else. What is kept of a token is written
 * once and shared by all that descend from it.
 */
#include "nn/team.h"
#include "nn/whisper_parts.h"

#include <math.h>
#include <string.h>

#define CROSS_ROWS 32 /* whose weights fit the scratch */

int whisper_head_width_padded(const struct whisper *m)
{
    const int width = m->config.text_width / m->config.text_heads;
    return (width + PANEL - 1) / PANEL * PANEL;
}

size_t whisper_decoder_scratch(const struct whisper *m)
{
    const size_t columns = (size_t)whisper_panels_max(&m->config) * PANEL;
    size_t cross = CROSS_ROWS * (columns + (size_t)whisper_head_width_padded(m));
    return cross > (size_t)m->config.text_ctx ? cross : (size_t)m->config.text_ctx;
}

/* ---- attention to the sound ---- */

struct cross_attend {
    struct whisper_run *run;
    int layer, rows;
    const float *q; /* [rows][width] */
    float *out;
};

/* weights[some][columns] = where these rows of a head look. */
static void cross_weights(const struct cross_attend *a, int head, int row, int some, float *weights)
{
    const struct whisper_run *run = a->run;
    const struct kernels *k = run->crew.kernels;
    const struct whisper_config *c = &run->model->config;
    const int width = c->text_width, head_width = width / c->text_heads;
    const int panels_max = whisper_panels_max(c), columns = panels_max * PANEL;
    const size_t number = run->model->half ? 2 : sizeof(float);
    const uint8_t *keys = run->cross[a->layer].keys;
    for (int p = 0; p < run->panels; p++) {
        k->product(&(struct product){
            .a = a->q + (size_t)row * (size_t)width + (size_t)head * (size_t)head_width,
            .a_row = width,
            .a_k = 1,
            .a_block = PANEL,
            .b = keys + (size_t)(head * panels_max + p) * (size_t)head_width * PANEL * number,
            .b_half = run->model->half,
            .b_k = PANEL,
            .m = some,
            .k = head_width,
            .c = weights + p * PANEL,
            .c_row = columns,
        });
    }
    for (int r = 0; r < some; r++)
        k->softmax(weights + (size_t)r * (size_t)columns, run->positions,
                   1.0f / sqrtf((float)head_width));
}

static void cross_values(const struct cross_attend *a, int head, int row, int some,
                         const float *weights, float *sums)
{
    const struct whisper_run *run = a->run;
    const struct whisper_config *c = &run->model->config;
    const int width = c->text_width, head_width = width / c->text_heads;
    const int columns = whisper_panels_max(c) * PANEL;
    const int padded = whisper_head_width_padded(run->model), blocks = padded / PANEL;
    const size_t number = run->model->half ? 2 : sizeof(float);
    const uint8_t *values = run->cross[a->layer].values;
    for (int b = 0; b < blocks; b++) {
        run->crew.kernels->product(&(struct product){
            .a = weights,
            .a_row = columns,
            .a_k = 1,
            .a_block = PANEL,
            .b = values + (size_t)(head * blocks + b) * (size_t)columns * PANEL * number,
            .b_half = run->model->half,
            .b_k = PANEL,
            .m = some,
            .k = run->positions,
            .c = sums + b * PANEL,
            .c_row = padded,
        });
    }
    for (int r = 0; r < some; r++)
        memcpy(a->out + (size_t)(row + r) * (size_t)width + (size_t)head * (size_t)head_width,
               sums + (size_t)r * (size_t)padded, (size_t)head_width * sizeof *sums);
}

static void capture(const struct cross_attend *a, int head, int row, int some, const float *weights)
{
    const struct whisper_run *run = a->run;
    const size_t columns = (size_t)whisper_panels_max(&run->model->config) * PANEL;
    for (int i = 0; i < run->capture.count; i++) {
        const struct whisper_head *wanted = &run->capture.heads[i];
        if (wanted->layer != a->layer || wanted->head != head)
            continue;
        for (int r = 0; r < some; r++)
            memcpy(run->capture.weights +
                       ((size_t)i * (size_t)a->rows + (size_t)(row + r)) * (size_t)run->positions,
                   weights + (size_t)r * columns, (size_t)run->positions * sizeof *weights);
    }
}

static void cross_attend_part(void *user, int task, int thread)
{
    const struct cross_attend *a = user;
    const struct whisper_config *c = &a->run->model->config;
    const int head = task % c->text_heads, row = task / c->text_heads * CROSS_ROWS;
    const int some = a->rows - row < CROSS_ROWS ? a->rows - row : CROSS_ROWS;
    float *weights = crew_scratch(&a->run->crew, thread);
    cross_weights(a, head, row, some, weights);
    capture(a, head, row, some, weights);
    cross_values(a, head, row, some, weights,
                 weights + (size_t)CROSS_ROWS * (size_t)whisper_panels_max(c) * PANEL);
}

/* ---- layers ---- */

/* rows_x += attention of the rows to their own sequences; at[i] is where row i's token is kept. */
static void self_attend(struct whisper_run *run, int layer, int n, const size_t *put_at)
{
    const struct whisper_attention *a = &run->model->decoder[layer].self;
    const struct crew *crew = &run->crew;
    const int width = run->model->config.text_width, row = 3 * width;
    norm_rows(crew, &a->norm, run->rows_x, n, width, WHISPER_EPSILON, run->rows_h);
    linear_rows(crew, &a->query, run->rows_h, width, n, run->rows_wide, row, THEN_STORE);
    linear_rows(crew, &a->key, run->rows_h, width, n, run->rows_wide + width, row, THEN_STORE);
    linear_rows(crew, &a->value, run->rows_h, width, n, run->rows_wide + 2 * width, row,
                THEN_STORE);
    for (int i = 0; i < n; i++) {
        const float *key = run->rows_wide + (size_t)i * (size_t)row + width;
        cache_put(&run->self[layer], crew->kernels, put_at[i], key, key + width);
    }
    cache_attend(crew, &run->self[layer], run->model->config.text_heads, run->rows_wide, row,
                 run->rows, n, run->rows_h);
    linear_rows(crew, &a->out, run->rows_h, width, n, run->rows_x, width, THEN_ADD);
}

static void cross_attend(struct whisper_run *run, int layer, int n)
{
    const struct whisper_attention *a = &run->model->decoder[layer].cross;
    const struct crew *crew = &run->crew;
    const int width = run->model->config.text_width;
    norm_rows(crew, &a->norm, run->rows_x, n, width, WHISPER_EPSILON, run->rows_h);
    linear_rows(crew, &a->query, run->rows_h, width, n, run->rows_wide, width, THEN_STORE);
    struct cross_attend c = {
        .run = run, .layer = layer, .rows = n, .q = run->rows_wide, .out = run->rows_h};
    team_run(crew->team, run->model->config.text_heads * ((n + CROSS_ROWS - 1) / CROSS_ROWS),
             cross_attend_part, &c);
    linear_rows(crew, &a->out, run->rows_h, width, n, run->rows_x, width, THEN_ADD);
}

static void think(struct whisper_run *run, int layer, int n)
{
    const struct whisper_block *b = &run->model->decoder[layer];
    const struct crew *crew = &run->crew;
    const int width = run->model->config.text_width, mlp = WHISPER_MLP * width;
    norm_rows(crew, &b->mlp_norm, run->rows_x, n, width, WHISPER_EPSILON, run->rows_h);
    linear_rows(crew, &b->mlp_in, run->rows_h, width, n, run->rows_wide, mlp, THEN_GELU_ERF);
    linear_rows(crew, &b->mlp_out, run->rows_wide, mlp, n, run->rows_x, width, THEN_ADD);
}

/* rows_x[i] = token i at its place. */
static void embed(struct whisper_run *run, int i, int32_t token, int place)
{
    const struct linear *t = &run->model->tokens;
    const size_t width = (size_t)t->in;
    const float *where = run->model->text_positions + (size_t)place * width;
    float *x = run->rows_x + (size_t)i * width;
    run->crew.kernels->to_f32(t->dtype,
                              t->weight + (size_t)token * (width / dtype_block(t->dtype)) *
                                              dtype_block_bytes(t->dtype),
                              width, x);
    for (size_t j = 0; j < width; j++)
        x[j] += where[j];
}

static void run_layers(struct whisper_run *run, int n, const size_t *put_at)
{
    for (int layer = 0; layer < run->model->config.text_layers; layer++) {
        self_attend(run, layer, n, put_at);
        cross_attend(run, layer, n);
        think(run, layer, n);
    }
}

/* logits of rows `first` .. first + n of rows_x */
static void get_logits(struct whisper_run *run, int first, int n, float *logits)
{
    const int width = run->model->config.text_width, vocab = run->model->config.vocab;
    const float *x = run->rows_x + (size_t)first * (size_t)width;
    norm_rows(&run->crew, &run->model->decoder_norm, x, n, width, WHISPER_EPSILON, run->rows_h);
    linear_rows(&run->crew, &run->model->tokens, run->rows_h, width, n, logits, vocab, THEN_STORE);
}

static bool check_tokens(const struct whisper_run *run, const int32_t *tokens, int n, struct err *e)
{
    if (run->positions == 0)
        return err_set(e, ERR_INVALID, "no sound was encoded");
    for (int i = 0; i < n; i++) {
        if (tokens[i] < 0 || tokens[i] >= run->model->config.vocab)
            return err_set(e, ERR_INVALID, "token %d: the speech model knows 0 to %d", tokens[i],
                           run->model->config.vocab - 1);
    }
    return true;
}

static bool read_prompt(struct whisper_run *run, const int32_t *tokens, int n, struct err *e)
{
    const struct whisper_config *c = &run->model->config;
    run->sequences = run->length = 0;
    if (n < 1 || n > c->text_ctx)
        return err_set(e, ERR_INVALID, "%d tokens: the speech model reads 1 to %d", n, c->text_ctx);
    if (!check_tokens(run, tokens, n, e))
        return false;
    for (int i = 0; i < n; i++) {
        run->at[0][i] = (size_t)i * (size_t)c->text_width; /* slot 0 */
        run->rows[i] = (struct attend_row){.at = run->at[0], .n = i + 1};
        embed(run, i, tokens[i], i);
    }
    run_layers(run, n, run->at[0]);
    return true;
}

bool whisper_prompt(struct whisper_run *run, const int32_t *tokens, int n, float *last_logits,
                    float *sot_logits, int sot_index, struct err *e)
{
    if (sot_logits && (sot_index < 0 || sot_index >= n))
        return err_set(e, ERR_INVALID, "token %d of a prompt of %d", sot_index, n);
    if (!read_prompt(run, tokens, n, e))
        return false;
    run->sequences = 1;
    run->length = n;
    get_logits(run, n - 1, 1, last_logits);
    if (sot_logits)
        get_logits(run, sot_index, 1, sot_logits);
    return true;
}

void whisper_fork(struct whisper_run *run, const int *from, int n)
{
    if (n > run->beams)
        n = run->beams;
    for (int i = 0; i < n; i++)
        memcpy(run->other_at[i], run->at[from[i]], (size_t)run->length * sizeof **run->at);
    for (int i = 0; i < n; i++) {
        size_t *spare = run->at[i];
        run->at[i] = run->other_at[i];
        run->other_at[i] = spare;
    }
    run->sequences = n;
}

bool whisper_step(struct whisper_run *run, const int32_t *tokens, int n, float *logits,
                  struct err *e)
{
    const struct whisper_config *c = &run->model->config;
    const int place = run->length;
    size_t put_at[WHISPER_BEAMS_MAX];
    if (n < 1 || n != run->sequences)
        return err_set(e, ERR_INVALID, "%d tokens for %d sequences", n, run->sequences);
    if (place >= c->text_ctx)
        return err_set(e, ERR_INVALID, "the speech model's context of %d tokens is full",
                       c->text_ctx);
    if (!check_tokens(run, tokens, n, e))
        return false;
    for (int i = 0; i < n; i++) {
        put_at[i] = ((size_t)i * (size_t)c->text_ctx + (size_t)place) * (size_t)c->text_width;
        run->at[i][place] = put_at[i];
        run->rows[i] = (struct attend_row){.at = run->at[i], .n = place + 1};
        embed(run, i, tokens[i], place);
    }
    run_layers(run, n, put_at);
    run->length++;
    get_logits(run, 0, n, logits);
    return true;
}

int whisper_length(const struct whisper_run *run)
{
    return run->length;
}

bool whisper_attention(struct whisper_run *run, const int32_t *tokens, int n,
                       const struct whisper_head *heads, int head_count, float *weights,
                       struct err *e)
{
    const struct whisper_config *c = &run->model->config;
    for (int i = 0; i < head_count; i++) {
        if (heads[i].layer < 0 || heads[i].layer >= c->text_layers || heads[i].head < 0 ||
            heads[i].head >= c->text_heads)
            return err_set(e, ERR_INVALID, "the speech model has no head %d in layer %d",
                           heads[i].head, heads[i].layer);
    }
    run->capture =
        (struct whisper_capture){.heads = heads, .count = head_count, .weights = weights};
    bool ok = read_prompt(run, tokens, n, e);
    run->capture = (struct whisper_capture){0};
    return ok;
}
