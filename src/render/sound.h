/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound.h - the sound of a whole film: mixed, brought to its loudness, encoded, measured.
 *
 *     struct sound_job job = {.plan = plan, .source_fds = fds, .store = &store, ...};
 *     sound_make(&job, key, &notes, &reused, e);      the AAC now lies in the store under key
 *     ... film_mux() ...
 *     proof_film(plan, film_fd, &notes, cancel, &proof, e);                         proof.h
 *
 * The mix (sound_mix.h) is gone over twice: once to measure it (integrated loudness after ITU-R
 * BS.1770, true peak), once more with one gain for all of it, through a limiter, into the encoder. A
 * long one is made anew for that. What the
 * encoder made is decoded again on the spot: if its true peak passes SOUND_TRUE_PEAK_DB, or the
 * loudness is off because the limiter had much to do, the second pass is made again with a lower
 * ceiling or another gain. It is encoded in pieces that the store keeps, and gains go in steps, so
 * an edit of one moment encodes only what lies around it (sound_pieces.h). Everything is a function of the plan and the sources alone: the same
 * film, the same bytes.
 *
 * Memory: at most 25 MB more than readers take, whatever the length and the number of segments.
 * Threads: blocking, one thread; sources are read with pread, so their descriptors may be shared.
 * Errors: ERR_INVALID unknown sound effect (named), ERR_CANCELED, those of readers and store.
 */
#ifndef AIVE_RENDER_SOUND_H
#define AIVE_RENDER_SOUND_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"

#include <stdbool.h>
#include <stdint.h>

#define SOUND_TRUE_PEAK_DB (-1.0) /* dBTP that the decoded film never passes */
#define SOUND_MAX_GAIN_DB 20.0

struct render_store; /* render.h */

struct sound_job {
    const struct plan *plan;
    const int *source_fds;            /* one for each source of the plan, -1: no sound to be read */
    const struct render_store *store; /* keeps the sound, and stretched pieces of it */
    int bit_rate;                     /* that music comes to, bits/s; speech takes less */
    const struct cancel *cancel;      /* may be NULL */
    void (*progress)(void *user, double fraction); /* may be NULL; never goes back, ends at 1 */
    void *user;
};

/* What was measured. Levels that do not exist (silence, less than 0.4 s) are -INFINITY. */
struct sound_report {
    double lufs_in, lufs;                 /* of the mix; of the film */
    double true_peak_in_db, true_peak_db; /* dBTP of the mix; of the film as it is decoded */
    double gain_db;
    double limited_db; /* the most that the limiter took away at any moment, >= 0 */
    int passes;        /* times the film was encoded: 1 nearly always */
};

/* A moment of the film as it was given to the encoder, for proof.h. */
#define SOUND_WINDOW 24000    /* samples: 0.5 s */
#define SOUND_LEFT_SHARE 0.6f /* so that channels of opposite sign do not cancel out */
struct sound_window {
    int64_t at;                 /* sample of the film */
    int16_t mono[SOUND_WINDOW]; /* 0.6 of the left and 0.4 of the right channel */
};

enum { SOUND_START, SOUND_FIRST_CUT, SOUND_LAST_CUT, SOUND_END, SOUND_WINDOWS };
struct sound_notes {
    struct sound_report report;
    struct sound_window windows[SOUND_WINDOWS];
};

/* Puts the film's sound into the store under `key`, unless it is there already (*reused). */
bool sound_make(const struct sound_job *job, const char *key, struct sound_notes *notes,
                bool *reused, struct err *e);

#endif
