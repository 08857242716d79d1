/* SPDX-License-Identifier: GPL-3.0-or-later
 * render.h - from a plan to a film: chunks in parallel, the sound beside them, joined at the end.
 *
 * Opens nothing by itself: sources and the output are descriptors, chunks come from and go to a
 * store behind three callbacks, captions were made (with their fonts) before. So all of it runs
 * inside the cage.
 *
 *     struct captions *captions = captions_create(&plan, e);                       prepare
 *     struct render_job job = {.plan = &plan, .captions = captions, ...};
 *     struct render_report report;
 *     render_run(&job, &report, e);                                                run
 *
 * Threads: render_run starts `threads` workers and one for the sound, and joins them all before it
 * returns; the callbacks may be called from any of them, never two at once. Ownership: everything
 * in the job stays the caller's. Memory does not grow with the film's length or segments.
 */
#ifndef AIVE_RENDER_RENDER_H
#define AIVE_RENDER_RENDER_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/encode.h"
#include "render/captions.h"
#include "render/plan.h"
#include "render/proof.h"
#include "render/sound.h"

#include <stddef.h>
#include <stdint.h>

struct render_preset {
    const char *name, *help;
    const char *x264;        /* its word for a preset, */
    const char *x264_params; /* and what differs from that, "a=b:c=d"; NULL: nothing */
    double crf;
    int lookahead;     /* frames */
    int max_bitrate;   /* bits/s */
    int sound_bitrate; /* bits/s */
    int size_divisor;  /* the format's edges are divided by this */
    bool proxies;      /* small copies of sources will do where there are any */
};
extern const struct render_preset render_presets[];               /* ended by a NULL name */
const struct render_preset *render_preset_find(const char *name); /* NULL: unknown */
#define RENDER_DEFAULT_PRESET "standard"

/* How the encoder is set for a plan's frames. `threads` is left 0. */
struct h264_settings render_preset_h264(const struct render_preset *p, const struct plan *plan);

/* The format as the preset renders it: even edges. */
struct plan_format render_preset_format(const struct render_preset *p, const struct plan_format *f);

/* To be raised whenever render's own code draws or mixes differently. */
#define RENDER_VERSION 7

#define RENDER_KEY_SIZE 65

/* The pieces of a film: chunk i of the plan is kept under keys[i]. */
struct render_pieces {
    const struct plan *plan;
    const char (*keys)[RENDER_KEY_SIZE];
    const char *sound_key;
};

/* Where finished pieces are kept, under keys of 64 hex digits: the same key, the same bytes. */
struct render_store {
    /* A readable descriptor, which render closes; -1: ERR_NOT_FOUND there is none, other codes are
     * failures of the store. */
    int (*open)(void *user, const char *key, struct err *e);
    /* A new empty file, readable and writable, which render closes; invisible till committed. */
    int (*create)(void *user, const char *key, struct err *e);
    bool (*commit)(void *user, const char *key, struct err *e);
    void *user;
    /* Told once, before anything else: all that the film will be made of. May be NULL. */
    bool (*announce)(void *user, const struct render_pieces *pieces, struct err *e);
};

struct render_job {
    const struct plan *plan;
    struct captions *captions;
    const int *source_fds; /* one for each source of the plan */
    /* The same, where pictures are read from other files (picture_hash); NULL: source_fds. */
    const int *picture_fds;
    const struct render_preset *preset;
    struct render_store store;
    int output_fd; /* an empty file: gets the film */
    int threads;   /* chunks at once; 0: one for each core */
    const struct film_tag *tags;
    int tag_count;
    const struct cancel *cancel; /* may be NULL */

    /* May be NULL. Percent goes from 25 to 99 and never back; stages are "composition", "export"
     * and "post-processing". Log lines are the guide's. */
    void (*progress)(void *user, double percent, const char *stage);
    void (*log)(void *user, const char *line);
    void *user;
};

/* Stages of a render overlap: composing, encoding and the sound go on side by side. */
enum render_stage {
    STAGE_SETUP,
    STAGE_COMPOSE,
    STAGE_ENCODE,
    STAGE_SOUND,
    STAGE_EXPORT,
    STAGE_PROOF,
    STAGE_COUNT
};
extern const char *const render_stage_names[STAGE_COUNT]; /* "setup", ... */

struct render_cost {
    double wall_s, cpu_s;
};

struct render_report {
    int64_t frames, frames_encoded;
    size_t chunks, chunks_reused;
    bool sound_reused;
    /* Composing and encoding: wall from the first chunk to the last, CPU of all workers. Setup is
     * the caller's: what the process spent before render_run(). */
    struct render_cost cost[STAGE_COUNT];
    struct sound_report sound;
    struct proof_report proof;
};

/* ERR_CANCELED soon after cancel fires. ERR_INTERNAL when the film is out of step with its plan. The
 * output is whole only when this returned true. */
bool render_run(const struct render_job *job, struct render_report *report, struct err *e);

/* The key of a chunk: a hash of everything that can change a byte of it. key[65]. */
bool render_chunk_key(const struct render_job *job, const struct plan_chunk *chunk, char *key,
                      struct err *e);

#endif
