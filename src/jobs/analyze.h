/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze.h - everything that can be known about a source, from one look and one listen.
 *
 *     struct analyze_order order = {.asset = &asset, .fd = fd, .derived_fd = ws->derived_fd,
 *                                   .make = ANALYZE_ALL};
 *     if (!analyze_run(&order, arena, &found, e)) ...
 *
 * A work-horse looks and listens at once and writes a report and the files that are made on the way.
 * All of them are kept under the source's content (jobs/derived.h), so that no content is analysed
 * twice: what is there is taken from there, what is missing or damaged is made again, and of
 * several who ask for the same content at once one works and the others wait.
 * The job "analyze" turns a report into a project's timeline.
 * Blocking: for as long as it takes. Threads: any.
 */
#ifndef AIVE_JOBS_ANALYZE_H
#define AIVE_JOBS_ANALYZE_H

#include "analysis/report.h"
#include "analysis/storyboard.h"
#include "analysis/waveform.h"
#include "core/arena.h"
#include "core/cancel.h"
#include "core/err.h"
#include "jobs/horse.h"
#include "jobs/job.h"
#include "media/proxy_writer.h"

extern const struct horse_kind horse_analyze;

struct asset;

/* The files, by the versions of their makers. */
#define ANALYZE_TEXT_(x) #x
#define ANALYZE_NAME_(stem, version, ending) stem "-v" ANALYZE_TEXT_(version) ending
#define REPORT_FILE ANALYZE_NAME_("analysis", ANALYSIS_VERSION, ".json")
#define WAVEFORM_FILE ANALYZE_NAME_("waveform", WAVEFORM_VERSION, ".dat")    /* WAVEFORM_FINEST, 16 bits */
#define STORYBOARD_FILE ANALYZE_NAME_("storyboard", STORYBOARD_VERSION, ".vtt")
#define STORYBOARD_SHEET ANALYZE_NAME_("storyboard", STORYBOARD_VERSION, "-%d.jpg") /* printf */
#define STRIP_FILE ANALYZE_NAME_("strip", STRIP_VERSION, ".rgb")
#define PROXY_FILE ANALYZE_NAME_("proxy", PROXY_VERSION, ".mp4")

enum { /* bits */
    ANALYZE_REPORT = 1,
    ANALYZE_WAVEFORM = 2,   /* of what has sound */
    ANALYZE_STORYBOARD = 4, /* of what moves; sheets first, then the text that names them; a strip */
    ANALYZE_PROXY = 8,      /* of large pictures that move */
    ANALYZE_ALL = 15,
};

struct analyze_order {
    const struct asset *asset; /* hash and what probing found are read */
    int fd;                    /* the source */
    int derived_fd;            /* -1: nothing is kept, and only the report is made */
    unsigned make;             /* ANALYZE_ bits; those the asset cannot have are left out */
    const struct cancel *cancel;
    /* All optional. */
    void (*progress)(void *user, double percent, const char *stage);
    void (*log)(void *user, const char *line); /* what could not be analysed, and why */
    void *user;
};

struct analysis { /* in the arena */
    struct analysis_report *report;
    const char *json; /* the same as text */
    size_t json_len;
    bool was_known; /* nothing had to be made */
};

/* Is all of it there already? Loads the report if so. */
bool analyze_is_done(const struct analyze_order *order, struct arena *a, struct analysis *out);

/* The report, and all files in order->make. A decoder that crashes on one of sound and pictures
 * does not keep the other from being analysed: the report's warnings say so. False: there is no report. A proxy, a storyboard or a
 * waveform that cannot be made is none of that: it is logged. */
bool analyze_run(const struct analyze_order *order, struct arena *a, struct analysis *out,
                 struct err *e);

/* What was found before. ERR_NOT_FOUND: it has not been analysed, or what is kept is damaged. */
bool analysis_load(int derived_fd, const char *hash, struct arena *a, struct analysis *out,
                   struct err *e);

/* The job: analyse the project's asset, lay out a timeline, store it as a revision. */
extern const struct job_kind job_analyze;

#endif
