/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcribe.c - the caller's side of the work-horse that listens to speech, and what is kept. */
#include "jobs/transcribe.h"

#include "core/files.h"
#include "jobs/align.h"
#include "jobs/derived.h"
#include "jobs/transcribe_parts.h"
#include "models/model_names.h"
#include "models/model_shelf.h"
#include "models/pull.h"
#include "store/store.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TRANSCRIBE_VERSION 2 /* of what a transcript holds: another one is another file */
#define SPHINX "pocketsphinx"
#define SPHINX_FILE "transcript-v2-pocketsphinx.json"
#define KEPT_MAX_BYTES (16u << 20)
#define MEMORY_BESIDES_MODEL (UINT64_C(2) << 30)

static bool take_json(const char *text, size_t len, struct arena *a, struct heard *out,
                      struct err *e)
{
    out->json = text;
    out->json_len = len;
    out->transcript = wire_read_trusted(&wire_full_transcript, text, len, a, e);
    return out->transcript != NULL;
}

bool heard_transcript(struct transcript *t, struct arena *a, struct heard *out, struct err *e)
{
    struct buf text;
    buf_init(&text, KEPT_MAX_BYTES);
    wire_write(&wire_full_transcript, t, &text);
    const char *json = text.failed ? NULL : arena_strndup(a, text.data, text.len);
    *out = (struct heard){t, json, text.len};
    buf_finish(&text);
    return json || err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
}

bool heard_nothing(const char *model, const char *reason, struct arena *a, struct heard *out,
                   struct err *e)
{
    struct transcript *none = arena_alloc(a, sizeof *none);
    if (!none)
        return err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
    *none = (struct transcript){.model = model, .reason = reason, .language_probability = NAN,
                                .duration = NAN, .text = ""};
    return heard_transcript(none, a, out, e);
}

/* --- The model -------------------------------------------------------------------------------- */

/* What the callbacks of a long work need. */
struct watch {
    const struct transcribe_order *order;
    const char *model;
};

static void on_pull(void *user, const char *file, int64_t done, int64_t all)
{
    const struct watch *w = user;
    char stage[160];
    (void)file;
    snprintf(stage, sizeof stage, "fetching the model %s: %d %%", w->model,
             all > 0 ? (int)(100 * done / all) : 0);
    if (w->order->progress)
        w->order->progress(w->order->user, 0, stage);
}

static bool fetch_model(const struct transcribe_order *o, const char *name, struct err *e)
{
    struct watch watch = {o, name};
    const struct config *c = o->config;
    const struct pull p = {.hub = {c->hub_url, c->hub_token}, .models_dir = c->models_dir,
                           .name = name, .cancel = o->cancel, .on_progress = on_pull,
                           .user = &watch};
    char line[200];
    snprintf(line, sizeof line, "Fetching the speech model %s", name);
    if (o->log)
        o->log(o->user, line);
    return model_pull(&p, e);
}

/* From the folder, or else from the hub, if it is whoever runs aive that wants it. */
static bool open_model(const struct transcribe_order *o, const char *name, struct model_files *out,
                       struct err *e)
{
    bool own = !o->model || o->own_model;
    const char *dir = o->config->models_dir;
    if (model_shelf_open(dir, name, own, out, e))
        return true;
    if (e->code != ERR_UNAVAILABLE || !own || o->no_fetch || o->config->offline ||
        !model_name_ok(name) || !model_repository(name))
        return false;
    struct err why = {0};
    if (fetch_model(o, name, &why))
        return model_shelf_open(dir, name, own, out, e);
    if (why.code == ERR_CANCELED)
        return err_set(e, why.code, "%s", why.msg);
    return err_set(e, ERR_UNAVAILABLE, "%s (it could not be fetched: %s)", e->msg, why.msg);
}

static uint64_t size_of(const struct model_files *m)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m->count; i++) {
        int64_t size = file_size(m->files[i].fd);
        sum += size > 0 ? (uint64_t)size : 0;
    }
    return sum;
}

/* --- What is kept ----------------------------------------------------------------------------- */

/* A name that says everything the transcript follows from, but the content. */
static bool kept_name(const char *spec, const struct model_files *m, char out[80], struct err *e)
{
    crypto_generichash_state state;
    unsigned char digest[16];
    char hex[2 * sizeof digest + 1];
    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    crypto_generichash_update(&state, (const unsigned char *)spec, strlen(spec));
    for (size_t i = 0; i < m->count; i++) {
        struct stat st;
        if (fstat(m->files[i].fd, &st) < 0)
            return err_set(e, ERR_IO, "the model's %s cannot be looked at", m->files[i].name);
        const int64_t facts[] = {st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
        crypto_generichash_update(&state, (const unsigned char *)facts, sizeof facts);
    }
    crypto_generichash_final(&state, digest, sizeof digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(out, 80, "transcript-v%d-%s.json", TRANSCRIBE_VERSION, hex);
    return true;
}

static bool take_kept(const struct transcribe_order *o, const char *name, struct arena *a,
                      struct heard *out)
{
    struct err damage = {0};
    size_t len;
    if (o->derived_fd < 0)
        return false;
    const char *text = derived_read(o->derived_fd, o->asset->content_hash, name, KEPT_MAX_BYTES, a,
                                    &len, &damage);
    if (text && take_json(text, len, a, out, &damage))
        return true;
    if (text)
        derived_remove(o->derived_fd, o->asset->content_hash, name);
    return false;
}

/* --- The work-horse --------------------------------------------------------------------------- */

static void on_progress(void *user, double percent, const char *stage)
{
    const struct transcribe_order *o = ((const struct watch *)user)->order;
    if (o->progress)
        o->progress(o->user, percent, stage);
}

static void on_log(void *user, const char *line)
{
    const struct transcribe_order *o = ((const struct watch *)user)->order;
    if (o->log)
        o->log(o->user, line);
}

static void on_text(void *user, const char *text, size_t len)
{
    const struct transcribe_order *o = ((const struct watch *)user)->order;
    if (o->text)
        o->text(o->user, text, len);
}

static const char *make_spec(const struct transcribe_order *o, const char *model,
                             const struct model_files *files, struct arena *a)
{
    const char **names = arena_array(a, files->count + 1, sizeof *names);
    struct transcribe_spec spec = {.model = model, .language = o->language, .prompt = o->prompt,
                                   .translate = o->translate, .files = {names, files->count}};
    struct buf text;
    if (!names)
        return NULL;
    for (size_t i = 0; i < files->count; i++)
        names[i] = files->files[i].name;
    buf_init(&text, 1 << 20);
    wire_write(&wire_transcribe_spec, &spec, &text);
    const char *copy = text.failed ? NULL : arena_strndup(a, text.data, text.len);
    buf_finish(&text);
    return copy;
}

static char *run_horse(const struct transcribe_order *o, const char *spec,
                       const struct model_files *files, struct err *e)
{
    struct horse_fd fds[MODEL_FILES_MAX + 1] = {{"source", o->fd}};
    char names[MODEL_FILES_MAX][MODEL_NAME_SIZE + sizeof TRANSCRIBE_MODEL_FD];
    struct horse_limits limits = horse_transcribe.limits;
    struct watch watch = {.order = o};
    for (size_t i = 0; i < files->count; i++) {
        snprintf(names[i], sizeof names[i], TRANSCRIBE_MODEL_FD "%s", files->files[i].name);
        fds[i + 1] = (struct horse_fd){names[i], files->files[i].fd};
    }
    limits.memory_bytes = MEMORY_BESIDES_MODEL + size_of(files);
    limits.wall_seconds = (int)o->config->job_seconds;
    limits.cpu_seconds = 0; /* several threads: the time on the wall counts */
    struct horse_job job = {.kind = "transcribe", .spec = spec, .fds = fds,
                            .fd_count = (int)files->count + 1, .limits = &limits,
                            .cancel = o->cancel, .on_progress = on_progress, .on_log = on_log,
                            .on_text = on_text,
                            .user = &watch};
    return horse_run(&job, e);
}

static bool listen(const struct transcribe_order *o, const char *model,
                   const struct model_files *files, struct arena *a, struct heard *out,
                   struct err *e)
{
    char name[80];
    const char *spec = make_spec(o, model, files, a);
    if (!spec)
        return err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
    if (!kept_name(spec, files, name, e))
        return false;
    if (take_kept(o, name, a, out))
        return true;
    char *answer = files->count ? run_horse(o, spec, files, e) : transcribe_remote(o, e);
    if (!answer)
        return false;
    size_t len = strlen(answer);
    const char *text = arena_strndup(a, answer, len);
    free(answer);
    return (text ? take_json(text, len, a, out, e)
                 : err_set(e, ERR_NO_MEMORY, "no memory for a transcript")) &&
           (o->derived_fd < 0 ||
            derived_write(o->derived_fd, o->asset->content_hash, name, text, len, e));
}

/* By the server of the settings. */
static bool listen_elsewhere(const struct transcribe_order *o, struct arena *a, struct heard *out,
                             struct err *e)
{
    static const struct model_files none = {0};
    const struct config *c = o->config;
    struct err why = {0};
    const char *where = arena_printf(a, "%s at %s", c->speech_model, c->speech_url);
    if (!where)
        return err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
    if (listen(o, where, &none, a, out, &why))
        return true;
    if (why.code == ERR_UNAVAILABLE || why.code == ERR_TIMEOUT)
        return heard_nothing(c->speech_model, arena_strdup(a, why.msg), a, out, e);
    return err_set(e, why.code, "%s", why.msg);
}

/* --- Drafts ----------------------------------------------------------------------------------- */

static bool draft(const struct transcribe_order *o, struct arena *a, struct heard *out,
                  struct err *e)
{
    const struct align_order order = {.fd = o->fd, .wall_seconds = (int)o->config->job_seconds,
                                      .cancel = o->cancel, .on_progress = o->progress,
                                      .user = o->user};
    struct transcript *t;
    struct err why = {0};
    if (take_kept(o, SPHINX_FILE, a, out))
        return true;
    if (!sphinx_run(&order, a, &t, &why))
        return why.code == ERR_UNAVAILABLE
                   ? heard_nothing(SPHINX, arena_strdup(a, why.msg), a, out, e)
                   : err_set(e, why.code, "%s", why.msg);
    return heard_transcript(t, a, out, e) &&
           (o->derived_fd < 0 || derived_write(o->derived_fd, o->asset->content_hash, SPHINX_FILE,
                                               out->json, out->json_len, e));
}

bool transcribe_run(const struct transcribe_order *o, struct arena *a, struct heard *out,
                    struct err *e)
{
    const char *model = o->model ? o->model : o->config->whisper_model;
    struct model_files files;
    struct err why = {0};
    if (!o->asset->has_audio)
        return heard_nothing(model, "the file has no sound", a, out, e);
    if (strcmp(model, SPHINX) == 0)
        return draft(o, a, out, e);
    if (!o->model && *o->config->speech_url)
        return listen_elsewhere(o, a, out, e);
    if (!open_model(o, model, &files, &why)) {
        if (why.code == ERR_UNAVAILABLE)
            return heard_nothing(model, arena_strdup(a, why.msg), a, out, e);
        return err_set(e, why.code, "%s", why.msg);
    }
    bool ok = listen(o, model, &files, a, out, e);
    model_files_finish(&files);
    return ok;
}
