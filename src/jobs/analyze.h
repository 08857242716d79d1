/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze.h - what a film sounds like: beats, tempo, energy, pauses. The job "analyze" turns that
 * into a project's timeline.
 */
#ifndef AIVE_JOBS_ANALYZE_H
#define AIVE_JOBS_ANALYZE_H

#include "analysis/report.h"
#include "core/arena.h"
#include "core/cancel.h"
#include "core/err.h"
#include "jobs/horse.h"
#include "jobs/job.h"

extern const struct horse_kind horse_analyze;

struct analyze_watch { /* how a caller follows a long analysis; all may be NULL */
    void (*progress)(void *user, double percent, const char *stage);
    void *user;
};

/* Analyses the media behind fd in a work-horse. The text is the report as JSON (in the arena),
 * *report the same read. */
bool analyze_run(int fd, const struct analyze_watch *watch, const struct cancel *cancel,
                 struct arena *a, struct analysis_report **report, const char **json,
                 struct err *e);

/* No transcript, and why. NULL: no memory. */
const struct report_transcript *transcript_none(const char *model, struct arena *a);

struct workspace;
struct asset;
struct timeline;

/* Lays out the timeline of an asset from its analysis by the template of the settings. */
struct timeline *analyze_layout(const struct workspace *ws, const struct asset *asset,
                                const struct analysis_report *report, struct arena *a,
                                struct err *e);

/* The job: analyse the project's asset, lay out a timeline, store it as a revision. */
extern const struct job_kind job_analyze;

#endif
