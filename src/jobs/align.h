/* SPDX-License-Identifier: GPL-3.0-or-later
 * align.h - when a known text is spoken in a source, and what pocketsphinx takes it for; both in a
 * work-horse.
 *
 *     struct align_order order = {.fd = fd, .script = text, .config = config};
 *     if (!align_run(&order, arena, &transcript, e)) ...
 *
 * Needs no download; English only. Blocking: about a tenth of the sound's length (a draft: all of
 * it). Threads: any.
 */
#ifndef AIVE_JOBS_ALIGN_H
#define AIVE_JOBS_ALIGN_H

#include "core/arena.h"
#include "core/cancel.h"
#include "jobs/horse.h"
#include "speech/transcript.h"

extern const struct horse_kind horse_align, horse_sphinx;

struct align_order {
    int fd;               /* the source */
    const char *script;   /* what is said: plain text, UTF-8; or */
    const char *captions; /* a caption file, whose times do not matter */
    int wall_seconds;     /* 0: as the kind has it */
    const struct cancel *cancel;
    /* Optional. */
    void (*on_progress)(void *user, double percent, const char *stage);
    void *user;
};

/* The transcript of speech/align.h. ERR_INVALID: the text is not English, does not fit the sound, or
 * is no caption file; ERR_UNAVAILABLE: pocketsphinx is not installed; ERR_UNSUPPORTED: no sound. */
bool align_run(const struct align_order *order, struct arena *a, struct transcript **out,
               struct err *e);

/* A transcript of quality "draft"; the order has no text. */
bool sphinx_run(const struct align_order *order, struct arena *a, struct transcript **out,
                struct err *e);

#endif
