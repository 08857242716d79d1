/* SPDX-License-Identifier: GPL-3.0-or-later
 * Small random Whisper and GPT-2 models of odd shapes: the networks against the formulas written
 * down plainly in double, beams against single runs, steps against prompts, one thread against
 * many; and models that cannot be are refused with what is wrong with them. */
#include "check.h"
#include "nn/gpt2.h"
#include "nn/team.h"
#include "nn/weights.h"
#include "nn/whisper.h"
#include "toy_model.h"

#include <stdlib.h>

/* ---- the formulas ---- */

struct matrix {
    int rows, width;
    double *v;
};

static struct matrix matrix(int rows, int width)
{
    return (struct matrix){rows, width, calloc((size_t)rows * (size_t)width + 1, sizeof(double))};
}

static const struct toy_tensor *named(const struct toy *t, const char *place, const char *part)
{
    char name[96];
    snprintf(name, sizeof name, "%s%s", place, part);
    return toy_find(t, name);
}

static double erf_gelu(double x)
{
    return 0.5 * x * (1 + erf(x / sqrt(2)));
}

static double tanh_gelu(double x)
{
    return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

static void map_all(struct matrix x, double (*f)(double))
{
    for (int i = 0; i < x.rows * x.width; i++)
        x.v[i] = f(x.v[i]);
}

/* x W + b, W [out][in] or, across, [in][out] */
static struct matrix linear(const struct toy *t, struct matrix x, const char *name, bool bias,
                            bool across)
{
    const struct toy_tensor *w = named(t, name, ".weight");
    const struct toy_tensor *b = bias ? named(t, name, ".bias") : NULL;
    const int out = w->dims[across ? 1 : 0];
    struct matrix y = matrix(x.rows, out);
    for (int r = 0; r < x.rows; r++) {
        for (int j = 0; j < out; j++) {
            double sum = b ? (double)b->data[j] : 0;
            for (int i = 0; i < x.width; i++)
                sum +=
                    x.v[r * x.width + i] * (double)w->data[across ? i * out + j : j * x.width + i];
            y.v[r * out + j] = sum;
        }
    }
    return y;
}

static struct matrix norm(const struct toy *t, struct matrix x, const char *name)
{
    const struct toy_tensor *gain = named(t, name, ".weight"), *bias = named(t, name, ".bias");
    struct matrix y = matrix(x.rows, x.width);
    for (int r = 0; r < x.rows; r++) {
        const double *v = x.v + r * x.width;
        double mean = 0, square = 0;
        for (int i = 0; i < x.width; i++)
            mean += v[i] / x.width;
        for (int i = 0; i < x.width; i++)
            square += (v[i] - mean) * (v[i] - mean) / x.width;
        for (int i = 0; i < x.width; i++)
            y.v[r * x.width + i] =
                (v[i] - mean) / sqrt(square + 1e-5) * (double)gain->data[i] + (double)bias->data[i];
    }
    return y;
}

/* causal: row r sees rows 0 .. r */
static struct matrix attend(struct matrix q, struct matrix k, struct matrix v, int heads,
                            bool causal)
{
    struct matrix out = matrix(q.rows, q.width);
    const int width = q.width / heads;
    double *p = calloc((size_t)k.rows, sizeof *p);
    for (int h = 0; h < heads; h++) {
        for (int r = 0; r < q.rows; r++) {
            const int n = causal ? r + 1 : k.rows;
            double sum = 0, most = -1e300;
            for (int j = 0; j < n; j++) {
                p[j] = 0;
                for (int i = h * width; i < (h + 1) * width; i++)
                    p[j] += q.v[r * q.width + i] * k.v[j * q.width + i] / sqrt(width);
                most = fmax(most, p[j]);
            }
            for (int j = 0; j < n; j++)
                sum += p[j] = exp(p[j] - most);
            for (int j = 0; j < n; j++) {
                for (int i = h * width; i < (h + 1) * width; i++)
                    out.v[r * q.width + i] += p[j] / sum * v.v[j * q.width + i];
            }
        }
    }
    free(p);
    return out;
}

static void add(struct matrix x, struct matrix y)
{
    for (int i = 0; i < x.rows * x.width; i++)
        x.v[i] += y.v[i];
    free(y.v);
}

/* x [positions][in] -> [positions / stride][out] */
static struct matrix conv(const struct toy *t, struct matrix x, const char *name, int stride)
{
    const struct toy_tensor *w = named(t, name, ".weight"), *b = named(t, name, ".bias");
    const int out = w->dims[0], in = w->dims[1];
    struct matrix y = matrix(x.rows / stride, out);
    for (int r = 0; r < y.rows; r++) {
        for (int j = 0; j < out; j++) {
            double sum = (double)b->data[j];
            for (int i = 0; i < in * 3; i++) {
                const int at = r * stride + i % 3 - 1;
                if (at >= 0 && at < x.rows)
                    sum += (double)w->data[j * in * 3 + i] * x.v[at * in + i / 3];
            }
            y.v[r * out + j] = erf_gelu(sum);
        }
    }
    return y;
}

static void attend_layer(const struct toy *t, struct matrix x, struct matrix to, const char *place,
                         const char *part, int heads, bool causal)
{
    static const char *const maps[] = {".q_proj", ".k_proj", ".v_proj", ".out_proj"};
    char name[4][96], norm_name[96];
    for (int i = 0; i < 4; i++)
        snprintf(name[i], sizeof name[i], "%s%s%s", place, part, maps[i]);
    snprintf(norm_name, sizeof norm_name, "%s%s_layer_norm", place, part);
    struct matrix h = norm(t, x, norm_name), from = to.v ? to : h;
    struct matrix q = linear(t, h, name[0], true, false),
                  k = linear(t, from, name[1], false, false);
    struct matrix v = linear(t, from, name[2], true, false), a = attend(q, k, v, heads, causal);
    add(x, linear(t, a, name[3], true, false));
    free(h.v);
    free(q.v);
    free(k.v);
    free(v.v);
    free(a.v);
}

static void mlp_layer(const struct toy *t, struct matrix x, const char *norm_name, const char *in,
                      const char *out, bool across, double (*gelu)(double))
{
    struct matrix h = norm(t, x, norm_name), wide = linear(t, h, in, true, across);
    map_all(wide, gelu);
    add(x, linear(t, wide, out, true, across));
    free(h.v);
    free(wide.v);
}

static void whisper_layer(const struct toy *t, struct matrix x, struct matrix sound,
                          const char *side, int layer, int heads)
{
    char place[64], names[3][96];
    snprintf(place, sizeof place, "model.%s.layers.%d.", side, layer);
    attend_layer(t, x, (struct matrix){0}, place, "self_attn", heads, sound.v != NULL);
    if (sound.v)
        attend_layer(t, x, sound, place, "encoder_attn", heads, false);
    snprintf(names[0], sizeof names[0], "%sfinal_layer_norm", place);
    snprintf(names[1], sizeof names[1], "%sfc1", place);
    snprintf(names[2], sizeof names[2], "%sfc2", place);
    mlp_layer(t, x, names[0], names[1], names[2], false, erf_gelu);
}

static void add_rows(const struct toy *t, struct matrix x, const char *name, const int32_t *ids)
{
    const struct toy_tensor *e = toy_find(t, name);
    for (int r = 0; r < x.rows; r++) {
        for (int i = 0; i < x.width; i++)
            x.v[r * x.width + i] += (double)e->data[(ids ? ids[r] : r) * x.width + i];
    }
}

static struct matrix encode(const struct toy *t, const struct whisper_config *c, const float *mel,
                            int frames, int positions)
{
    struct matrix in = matrix(2 * positions, c->mels);
    for (int r = 0; r < 2 * positions && r < frames; r++) {
        for (int i = 0; i < c->mels; i++)
            in.v[r * c->mels + i] = (double)mel[i * frames + r];
    }
    struct matrix one = conv(t, in, "model.encoder.conv1", 1);
    struct matrix x = conv(t, one, "model.encoder.conv2", 2);
    add_rows(t, x, "model.encoder.embed_positions.weight", NULL);
    for (int i = 0; i < c->audio_layers; i++)
        whisper_layer(t, x, (struct matrix){0}, "encoder", i, c->audio_heads);
    struct matrix out = norm(t, x, "model.encoder.layer_norm");
    free(in.v);
    free(one.v);
    free(x.v);
    return out;
}

static struct matrix decode(const struct toy *t, const struct whisper_config *c,
                            struct matrix sound, const int32_t *tokens, int n)
{
    struct matrix x = matrix(n, c->text_width);
    add_rows(t, x, "model.decoder.embed_tokens.weight", tokens);
    add_rows(t, x, "model.decoder.embed_positions.weight", NULL);
    for (int i = 0; i < c->text_layers; i++)
        whisper_layer(t, x, sound, "decoder", i, c->text_heads);
    struct matrix h = norm(t, x, "model.decoder.layer_norm");
    struct matrix logits = linear(t, h, "model.decoder.embed_tokens", false, false);
    free(x.v);
    free(h.v);
    return logits;
}

static struct matrix gpt2_logits(const struct toy *t, const struct gpt2_config *c,
                                 const int32_t *tokens, int n)
{
    struct matrix x = matrix(n, c->width);
    add_rows(t, x, "wte.weight", tokens);
    add_rows(t, x, "wpe.weight", NULL);
    for (int layer = 0; layer < c->layers; layer++) {
        char p[6][64];
        static const char *const parts[] = {"ln_1", "attn.c_attn", "attn.c_proj",
                                            "ln_2", "mlp.c_fc",    "mlp.c_proj"};
        for (int i = 0; i < 6; i++)
            snprintf(p[i], sizeof p[i], "h.%d.%s", layer, parts[i]);
        struct matrix h = norm(t, x, p[0]), all = linear(t, h, p[1], true, true), qkv[3];
        for (int i = 0; i < 3; i++) {
            qkv[i] = matrix(n, c->width);
            for (int r = 0; r < n; r++)
                memcpy(qkv[i].v + r * c->width, all.v + (3 * r + i) * c->width,
                       (size_t)c->width * sizeof *all.v);
        }
        struct matrix a = attend(qkv[0], qkv[1], qkv[2], c->heads, true);
        add(x, linear(t, a, p[2], true, true));
        mlp_layer(t, x, p[3], p[4], p[5], true, tanh_gelu);
        for (int i = 0; i < 3; i++)
            free(qkv[i].v);
        free(h.v);
        free(all.v);
        free(a.v);
    }
    struct matrix h = norm(t, x, "ln_f"), logits = linear(t, h, "wte", false, false);
    free(x.v);
    free(h.v);
    return logits;
}

static double apart(const float *a, const double *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - b[i]);
        most = d > most || isnan(d) ? d : most;
    }
    return most;
}

/* ---- Whisper ---- */

#define TOKENS 24
static const int32_t text[TOKENS] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8,
                                     9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4};

struct toy_run {
    struct toy toy;
    struct weights *weights;
    struct whisper *model;
    struct team *team;
    struct whisper_run *run;
    float *mel;
};

enum { FRAMES = 150 };

static void toy_begin(struct toy_run *r, const struct whisper_config *c, bool half, int threads)
{
    struct err e = {0};
    r->toy.half = half;
    r->toy.seed = 11;
    toy_whisper(&r->toy, c);
    r->weights = toy_weights(&r->toy);
    r->model = whisper_open(r->weights, c, &e);
    if (!CHECK(r->model != NULL))
        fprintf(stderr, "   %s\n", e.msg);
    r->team = team_create(threads, &e);
    r->run = whisper_run_create(r->model, r->team, 5, &e);
    r->mel = calloc((size_t)c->mels * FRAMES, sizeof *r->mel);
    for (int i = 0; i < c->mels * FRAMES; i++)
        r->mel[i] = (float)(sin(i * 0.7) + sin(i * 0.006)) * 0.5f;
}

static void toy_end(struct toy_run *r)
{
    whisper_run_destroy(r->run);
    team_destroy(r->team);
    whisper_destroy(r->model);
    weights_destroy(r->weights);
    toy_finish(&r->toy);
    free(r->mel);
}

static const struct shape {
    const char *name;
    struct whisper_config config;
    bool half;
    int positions;
} shapes[] = {
    {"3 heads, 3 layers", {300, 80, 100, 48, 3, 3, 32, 48, 3, 3}, false, 100},
    {"5 heads, 6 layers, 128 mels", {333, 128, 77, 80, 5, 6, 40, 80, 5, 6}, false, 70},
    {"heads differ, wide head", {257, 20, 64, 100, 5, 1, 30, 100, 2, 2}, false, 33},
    {"half", {300, 80, 100, 96, 3, 2, 32, 96, 3, 2}, true, 100},
    {"one head, one position", {40, 3, 5, 8, 1, 1, 25, 8, 1, 1}, false, 1},
    {"wider than a tile", {90, 70, 40, 264, 4, 1, 25, 264, 4, 1}, false, 40},
};

static void check_formulas(struct toy_run *r, const struct shape *s)
{
    const struct whisper_config *c = &s->config;
    const size_t vocab = (size_t)c->vocab;
    const double tolerance = s->half ? 6e-2 : 1e-3;
    struct err e = {0};
    int positions;
    float *logits = calloc(vocab * 2, sizeof *logits);
    struct matrix sound = encode(&r->toy, c, r->mel, FRAMES, s->positions);
    struct matrix want = decode(&r->toy, c, sound, text, TOKENS);

    CHECK(whisper_encode(r->run, r->mel, FRAMES, s->positions, NULL, &e));
    const float *features = whisper_features(r->run, &positions);
    CHECK(positions == s->positions);
    CHECK_NEAR(apart(features, sound.v, (size_t)(positions * c->audio_width)), 0, 2e-4);

    CHECK(whisper_prompt(r->run, text, 5, logits, logits + vocab, 2, &e));
    CHECK_NEAR(apart(logits, want.v + 4 * vocab, vocab), 0, tolerance);
    CHECK_NEAR(apart(logits + vocab, want.v + 2 * vocab, vocab), 0, tolerance);
    for (int i = 5; i < TOKENS; i++) { /* what was read before is not read again */
        CHECK(whisper_step(r->run, &text[i], 1, logits, &e));
        CHECK_NEAR(apart(logits, want.v + (size_t)i * vocab, vocab), 0, tolerance);
    }
    CHECK(whisper_length(r->run) == TOKENS);
    CHECK(whisper_prompt(r->run, text, TOKENS, logits, NULL, 0, &e)); /* many rows at a time */
    CHECK_NEAR(apart(logits, want.v + (TOKENS - 1) * vocab, vocab), 0, tolerance);
    free(sound.v);
    free(want.v);
    free(logits);
}

/* Five sequences that fork and drop out, each the same as if it were alone. */
static void check_beams(struct toy_run *r, const struct shape *s)
{
    const size_t vocab = (size_t)s->config.vocab;
    static const struct {
        int n, from[5], token[5];
    } steps[] = {
        {5, {0, 0, 0, 0, 0}, {1, 2, 3, 4, 5}}, {5, {0, 1, 2, 3, 4}, {5, 5, 5, 6, 7}},
        {5, {4, 4, 0, 2, 0}, {1, 2, 1, 2, 3}}, {3, {1, 2, 4, 0, 0}, {9, 8, 7, 0, 0}},
        {3, {2, 0, 1, 0, 0}, {1, 2, 3, 0, 0}}, {1, {2, 0, 0, 0, 0}, {4, 0, 0, 0, 0}},
        {4, {0, 0, 0, 0, 0}, {5, 6, 7, 8, 0}},
    };
    struct err e = {0};
    int32_t history[5][40], before[5][40];
    int length = 3;
    float *logits = calloc(vocab * 5, sizeof *logits), *alone = calloc(vocab, sizeof *alone);
    struct whisper_run *single = whisper_run_create(r->model, NULL, 1, &e);
    CHECK(whisper_encode(r->run, r->mel, FRAMES, s->positions, NULL, &e));
    CHECK(whisper_encode(single, r->mel, FRAMES, s->positions, NULL, &e));
    CHECK(whisper_prompt(r->run, text, length, logits, NULL, 0, &e));
    for (int i = 0; i < 5; i++)
        memcpy(history[i], text, sizeof *text * 3);
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        int32_t tokens[5] = {0};
        memcpy(before, history, sizeof history);
        whisper_fork(r->run, steps[k].from, steps[k].n);
        for (int i = 0; i < steps[k].n; i++) {
            memcpy(history[i], before[steps[k].from[i]], sizeof history[i]);
            history[i][length] = tokens[i] = steps[k].token[i];
        }
        length++;
        CHECK(whisper_step(r->run, tokens, steps[k].n, logits, &e));
        for (int i = 0; i < steps[k].n; i++) {
            CHECK(whisper_prompt(single, history[i], length, alone, NULL, 0, &e));
            double most = 0;
            for (size_t j = 0; j < vocab; j++)
                most = fmax(most, fabs((double)(alone[j] - logits[(size_t)i * vocab + j])));
            CHECK_NEAR(most, 0, s->half ? 2e-2 : 2e-4);
        }
    }
    whisper_run_destroy(single);
    free(logits);
    free(alone);
}

/* One, two and five threads: the same to the last bit. */
static void check_threads(struct toy_run *r, const struct shape *s)
{
    const size_t vocab = (size_t)s->config.vocab;
    struct err e = {0};
    float *logits[3];
    for (int i = 0; i < 3; i++) {
        struct team *team = team_create((int[]){1, 2, 5}[i], &e);
        struct whisper_run *run = whisper_run_create(r->model, team, 2, &e);
        logits[i] = calloc(vocab * 4, sizeof **logits);
        CHECK(whisper_encode(run, r->mel, FRAMES, s->positions, NULL, &e));
        CHECK(whisper_prompt(run, text, TOKENS, logits[i], logits[i] + vocab, 0, &e));
        whisper_fork(run, (int[]){0, 0}, 2);
        CHECK(whisper_step(run, text, 2, logits[i] + 2 * vocab, &e));
        CHECK(memcmp(logits[i], logits[0], vocab * 4 * sizeof **logits) == 0);
        whisper_run_destroy(run);
        team_destroy(team);
    }
    for (int i = 0; i < 3; i++)
        free(logits[i]);
}

static void check_weights_of_heads(struct toy_run *r, const struct shape *s)
{
    const struct whisper_config *c = &s->config;
    const struct whisper_head heads[] = {{c->text_layers - 1, c->text_heads - 1}, {0, 0}};
    struct err e = {0};
    float *weights = calloc((size_t)2 * TOKENS * (size_t)s->positions, sizeof *weights);
    CHECK(whisper_encode(r->run, r->mel, FRAMES, s->positions, NULL, &e));
    CHECK(whisper_attention(r->run, text, TOKENS, heads, 2, weights, &e));
    for (int row = 0; row < 2 * TOKENS; row++) {
        double sum = 0;
        for (int i = 0; i < s->positions; i++)
            sum += (double)weights[row * s->positions + i];
        CHECK_NEAR(sum, 1, 1e-5);
    }
    CHECK(!whisper_attention(r->run, text, 3, &(struct whisper_head){c->text_layers, 0}, 1, weights,
                             &e));
    CHECK(!whisper_step(r->run, text, 1, weights, &e)); /* it ended the sequences */
    free(weights);
}

static void test_whisper(const struct shape *s)
{
    static struct toy_run r;
    CHECK_CASE(s->name);
    r = (struct toy_run){0};
    toy_begin(&r, &s->config, s->half, 3);
    if (r.run) {
        check_formulas(&r, s);
        check_beams(&r, s);
        check_threads(&r, s);
        check_weights_of_heads(&r, s);
    }
    toy_end(&r);
}

static void test_misuse(void)
{
    static struct toy_run r;
    const struct whisper_config c = shapes[0].config;
    struct err e = {0};
    struct cancel cancel = {.fd = -1};
    static float logits[5 * 300];
    CHECK_CASE("misuse");
    toy_begin(&r, &c, false, 1);
    CHECK(!whisper_prompt(r.run, text, 3, logits, NULL, 0, &e)); /* no sound yet */
    CHECK(!whisper_encode(r.run, r.mel, FRAMES, 0, NULL, &e));
    CHECK(!whisper_encode(r.run, r.mel, FRAMES, 101, NULL, &e));
    atomic_store(&cancel.fired, true);
    CHECK(!whisper_encode(r.run, r.mel, FRAMES, 100, &cancel, &e) && e.code == ERR_CANCELED);
    CHECK(!whisper_prompt(r.run, text, 3, logits, NULL, 0, &e));
    CHECK(whisper_encode(r.run, r.mel, FRAMES, 100, NULL, &e));
    CHECK(!whisper_prompt(r.run, text, 0, logits, NULL, 0, &e));
    CHECK(!whisper_prompt(r.run, text, 33, logits, NULL, 0, &e));
    CHECK(!whisper_prompt(r.run, text, 3, logits, logits, 3, &e));
    CHECK(!whisper_prompt(r.run, (int32_t[]){300}, 1, logits, NULL, 0, &e));
    CHECK(!whisper_prompt(r.run, (int32_t[]){-1}, 1, logits, NULL, 0, &e));
    CHECK(whisper_prompt(r.run, text, 24, logits, NULL, 0, &e));
    CHECK(!whisper_step(r.run, text, 2, logits, &e)); /* there is one sequence */
    for (int i = 24; i < 32; i++)
        CHECK(whisper_step(r.run, text, 1, logits, &e));
    CHECK(!whisper_step(r.run, text, 1, logits, &e) && strstr(e.msg, "full"));
    CHECK(!whisper_run_create(r.model, NULL, 0, &e) && !whisper_run_create(r.model, NULL, 9, &e));
    toy_end(&r);
}

/* ---- GPT-2 ---- */

static void test_gpt2(bool half, int heads)
{
    const struct gpt2_config c = {.vocab = 310,
                                  .ctx = 20,
                                  .width = 60,
                                  .heads = heads,
                                  .layers = 3,
                                  .epsilon = 1e-5f,
                                  .eot = -1};
    static struct toy toy;
    static float logits[TOKENS * 310], last[310];
    struct err e = {0};
    toy = (struct toy){.half = half, .seed = 5};
    toy_gpt2(&toy, &c);
    struct weights *w = toy_weights(&toy);
    struct gpt2 *m = gpt2_open(w, &c, &e);
    struct team *team = team_create(2, &e);
    CHECK_CASE(half ? "gpt2 half" : "gpt2");
    if (!CHECK(m != NULL))
        fprintf(stderr, "   %s\n", e.msg);
    struct gpt2_run *run = gpt2_run_create(m, team, &e);
    struct matrix want = gpt2_logits(&toy, &c, text, 20);

    CHECK(gpt2_feed(run, text, 18, logits, 18, NULL, &e)); /* many rows */
    CHECK_NEAR(apart(logits, want.v, 18 * 310), 0, 1e-3);
    gpt2_reset(run);
    for (int i = 0; i < 20; i++) { /* and one by one */
        CHECK(gpt2_feed(run, &text[i], 1, last, 1, NULL, &e));
        CHECK_NEAR(apart(last, want.v + i * 310, 310), 0, 1e-3);
    }
    free(want.v);

    /* full: the last half, then the new one */
    CHECK(gpt2_length(run) == 20);
    CHECK(gpt2_feed(run, &text[20], 1, last, 1, NULL, &e));
    CHECK(gpt2_length(run) == 11);
    want = gpt2_logits(&toy, &c, text + 10, 11);
    CHECK_NEAR(apart(last, want.v + 10 * 310, 310), 0, 1e-3);
    free(want.v);

    /* more than fits: what is left is an end of it */
    gpt2_reset(run);
    CHECK(gpt2_feed(run, text, 24, last, 1, NULL, &e));
    const int kept = gpt2_length(run);
    CHECK(kept >= 10 && kept <= 20);
    want = gpt2_logits(&toy, &c, text + 24 - kept, kept);
    CHECK_NEAR(apart(last, want.v + (kept - 1) * 310, 310), 0, 1e-3);
    free(want.v);
    CHECK(gpt2_feed(run, text, 13, logits, 10, NULL, &e)); /* slides in the middle */

    CHECK(!gpt2_feed(run, (int32_t[]){310}, 1, last, 1, NULL, &e));
    CHECK(!gpt2_feed(run, text, 1, last, 2, NULL, &e));
    struct cancel cancel = {.fd = -1, .fired = true};
    CHECK(!gpt2_feed(run, text, 1, last, 1, &cancel, &e) && e.code == ERR_CANCELED);
    gpt2_run_destroy(run);
    team_destroy(team);
    gpt2_destroy(m);
    weights_destroy(w);
    toy_finish(&toy);
}

/* ---- models that cannot be ---- */

static void test_configs(void)
{
    static const struct {
        const char *json, *word;
    } cases[] = {
        {"{\"encoder_layers\":1000000000}", "encoder_layers"},
        {"{\"encoder_layers\":1e99}", "encoder_layers"},
        {"{\"d_model\":65}", "heads"},
        {"{\"d_model\":-64}", "d_model"},
        {"{\"max_target_positions\":0}", "max_target_positions"},
        {"{\"max_source_positions\":999999}", "max_source_positions"},
        {"{\"vocab_size\":\"many\"}", "config.json"},
        {"{\"vocab_size\":2", "config.json"},
        {"[]", "config.json"},
        {"", "config.json"},
        {"{}", NULL},
    };
    static const char good[] =
        "\"vocab_size\":300,\"num_mel_bins\":80,\"max_source_positions\":100,\"d_model\":48,"
        "\"encoder_attention_heads\":3,\"encoder_layers\":3,\"max_target_positions\":32,"
        "\"decoder_attention_heads\":3,\"decoder_layers\":3,\"unknown\":[{}]";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[1024];
        struct whisper_config c;
        struct err e = {0};
        const char *in = cases[i].json;
        CHECK_CASE(in);
        if (in[0] == '{') /* the good ones first, then what is wrong */
            snprintf(json, sizeof json, "{%s%s%s", good, in[1] == '}' ? "" : ",", in + 1);
        else
            snprintf(json, sizeof json, "%s", in);
        bool ok = whisper_config_from_json(json, strlen(json), &c, &e);
        CHECK(ok == (cases[i].word == NULL));
        CHECK(ok ? memcmp(&c, &shapes[0].config, sizeof c) == 0
                 : strstr(e.msg, cases[i].word) != NULL);
    }
    struct gpt2_config c;
    struct err e = {0};
    static const char *const bad[] = {
        "{\"vocab_size\":9,\"n_positions\":8,\"n_embd\":8,\"n_head\":3,\"n_layer\":1}",
        "{\"vocab_size\":9,\"n_positions\":8,\"n_embd\":8,\"n_head\":2,\"n_layer\":1000000000}",
        "{\"vocab_size\":9,\"n_positions\":0,\"n_embd\":8,\"n_head\":2,\"n_layer\":1}",
        ("{\"vocab_size\":9,\"n_ctx\":8,\"n_embd\":8,\"n_head\":2,\"n_layer\":1,"
         "\"layer_norm_epsilon\":-1}"),
    };
    for (size_t i = 0; i < 4; i++)
        CHECK(!gpt2_config_from_json(bad[i], strlen(bad[i]), &c, &e) && e.code == ERR_INVALID);
    static const char fine[] = "{\"vocab_size\":9,\"n_ctx\":8,\"n_embd\":8,\"n_head\":2,"
                               "\"n_layer\":1,\"eos_token_id\":7,\"activation\":null}";
    CHECK(gpt2_config_from_json(fine, strlen(fine), &c, &e) && c.ctx == 8 && c.eot == 7);
}

/* A good model in which one thing is changed. */
static void test_tensors(void)
{
    static const struct {
        const char *name, *renamed;
        int rows, columns; /* new dims; 0: as they were */
        const char *word;
    } cases[] = {
        {"model.decoder.embed_tokens.weight", NULL, 299, 48, "embed_tokens"},
        {"model.decoder.embed_tokens.weight", "x", 0, 0, "no token embedding"},
        {"model.decoder.layers.2.fc1.bias", "x", 0, 0, "no tensor model.decoder.layers.2.fc1.bias"},
        {"model.encoder.layers.1.fc2.weight", NULL, 48, 191, "must be 48 x 192"},
        {"model.encoder.embed_positions.weight", NULL, 99, 48, "embed_positions"},
        {"model.encoder.conv1.weight", NULL, 48, 240, "48 x 80 x 3"},
        {"model.encoder.layer_norm.weight", NULL, 47, 0, "layer_norm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct toy toy;
        struct err e = {0};
        toy = (struct toy){.seed = 1};
        CHECK_CASE(cases[i].word);
        toy_whisper(&toy, &shapes[0].config);
        struct toy_tensor *t = (struct toy_tensor *)toy_find(&toy, cases[i].name);
        if (cases[i].renamed)
            snprintf(t->name, sizeof t->name, "%s", cases[i].renamed);
        if (cases[i].rows) {
            t->dims[0] = cases[i].rows;
            t->dims[1] = cases[i].columns;
            t->ndim = cases[i].columns ? 2 : 1;
            t->count = (size_t)cases[i].rows * (size_t)(t->ndim == 2 ? cases[i].columns : 1);
        }
        struct weights *w = toy_weights(&toy);
        CHECK(w && !whisper_open(w, &shapes[0].config, &e) && e.code == ERR_INVALID);
        CHECK(strstr(e.msg, cases[i].word) != NULL);
        weights_destroy(w);
        toy_finish(&toy);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        test_whisper(&shapes[i]);
    test_misuse();
    test_gpt2(false, 3);
    test_gpt2(false, 5);
    test_gpt2(true, 4);
    test_configs();
    test_tensors();
    return check_done();
}
