/* SPDX-License-Identifier: GPL-3.0-or-later
 * lay_out.c - from what is known about a source to its timeline: a template and the facts. */
#include "core/timebase.h"
#include "jobs/analyze.h"
#include "jobs/workspace.h"
#include "store/store.h"
#include "timeline/layout.h"
#include "timeline/timeline.h"

#include <math.h>

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
