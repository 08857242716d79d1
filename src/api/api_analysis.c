/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_analysis.c - what is known about an asset, and finding it out. */
#include "api/app.h"
#include "jobs/analyze.h"
#include "jobs/worker.h"

#include <string.h>

#define ANALYSIS_WAIT_MS (15 * 60 * 1000)

bool find_media(struct request *req, struct asset *asset, struct err *e)
{
    const struct id_param *p = req->params;
    if (!find_asset(app_workspace(req), NULL, p->id, asset, req->arena, e))
        return false;
    if (!asset->has_video && !asset->has_audio)
        return err_set(e, ERR_CONFLICT, "This asset has neither picture nor sound to analyse");
    return true;
}

bool refuse_unanalysed(struct request *req, const struct asset *asset, struct err *e)
{
    struct job *rows;
    size_t count;
    if (!job_active_of_asset(&app_workspace(req)->jobs, asset->id, "analyze", &rows, &count,
                             req->arena, e))
        return false;
    if (count > 0)
        return err_set(e, ERR_CONFLICT, "This asset is being analysed; job %s tells how far it is",
                       rows[0].id);
    return err_set(e, ERR_CONFLICT,
                   "This asset has not been analysed yet; POST /api/assets/%lld/analyze does it",
                   (long long)asset->id);
}

bool asset_analysis_get(struct request *req, struct reply *reply, struct err *e)
{
    struct asset asset;
    struct analysis found;
    if (!find_media(req, &asset, e))
        return false;
    if (!analysis_load(app_workspace(req)->derived_fd, asset.content_hash, req->arena, &found, e))
        return e->code == ERR_NOT_FOUND ? refuse_unanalysed(req, &asset, e) : false;
    reply->content_type = REPLY_JSON;
    buf_add(&reply->body, found.json, found.json_len);
    return true;
}

/* The asset's analysis that is under way, or a new one. */
static bool start(struct workspace *ws, int64_t asset_id, char id[JOB_ID_SIZE], struct arena *a,
                  struct err *e)
{
    struct job *rows;
    size_t count;
    if (!store_begin(ws->store, e))
        return false;
    bool ok = job_active_of_asset(&ws->jobs, asset_id, "analyze", &rows, &count, a, e);
    if (ok && count > 0) {
        memcpy(id, rows[0].id, JOB_ID_SIZE);
    } else if (ok) {
        struct job_order order = {.kind = "analyze", .asset_id = asset_id};
        ok = job_create(&ws->jobs, &order, id, e);
    }
    ok = store_end(ws->store, ok, e);
    jobs_wake(&ws->jobs);
    return ok;
}

bool await_analysis(struct request *req, struct reply *reply, const char *job_id, bool *answered,
                    struct err *e)
{
    struct job job;
    struct err why = {0};
    *answered = true;
    if (request_prefers(req, "respond-async")) {
        reply_header(reply, "Preference-Applied", "respond-async");
        return reply_job(reply, 202, job_id, req->arena);
    }
    if (!worker_wait_job(&app_workspace(req)->jobs, job_id, ANALYSIS_WAIT_MS, req->cancel, &job,
                         req->arena, &why)) {
        if (why.code == ERR_TIMEOUT || why.code == ERR_CANCELED)
            return reply_job(reply, 202, job_id, req->arena);
        *e = why;
        return false;
    }
    *answered = false;
    if (job.state == JOB_FAILED)
        return err_set(e, job.error_code, "Analysis failed: %s", job.error ? job.error : "");
    if (job.state == JOB_CANCELED)
        return err_set(e, ERR_CANCELED, "The analysis was canceled");
    return true;
}

bool asset_analyze_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    struct asset asset;
    struct analysis known;
    char id[JOB_ID_SIZE];
    bool answered;
    if (!find_media(req, &asset, e))
        return false;
    const struct analyze_order all = {
        .asset = &asset, .derived_fd = ws->derived_fd, .make = ANALYZE_ALL};
    if (!analyze_is_done(&all, req->arena, &known)) {
        if (!start(ws, asset.id, id, req->arena, e) ||
            !await_analysis(req, reply, id, &answered, e))
            return false;
        if (answered)
            return true;
    }
    return asset_analysis_get(req, reply, e);
}
