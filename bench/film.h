/* SPDX-License-Identifier: GPL-3.0-or-later
 * film.h - what the parts of bench/render share: jobs, films, frames, time.
 *
 * Anything that fails ends the program with a word about it. Files are temporaries in TMPDIR.
 */
#ifndef AIVE_BENCH_FILM_H
#define AIVE_BENCH_FILM_H

#include "core/arena.h"
#include "core/err.h"
#include "render/plan.h"
#include "render/render.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

_Noreturn void die(const char *what, const struct err *e); /* e may be NULL */
int temp_file(void);

/* --- Time (measure.c) --- */
struct cost {
    double wall, cpu; /* s; cpu: of the whole process */
};
struct cost cost_now(void);
struct cost cost_since(struct cost start);
#define MAX_ROUNDS 15
struct cost cost_median(const struct cost *c, int n); /* of wall and cpu each for itself */

/* --- A store of temporary files (measure.c) --- */
struct bench_store;
struct bench_store *bench_store_create(void);
void bench_store_clear(struct bench_store *s);
struct render_store bench_store_calls(struct bench_store *s);

/* --- Sources (clip.c) --- */
struct clip {
    int fd;
    int proxy_fd; /* what presets that take proxies read pictures from; -1: fd */
    char hash[65];
    struct plan_source source;
    double seconds;
};
void clip_open(struct clip *c, const char *path);
void clip_make(struct clip *c, int width, int height, int seconds); /* 30 fps, H.264 and AAC */
void clip_close(struct clip *c);
void clip_add_proxy(struct clip *c); /* nothing for a clip that needs none */

/* --- Films (film.c) --- */
struct film {
    const struct clip *clip;
    struct plan_source sources[2]; /* clip, and what lies over it */
    int fds[2];
    struct arena arena;
    struct plan plan;
    struct captions *captions;
};
/* Segments of segment_s in the order plain, zoom, half speed; a caption for every 2 s of a job of
 * 3 s segments, 3 sounds, a watermark. Differences to render again with: the text of one caption
 * (-1: none), one sound elsewhere. */
struct film_job {
    int segments;
    double segment_s;
    int edited_caption;
    bool moved_sound;
    const char *effect, *transition; /* all segments have; NULL: as above, cuts */
    const struct clip *broll;        /* over the second half of each second; NULL: none */
};
extern const struct film_job job_24s, job_60s;
void film_plan(struct film *f, const struct clip *clip, const struct film_job *job,
               const struct render_preset *preset);
void film_forget(struct film *f);
/* The film in a temporary file; report may be NULL. threads 0: one for each core. */
int film_render(struct film *f, const struct render_preset *preset, int threads,
                struct bench_store *store, struct render_report *report);
off_t size_of(int fd);

/* --- The composed frames alone (alone.c) --- */
int frames_write(struct film *f);                      /* all of them, raw */
void frames_read(const struct film *f, int frames_fd); /* and nothing done with them */
/* As a film without sound in a temporary file. chunks: one encoder for each chunk of the plan, as
 * many at once as there are cores, `threads` each; else one encoder with so many (0: as many as
 * x264 would choose). */
int frames_encode(const struct film *f, int frames_fd, const struct render_preset *preset,
                  bool chunks, int workers, int threads);
/* Mean SSIM of the luma of every `step`th picture against the composed frames. */
double frames_ssim(const struct film *f, int frames_fd, int film_fd, int step);

#endif
