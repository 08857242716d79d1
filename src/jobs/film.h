/* SPDX-License-Identifier: GPL-3.0-or-later
 * film.h - from a timeline to a film on disk: the work-horse that renders, and the job around it.
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
    const char *path; /* what the timeline calls it; source 0 may be NULL */
    int64_t duration_ticks, frame_ticks;
    bool has_video, has_audio;
    const char *hash; /* of the content, hex */
    int fd;
};
struct asset;
struct film_source_file film_source_of(const struct asset *asset, const char *called, int fd);

struct film_callbacks {
    void (*progress)(void *user, double percent, const char *stage);
    void (*log)(void *user, const char *line);
    void *user;
};

/* Renders in a work-horse. `cache_fd`: folder of the chunk store. The film is written to output_fd,
 * an empty file the caller owns and publishes. Memory and time limits are the settings'. */
struct config;
bool film_render(const struct config *config, const struct film_order *order, int64_t project_id,
                 const struct film_source_file *sources, int source_count, int cache_fd,
                 int output_fd, const struct film_callbacks *on, const struct cancel *cancel,
                 struct err *e);

/* Can this order become a film? Plans it without rendering; ERR_INVALID says what is wrong. An
 * order whose timeline has no segments is fine: the job lays one out first. */
struct workspace;
struct project_detail;
bool film_check(struct workspace *ws, const struct project_detail *d, const char *order_text,
                struct arena *a, struct err *e);

extern const struct horse_kind horse_render;
extern const struct job_kind job_render;

#endif
