/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze_parts.h - inside the work-horse that looks and listens. Private to jobs/analyze_*.c,
 * but for analyze_fill_beats(), which `aive beats` also calls.
 *
 * Two threads share a pass, which nobody changes, and each has a side of its own: they fill
 * different parts of one report. An analyser is a row of a table; it is fed only when somebody
 * wants what it makes.
 */
#ifndef AIVE_JOBS_ANALYZE_PARTS_H
#define AIVE_JOBS_ANALYZE_PARTS_H

#include "analysis/beats.h"
#include "analysis/quality.h"
#include "analysis/report.h"
#include "core/arena.h"
#include "jobs/horse.h"
#include "media/media.h"
#include "media/skim.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ANALYZE_SOUND, ANALYZE_PICTURES, ANALYZE_SIDES };

struct analyze_pass {
    struct horse *h;
    int fd;
    struct media_info info;
    unsigned make;                  /* ANALYZE_ bits of jobs/analyze.h */
    int without;                    /* a side to leave out: the decoder crashed on it; -1: none */
    atomic_int done[ANALYZE_SIDES]; /* thousandths */
};

struct analyze_side {
    struct analyze_pass *pass;
    struct analysis_report *report; /* the other side writes other fields */
    struct arena *arena;            /* this side's own */
    struct quality_list quality;    /* for the thumbnail, which both sides choose */
    double end_s;                   /* how far there was something */
    const char *warning;            /* in the arena; NULL: all of it could be read */
};

/* One side's whole work. False: nothing was found, e says why; what was made before a stream broke
 * is kept, and the reason is the side's warning. */
bool analyze_sound(struct analyze_side *s, struct err *e);
bool analyze_pictures(struct analyze_side *s, struct err *e);

/* This side is at time_s. Any thread. */
void analyze_progress(struct analyze_pass *p, int side, double time_s);

/* A side's stream broke at end_s. */
void analyze_warn(struct analyze_side *s, const char *what, const struct err *why);

/* An analyser failed. What the report is made of cannot be done without: false, with *e. A file
 * that is made on the way can, and that is logged; unless the machine failed, not the file (a full
 * disk): another time it can be made. */
bool analyze_forgive(struct analyze_pass *p, const char *name, unsigned makes,
                     const struct err *why, struct err *e);

/* To what is measured: more digits would only pretend. NAN stays NAN. */
double analyze_rounded(double x, double steps);
#define ANALYZE_MS(x) analyze_rounded(x, 1000)

/* Writes a small file of that name among what is derived. */
bool analyze_put(struct horse *h, const char *name, const void *data, size_t n, struct err *e);

/* --- Sound: 22,050 Hz mono, and what it came from --- */

struct sound_block {
    const float *mono;
    size_t count;
    const float *stereo; /* interleaved, 48 kHz */
    int frames;
};

struct sound_analyser {
    const char *name;
    unsigned makes;
    void *(*create)(struct analyze_pass *p, struct err *e);
    bool (*push)(void *self, const struct sound_block *b, struct err *e);
    bool (*finish)(void *self, struct analyze_side *s, struct err *e); /* once */
    void (*destroy)(void *self);                                       /* accepts NULL */
};
/* Beats, bars and tempo into the report, rounded; without beats it stays as it is. False: no memory
 * in the arena. */
bool analyze_fill_beats(const struct beats_result *b, struct arena *a, struct analysis_report *r);
extern const struct sound_analyser *const sound_analysers[]; /* ended by NULL */

/* --- Pictures, in order of time --- */

struct picture_analyser {
    const char *name;
    unsigned makes;
    void *(*create)(struct analyze_pass *p, struct err *e);
    bool (*push)(void *self, const struct skimmed *seen, struct err *e);
    bool (*finish)(void *self, struct analyze_side *s, struct err *e); /* in the table's order */
    void (*destroy)(void *self);
};
extern const struct picture_analyser *const picture_analysers[]; /* ended by NULL */

#define ANALYSERS_MAX 8 /* rows of a table */

#endif
