/* SPDX-License-Identifier: GPL-3.0-or-later
 * run_analyze.c - the job "analyze": listen to the asset, lay out a timeline, store it. */
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/worker.h"
#include "jobs/workspace.h"
#include "store/store.h"
#include "timeline/layout.h"
#include "timeline/timeline.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static bool facts_from(const struct asset *asset, const struct analysis_report *r,
                       struct arena *a, struct layout_facts *f, struct err *e)
{
    const struct report_peak *marks = r->energy.items;
    const struct report_span *quiet = r->pauses.items;
    struct layout_peak *peaks = arena_array(a, r->energy.count + 1, sizeof *peaks);
    struct layout_span *pauses = arena_array(a, r->pauses.count + 1, sizeof *pauses);
    float *levels = arena_array(a, r->levels.count + 1, sizeof *levels);
    double *drop = arena_alloc(a, sizeof *drop);
    if (!peaks || !pauses || !levels || !drop)
        return err_set(e, ERR_NO_MEMORY, "no memory for the layout");
    for (size_t i = 0; i < r->energy.count; i++)
        peaks[i] = (struct layout_peak){marks[i].time, marks[i].score};
    for (size_t i = 0; i < r->pauses.count; i++)
        pauses[i] = (struct layout_span){quiet[i].start, quiet[i].end};
    for (size_t i = 0; i < r->levels.count; i++)
        levels[i] = (float)((const double *)r->levels.items)[i];
    *drop = r->drop;
    *f = (struct layout_facts){
        .duration = ticks_to_seconds(asset->duration_ticks),
        .has_video = asset->has_video,
        .beats = r->beats.items,
        .beat_count = r->beats.count,
        .tempo = r->tempo,
        .peaks = peaks,
        .peak_count = r->energy.count,
        .drops = drop,
        .drop_count = isnan(r->drop) ? 0 : 1,
        .levels = levels,
        .level_count = r->levels.count,
        .level_step = r->level_step,
        .pauses = pauses,
        .pause_count = r->pauses.count,
    };
    return true;
}

/* Adds `"transcript":{...}` to the keys that the document keeps for others: whoever reads the
 * timeline sees what listened, or why nothing did. */
static bool add_transcript(struct timeline *tl, const struct report_transcript *t,
                           struct arena *a, struct err *e)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    buf_adds(&b, "\"transcript\":");
    wire_write(&wire_transcript, t, &b);
    char *text = b.failed ? NULL : arena_strndup(a, b.data, b.len);
    if (text)
        tl->extra = (struct wire_raw){text, b.len};
    buf_finish(&b);
    return text ? true : err_set(e, ERR_NO_MEMORY, "no memory for the transcript");
}

struct timeline *analyze_layout(const struct workspace *ws, const struct asset *asset,
                                const struct analysis_report *report, struct arena *a,
                                struct err *e)
{
    const struct config *c = ws->config;
    const struct report_transcript *heard = report->transcript;
    if (!heard)
        heard = transcript_none(c->whisper_model, a);
    const char *dir = arena_printf(a, "%s/templates", c->share_dir);
    struct template *tpl = dir ? template_load(dir, c->template_name, a, e) : NULL;
    struct layout_facts facts;
    if (!heard)
        err_set(e, ERR_NO_MEMORY, "no memory for the transcript");
    if (!heard || !tpl || !facts_from(asset, report, a, &facts, e))
        return NULL;
    struct timeline *tl =
        timeline_generate(tpl, &facts, timeline_seed(asset->content_hash), a, e);
    if (!tl || !add_transcript(tl, heard, a, e))
        return NULL;
    if (asset->path && !timeline_set_asset(tl, asset->path, workspace_url(asset->path, a), a))
        return err_set(e, ERR_NO_MEMORY, "no memory for the timeline"), NULL;
    return tl;
}

/* --- The job ---------------------------------------------------------------------------------- */

static void on_progress(void *user, double percent, const char *stage)
{
    job_run_progress(user, 5 + percent * 0.9, stage);
}

static bool store_layout(struct job_run *run, struct workspace *ws, const struct asset *asset,
                         const struct analysis_report *report, struct err *e)
{
    struct arena *a = job_run_arena(run);
    const struct job *job = job_run_job(run);
    struct timeline *tl = analyze_layout(ws, asset, report, a, e);
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
                    ws->config->template_name);
    return ok;
}

static bool run_analyze(struct job_run *run, struct err *e)
{
    struct workspace *ws = job_run_user(run);
    const struct job *job = job_run_job(run);
    struct arena *a = job_run_arena(run);
    struct analyze_watch watch = {on_progress, run};
    struct analysis_report *report;
    struct asset asset;
    const char *json;
    if (!asset_get(ws->store, job->asset_id, &asset, a, e))
        return false;
    int fd = workspace_open_media(ws, asset.path, e);
    if (fd < 0)
        return err_wrap(e, "asset %lld", (long long)asset.id);
    job_run_log(run, "Starting analysis of asset %lld", (long long)asset.id);
    job_run_progress(run, 5, "analysis");
    bool ok = analyze_run(fd, &watch, job_run_cancel(run), a, &report, &json, e);
    close(fd);
    if (!ok)
        return false;
    if (!asset.has_audio)
        job_run_log(run, "The file has no sound: no beats, no captions");
    else
        job_run_log(run, "Found %zu beats%s", report->beats.count,
                    report->beats.count ? "" : ": the sound has no steady pulse");
    return store_layout(run, ws, &asset, report, e) && job_run_set_result(run, json, e);
}

static bool settle_analyze(struct store *s, const struct job *job, struct err *e)
{
    enum project_status status = job->state == JOB_FINISHED   ? PROJECT_ANALYZED
                                 : job->state == JOB_CANCELED ? PROJECT_INGESTED
                                                              : PROJECT_FAILED;
    return project_set_status(s, job->project_id, status, e);
}

const struct job_kind job_analyze = {
    .name = "analyze", .run = run_analyze, .settle = settle_analyze};
