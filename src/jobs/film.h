/* SPDX-License-Identifier: GPL-3.0-or-later
 * film.h - from a timeline to a film on disk, to one of its frames, or to what may be wrong with it:
 * the work-horses that do it. run_render.c is the job on top.
 *
 *     struct film_job job = {.config = c, .order = &order, .sources = files, .source_count = n, ...};
 *     film_render(&job, output_fd, arena, &result, e);
 *
 * A source is known to the timeline by its name: "asset:7" or a path (timeline_source_name());
 * source 0 is the timeline's own asset. Ownership: everything in the job stays the caller's.
 */
#ifndef AIVE_JOBS_FILM_H
#define AIVE_JOBS_FILM_H

#include "core/arena.h"
#include "core/cancel.h"
#include "core/err.h"
#include "core/wire.h"
#include "jobs/horse.h"
#include "jobs/job.h"

#include <stdint.h>

/* Files that one film may be made of: a work-horse takes 64 descriptors, one is the film's own. */
#define FILM_MAX_SOURCES 63

/* What a render job is to do: the `spec` of its row. */
struct film_order {
    const char *title;
    const char *watermark; /* NULL: none */
    const char *preset, *format;
    double range_start, range_end; /* s of the film; NAN: all of it */
    struct wire_raw timeline;      /* as it was when the job was queued */
};
extern const struct wire_type wire_film_order;

/* A source file of a film, as the job's row and the command line know it. */
struct film_source_file {
    const char *name; /* what the timeline calls it; source 0 may be NULL */
    int64_t asset_id; /* 0: none */
    int64_t duration_ticks, frame_ticks;
    bool has_video, has_audio, is_image;
    int width, height; /* upright; 0: no picture */
    const char *hash;  /* of the content, hex */
    int fd;
    int proxy_fd; /* what its pictures are read from instead; -1: nothing */
};
struct asset;
struct film_source_file film_source_of(const struct asset *asset, const char *name, int fd);

struct film_callbacks {
    void (*progress)(void *user, double percent, const char *stage);
    void (*log)(void *user, const char *line);
    void *user;
};

struct config;
struct film_job {
    const struct config *config; /* memory and time limits, size of the chunk store */
    const struct film_order *order;
    int64_t project_id;
    const struct film_source_file *sources;
    int source_count;
    int cache_fd;                /* folder of the chunk store */
    const char *list_key;        /* where the list of pieces goes (pieces.h); NULL: nowhere */
    struct film_callbacks on;    /* any of them may be NULL */
    const struct cancel *cancel; /* may be NULL */
};

/* The film is written to output_fd, an empty file the caller owns and publishes. *report is the
 * report as JSON text in the arena (wire_film_report). */
bool film_render(const struct film_job *job, int output_fd, struct arena *a, const char **report,
                 struct err *e);

/* Can this become a film? Plans it here, without a work-horse and without opening a source;
 * ERR_INVALID says what is wrong. The plan lives in the arena and points to the job's sources. */
struct plan;
bool film_check(const struct film_job *job, struct arena *a, struct plan *plan, struct err *e);

/* One frame of the film, at time_s, as "jpeg", "webp" or "png" of at most that width. */
struct film_still {
    double time_s;
    const char *kind;
    int64_t width; /* 0: the film's */
};
bool film_frame(const struct film_job *job, const struct film_still *still, int output_fd,
                struct err *e);

/* What is wrong with it, and what will look wrong, without rendering: JSON text in the arena
 * (wire_film_findings). False: it could not be looked at. */
bool film_validate(const struct film_job *job, struct arena *a, const char **findings,
                   struct err *e);

extern const struct horse_kind horse_render, horse_frame, horse_validate;
extern const struct job_kind job_render;

#endif
