/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_spec.h - what a work-horse that makes films is told, and what it answers. Shared by both
 * sides of it.
 */
#ifndef AIVE_JOBS_FILM_SPEC_H
#define AIVE_JOBS_FILM_SPEC_H

#include "jobs/film.h"
#include "render/plan.h"

/* What the broker calls the list of a film's pieces; a piece is "chunk/<key>". */
#define FILM_PIECES_NAME "pieces"
#define FILM_CHUNK_PREFIX "chunk/"

/* Source 3's file is "source:3" to a work-horse, what its pictures are read from instead "proxy:3". */
#define FILM_SOURCE_NAME "source"
#define FILM_PROXY_NAME "proxy"

struct spec_source {
    const char *name;
    int64_t asset_id, duration_ticks, frame_ticks;
    int8_t has_video, has_audio, is_image;
    int8_t has_proxy; /* its pictures are read from "proxy:3" */
    int64_t width, height;
    const char *hash;
};

struct film_spec {
    struct film_order *order;
    int64_t project_id, threads;
    const char *created;      /* ISO 8601 */
    struct wire_list sources; /* struct spec_source */
    /* A frame only: */
    double time_s;
    const char *kind;
    int64_t width;
};
extern const struct wire_type wire_film_spec;

/* The plan of an order. */
bool film_plan(const struct film_order *o, const struct plan_source *sources, size_t source_count,
               struct arena *a, struct plan *plan, struct err *e);

#endif
