/* SPDX-License-Identifier: GPL-3.0-or-later
 * generate_horse.c - the work-horse that writes: the model is mapped inside the cage. */
#include "jobs/generate_parts.h"

#include "core/clock.h"
#include "jobs/generate.h"
#include "jobs/text_flow.h"
#include "nn/gpt2.h"
#include "nn/model_dir.h"
#include "nn/sample.h"
#include "nn/team.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEC_BYTES (16u << 20)    /* of memory */
#define CONFIG_BYTES (128u << 20) /* of memory, for config.json */

/* --- What it is to do, and what it did -------------------------------------------------------- */

#define AT(member) .flags = WIRE_REQUIRED, .offset = offsetof(struct generate_spec, member)
static const struct wire_field spec_fields[] = {
    {.name = "max_tokens", .kind = WIRE_INT, .min = 1, .max = INFINITY, AT(max_tokens)},
    {.name = "top_k", .kind = WIRE_INT, AT(top_k)},
    {.name = "seed", .kind = WIRE_INT, AT(seed)},
    {.name = "seconds", .kind = WIRE_INT, AT(seconds)},
    {.name = "temperature", .kind = WIRE_NUMBER, AT(temperature)},
    {.name = "top_p", .kind = WIRE_NUMBER, AT(top_p)},
    {.name = "repetition_penalty", .kind = WIRE_NUMBER, AT(repetition_penalty)},
    {.name = "files", .kind = WIRE_LIST, .item = WIRE_STRING, AT(files)},
    {.name = "stops", .kind = WIRE_LIST, .item = WIRE_STRING, AT(stops)},
    {.name = "turns", .kind = WIRE_LIST, .item = WIRE_STRING, AT(turns)},
    {.name = "opening", .kind = WIRE_STRING, AT(opening)},
    {.name = "cue", .kind = WIRE_STRING, AT(cue)},
    {0},
};
const struct wire_type wire_generate_spec = {
    .name = "GenerateSpec", .fields = spec_fields, .size = sizeof(struct generate_spec)};
#undef AT

#define AT(member) .flags = WIRE_REQUIRED, .offset = offsetof(struct generate_result, member)
static const struct wire_field result_fields[] = {
    {.name = "end", .kind = WIRE_STRING, AT(end)},
    {.name = "prompt_tokens", .kind = WIRE_INT, .min = 0, .max = INT32_MAX, AT(prompt_tokens)},
    {.name = "tokens", .kind = WIRE_INT, .min = 0, .max = INT32_MAX, AT(tokens)},
    {.name = "seconds", .kind = WIRE_NUMBER, AT(seconds)},
    {0},
};
const struct wire_type wire_generate_result = {
    .name = "GenerateResult", .fields = result_fields, .size = sizeof(struct generate_result)};
#undef AT

/* --- The model -------------------------------------------------------------------------------- */

struct writer {
    struct horse *h;
    const struct generate_spec *spec;
    struct model_files files;
    struct weights *weights;
    struct tokenizer *tokenizer;
    struct team *team;
    struct gpt2_config config;
    struct gpt2 *model;
    struct gpt2_run *run;
    struct sampler *sampler;
    float *logits;
    struct ids ids; /* the prompt, then what is written */
    struct text_flow flow;
};

static bool take_files(struct writer *w, struct err *e)
{
    struct model_file list[MODEL_FILES_MAX] = {0};
    const char *const *names = w->spec->files.items;
    size_t n = 0;
    for (; n < w->spec->files.count && n < MODEL_FILES_MAX; n++) {
        char fd_name[MODEL_NAME_SIZE + sizeof GENERATE_MODEL_FD];
        snprintf(fd_name, sizeof fd_name, GENERATE_MODEL_FD "%s", names[n]);
        snprintf(list[n].name, sizeof list[n].name, "%s", names[n]);
        list[n].fd = horse_fd(w->h, fd_name);
        if (list[n].fd < 0)
            return err_set(e, ERR_INTERNAL, "its %s was not handed over", names[n]);
    }
    return model_files_from_fds(list, n, &w->files, e);
}

static bool read_config(struct writer *w, struct err *e)
{
    struct arena a;
    size_t len;
    arena_init(&a, CONFIG_BYTES);
    const char *text = model_files_text(&w->files, "config.json", &a, &len, e);
    bool ok = text && gpt2_config_from_json(text, len, &w->config, e);
    arena_finish(&a);
    return ok;
}

static bool open_model(struct writer *w, struct err *e)
{
    return take_files(w, e) && read_config(w, e) &&
           (w->weights = model_files_weights(&w->files, e)) &&
           (w->tokenizer = model_files_tokenizer(&w->files, w->weights, e)) &&
           (w->team = team_create(0, e)) && (w->model = gpt2_open(w->weights, &w->config, e)) &&
           (w->run = gpt2_run_create(w->model, w->team, e));
}

static bool open_sampler(struct writer *w, struct err *e)
{
    const struct generate_spec *s = w->spec;
    const struct sample_options o = {.temperature = (float)s->temperature,
                                     .top_k = (int)s->top_k,
                                     .top_p = (float)s->top_p,
                                     .repetition_penalty = (float)s->repetition_penalty,
                                     .seed = (uint64_t)s->seed};
    w->sampler = sampler_create(&o, w->config.vocab, e);
    w->logits = calloc((size_t)w->config.vocab, sizeof *w->logits);
    return w->sampler && (w->logits || err_set(e, ERR_NO_MEMORY, "no memory to write"));
}

static void writer_finish(struct writer *w)
{
    text_flow_finish(&w->flow);
    ids_finish(&w->ids);
    free(w->logits);
    sampler_destroy(w->sampler);
    gpt2_run_destroy(w->run);
    gpt2_destroy(w->model);
    team_destroy(w->team);
    tokenizer_destroy(w->tokenizer);
    weights_destroy(w->weights);
    model_files_finish(&w->files);
}

/* --- What it reads ---------------------------------------------------------------------------- */

static bool encode(const struct writer *w, const char *text, struct ids *out, struct err *e)
{
    return tokenizer_encode(w->tokenizer, text, strlen(text), out, e);
}

static bool add_ids(struct ids *to, const int32_t *id, size_t n, struct err *e)
{
    if (to->cap - to->len < n) {
        size_t cap = 2 * (to->len + n);
        int32_t *more = realloc(to->id, cap * sizeof *more);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "no memory to write");
        to->id = more;
        to->cap = cap;
    }
    if (n > 0)
        memcpy(to->id + to->len, id, n * sizeof *id);
    to->len += n;
    return true;
}

/* Puts together what fits into `room` tokens: the opening, the newest lines in full, the cue. Of a
 * newest line that does not fit by itself, its end. */
static bool fit(const struct ids *lines, size_t count, const struct ids *opening,
                const struct ids *cue, size_t room, struct ids *out, struct err *e)
{
    size_t fixed = opening->len + cue->len, used = 0, first = count;
    bool opens = fixed < room / 2; /* a tiny context has no room for it */
    room -= opens ? fixed : cue->len < room ? cue->len : room;
    while (first > 0 && used + lines[first - 1].len <= room)
        used += lines[--first].len;
    bool ok = !opens || add_ids(out, opening->id, opening->len, e);
    if (first == count && count > 0)
        ok = ok && add_ids(out, lines[count - 1].id + lines[count - 1].len - room, room, e);
    for (; ok && first < count; first++)
        ok = add_ids(out, lines[first].id, lines[first].len, e);
    return ok && add_ids(out, cue->id, cue->len, e);
}

static bool make_prompt(struct writer *w, size_t room, struct err *e)
{
    const struct generate_spec *s = w->spec;
    const char *const *turns = s->turns.items;
    struct ids opening = {0}, cue = {0};
    struct ids *lines = calloc(s->turns.count + 1, sizeof *lines);
    bool ok = lines ? encode(w, s->opening, &opening, e) && encode(w, s->cue, &cue, e)
                    : err_set(e, ERR_NO_MEMORY, "no memory for the conversation");
    for (size_t i = 0; ok && i < s->turns.count; i++)
        ok = encode(w, turns[i], &lines[i], e);
    ok = ok && fit(lines, s->turns.count, &opening, &cue, room, &w->ids, e);
    if (ok && w->ids.len == 0)
        ok = err_set(e, ERR_INVALID, "its vocabulary has no token for any letter");
    for (size_t i = 0; lines && i < s->turns.count; i++)
        ids_finish(&lines[i]);
    free(lines);
    ids_finish(&opening);
    ids_finish(&cue);
    return ok;
}

/* --- What it writes --------------------------------------------------------------------------- */

static void say(void *user, const char *text, size_t len)
{
    enum { PIECE = 8 << 10 };
    while (len > 0) {
        size_t n = len < PIECE ? len : PIECE;
        while (n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        horse_text(user, text, n);
        text += n;
        len -= n;
    }
}

/* The next token; before the first word none that ends the text. */
static int32_t pick(struct writer *w)
{
    int32_t eot = w->config.eot;
    if (w->flow.said == 0 && eot >= 0 && eot < w->config.vocab)
        w->logits[eot] = -INFINITY;
    return sampler_pick(w->sampler, w->logits, w->ids.id, w->ids.len);
}

static const char *write_tokens(struct writer *w, int max_tokens, int64_t until_ms, int *written,
                                struct err *e)
{
    const int32_t *next = w->ids.id;
    int n = (int)w->ids.len;
    for (*written = 0; *written < max_tokens; ++*written) {
        if (!gpt2_feed(w->run, next, n, w->logits, 1, NULL, e))
            return NULL;
        int32_t id = pick(w);
        size_t len;
        const char *piece = tokenizer_piece(w->tokenizer, id, &len);
        if (id == w->config.eot)
            break;
        if (!tokenizer_is_special(w->tokenizer, id) && text_flow_add(&w->flow, piece, len)) {
            ++*written;
            return "stop";
        }
        if (!add_ids(&w->ids, &id, 1, e))
            return NULL;
        next = w->ids.id + w->ids.len - 1;
        n = 1;
        if (clock_mono_ms() >= until_ms) {
            text_flow_end(&w->flow);
            return "time";
        }
    }
    text_flow_end(&w->flow);
    return *written < max_tokens ? "stop" : "length";
}

static bool write_answer(struct writer *w, struct buf *result, struct err *e)
{
    int half = w->config.ctx / 2, written = 0;
    int most = w->spec->max_tokens < half ? (int)w->spec->max_tokens : half;
    if (!make_prompt(w, (size_t)(w->config.ctx - most), e))
        return false;
    size_t prompt = w->ids.len;
    int64_t start_ms = clock_mono_ms();
    text_flow_init(&w->flow, w->spec->stops.items, w->spec->stops.count, say, w->h);
    const char *end = write_tokens(w, most, start_ms + w->spec->seconds * 1000, &written, e);
    if (!end)
        return false;
    if (w->flow.said == 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "had nothing to say; try other words, another seed or more max_tokens");
    struct generate_result done = {.end = end,
                                   .prompt_tokens = (int64_t)prompt,
                                   .tokens = written,
                                   .seconds = (double)(clock_mono_ms() - start_ms) / 1000};
    wire_write(&wire_generate_result, &done, result);
    return true;
}

static bool generate_child(struct horse *h, struct buf *result, struct err *e)
{
    unsigned long len;
    const char *text = horse_spec(h, &len);
    struct arena a;
    struct writer w = {.h = h};
    arena_init(&a, SPEC_BYTES);
    w.spec = wire_read_trusted(&wire_generate_spec, text, len, &a, e);
    bool ok = w.spec && open_model(&w, e) && open_sampler(&w, e) && write_answer(&w, result, e);
    writer_finish(&w);
    arena_finish(&a);
    return ok;
}

const struct horse_kind horse_generate = {
    .name = "generate",
    .help = "Goes on with a conversation, with a language model.",
    .limits = {.memory_bytes = UINT64_C(2) << 30, .wall_seconds = 300},
    .run = generate_child,
};
