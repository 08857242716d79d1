/* SPDX-License-Identifier: GPL-3.0-or-later
 * run_analyze.c - the job "analyze": look at the asset and listen to it; for a project, lay out its
 * timeline and store it. */
#include "jobs/analyze.h"
#include "jobs/hear.h"
#include "jobs/lay_out.h"
#include "jobs/worker.h"
#include "jobs/workspace.h"
#include "store/store.h"
#include "timeline/timeline.h"

#include <string.h>
#include <unistd.h>

/* Looking and listening takes a part of the job, hearing what is said another. */
static void on_progress(void *user, double percent, const char *stage)
{
    job_run_progress(user, 5 + percent * 0.45, stage);
}

static void on_hearing(void *user, double percent, const char *stage)
{
    job_run_progress(user, 50 + percent * 0.45, stage);
}

static void on_log(void *user, const char *line)
{
    job_run_log(user, "%s", line);
}

/* The project's timeline as it is: what is laid out anew keeps its captions and its music. */
static bool read_before(struct workspace *ws, const struct job *job, struct arena *a,
                        struct timeline **before, struct err *e)
{
    struct project_detail d;
    *before = NULL;
    if (!project_get(ws->store, job->project_id, &d, a, e))
        return false;
    if (d.timeline.text)
        *before = timeline_parse_trusted(d.timeline.text, d.timeline.text_len, a, e);
    return *before || !d.timeline.text;
}

/* What is said in the asset, by the words that came with the order or by listening. */
static bool hear_asset(struct job_run *run, struct workspace *ws, const struct asset *asset, int fd,
                       const struct layout_order *order, struct heard *heard, struct err *e)
{
    const struct hear_order hearing = {
        .listen = {.asset = asset, .fd = fd, .derived_fd = ws->derived_fd, .config = ws->config,
                   .cancel = job_run_cancel(run), .progress = on_hearing, .log = on_log,
                   .user = run},
        .script = order->script,
        .captions = order->captions,
    };
    if (!hear(&hearing, job_run_arena(run), heard, e))
        return false;
    const struct transcript *t = heard->transcript;
    if (t->engine)
        job_run_log(run, "Heard %zu sentences (%s)", t->segments.count, t->engine);
    else if (asset->has_audio)
        job_run_log(run, "No captions: %s", t->reason);
    return true;
}

static bool store_layout(struct job_run *run, struct workspace *ws, const struct asset *asset,
                         int fd, const struct analysis_report *report, struct err *e)
{
    struct arena *a = job_run_arena(run);
    const struct job *job = job_run_job(run);
    struct timeline *before;
    struct heard heard;
    const struct layout_order *order =
        wire_read_trusted(&wire_layout_order, job->spec, strlen(job->spec), a, e);
    if (!order || !hear_asset(run, ws, asset, fd, order, &heard, e) ||
        !read_before(ws, job, a, &before, e))
        return false;
    struct timeline *tl =
        layout_from_report(ws->config, order, asset, report, heard.transcript, before, a, e);
    if (!tl)
        return false;
    struct buf text;
    buf_init(&text, timeline_limits.max_bytes);
    bool ok = timeline_write(tl, &text, e) && job_run_still_mine(run, e) &&
              timeline_doc_put(ws->store, job->project_id, -1, "template", text.data, text.len,
                               NULL, e);
    buf_finish(&text);
    if (ok)
        job_run_log(run, "Timeline of %zu segments laid out by template %s", tl->segments.count,
                    tl->template_name);
    return ok;
}

/* What the job keeps: where the report is, which may be large, and how much is in it. */
static bool set_result(struct job_run *run, const struct asset *asset,
                       const struct analysis_report *r, struct err *e)
{
    const char *json = arena_printf(
        job_run_arena(run),
        "{\"analysis\":\"/api/assets/%lld/analysis\",\"version\":%lld,\"beats\":%zu,\"shots\":%zu}",
        (long long)asset->id, (long long)r->version, r->beats.count, r->shots.count);
    return json ? job_run_set_result(run, json, e)
                : err_set(e, ERR_NO_MEMORY, "no memory for the job's result");
}

static bool run_analyze(struct job_run *run, struct err *e)
{
    struct workspace *ws = job_run_user(run);
    const struct job *job = job_run_job(run);
    struct arena *a = job_run_arena(run);
    struct analysis found;
    struct asset asset;
    if (!asset_get(ws->store, job->asset_id, &asset, a, e))
        return false;
    int fd = workspace_open_media(ws, asset.path, e);
    if (fd < 0)
        return err_wrap(e, "asset %lld", (long long)asset.id);
    job_run_log(run, "Starting analysis of asset %lld", (long long)asset.id);
    job_run_progress(run, 5, "analysis");
    struct analyze_order order = {.asset = &asset, .fd = fd, .derived_fd = ws->derived_fd,
                                  .make = ANALYZE_ALL, .cancel = job_run_cancel(run),
                                  .progress = on_progress, .log = on_log, .user = run};
    if (!analyze_run(&order, a, &found, e))
        return close(fd), false;
    if (found.was_known)
        job_run_log(run, "This content was analysed before: nothing is done twice");
    if (!asset.has_audio)
        job_run_log(run, "The file has no sound: no beats, no captions");
    else
        job_run_log(run, "Found %zu beats%s", found.report->beats.count,
                    found.report->beats.count ? "" : ": the sound has no steady pulse");
    bool ok = (job->project_id == 0 || store_layout(run, ws, &asset, fd, found.report, e)) &&
              set_result(run, &asset, found.report, e);
    close(fd);
    return ok;
}

static bool settle_analyze(struct store *s, const struct job *job, struct err *e)
{
    enum project_status status = job->state == JOB_FINISHED   ? PROJECT_ANALYZED
                                 : job->state == JOB_CANCELED ? PROJECT_INGESTED
                                                              : PROJECT_FAILED;
    return job->project_id == 0 || project_set_status(s, job->project_id, status, e);
}

const struct job_kind job_analyze = {
    .name = "analyze", .run = run_analyze, .settle = settle_analyze};
