/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_render.c - queueing a film, watching it, stopping it. The work is jobs/film.c. */
#include "api/app.h"
#include "core/log.h"
#include "jobs/film.h"
#include "jobs/worker.h"

#include <math.h>
#include <string.h>

/* How long a cancel waits to be able to answer "canceled" instead of "rendering". */
#define CANCEL_WAIT_MS 3000

/* What the job is to do, fixed now: later edits of the timeline make another film. */
static bool order_text(const struct workspace *ws, const struct render_request *body,
                       const struct project_detail *d, struct buf *out, struct err *e)
{
    bool mark = body->watermark == -1 ? ws->config->watermark_enabled : body->watermark == 1;
    struct film_order order = {
        .title = d->project.title,
        .watermark = mark ? ws->config->watermark_text : NULL,
        .preset = body->preset ? body->preset : ws->config->render_preset,
        .format = body->format ? body->format : "vertical",
        .range_start = body->range ? body->range->start : NAN,
        .range_end = body->range ? body->range->end : NAN,
        .timeline = {d->timeline.text, d->timeline.text_len},
    };
    wire_write(&wire_film_order, &order, out);
    return !out->failed ? true : err_set(e, ERR_NO_MEMORY, "no memory for the render");
}

/* The gate is looked at in the transaction that queues: consent withdrawn a moment ago must not let
 * a render slip in behind the cancelling. */
static bool queue_render(struct workspace *ws, const struct project_detail *d, const char *spec,
                         char id[JOB_ID_SIZE], struct arena *a, struct err *e)
{
    struct job_order order = {.kind = "render", .project_id = d->project.id,
                              .asset_id = d->asset.id, .spec = spec};
    struct consent consent;
    if (!store_begin(ws->store, e))
        return false;
    bool ok = consent_get(ws->store, d->asset.id, &consent, a, e) &&
              consent_complete(ws, &consent, e) && job_create(&ws->jobs, &order, id, e) &&
              project_set_status(ws->store, d->project.id, PROJECT_RENDERING, e);
    ok = store_end(ws->store, ok, e);
    jobs_wake(&ws->jobs);
    return ok;
}

bool render_start_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    const struct render_request *body = req->body;
    struct project_detail d;
    if (!find_project(ws, p->id, &d, req->arena, e))
        return false;
    if (d.asset.id == 0)
        return err_set(e, ERR_CONFLICT, "This project has no asset to render");
    if (!consent_complete(ws, &d.consent, e))
        return false;
    if (body->range && !(body->range->start < body->range->end)) {
        struct wire_loc root = {.key = "body"}, range = {.up = &root, .key = "range"};
        return reply_invalid(reply, &range, "start must lie before end");
    }

    struct buf spec;
    char id[JOB_ID_SIZE];
    buf_init(&spec, (size_t)32 << 20);
    bool ok = order_text(ws, body, &d, &spec, e) && film_check(ws, &d, spec.data, req->arena, e) &&
              queue_render(ws, &d, spec.data, id, req->arena, e);
    buf_finish(&spec);
    return ok && reply_job(reply, 200, id, req->arena);
}

bool render_status_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct job_param *p = req->params;
    struct job_status m;
    if (!show_job(app_workspace(req), p->job_id, &m, req->arena, e))
        return false;
    return reply_json(reply, &wire_job_status, &m);
}

bool render_cancel_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct job_param *p = req->params;
    enum job_state state;
    struct job job;
    struct job_status m;
    struct err why = {0};
    if (!job_cancel(&ws->jobs, p->job_id, "canceled by request", &state, e)) {
        if (e->code == ERR_NOT_FOUND)
            return err_set(e, ERR_NOT_FOUND, "Job not found");
        if (e->code == ERR_CONFLICT)
            return err_set(e, ERR_CONFLICT, "The job is over already");
        return false;
    }
    jobs_wake(&ws->jobs);
    if (!worker_wait_job(&ws->jobs, p->job_id, CANCEL_WAIT_MS, req->cancel, &job, req->arena,
                         &why) &&
        why.code != ERR_TIMEOUT && why.code != ERR_CANCELED) {
        *e = why;
        return false;
    }
    if (!show_job(ws, p->job_id, &m, req->arena, e))
        return false;
    return reply_json(reply, &wire_job_status, &m);
}
