/* SPDX-License-Identifier: GPL-3.0-or-later
 * run_render.c - the job "render": consent, timeline, work-horse, publishing.
 *
 * The log lines and progress figures are the guide's; front ends show them. */
#include "core/clock.h"
#include "core/config.h"
#include "core/files.h"
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/hear.h"
#include "jobs/film.h"
#include "jobs/film_assets.h"
#include "jobs/lay_out.h"
#include "jobs/pieces.h"
#include "jobs/worker.h"
#include "jobs/workspace.h"
#include "render/render.h"
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
    struct film_assets assets;
    struct film_source_file files[FILM_MAX_SOURCES]; /* of the assets */
    int file_count;
};

/* --- Timeline --------------------------------------------------------------------------------- */

static void on_analysis(void *user, double percent, const char *stage)
{
    (void)stage;
    job_run_progress(((struct render_run *)user)->run, 15 + percent / 10, "analysis");
}

/* What is seen and heard in the project's asset. */
static bool analyze_asset(struct render_run *r, struct analysis *found, struct heard *heard,
                          struct err *e)
{
    int fd = workspace_open_media(r->ws, r->project.asset.path, e);
    if (fd < 0)
        return false;
    const struct analyze_order looking = {.asset = &r->project.asset, .fd = fd,
                                          .derived_fd = r->ws->derived_fd, .make = ANALYZE_ALL,
                                          .cancel = job_run_cancel(r->run),
                                          .progress = on_analysis, .user = r};
    const struct hear_order hearing = {
        .listen = {.asset = &r->project.asset, .fd = fd, .derived_fd = r->ws->derived_fd,
                   .config = r->ws->config, .no_fetch = true, .cancel = job_run_cancel(r->run)}};
    bool ok = analyze_run(&looking, r->arena, found, e) && hear(&hearing, r->arena, heard, e);
    close(fd);
    return ok;
}

/* An empty timeline is analysed first, as the guide says; the layout becomes a revision. */
static bool lay_out(struct render_run *r, const struct timeline *before, struct err *e)
{
    struct analysis found;
    struct heard heard;
    job_run_log(r->run, "Timeline is empty; running auto-analysis");
    bool ok = analyze_asset(r, &found, &heard, e);
    const struct layout_order plain = LAYOUT_ORDER_PLAIN;
    struct timeline *tl = ok ? layout_from_report(r->ws->config, &plain, &r->project.asset,
                                                  found.report, heard.transcript, before,
                                                  r->arena, e)
                             : NULL;
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

/* The timeline that is rendered; laid out first when it is empty. */
static struct timeline *find_timeline(struct render_run *r, struct err *e)
{
    const struct wire_raw *text = &r->order->timeline;
    struct timeline *tl =
        text->text ? timeline_parse_trusted(text->text, text->len, r->arena, e) : NULL;
    if (text->text && !tl)
        return err_wrap(e, "timeline"), NULL;
    if (tl && tl->segments.count > 0)
        return tl;
    return lay_out(r, tl, e) ? timeline_parse_trusted(text->text, text->len, r->arena, e) : NULL;
}

/* The gate is looked at when a render is asked for, when it starts and before its film appears:
 * consent may be withdrawn at any time. */
static bool consent_holds(struct render_run *r, struct err *e)
{
    return film_assets_consent(r->ws, &r->assets, r->arena, e);
}

static bool proxies_will_do(const struct film_order *o)
{
    const struct render_preset *p = o->preset ? render_preset_find(o->preset) : NULL;
    return p && p->proxies;
}

static bool open_sources(struct render_run *r, struct err *e)
{
    const struct asset *own = &r->project.asset;
    r->assets = (struct film_assets){.items[0] = {.asset = *own, .name = own->path}, .count = 1};
    if (!consent_holds(r, e)) /* before anything is done with it */
        return false;
    struct timeline *tl = find_timeline(r, e);
    if (!tl || !film_assets_find(r->ws->store, own, tl, &r->assets, r->arena, e) ||
        !consent_holds(r, e))
        return false;
    film_assets_describe(&r->assets, r->files);
    r->file_count = r->assets.count;
    if (proxies_will_do(r->order))
        film_assets_add_proxies(r->ws, r->files, r->file_count, true);
    return film_assets_open(r->ws, &r->assets, r->files, e);
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

static bool publish(struct render_run *r, int film_fd, const char *report, struct err *e)
{
    const char *name = film_name(r);
    const char *path = name ? arena_printf(r->arena, "final/%s", name) : NULL;
    if (!path)
        return err_set(e, ERR_NO_MEMORY, "no memory for the film's name");
    job_run_progress(r->run, 97, "publishing");
    if (!consent_holds(r, e) || !job_run_still_mine(r->run, e) ||
        !file_publish(film_fd, r->ws->media_fd[MEDIA_FINAL], name, e))
        return false;
    job_run_log(r->run, "Render complete -> %s", workspace_url(path, r->arena));
    return job_run_set_output(r->run, path, e) && job_run_set_result(r->run, report, e);
}

static bool render(struct render_run *r, struct err *e)
{
    const struct job *job = job_run_job(r->run);
    char list_key[CHUNK_KEY_SIZE];
    const char *report;
    pieces_key(job->id, job->attempt, list_key);
    struct film_job film = {
        .config = r->ws->config,
        .order = r->order,
        .project_id = r->project.project.id,
        .sources = r->files,
        .source_count = r->file_count,
        .cache_fd = r->ws->cache_fd,
        .list_key = list_key,
        .on = {on_render_progress, on_render_log, r},
        .cancel = job_run_cancel(r->run),
    };
    job_run_log(r->run, "Timeline ready; beginning composition");
    if (!job_run_rendering(r->run, e))
        return false;
    int film_fd = file_temp(r->ws->media_fd[MEDIA_FINAL], e);
    if (film_fd < 0)
        return false;
    bool ok = film_render(&film, film_fd, r->arena, &report, e) && publish(r, film_fd, report, e);
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
              open_sources(&r, e) && render(&r, e);
    film_assets_close(r.files, r.file_count);
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
