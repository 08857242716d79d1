/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Activations are panels from the first convolution to the last norm: [panel][width][32
 * positions]. So each position is a lane of the vectors: layer norms and softmax are sums down the
 * columns, and the products take weights, keys and values from where they are, without packing.
 * The columns behind the last position compute something harmless: no other column reads them.
 */
#include "nn/team.h"
#include "nn/whisper_parts.h"

#include <math.h>
#include <string.h>

#define CONV_OUT 64
#define CONV_IN 64
#define CONV_ROW (3 * CONV_IN + 16)
#define CONV_PANELS 8

int whisper_panels_max(const struct whisper_config *c)
{
    return (c->audio_ctx + PANEL - 1) / PANEL;
}

/* Columns of the matrices that feed the convolutions, with the zeros around them. */
static int mel_columns(int frame_panels)
{
    return frame_panels * PANEL + 16;
}

static int half_columns(int panels)
{
    return panels * PANEL + 16;
}

size_t whisper_wide_size(const struct whisper_config *c)
{
    const size_t panels = (size_t)whisper_panels_max(c), width = (size_t)c->audio_width;
    size_t layers = panels * PANEL * width * WHISPER_MLP;
    size_t convs = 2 * width * (size_t)half_columns((int)panels) +
                   (size_t)c->mels * (size_t)mel_columns(2 * (int)panels);
    return layers > convs ? layers : convs;
}

size_t whisper_encoder_scratch(const struct whisper *m)
{
    return (size_t)whisper_panels_max(&m->config) * PANEL * PANEL;
}

/* ---- convolutions ---- */

struct conv_run;
typedef void (*conv_emit)(const struct conv_run *c, int panel, int first, int outs, float *sums);

struct conv_run {
    struct whisper_run *run;
    const struct whisper_conv *conv;
    const float *tap[3]; /* the columns that tap 0, 1, 2 of output 0 meets */
    int columns;         /* from row to row of those */
    int panels;          /* of outputs */
    conv_emit emit;
    float *even, *odd; /* of the first one's output: even and odd frames */
    int half_columns;
};

static void conv_part(void *user, int task, int thread)
{
    const struct conv_run *c = user;
    const struct whisper_conv *v = c->conv;
    const struct kernels *k = c->run->crew.kernels;
    const int tiles = (v->out + CONV_OUT - 1) / CONV_OUT;
    const int first = task % tiles * CONV_OUT, panel = task / tiles * CONV_PANELS;
    const int outs = v->out - first < CONV_OUT ? v->out - first : CONV_OUT;
    const int panels = c->panels - panel < CONV_PANELS ? c->panels - panel : CONV_PANELS;
    const size_t number = dtype_block_bytes(v->dtype);
    float *tile = crew_scratch(&c->run->crew, thread), *sums = tile + (size_t)CONV_OUT * CONV_ROW;

    for (int p = 0; p < panels; p++) {
        for (int i = 0; i < outs * PANEL; i++)
            sums[(size_t)p * CONV_OUT * PANEL + i] = v->bias[first + i / PANEL];
    }
    for (int from = 0; from < v->in; from += CONV_IN) {
        const int ins = v->in - from < CONV_IN ? v->in - from : CONV_IN;
        for (int j = 0; j < outs; j++) {
            size_t at = ((size_t)(first + j) * (size_t)v->in + (size_t)from) * 3;
            k->to_f32(v->dtype, v->weight + at * number, (size_t)ins * 3,
                      tile + (size_t)j * CONV_ROW);
        }
        for (int i = 0; i < 3 * panels; i++) {
            const int p = i / 3, tap = i % 3;
            k->product(&(struct product){
                .a = tile + tap,
                .a_row = CONV_ROW,
                .a_k = 3,
                .a_block = 3 * PANEL,
                .b = c->tap[tap] + (size_t)from * (size_t)c->columns + (size_t)(panel + p) * PANEL,
                .b_k = c->columns,
                .m = outs,
                .k = ins,
                .c = sums + (size_t)p * CONV_OUT * PANEL,
                .c_row = PANEL,
                .add = true,
            });
        }
    }
    for (int p = 0; p < panels; p++) {
        float *at = sums + (size_t)p * CONV_OUT * PANEL;
        k->gelu(GELU_ERF, at, (size_t)outs * PANEL);
        c->emit(c, panel + p, first, outs, at);
    }
}

static void emit_frames(const struct conv_run *c, int panel, int first, int outs, float *sums)
{
    for (int j = 0; j < outs; j++) {
        size_t at = (size_t)(first + j) * (size_t)c->half_columns + (size_t)panel * (PANEL / 2);
        for (int i = 0; i < PANEL / 2; i++) {
            c->even[at + i] = sums[j * PANEL + 2 * i];
            c->odd[at + 1 + i] = sums[j * PANEL + 2 * i + 1];
        }
    }
}

static void emit_positions(const struct conv_run *c, int panel, int first, int outs, float *sums)
{
    const struct whisper *m = c->run->model;
    const size_t width = (size_t)m->config.audio_width;
    float *x = c->run->x + ((size_t)panel * width + (size_t)first) * PANEL;
    for (int i = 0; i < PANEL; i++) {
        const int position = panel * PANEL + i;
        const float *where = m->audio_positions + (size_t)position * width + first;
        for (int j = 0; j < outs; j++)
            x[j * PANEL + i] =
                sums[j * PANEL + i] + (position < c->run->positions ? where[j] : 0.0f);
    }
}

static void run_conv(struct conv_run *c)
{
    const int tiles = (c->conv->out + CONV_OUT - 1) / CONV_OUT;
    team_run(c->run->crew.team, tiles * ((c->panels + CONV_PANELS - 1) / CONV_PANELS), conv_part,
             c);
}

/* Even and odd frames apart, the second convolution's steps of two are steps of one: its taps are
 * odd[t - 1], even[t], odd[t]. */
static void convolve(struct whisper_run *run, const float *mel, int frames)
{
    const struct whisper *m = run->model;
    const int wanted = 2 * run->positions, frame_panels = (wanted + PANEL - 1) / PANEL;
    const int columns = mel_columns(frame_panels), half = half_columns(run->panels);
    const int width = m->config.audio_width;
    float *even = run->wide, *odd = even + (size_t)width * (size_t)half;
    float *in = odd + (size_t)width * (size_t)half; /* column 0 is frame -1 */

    memset(in, 0, (size_t)m->config.mels * (size_t)columns * sizeof *in);
    for (int i = 0; i < m->config.mels; i++)
        memcpy(in + (size_t)i * (size_t)columns + 1, mel + (size_t)i * (size_t)frames,
               (size_t)(frames < wanted ? frames : wanted) * sizeof *in);
    for (int i = 0; i < width; i++)
        odd[(size_t)i * (size_t)half] = 0;

    struct conv_run c = {.run = run,
                         .conv = &m->conv1,
                         .tap = {in, in + 1, in + 2},
                         .columns = columns,
                         .panels = frame_panels,
                         .emit = emit_frames,
                         .even = even,
                         .odd = odd,
                         .half_columns = half};
    run_conv(&c);
    c = (struct conv_run){.run = run,
                          .conv = &m->conv2,
                          .tap = {odd, even, odd + 1},
                          .columns = half,
                          .panels = run->panels,
                          .emit = emit_positions};
    run_conv(&c);
}

/* ---- layers ---- */

struct norm_run {
    struct whisper_run *run;
    const struct norm *norm;
};

static void norm_part(void *user, int task, int thread)
{
    const struct norm_run *n = user;
    struct whisper_run *run = n->run;
    const int width = run->model->config.audio_width;
    const size_t at = (size_t)task * (size_t)width * PANEL;
    (void)thread;
    run->crew.kernels->norm_panel(run->x + at, width, n->norm->gain, n->norm->bias, WHISPER_EPSILON,
                                  run->h + at);
}

static void norm_all(struct whisper_run *run, const struct norm *norm)
{
    struct norm_run n = {.run = run, .norm = norm};
    team_run(run->crew.team, run->panels, norm_part, &n);
}

/* A head of 32 positions: scores of all keys, [position][32], then their softmax down the columns,
 * then the values by them. `wide` holds queries, keys and values, [panel][3 * width][32]. */
static void attend_part(void *user, int task, int thread)
{
    struct whisper_run *run = user;
    const struct kernels *k = run->crew.kernels;
    const int width = run->model->config.audio_width, positions = run->positions;
    const int head_width = width / run->model->config.audio_heads;
    const int head = task / run->panels, panel = task % run->panels;
    const size_t step = (size_t)3 * (size_t)width * PANEL, up = (size_t)width * PANEL;
    const float *first = run->wide + (size_t)head * (size_t)head_width * PANEL;
    float *scores = crew_scratch(&run->crew, thread);

    for (int p = 0; p < run->panels; p++) {
        k->product(&(struct product){
            .a = first + (size_t)p * step + up,
            .a_row = 1,
            .a_k = PANEL,
            .a_block = PANEL * PANEL,
            .b = first + (size_t)panel * step,
            .b_k = PANEL,
            .m = positions - p * PANEL < PANEL ? positions - p * PANEL : PANEL,
            .k = head_width,
            .c = scores + (size_t)p * PANEL * PANEL,
            .c_row = PANEL,
        });
    }
    k->softmax_panel(scores, positions, 1.0f / sqrtf((float)head_width));
    k->product(&(struct product){
        .a = first + 2 * up,
        .a_row = PANEL,
        .a_k = 1,
        .a_block = (ptrdiff_t)step,
        .b = scores,
        .b_k = PANEL,
        .m = head_width,
        .k = positions,
        .c = run->h + ((size_t)panel * (size_t)width + (size_t)head * (size_t)head_width) * PANEL,
        .c_row = PANEL,
    });
}

static void encode_layer(struct whisper_run *run, const struct whisper_block *b)
{
    const struct crew *crew = &run->crew;
    const int width = run->model->config.audio_width, panels = run->panels;
    norm_all(run, &b->self.norm);
    linear_panels(crew, &b->self.query, run->h, panels, run->wide, 3 * width, 0, THEN_STORE);
    linear_panels(crew, &b->self.key, run->h, panels, run->wide, 3 * width, width, THEN_STORE);
    linear_panels(crew, &b->self.value, run->h, panels, run->wide, 3 * width, 2 * width,
                  THEN_STORE);
    team_run(crew->team, run->model->config.audio_heads * panels, attend_part, run);
    linear_panels(crew, &b->self.out, run->h, panels, run->x, width, 0, THEN_ADD);

    norm_all(run, &b->mlp_norm);
    linear_panels(crew, &b->mlp_in, run->h, panels, run->wide, WHISPER_MLP * width, 0,
                  THEN_GELU_ERF);
    linear_panels(crew, &b->mlp_out, run->wide, panels, run->x, width, 0, THEN_ADD);
}

/* ---- what the decoder attends to ---- */

struct cross_run {
    struct whisper_run *run;
    struct whisper_cross *cross;
};

static void store_numbers(const struct whisper_run *run, const float *from, size_t n, void *base,
                          size_t at)
{
    if (run->model->half)
        run->crew.kernels->to_f16(from, n, (uint16_t *)base + at);
    else
        memcpy((float *)base + at, from, n * sizeof *from);
}

/* values of a panel, [width][32 positions], to rows of 32 features for each position. */
static void turn_values(const struct cross_run *c, int panel, int head, const float *from)
{
    const struct whisper_run *run = c->run;
    const int head_width = run->model->config.text_width / run->model->config.text_heads;
    const int blocks = whisper_head_width_padded(run->model) / PANEL;
    const int left = run->positions - panel * PANEL, some = left < PANEL ? left : PANEL;
    const size_t columns = (size_t)whisper_panels_max(&run->model->config) * PANEL;
    for (int b = 0; b < blocks; b++) {
        const int features = head_width - b * PANEL < PANEL ? head_width - b * PANEL : PANEL;
        float turned[PANEL * PANEL] = {0};
        for (int j = 0; j < features; j++) {
            for (int i = 0; i < some; i++)
                turned[i * PANEL + j] = from[(b * PANEL + j) * PANEL + i];
        }
        size_t at = (size_t)(head * blocks + b) * columns + (size_t)panel * PANEL;
        store_numbers(run, turned, (size_t)some * PANEL, c->cross->values, at * PANEL);
    }
}

static void cross_part(void *user, int task, int thread)
{
    const struct cross_run *c = user;
    const struct whisper_run *run = c->run;
    const size_t width = (size_t)run->model->config.text_width;
    const int heads = run->model->config.text_heads;
    const size_t head_size = width / (size_t)heads * PANEL;
    const int panels_max = whisper_panels_max(&run->model->config);
    const float *keys = run->wide + (size_t)task * 2 * width * PANEL,
                *values = keys + width * PANEL;
    (void)thread;
    for (int head = 0; head < heads; head++) {
        size_t at = (size_t)(head * panels_max + task) * head_size;
        store_numbers(run, keys + (size_t)head * head_size, head_size, c->cross->keys, at);
        turn_values(c, task, head, values + (size_t)head * head_size);
    }
}

static void prepare_cross(struct whisper_run *run, int layer)
{
    const struct whisper_attention *a = &run->model->decoder[layer].cross;
    const int width = run->model->config.text_width;
    struct cross_run c = {.run = run, .cross = &run->cross[layer]};
    linear_panels(&run->crew, &a->key, run->h, run->panels, run->wide, 2 * width, 0, THEN_STORE);
    linear_panels(&run->crew, &a->value, run->h, run->panels, run->wide, 2 * width, width,
                  THEN_STORE);
    team_run(run->crew.team, run->panels, cross_part, &c);
}

static void unpack_features(struct whisper_run *run)
{
    const size_t width = (size_t)run->model->config.audio_width;
    for (int i = 0; i < run->positions; i++) {
        const float *from = run->h + (size_t)(i / PANEL) * width * PANEL + i % PANEL;
        for (size_t j = 0; j < width; j++)
            run->features[(size_t)i * width + j] = from[j * PANEL];
    }
}

bool whisper_encode(struct whisper_run *run, const float *mel, int frames, int positions,
                    const struct cancel *c, struct err *e)
{
    const struct whisper_config *config = &run->model->config;
    if (positions < 1 || positions > config->audio_ctx || frames < 0)
        return err_set(e, ERR_INVALID, "%d positions of sound: the speech model takes 1 to %d",
                       positions, config->audio_ctx);
    run->positions = positions;
    run->panels = (positions + PANEL - 1) / PANEL;
    run->sequences = run->length = 0;

    convolve(run, mel, frames);
    int layer = 0;
    for (; layer < config->audio_layers && !cancel_fired(c); layer++)
        encode_layer(run, &run->model->encoder[layer]);
    norm_all(run, &run->model->encoder_norm);
    unpack_features(run);
    for (layer = 0; layer < config->text_layers && !cancel_fired(c); layer++)
        prepare_cross(run, layer);
    if (cancel_fired(c)) {
        run->positions = 0;
        return err_set(e, ERR_CANCELED, "stopped");
    }
    return true;
}

const float *whisper_features(const struct whisper_run *run, int *positions)
{
    *positions = run->positions;
    return run->features;
}
