/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze.c - both sides of the work-horse that listens. run_analyze.c is the job on top. */
#include "jobs/analyze.h"

#include "analysis/beats.h"
#include "analysis/silence.h"
#include "core/timebase.h"
#include "media/media.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ANALYSIS_BLOCK 8192 /* samples: a third of a second */
#define LEVEL_STEP_S 0.25
#define LEVELS_MAX 20000 /* an hour and a half at that step; longer films get a coarser one */

/* --- Inside the work-horse -------------------------------------------------------------------- */

static bool listen_all(struct horse *h, struct audio_reader *r, struct beats *b, int64_t total,
                       struct err *e)
{
    float block[ANALYSIS_BLOCK];
    int64_t done = 0;
    int n;
    while ((n = audio_reader_read(r, block, ANALYSIS_BLOCK, e)) > 0) {
        if (!beats_push(b, block, (size_t)n, e))
            return false;
        done += n;
        horse_progress(h, total > 0 ? 90.0 * (double)done / (double)total : 0, "listening");
    }
    return n == 0;
}

/* To what is measured: more digits would only pretend. NAN stays NAN. */
static double rounded(double x, double steps)
{
    return round(x * steps) / steps;
}

/* The loudness curve, thinned to LEVEL_STEP_S or what LEVELS_MAX allows. */
static bool fill_levels(const struct energy_meter *meter, struct arena *a,
                        struct analysis_report *r, struct err *e)
{
    size_t hops = meter->power.count;
    size_t every = (size_t)lround(LEVEL_STEP_S * HOPS_PER_SECOND);
    while (hops / every > LEVELS_MAX)
        every *= 2;
    float *db = arena_array(a, hops + 1, sizeof *db);
    double *levels = arena_array(a, hops / every + 1, sizeof *levels);
    if (!db || !levels)
        return err_set(e, ERR_NO_MEMORY, "no memory for the loudness curve");
    energy_db(meter, every / 2, db);
    size_t n = 0;
    for (size_t i = every / 2; i < hops; i += every)
        levels[n++] = rounded(db[i], 10);
    r->levels = (struct wire_list){levels, n};
    r->level_step = (double)every / HOPS_PER_SECOND;
    return true;
}

/* Copies what the trackers found into the report; lists live in the arena. */
static bool fill_report(struct beats_result *found, const struct energy_meter *meter,
                        struct arena *a, struct analysis_report *r, struct err *e)
{
    r->duration = rounded(found->duration_s, 1000);
    r->tempo = rounded(found->tempo, 100);
    r->confidence = found->count ? rounded(found->confidence, 1000) : NAN;
    for (size_t i = 0; i < found->count; i++)
        found->beats_s[i] = rounded(found->beats_s[i], 1000);
    r->beats = (struct wire_list){found->beats_s, found->count};
    r->drop = found->energy.drop_count ? rounded(found->energy.drops[0].time_s, 1000) : NAN;
    if (!fill_levels(meter, a, r, e))
        return false;

    struct report_peak *marks = arena_array(a, found->energy.peak_count + 1, sizeof *marks);
    struct pauses pauses = {0};
    if (!marks || !silence_find(meter, &SILENCE_DEFAULTS, &pauses, e))
        return marks ? false : err_set(e, ERR_NO_MEMORY, "no memory for the analysis");
    for (size_t i = 0; i < found->energy.peak_count; i++)
        marks[i] = (struct report_peak){rounded(found->energy.peaks[i].time_s, 1000),
                                        rounded(found->energy.peaks[i].score, 1000)};
    r->energy = (struct wire_list){marks, found->energy.peak_count};

    struct report_span *quiet = arena_array(a, pauses.count + 1, sizeof *quiet);
    for (size_t i = 0; quiet && i < pauses.count; i++)
        quiet[i] = (struct report_span){rounded(pauses.pauses[i].start_s, 1000),
                                       rounded(pauses.pauses[i].end_s, 1000)};
    r->pauses = (struct wire_list){quiet, pauses.count};
    silence_finish(&pauses);
    return quiet ? true : err_set(e, ERR_NO_MEMORY, "no memory for the analysis");
}

static bool analyze_child(struct horse *h, struct buf *result, struct err *e)
{
    bool ok = false;
    struct arena a;
    arena_init(&a, 64 << 20);
    struct analysis_report report = {.version = ANALYSIS_VERSION, .tempo = NAN, .confidence = NAN,
                                     .steady = -1, .beats_per_bar = INT64_MIN, .drop = NAN,
                                     .thumbnail = NAN};
    struct beats_result found = {0};
    struct beats *b = NULL;
    struct audio_reader *r = NULL;
    struct media_info info;
    int fd = horse_fd(h, "source");

    if (!media_probe(fd, &info, NULL, e))
        goto out;
    if (info.has_audio) {
        int64_t total = info.audio_end_ticks / (TICKS_PER_SECOND / ANALYSIS_RATE);
        r = audio_reader_create(fd, ANALYSIS_RATE, 1, NULL, e);
        b = r ? beats_create(e) : NULL;
        if (!b || !listen_all(h, r, b, total, e) || !beats_finish(b, &found, e) ||
            !fill_report(&found, beats_meter(b), &a, &report, e))
            goto out;
    }
    wire_write(&wire_analysis, &report, result);
    horse_progress(h, 100, "analysed");
    ok = true;
out:
    beats_destroy(b);
    beats_result_finish(&found);
    audio_reader_destroy(r);
    arena_finish(&a);
    return ok;
}

static bool analyze_prepare(struct horse *h, struct err *e)
{
    (void)h;
    (void)e;
    media_init();
    return true;
}

const struct horse_kind horse_analyze = {
    .name = "analyze",
    .help = "Finds beats, tempo, energy and pauses.",
    .limits = {.memory_bytes = UINT64_C(1) << 30, .cpu_seconds = 1800, .wall_seconds = 3600,
               .silence_seconds = 300, .file_bytes = 1 << 20},
    .prepare = analyze_prepare,
    .run = analyze_child,
};

/* --- The caller's side ------------------------------------------------------------------------ */

bool analyze_run(int fd, const struct analyze_watch *watch, const struct cancel *cancel,
                 struct arena *a, struct analysis_report **report, const char **json,
                 struct err *e)
{
    struct horse_fd source = {"source", fd};
    struct horse_job job = {.kind = "analyze", .spec = "{}", .fds = &source, .fd_count = 1,
                            .cancel = cancel};
    if (watch) {
        job.on_progress = watch->progress;
        job.user = watch->user;
    }
    char *text = horse_run(&job, e);
    if (!text)
        return false;
    *json = arena_strdup(a, text);
    *report = *json ? wire_read_trusted(&wire_analysis, text, strlen(text), a, e) : NULL;
    free(text);
    if (!*json)
        return err_set(e, ERR_NO_MEMORY, "no memory for the analysis");
    return *report != NULL;
}

const struct report_transcript *transcript_none(const char *model, struct arena *a)
{
    struct report_transcript *t = arena_alloc(a, sizeof *t);
    if (t)
        t->reason = arena_printf(
            a, "no speech engine is built into this version of aive, so model %s cannot run", model);
    return t;
}
