/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_ingest.c - an upload becomes an asset and a project.
 *
 * Order: the work-horse looks at the nameless temporary -> file and thumbnail are published -> one
 * commit of asset, project and analysis job -> answer. Killed before the commit, a published file
 * has no row and workspace_sweep() removes it; killed after it, nothing is lost.
 */
#include "api/app.h"
#include "core/files.h"
#include "core/log.h"
#include "core/timebase.h"
#include "jobs/probe.h"
#include "jobs/worker.h"
#include "timeline/timeline.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* How long an answer may wait for the analysis before it becomes a 202. */
#define ANALYSIS_WAIT_MS (15 * 60 * 1000)

int open_ingest_upload(void *app, const char *field, struct err *e)
{
    (void)field;
    return file_temp(((struct app *)app)->ws->media_fd[MEDIA_INGEST], e);
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n")] == '\0';
}

/* The given title, else the file's name without its ending, else a plain word. Control characters
 * become blanks. */
static const char *title_of(const struct ingest_form *form, const struct upload *up,
                            struct arena *a)
{
    const char *from = is_blank(form->title) ? up->filename : form->title;
    size_t n = strlen(from);
    const char *dot = from == up->filename ? strrchr(from, '.') : NULL;
    if (dot && dot != from)
        n = (size_t)(dot - from);
    char *title = arena_strndup(a, from, n);
    for (char *c = title; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return title && is_blank(title) ? "Untitled" : title;
}

/* Gives file and thumbnail their names. */
static bool publish(struct workspace *ws, struct upload *up, int thumb_fd,
                    const struct probe_report *p, struct asset *asset, struct arena *a,
                    struct err *e)
{
    const char *name, *thumb_name, *thumb_path;
    if (!workspace_new_name(MEDIA_INGEST, probe_extension(p), a, &name, &asset->path, e) ||
        !file_publish(up->fd, ws->media_fd[MEDIA_INGEST], name, e))
        return err_wrap(e, "store the upload");
    if (p->has_thumbnail != 1)
        return true;
    if (!workspace_new_name(MEDIA_THUMBNAILS, ".jpg", a, &thumb_name, &thumb_path, e) ||
        !file_publish(thumb_fd, ws->media_fd[MEDIA_THUMBNAILS], thumb_name, e))
        return err_wrap(e, "store the thumbnail");
    asset->thumbnail_path = thumb_path;
    return true;
}

/* What GET gives before anything was laid out: no segments. */
static bool store_empty_timeline(struct workspace *ws, int64_t project_id,
                                 const struct asset *asset, struct arena *a, struct err *e)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    struct timeline *tl = timeline_empty(a);
    bool ok = tl && timeline_set_asset(tl, asset->path, workspace_url(asset->path, a), a)
                  ? timeline_write(tl, &text, e)
                  : err_set(e, ERR_NO_MEMORY, "no memory for a timeline");
    ok = ok && timeline_doc_put(ws->store, project_id, -1, "ingest", text.data, text.len, NULL, e);
    buf_finish(&text);
    return ok;
}

static bool commit(struct workspace *ws, const struct asset *asset, const char *title,
                   bool analyze, int64_t *project_id, char job_id[JOB_ID_SIZE], struct arena *a,
                   struct err *e)
{
    int64_t asset_id = 0;
    if (!store_begin(ws->store, e))
        return false;
    bool ok = asset_create(ws->store, asset, &asset_id, e);
    struct project project = {.title = title, .asset_id = asset_id,
                              .status = analyze ? PROJECT_ANALYZING : PROJECT_INGESTED};
    ok = ok && project_create(ws->store, &project, project_id, e) &&
         store_empty_timeline(ws, *project_id, asset, a, e);
    if (ok && analyze) {
        struct job_order order = {.kind = "analyze", .project_id = *project_id,
                                  .asset_id = asset_id};
        ok = job_create(&ws->jobs, &order, job_id, e);
    }
    return store_end(ws->store, ok, e);
}

static bool answer(struct workspace *ws, int64_t project_id, const char *job_id,
                   struct reply *reply, struct arena *a, struct err *e)
{
    struct project_detail d;
    struct project_model project;
    if (!find_project(ws, project_id, &d, a, e))
        return false;
    if (!show_project(&d, &project, a))
        return err_set(e, ERR_NO_MEMORY, "no memory for the answer");
    struct ingest_model m = {.asset = project.asset, .project = &project};
    if (job_id) {
        m.job_id = job_id;
        m.status_url = arena_printf(a, "/api/render/status/%s", job_id);
    }
    return reply_json(reply, &wire_ingest, &m);
}

/* Waits for the analysis. True in *done: it is over, well or not. */
static bool wait_analysis(struct request *req, const char *job_id, bool *done, struct err *e)
{
    struct job job;
    struct err why = {0};
    *done = worker_wait_job(&app_workspace(req)->jobs, job_id, ANALYSIS_WAIT_MS, req->cancel, &job,
                            req->arena, &why);
    if (*done || why.code == ERR_TIMEOUT || why.code == ERR_CANCELED)
        return true;
    *e = why;
    return false;
}

static bool ingest(struct request *req, struct upload *up, int thumb_fd, struct reply *reply,
                   struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct ingest_form *form = req->form;
    struct asset asset = {.size_bytes = (int64_t)up->size, .content_hash = up->hash};
    struct probe_report *p = probe_run(up->fd, thumb_fd, req->cancel, req->arena, e);
    if (!p)
        return false;
    asset_from_probe(p, &asset);

    struct buf probe;
    buf_init(&probe, 1 << 16);
    wire_write(&wire_probe, p, &probe);
    asset.probe = probe.data;

    bool analyze = form->auto_analyze != 0;
    int64_t project_id = 0;
    char job_id[JOB_ID_SIZE] = "";
    const char *title = title_of(form, up, req->arena);
    bool ok = title ? true : err_set(e, ERR_NO_MEMORY, "no memory for the title");
    ok = ok && publish(ws, up, thumb_fd, p, &asset, req->arena, e) &&
         commit(ws, &asset, title, analyze, &project_id, job_id, req->arena, e);
    buf_finish(&probe);
    if (!ok) {
        workspace_remove(ws, asset.path);
        workspace_remove(ws, asset.thumbnail_path);
        return false;
    }

    bool done = true;
    if (analyze) {
        jobs_wake(&ws->jobs);
        done = false;
        if (!request_prefers(req, "respond-async") && !wait_analysis(req, job_id, &done, e))
            return false;
    }
    if (!done) {
        reply->status = 202;
        reply_header(reply, "Location", arena_printf(req->arena, "/api/render/status/%s", job_id));
        if (request_prefers(req, "respond-async"))
            reply_header(reply, "Preference-Applied", "respond-async");
    }
    return answer(ws, project_id, analyze ? job_id : NULL, reply, req->arena, e);
}

bool ingest_post(struct request *req, struct reply *reply, struct err *e)
{
    static const struct wire_loc body = {.key = "body"}, file = {.up = &body, .key = "file"};
    struct upload *up = request_upload(req, "file");
    if (!up || up->size == 0)
        return reply_invalid(reply, &file, "the file is empty: nothing was uploaded");
    int thumb_fd = file_temp(app_workspace(req)->media_fd[MEDIA_THUMBNAILS], e);
    if (thumb_fd < 0)
        return false;
    bool ok = ingest(req, up, thumb_fd, reply, e);
    close(thumb_fd);
    if (!ok && e->code == ERR_INVALID)
        return reply_invalid(reply, &file, e->msg);
    return ok;
}
