/* SPDX-License-Identifier: GPL-3.0-or-later
 * run_render.c - the job "render": consent, timeline, work-horse, publishing.
 *
 * The log lines and progress figures are the guide's; front ends show them. */
#include "core/clock.h"
#include "core/config.h"
#include "core/files.h"
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/film.h"
#include "jobs/worker.h"
#include "jobs/workspace.h"
#include "store/store.h"
#include "timeline/timeline.h"

#include <string.h>
#include <unistd.h>

/* A render in progress. */
struct render_run {
    struct job_run *run;
    struct workspace *ws;
    struct arena *arena;
    struct project_detail project;
    struct film_order *order;
    struct film_source_file files[FILM_MAX_SOURCES];
    int file_count;
};

/* The gate is looked at when a render is asked for, when it starts and before its film appears:
 * consent may be withdrawn at any time. */
static bool consent_holds(struct render_run *r, struct err *e)
{
    struct consent c;
    if (!consent_get(r->ws->store, r->project.asset.id, &c, r->arena, e))
        return false;
    if (c.has_checkbox && (c.document_path || !r->ws->config->consent_require_document))
        return true;
    return err_set(e, ERR_FORBIDDEN, "Creator consent is required before rendering");
}

/* --- Timeline --------------------------------------------------------------------------------- */

static void on_analysis(void *user, double percent, const char *stage)
{
    (void)stage;
    job_run_progress(((struct render_run *)user)->run, 15 + percent / 10, "analysis");
}

/* An empty timeline is analysed first, as the guide says; the layout becomes a revision. */
static bool lay_out(struct render_run *r, struct err *e)
{
    struct analyze_watch watch = {on_analysis, r};
    struct analysis_report *report;
    const char *json;
    job_run_log(r->run, "Timeline is empty; running auto-analysis");
    bool ok = analyze_run(r->files[0].fd, &watch, job_run_cancel(r->run), r->arena, &report, &json,
                          e);
    struct timeline *tl =
        ok ? analyze_layout(r->ws, &r->project.asset, report, r->arena, e) : NULL;
    struct buf text;
    buf_init(&text, timeline_limits.max_bytes);
    ok = tl && timeline_write(tl, &text, e) && job_run_still_mine(r->run, e) &&
         timeline_doc_put(r->ws->store, r->project.project.id, -1, "template", text.data, text.len,
                          NULL, e);
    if (ok) {
        char *copy = arena_strndup(r->arena, text.data, text.len);
        r->order->timeline = (struct wire_raw){copy, text.len};
        ok = copy ? true : err_set(e, ERR_NO_MEMORY, "no memory for the timeline");
    }
    buf_finish(&text);
    return ok;
}

/* --- Sources ---------------------------------------------------------------------------------- */

static bool add_file(struct render_run *r, const struct asset *asset, const char *called,
                     struct err *e)
{
    if (r->file_count == FILM_MAX_SOURCES)
        return err_set(e, ERR_INVALID, "the timeline uses more than %d files", FILM_MAX_SOURCES);
    int fd = workspace_open_media(r->ws, asset->path, e);
    if (fd < 0)
        return err_wrap(e, "asset %lld", (long long)asset->id);
    r->files[r->file_count++] = film_source_of(asset, called, fd);
    return true;
}

static bool has_file(const struct render_run *r, const char *called)
{
    for (int i = 0; i < r->file_count; i++)
        if (r->files[i].path && strcmp(r->files[i].path, called) == 0)
            return true;
    return false;
}

/* Sounds that the timeline names by an asset's path or media URL. */
static bool add_sounds(struct render_run *r, struct err *e)
{
    struct timeline *tl = timeline_parse_trusted(r->order->timeline.text, r->order->timeline.len,
                                                 r->arena, e);
    if (!tl)
        return err_wrap(e, "timeline");
    const struct timeline_segment *seg = timeline_segments(tl);
    for (size_t i = 0; i < tl->segments.count; i++) {
        const char *path = seg[i].sfx ? seg[i].sfx->path : NULL;
        struct asset asset;
        if (!path || has_file(r, path))
            continue;
        const char *stored = strncmp(path, "/media/", 7) == 0 ? path + 7 : path;
        if (!asset_by_path(r->ws->store, stored, &asset, r->arena, e))
            return err_wrap(e, "sound of segment %zu", i);
        if (!add_file(r, &asset, path, e))
            return false;
    }
    return true;
}

/* --- Rendering and publishing ----------------------------------------------------------------- */

static void on_render_progress(void *user, double percent, const char *stage)
{
    job_run_progress(((struct render_run *)user)->run, percent, stage);
}

static void on_render_log(void *user, const char *line)
{
    job_run_log(((struct render_run *)user)->run, "%s", line);
}

/* The attempt is part of the name: a worker that slept through its lease cannot get in the way. */
static const char *film_name(const struct render_run *r)
{
    const struct job *job = job_run_job(r->run);
    char stamp[16];
    clock_stamp(clock_now_us(), stamp);
    return arena_printf(r->arena, "project_%lld_%s_%.8s%.4s-a%d.mp4",
                        (long long)r->project.project.id, stamp, job->id, job->id + 9,
                        job->attempt);
}

static bool publish(struct render_run *r, int film_fd, struct err *e)
{
    const char *name = film_name(r);
    const char *path = name ? arena_printf(r->arena, "final/%s", name) : NULL;
    if (!path)
        return err_set(e, ERR_NO_MEMORY, "no memory for the film's name");
    job_run_progress(r->run, 97, "publishing");
    if (!consent_holds(r, e) || !job_run_still_mine(r->run, e) ||
        !file_publish(film_fd, r->ws->media_fd[MEDIA_FINAL], name, e))
        return false;
    const char *url = workspace_url(path, r->arena);
    job_run_log(r->run, "Render complete -> %s", url);
    return job_run_set_output(r->run, path, e) &&
           job_run_set_result(r->run, arena_printf(r->arena, "{\"output_url\":\"%s\"}", url), e);
}

static bool render(struct render_run *r, struct err *e)
{
    struct film_callbacks on = {on_render_progress, on_render_log, r};
    job_run_log(r->run, "Timeline ready; beginning composition");
    if (!job_run_rendering(r->run, e))
        return false;
    int film_fd = file_temp(r->ws->media_fd[MEDIA_FINAL], e);
    if (film_fd < 0)
        return false;
    bool ok = film_render(r->ws->config, r->order, r->project.project.id, r->files, r->file_count,
                          r->ws->cache_fd, film_fd, &on, job_run_cancel(r->run), e) &&
              publish(r, film_fd, e);
    close(film_fd);
    return ok;
}

static bool run_render(struct job_run *run, struct err *e)
{
    const struct job *job = job_run_job(run);
    struct render_run r = {.run = run, .ws = job_run_user(run), .arena = job_run_arena(run)};
    job_run_log(run, "Starting render for project %lld", (long long)job->project_id);
    job_run_progress(run, 5, "setup");
    r.order = wire_read_trusted(&wire_film_order, job->spec, strlen(job->spec), r.arena, e);
    bool ok = r.order && project_get(r.ws->store, job->project_id, &r.project, r.arena, e) &&
              consent_holds(&r, e) &&
              add_file(&r, &r.project.asset, r.project.asset.path, e);
    if (ok) {
        struct timeline *tl = r.order->timeline.text
                                  ? timeline_parse_trusted(r.order->timeline.text,
                                                           r.order->timeline.len, r.arena, e)
                                  : NULL;
        if (r.order->timeline.text && !tl)
            ok = err_wrap(e, "timeline");
        else if (!tl || tl->segments.count == 0)
            ok = lay_out(&r, e);
    }
    ok = ok && add_sounds(&r, e) && render(&r, e);
    for (int i = 0; i < r.file_count; i++)
        close(r.files[i].fd);
    return ok;
}

/* The project stays `rendering` while another of its renders goes on. */
static bool settle_render(struct store *s, const struct job *job, struct err *e)
{
    struct jobs js = {.store = s};
    struct arena a;
    struct job *rows;
    size_t count;
    bool others = false;
    arena_init(&a, 1 << 20);
    bool ok = job_active_of_project(&js, job->project_id, "render", &rows, &count, &a, e);
    for (size_t i = 0; ok && i < count; i++)
        others = others || strcmp(rows[i].id, job->id) != 0;
    arena_finish(&a);

    enum project_status status = job->state == JOB_FINISHED   ? PROJECT_RENDERED
                                 : job->state == JOB_CANCELED ? PROJECT_ANALYZED
                                                              : PROJECT_FAILED;
    return ok && (others || project_set_status(s, job->project_id, status, e));
}

const struct job_kind job_render = {
    .name = "render", .run = run_render, .settle = settle_render};
