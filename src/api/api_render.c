/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_render.c - queueing a film, watching it, stopping it. The work is jobs/film.c. */
#include "api/app.h"
#include "core/log.h"
#include "jobs/film.h"
#include "jobs/film_assets.h"
#include "jobs/worker.h"
#include "render/plan.h"

#include <math.h>

/* How long a cancel waits to be able to answer "canceled" instead of "rendering". */
#define CANCEL_WAIT_MS 3000

/* What the job is to do, fixed now: later edits of the timeline make another film. */
static struct film_order order_of(const struct workspace *ws, const struct render_request *body,
                                  const struct project_detail *d)
{
    bool mark = body->watermark == -1 ? ws->config->watermark_enabled : body->watermark == 1;
    return (struct film_order){
        .title = d->project.title,
        .watermark = mark ? ws->config->watermark_text : NULL,
        .preset = body->preset ? body->preset : ws->config->render_preset,
        .format = body->format ? body->format : "vertical",
        .range_start = body->range ? body->range->start : NAN,
        .range_end = body->range ? body->range->end : NAN,
        .timeline = {d->timeline.text, d->timeline.text_len},
    };
}

/* Plans it once to refuse what cannot be a film. An empty timeline is fine: the job lays it out. */
static bool check_order(struct workspace *ws, const struct film_order *order,
                        const struct timeline *tl, const struct film_assets *assets,
                        struct arena *a, struct err *e)
{
    struct film_source_file files[FILM_MAX_SOURCES];
    struct film_job job = {.config = ws->config, .order = order, .sources = files,
                           .source_count = assets->count};
    film_assets_describe(assets, files);
    struct plan plan;
    return tl->segments.count == 0 || film_check(&job, a, &plan, e);
}

/* The gate is looked at in the transaction that queues: consent withdrawn a moment ago must not let
 * a render slip in behind the cancelling. */
static bool queue_render(struct workspace *ws, const struct project_detail *d,
                         const struct film_assets *assets, const char *spec, char id[JOB_ID_SIZE],
                         struct arena *a, struct err *e)
{
    struct job_order order = {.kind = "render", .project_id = d->project.id,
                              .asset_id = d->asset.id, .spec = spec};
    if (!store_begin(ws->store, e))
        return false;
    bool ok = film_assets_consent(ws, assets, a, e) && job_create(&ws->jobs, &order, id, e) &&
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
    if (body->range && !(body->range->start < body->range->end)) {
        struct wire_loc root = {.key = "body"}, range = {.up = &root, .key = "range"};
        return reply_invalid(reply, &range, "start must lie before end");
    }

    struct film_assets *assets = arena_alloc(req->arena, sizeof *assets);
    struct film_order order = order_of(ws, body, &d);
    struct timeline *tl = film_timeline(&d.timeline, req->arena, e);
    struct buf spec;
    char id[JOB_ID_SIZE];
    if (!tl)
        return false;
    if (!assets)
        return err_set(e, ERR_NO_MEMORY, "no memory for the render");
    buf_init(&spec, (size_t)32 << 20);
    wire_write(&wire_film_order, &order, &spec);
    bool ok = !spec.failed || err_set(e, ERR_NO_MEMORY, "no memory for the render");
    ok = ok && film_assets_find(ws->store, &d.asset, tl, assets, req->arena, e) &&
         film_assets_consent(ws, assets, req->arena, e) &&
         check_order(ws, &order, tl, assets, req->arena, e) &&
         queue_render(ws, &d, assets, spec.data, id, req->arena, e);
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
