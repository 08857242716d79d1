/* SPDX-License-Identifier: GPL-3.0-or-later
 * show.c - rows of the store as bodies of the API. */
#include "api/app.h"
#include "core/clock.h"
#include "core/timebase.h"
#include "jobs/job.h"

#include <math.h>
#include <string.h>

const char *show_time(int64_t us, struct arena *a)
{
    if (us == 0)
        return NULL;
    char text[CLOCK_ISO_SIZE];
    clock_iso(us, text);
    return arena_strdup(a, text);
}

/* Milliseconds are what people read; the exact value stays in the row. */
static double rounded(double v, double steps)
{
    return round(v * steps) / steps;
}

bool show_asset(const struct asset *asset, struct asset_model *out, struct arena *a)
{
    *out = (struct asset_model){
        .id = asset->id,
        .path = asset->path,
        .ingest_url = workspace_url(asset->path, a),
        .thumbnail_url = workspace_url(asset->thumbnail_path, a),
        .duration = rounded(ticks_to_seconds(asset->duration_ticks), 1e6),
        .fps = asset->fps_den > 0 ? rounded((double)asset->fps_num / asset->fps_den, 1e3) : NAN,
        .has_audio = asset->has_audio,
        .has_video = asset->has_video,
        .size_bytes = asset->size_bytes,
        .kind = asset->kind,
        .created_at = show_time(asset->created_us, a),
    };
    if (asset->width > 0)
        out->resolution = arena_printf(a, "%dx%d", asset->width, asset->height);
    return out->ingest_url && (out->resolution || asset->width <= 0);
}

void show_consent(const struct consent *consent, struct consent_model *out, struct arena *a)
{
    *out = (struct consent_model){
        .asset_id = consent->asset_id,
        .has_checkbox = consent->has_checkbox,
        .document_url = workspace_url(consent->document_path, a),
    };
}

bool show_project(const struct project_detail *d, struct project_model *out, struct arena *a)
{
    *out = (struct project_model){
        .id = d->project.id,
        .title = d->project.title,
        .status = project_status_name(d->project.status),
        .timeline = {d->timeline.text, d->timeline.text_len},
        .revision = d->timeline.revision > 0 ? d->timeline.revision : INT64_MIN,
        .created_at = show_time(d->project.created_us, a),
        .updated_at = show_time(d->project.updated_us, a),
    };
    if (d->asset.id == 0)
        return true;
    out->asset = arena_alloc(a, sizeof *out->asset);
    out->consent = arena_alloc(a, sizeof *out->consent);
    if (!out->asset || !out->consent || !show_asset(&d->asset, out->asset, a))
        return false;
    show_consent(&d->consent, out->consent, a);
    out->consent->asset_id = d->asset.id;
    return true;
}

bool show_job(const struct workspace *ws, const char *id, struct job_status *out, struct arena *a,
              struct err *e)
{
    struct job job;
    const char **lines;
    size_t count;
    if (!job_get(&ws->jobs, id, &job, a, e) || !job_logs(&ws->jobs, id, &lines, &count, a, e))
        return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Job not found") : false;

    const char *url = workspace_url(job.output_path, a);
    *out = (struct job_status){
        .id = arena_strdup(a, job.id),
        .status = job_state_name(job.state),
        .progress = rounded(job.progress, 10),
        .logs = {(void *)lines, count},
        .result = url,
        .output_url = url,
        .error = job.error,
        .kind = job.kind,
        .stage = job.stage && *job.stage ? job.stage : NULL,
        .project_id = job.project_id ? job.project_id : INT64_MIN,
        .attempt = job.attempt,
        .created_at = show_time(job.created_us, a),
        .updated_at = show_time(job.updated_us, a),
        .started_at = show_time(job.started_us, a),
        .ended_at = show_time(job.ended_us, a),
    };
    if (strcmp(job.kind, "render") == 0) {
        /* Films of the first version kept something else there. */
        if (job.state == JOB_FINISHED && job.result && strncmp(job.result, "{\"frames\":", 10) == 0)
            out->report = (struct wire_raw){job.result, strlen(job.result)};
        out->playlist_url = arena_printf(a, "/api/render/%s/playlist.m3u8", job.id);
    }
    return out->id ? true : err_set(e, ERR_NO_MEMORY, "no memory for the job");
}

/* The tag of the whole answer: the timeline's revision, which If-Match is about, then what else of
 * the answer may change. */
static const char *project_etag(const struct project_detail *d, struct arena *a)
{
    return arena_printf(a, "\"%s.%llx-%llx\"", d->timeline.etag,
                        (unsigned long long)d->project.updated_us,
                        (unsigned long long)d->consent.updated_us);
}

bool reply_project(struct reply *reply, struct workspace *ws, int64_t id, struct arena *a,
                   struct err *e)
{
    struct project_detail d;
    struct project_model m;
    if (!find_project(ws, id, &d, a, e))
        return false;
    if (!show_project(&d, &m, a))
        return err_set(e, ERR_NO_MEMORY, "no memory for project %lld", (long long)id);
    if (d.timeline.revision > 0)
        reply_header(reply, "ETag", project_etag(&d, a));
    return reply_json(reply, &wire_project, &m);
}

bool reply_job(struct reply *reply, int status, const char *job_id, struct arena *a)
{
    const char *url = arena_printf(a, "/api/render/status/%s", job_id);
    struct render_started m = {.job_id = job_id, .status_url = url};
    reply->status = status;
    if (url && status == 202)
        reply_header(reply, "Location", url);
    return reply_json(reply, &wire_render_started, &m);
}

/* --- Finding ---------------------------------------------------------------------------------- */

bool find_project(struct workspace *ws, int64_t id, struct project_detail *out, struct arena *a,
                  struct err *e)
{
    if (project_get(ws->store, id, out, a, e))
        return true;
    return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Project not found") : false;
}

struct timeline *film_timeline(const struct timeline_doc *doc, struct arena *a, struct err *e)
{
    struct timeline *tl =
        doc->text ? timeline_parse_trusted(doc->text, doc->text_len, a, e) : timeline_empty(a);
    if (!tl && doc->text)
        err_wrap(e, "stored timeline");
    else if (!tl)
        err_set(e, ERR_NO_MEMORY, "no memory for a timeline");
    return tl;
}

bool find_asset(struct workspace *ws, const char *path, int64_t id, struct asset *out,
                struct arena *a, struct err *e)
{
    if (path && strncmp(path, "/media/", 7) == 0)
        path += 7;
    bool ok = path ? asset_by_path(ws->store, path, out, a, e)
                   : asset_get(ws->store, id, out, a, e);
    if (ok)
        return true;
    return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Asset not found") : false;
}
