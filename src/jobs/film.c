/* SPDX-License-Identifier: GPL-3.0-or-later
 * film.c - the caller's side of the work-horses that make films. film_horse.c is the other side,
 * run_render.c the job on top. */
#include "jobs/film.h"

#include "core/clock.h"
#include "core/config.h"
#include "core/files.h"
#include "core/timebase.h"
#include "jobs/film_report.h"
#include "jobs/film_spec.h"
#include "jobs/pieces.h"
#include "jobs/probe.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPEC_MAX_BYTES ((size_t)48 << 20)
#define STILL_THREADS 1

/* An image is there for as long as it is shown. */
#define IMAGE_TICKS (PLAN_MAX_HOURS * 3600 * TICKS_PER_SECOND)

struct film_source_file film_source_of(const struct asset *asset, const char *name, int fd)
{
    bool image = asset->kind && strcmp(asset->kind, "image") == 0;
    return (struct film_source_file){
        .name = name,
        .asset_id = asset->id,
        .duration_ticks = image ? IMAGE_TICKS : asset->duration_ticks,
        .frame_ticks = asset_frame_ticks(asset),
        .has_video = asset->has_video,
        .has_audio = asset->has_audio,
        .is_image = image,
        .width = asset->width,
        .height = asset->height,
        .hash = asset->content_hash,
        .fd = fd,
        .proxy_fd = -1,
    };
}

/* --- The broker: hands out pieces of films ---------------------------------------------------- */

struct broker {
    const struct film_job *job;
    struct chunk_store *store;
    int pieces_fd; /* the list that is being written; -1 */
    struct arena *arena;
};

static int create_pieces(struct broker *b, struct err *e)
{
    if (b->pieces_fd >= 0)
        return err_set(e, ERR_CONFLICT, "the list of pieces was written already"), -1;
    b->pieces_fd = memfd_create("pieces", MFD_CLOEXEC);
    int copy = b->pieces_fd < 0 ? -1 : fcntl(b->pieces_fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        err_errno(e, errno, "make the list of pieces");
    return copy;
}

static bool commit_pieces(struct broker *b, struct err *e)
{
    if (b->pieces_fd < 0)
        return err_set(e, ERR_INVALID, "the list of pieces was not created");
    struct film_pieces *p = pieces_read(b->pieces_fd, file_size(b->pieces_fd), b->arena, e);
    return p && pieces_keep(b->store, p, b->job->list_key, b->arena, e);
}

static int on_ask(void *user, const char *op, const char *name, struct err *e)
{
    struct broker *b = user;
    const size_t prefix = sizeof FILM_CHUNK_PREFIX - 1;
    bool is_create = strcmp(op, "create") == 0, is_open = strcmp(op, "open") == 0;
    if (strcmp(name, FILM_PIECES_NAME) == 0 && !is_open)
        return is_create ? create_pieces(b, e) : commit_pieces(b, e) ? 0 : -1;
    if (!b->store || strncmp(name, FILM_CHUNK_PREFIX, prefix) != 0)
        return err_set(e, ERR_INVALID, "the work-horse asked for \"%.80s\"", name), -1;
    const char *key = name + prefix;
    return is_open     ? chunk_store_read(b->store, key, e)
           : is_create ? chunk_store_create(b->store, key, e)
                       : (chunk_store_commit(b->store, key, e) ? 0 : -1);
}

static void on_progress(void *user, double percent, const char *stage)
{
    const struct film_callbacks *on = &((struct broker *)user)->job->on;
    if (on->progress)
        on->progress(on->user, percent, stage);
}

static void on_log(void *user, const char *line)
{
    const struct film_callbacks *on = &((struct broker *)user)->job->on;
    if (on->log)
        on->log(on->user, line);
}

/* --- What the work-horse is told -------------------------------------------------------------- */

static bool spec_text(const struct film_job *job, const struct film_still *still, struct buf *out,
                      struct err *e)
{
    struct spec_source sources[FILM_MAX_SOURCES];
    char created[CLOCK_ISO_SIZE];
    clock_iso(clock_now_us() / 1000000 * 1000000, created);
    for (int i = 0; i < job->source_count; i++) {
        const struct film_source_file *f = &job->sources[i];
        sources[i] = (struct spec_source){
            .name = f->name,
            .asset_id = f->asset_id,
            .duration_ticks = f->duration_ticks,
            .frame_ticks = f->frame_ticks,
            .has_video = f->has_video,
            .has_audio = f->has_audio,
            .is_image = f->is_image,
            .has_proxy = f->proxy_fd >= 0,
            .width = f->width,
            .height = f->height,
            .hash = f->hash,
        };
    }
    struct film_order order = *job->order;
    struct film_spec spec = {
        .order = &order,
        .project_id = job->project_id,
        .threads = still ? STILL_THREADS : job->config->render_threads,
        .created = created,
        .sources = {sources, (size_t)job->source_count},
        .time_s = still ? still->time_s : 0,
        .kind = still ? still->kind : NULL,
        .width = still ? still->width : 0,
    };
    wire_write(&wire_film_spec, &spec, out);
    return out->failed ? err_set(e, ERR_TOO_LARGE, "the timeline is too large to render") : true;
}

#define SPEC_NAME_SIZE 24

/* The sources and their proxies as a work-horse gets them. How many, -1: too many. */
static int name_sources(const struct film_job *job, struct horse_fd fds[FILM_MAX_SOURCES],
                        char names[FILM_MAX_SOURCES][SPEC_NAME_SIZE], struct err *e)
{
    int n = 0;
    for (int i = 0; i < 2 * job->source_count; i++) {
        const struct film_source_file *f = &job->sources[i / 2];
        int fd = i % 2 ? f->proxy_fd : f->fd;
        if (i % 2 && fd < 0)
            continue;
        if (n == FILM_MAX_SOURCES)
            return err_set(e, ERR_INVALID, "a film of more than %d files", FILM_MAX_SOURCES), -1;
        snprintf(names[n], SPEC_NAME_SIZE, "%s:%d", i % 2 ? FILM_PROXY_NAME : FILM_SOURCE_NAME,
                 i / 2);
        fds[n] = (struct horse_fd){names[n], fd};
        n++;
    }
    return n;
}

/* Runs a work-horse on the sources, and the output where there is one. Its answer, malloc'd. */
static char *run_horse(const struct film_job *job, const char *kind,
                       const struct horse_limits *limits, const struct film_still *still,
                       int output_fd, struct broker *broker, struct err *e)
{
    struct horse_fd fds[FILM_MAX_SOURCES + 1];
    char names[FILM_MAX_SOURCES][SPEC_NAME_SIZE];
    struct buf spec;
    int n = name_sources(job, fds, names, e);
    if (n < 0)
        return NULL;
    if (output_fd >= 0)
        fds[n++] = (struct horse_fd){"output", output_fd};
    struct horse_job horse = {.kind = kind, .fds = fds, .fd_count = n, .limits = limits,
                              .cancel = job->cancel, .on_progress = on_progress, .on_log = on_log,
                              .on_ask = on_ask, .user = broker};
    buf_init(&spec, SPEC_MAX_BYTES);
    char *result = NULL;
    if (spec_text(job, still, &spec, e)) {
        horse.spec = spec.data;
        result = horse_run(&horse, e);
    }
    buf_finish(&spec);
    return result;
}

/* What a work-horse says is believed only in the form it should have. */
static bool take_result(const struct wire_type *type, char *text, struct arena *a,
                        const char **out, struct err *e)
{
    void *read = wire_read_trusted(type, text, strlen(text), a, e);
    struct buf clean;
    buf_init(&clean, (size_t)4 << 20);
    if (read)
        wire_write(type, read, &clean);
    *out = read && !clean.failed ? arena_strndup(a, clean.data, clean.len) : NULL;
    if (read && !*out)
        err_set(e, ERR_NO_MEMORY, "no memory for the report");
    buf_finish(&clean);
    return *out != NULL;
}

bool film_check(const struct film_job *job, struct arena *a, struct plan *plan, struct err *e)
{
    struct plan_source *sources = arena_array(a, FILM_MAX_SOURCES, sizeof *sources);
    if (!sources)
        return err_set(e, ERR_NO_MEMORY, "no memory for a plan");
    for (int i = 0; i < job->source_count; i++) {
        const struct film_source_file *f = &job->sources[i];
        sources[i] = (struct plan_source){
            .path = f->name,
            .asset_id = f->asset_id,
            .duration_ticks = f->duration_ticks,
            .frame_ticks = f->frame_ticks,
            .has_video = f->has_video,
            .has_audio = f->has_audio,
            .width = f->width,
            .height = f->height,
            .hash = f->hash,
        };
    }
    return film_plan(job->order, sources, (size_t)job->source_count, a, plan, e);
}

/* --- The three ------------------------------------------------------------------------------- */

bool film_render(const struct film_job *job, int output_fd, struct arena *a, const char **report,
                 struct err *e)
{
    const struct config *c = job->config;
    struct broker broker = {.job = job, .pieces_fd = -1, .arena = a};
    struct horse_limits limits = horse_render.limits;
    limits.memory_bytes = (uint64_t)c->job_memory_bytes;
    limits.wall_seconds = (int)c->job_seconds;
    limits.cpu_seconds = (int)(c->job_seconds * c->render_threads);
    broker.store = chunk_store_open(job->cache_fd, c->cache_bytes, e);
    char *text = broker.store
                     ? run_horse(job, "render", &limits, NULL, output_fd, &broker, e)
                     : NULL;
    bool ok = text && take_result(&wire_film_report, text, a, report, e);
    free(text);
    chunk_store_close(broker.store);
    if (broker.pieces_fd >= 0)
        close(broker.pieces_fd);
    return ok;
}

bool film_frame(const struct film_job *job, const struct film_still *still, int output_fd,
                struct err *e)
{
    struct broker broker = {.job = job, .pieces_fd = -1};
    char *text = run_horse(job, "frame", NULL, still, output_fd, &broker, e);
    bool ok = text != NULL;
    free(text);
    return ok;
}

bool film_validate(const struct film_job *job, struct arena *a, const char **findings,
                   struct err *e)
{
    struct broker broker = {.job = job, .pieces_fd = -1, .arena = a};
    char *text = run_horse(job, "validate", NULL, NULL, -1, &broker, e);
    bool ok = text && take_result(&wire_film_findings, text, a, findings, e);
    free(text);
    return ok;
}
