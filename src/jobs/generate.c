/* SPDX-License-Identifier: GPL-3.0-or-later
 * generate.c - the caller's side of the work-horse that writes. */
#include "jobs/generate.h"

#include "core/arena.h"
#include "core/files.h"
#include "jobs/generate_parts.h"
#include "models/model_names.h"
#include "models/model_shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_BESIDES_MODEL (UINT64_C(1) << 30)
#define MEMORY_A_THREAD (UINT64_C(72) << 20) /* of address space: stack and malloc's arena */
#define GRACE_SECONDS 60                     /* to load the model and read the conversation */
#define PROMPT_BYTES (64 << 10)              /* of turns that are handed over; the newest count */
#define SPEC_BYTES (1u << 20)

/* A small model follows an example better than an order. */
static const char opening[] =
    "The following is a conversation between a person who makes short videos and a helpful "
    "assistant. The assistant answers every question briefly, with practical advice.\n\n";
static const char *const speakers[] = {"Person:", "Assistant:"};
static const char *const speaker_stops[] = {"\nPerson:", "\nAssistant:"};
#define SPEAKERS (sizeof speaker_stops / sizeof *speaker_stops)

const struct generate_options GENERATE_DEFAULTS = {.max_tokens = 160,
                                                   .temperature = 0.7,
                                                   .top_p = 0.9,
                                                   .repetition_penalty = 1.2,
                                                   .top_k = 50,
                                                   .seconds = 120};

/* --- The conversation as a play --------------------------------------------------------------- */

/* One turn is one line: a line break inside could pass for another speaker's turn. */
static const char *line_of(const struct generate_turn *turn, struct arena *a)
{
    char *line = arena_printf(a, "%s %s\n", speakers[turn->ours], turn->text);
    for (char *p = line; p && p[0] && p[1]; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    return line;
}

static bool write_lines(const struct generate_order *o, struct wire_list *out, struct arena *a)
{
    size_t first = o->turn_count, bytes = 0;
    while (first > 0 && (bytes += strlen(o->turns[first - 1].text)) <= PROMPT_BYTES)
        first--;
    if (first == o->turn_count && first > 0)
        first--; /* the one to be answered, whatever its length */
    const char **lines = arena_array(a, o->turn_count - first + 1, sizeof *lines);
    *out = (struct wire_list){lines, o->turn_count - first};
    for (size_t i = first; lines && i < o->turn_count; i++)
        if (!(lines[i - first] = line_of(&o->turns[i], a)))
            return false;
    return lines != NULL;
}

static bool list_stops(const struct generate_order *o, struct wire_list *out, struct arena *a)
{
    const char **stops = arena_array(a, SPEAKERS + o->options.stop_count, sizeof *stops);
    if (!stops)
        return false;
    memcpy(stops, speaker_stops, sizeof speaker_stops);
    for (size_t i = 0; i < o->options.stop_count; i++)
        stops[SPEAKERS + i] = o->options.stops[i];
    *out = (struct wire_list){stops, SPEAKERS + o->options.stop_count};
    return true;
}

static bool list_files(const struct model_files *files, struct wire_list *out, struct arena *a)
{
    const char **names = arena_array(a, files->count + 1, sizeof *names);
    for (size_t i = 0; names && i < files->count; i++)
        names[i] = files->files[i].name;
    *out = (struct wire_list){names, files->count};
    return names != NULL;
}

/* NULL: no memory. */
static const char *make_spec(const struct generate_order *o, const struct model_files *files,
                             struct arena *a)
{
    const struct generate_options *w = &o->options;
    struct generate_spec spec = {.max_tokens = w->max_tokens,
                                 .top_k = w->top_k,
                                 .seed = w->seed,
                                 .seconds = w->seconds,
                                 .temperature = w->temperature,
                                 .top_p = w->top_p,
                                 .repetition_penalty = w->repetition_penalty,
                                 .opening = opening,
                                 .cue = speakers[1]};
    struct buf text;
    if (!write_lines(o, &spec.turns, a) || !list_stops(o, &spec.stops, a) ||
        !list_files(files, &spec.files, a))
        return NULL;
    buf_init(&text, SPEC_BYTES);
    wire_write(&wire_generate_spec, &spec, &text);
    const char *copy = text.failed ? NULL : arena_strndup(a, text.data, text.len);
    buf_finish(&text);
    return copy;
}

/* --- The work-horse --------------------------------------------------------------------------- */

static uint64_t memory_for(const struct model_files *m)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t sum = MEMORY_BESIDES_MODEL + (cores > 0 ? (uint64_t)cores : 1) * MEMORY_A_THREAD;
    for (size_t i = 0; i < m->count; i++) {
        int64_t size = file_size(m->files[i].fd);
        sum += size > 0 ? (uint64_t)size : 0;
    }
    return sum;
}

static char *run_horse(const struct generate_order *o, const char *spec,
                       const struct model_files *files, struct err *e)
{
    struct horse_fd fds[MODEL_FILES_MAX];
    char names[MODEL_FILES_MAX][MODEL_NAME_SIZE + sizeof GENERATE_MODEL_FD];
    struct horse_limits limits = horse_generate.limits;
    for (size_t i = 0; i < files->count; i++) {
        snprintf(names[i], sizeof names[i], GENERATE_MODEL_FD "%s", files->files[i].name);
        fds[i] = (struct horse_fd){names[i], files->files[i].fd};
    }
    limits.memory_bytes = memory_for(files);
    limits.wall_seconds = o->options.seconds + GRACE_SECONDS;
    struct horse_job job = {.kind = horse_generate.name,
                            .spec = spec,
                            .fds = fds,
                            .fd_count = (int)files->count,
                            .limits = &limits,
                            .cancel = o->cancel,
                            .on_text = o->on_text,
                            .user = o->user};
    return horse_run(&job, e);
}

static bool read_result(const char *text, struct generate_ended *ended, struct arena *a,
                        struct err *e)
{
    static const char *const ends[] = {
        [GENERATE_STOP] = "stop", [GENERATE_LENGTH] = "length", [GENERATE_TIME] = "time"};
    const struct generate_result *r =
        wire_read_trusted(&wire_generate_result, text, strlen(text), a, e);
    if (!r)
        return false;
    *ended = (struct generate_ended){
        .prompt_tokens = (int)r->prompt_tokens, .tokens = (int)r->tokens, .seconds = r->seconds};
    for (int i = 0; i < (int)(sizeof ends / sizeof *ends); i++)
        if (strcmp(r->end, ends[i]) == 0)
            ended->why = (enum generate_end)i;
    return true;
}

/* What a client may know of a model: not where it lies. */
static const char *name_of(const struct generate_order *o)
{
    const char *slash = strrchr(o->model, '/');
    return o->own_model && slash && !model_name_ok(o->model) ? slash + 1 : o->model;
}

/* The words of those who open files name folders of this machine, which are no client's business.
 */
static bool explain_missing(const struct generate_order *o, struct err *e)
{
    if (model_name_ok(o->model) && model_repository(o->model) && e->code == ERR_UNAVAILABLE)
        return false; /* says how to fetch it */
    return err_set(e, ERR_UNAVAILABLE,
                   "the text model \"%.100s\" %s: `aive models list` says which models are there, "
                   "and `aive models pull distilgpt2` fetches one",
                   name_of(o),
                   e->code == ERR_UNAVAILABLE || e->code == ERR_NOT_FOUND ? "is not on this machine"
                                                                          : "cannot be read");
}

/* A broken model is not the fault of whoever sent a message. */
static bool blame_model(const struct generate_order *o, struct err *e)
{
    bool file = e->code == ERR_INVALID || e->code == ERR_UNSUPPORTED || e->code == ERR_NOT_FOUND ||
                e->code == ERR_TOO_LARGE;
    if (e->code == ERR_CANCELED)
        return false;
    if (file)
        e->code = ERR_UNAVAILABLE;
    return err_wrap(e, "the text model %.100s", name_of(o));
}

static bool write_on(const struct generate_order *o, const struct model_files *files,
                     struct generate_ended *ended, struct err *e)
{
    struct arena a;
    arena_init(&a, 8u << 20);
    const char *spec = make_spec(o, files, &a);
    char *answer = spec ? run_horse(o, spec, files, e) : NULL;
    bool ok = answer && read_result(answer, ended, &a, e);
    if (!spec)
        err_set(e, ERR_NO_MEMORY, "no memory for the conversation");
    free(answer);
    arena_finish(&a);
    return ok || blame_model(o, e);
}

bool generate_run(const struct generate_order *o, struct generate_ended *ended, struct err *e)
{
    struct model_files files;
    if (!model_shelf_open(o->models_dir, o->model, o->own_model, &files, e))
        return explain_missing(o, e);
    bool ok = strcmp(files.kind, "gpt2") == 0
                  ? write_on(o, &files, ended, e)
                  : err_set(e, ERR_UNAVAILABLE,
                            "%s is a model of kind \"%s\", which cannot chat: a text model of the "
                            "GPT-2 family can, such as distilgpt2",
                            name_of(o), files.kind);
    model_files_finish(&files);
    return ok;
}
