/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_ingest.c - an upload becomes an asset and a project.
 *
 * Order: intake (intake.h) -> one commit of asset, project and analysis job -> answer. Killed before
 * the commit, a published file has no row and is swept away; killed after it, nothing is lost.
 */
#include "api/app.h"
#include "api/intake.h"
#include "core/files.h"
#include "core/log.h"
#include "jobs/hear.h"
#include "jobs/worker.h"
#include "speech/caption_file.h"
#include "timeline/timeline.h"

#include <string.h>

/* How long an answer may wait for the analysis before it becomes a 202. */
#define ANALYSIS_WAIT_MS (15 * 60 * 1000)

#define WORDS_MAX_BYTES ((size_t)4 << 20) /* of a script or captions */

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

/* spec: how to lay out the film; NULL: nothing is analysed now. */
static bool commit(struct workspace *ws, const struct asset *asset, const char *title,
                   const char *spec, int64_t *project_id, char job_id[JOB_ID_SIZE],
                   struct arena *a, struct err *e)
{
    int64_t asset_id = 0;
    if (!store_begin(ws->store, e))
        return false;
    bool ok = asset_create(ws->store, asset, &asset_id, e);
    struct project project = {.title = title, .asset_id = asset_id,
                              .status = spec ? PROJECT_ANALYZING : PROJECT_INGESTED};
    ok = ok && project_create(ws->store, &project, project_id, e) &&
         store_empty_timeline(ws, *project_id, asset, a, e);
    if (ok && spec) {
        struct job_order order = {.kind = "analyze", .project_id = *project_id,
                                  .asset_id = asset_id, .spec = spec};
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

static bool ingest(struct request *req, const struct asset *asset, const char *title,
                   const struct layout_order *layout, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct ingest_form *form = req->form;
    bool analyze = form->auto_analyze != 0;
    const char *spec = analyze ? layout_spec(layout, req->arena) : NULL;
    int64_t project_id = 0;
    char job_id[JOB_ID_SIZE] = "";
    if (analyze && !spec)
        err_set(e, ERR_NO_MEMORY, "no memory for the layout's order");
    if ((analyze && !spec) ||
        !commit(ws, asset, title, spec, &project_id, job_id, req->arena, e)) {
        intake_undo(ws, asset);
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

/* Words that came as a file of their own instead of a field. Blank ones are none. */
static bool take_words(struct request *req, const char *field, const char **text, struct err *e)
{
    struct upload *up = request_upload(req, field);
    size_t len;
    if (up) {
        const char *bytes = file_read_text(up->fd, WORDS_MAX_BYTES, req->arena, &len, e);
        *text = bytes ? caption_text_decode(bytes, len, &len, req->arena, e) : NULL;
        if (!*text)
            return false;
    }
    if (is_blank(*text))
        *text = NULL;
    return true;
}

static bool take_all_words(struct request *req, struct layout_order *layout, const char **key,
                           struct err *e)
{
    *key = "script";
    if (!take_words(req, *key, &layout->script, e))
        return false;
    *key = "captions";
    return take_words(req, *key, &layout->captions, e) &&
           hear_check(layout->script, layout->captions, key, req->arena, e);
}

/* Words that cannot be read are a 422 that says where they cannot, and *fine is false. */
static bool check_words(struct request *req, struct layout_order *layout, struct reply *reply,
                        bool *fine, struct err *e)
{
    static const struct wire_loc body = {.key = "body"};
    const char *key;
    *fine = take_all_words(req, layout, &key, e);
    if (*fine)
        return true;
    if (e->code != ERR_INVALID && e->code != ERR_UNSUPPORTED && e->code != ERR_TOO_LARGE)
        return false;
    const struct wire_loc at = {.up = &body, .key = key};
    return reply_invalid(reply, &at, e->msg);
}

bool ingest_post(struct request *req, struct reply *reply, struct err *e)
{
    struct upload *up = request_upload(req, "file");
    struct asset asset;
    const struct ingest_form *form = req->form;
    struct layout_order layout = form->layout;
    const char *title = title_of(form, up, req->arena);
    bool fine;
    if (!title)
        return err_set(e, ERR_NO_MEMORY, "no memory for the title");
    if (!check_layout_order(req, &layout, reply, &fine, e) ||
        (fine && !check_words(req, &layout, reply, &fine, e)))
        return false;
    if (!fine)
        return true;
    if (!intake(req, up, INTAKE_FILM, &asset, e))
        return intake_refused(reply, e);
    return ingest(req, &asset, title, &layout, reply, e);
}
