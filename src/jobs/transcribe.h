/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcribe.h - what is said in a source, by whatever can listen.
 *
 *     struct transcribe_order order = {.asset = &asset, .fd = fd, .derived_fd = ws->derived_fd,
 *                                      .config = config};
 *     if (!transcribe_run(&order, arena, &heard, e)) ...
 *
 * A Whisper model of the models' folder works in a work-horse, for neither the sound nor the model's
 * file is trusted. The model of the settings is fetched where it is missing, unless AIVE_OFFLINE is
 * set; one that a request names is not. Without a model there is no transcript, and it says why:
 * that is an answer and no error. Where AIVE_SPEECH_URL is set, that server listens in place of the
 * model of the settings (transcribe_remote.c). What was heard is kept under the source's content.
 * The model "pocketsphinx" needs nothing to be fetched; what it gives is a draft.
 * Blocking: for minutes. Threads: any.
 */
#ifndef AIVE_JOBS_TRANSCRIBE_H
#define AIVE_JOBS_TRANSCRIBE_H

#include "core/arena.h"
#include "core/cancel.h"
#include "core/config.h"
#include "jobs/horse.h"
#include "speech/transcript.h"

extern const struct horse_kind horse_transcribe;

struct asset;

struct transcribe_order {
    const struct asset *asset; /* hash and whether it has sound are read */
    int fd;                    /* the source */
    int derived_fd;            /* -1: nothing is kept */
    const struct config *config;
    const char *model;    /* NULL: that of the settings */
    bool own_model;       /* `model` comes from whoever runs aive: it may be a path, and is fetched */
    bool no_fetch;        /* nobody waits for a download here */
    const char *language; /* NULL: it is detected */
    const char *prompt;   /* words that may come; NULL: none */
    bool translate;
    const struct cancel *cancel;
    /* All optional. */
    void (*progress)(void *user, double percent, const char *stage);
    void (*log)(void *user, const char *line);
    /* Some more of the text, while it is heard. Not where it was heard before; of very long texts
     * only the beginning. */
    void (*text)(void *user, const char *text, size_t len);
    void *user;
};

struct heard { /* in the arena */
    struct transcript *transcript;
    const char *json; /* the same as text */
    size_t json_len;
};

/* False: ERR_INVALID a language or option that does not suit the model, ERR_CANCELED, a broken
 * source or model. */
bool transcribe_run(const struct transcribe_order *order, struct arena *a, struct heard *out,
                    struct err *e);

/* A transcript that is there, as text too. */
bool heard_transcript(struct transcript *t, struct arena *a, struct heard *out, struct err *e);

/* A transcript of nothing, and why. */
bool heard_nothing(const char *model, const char *reason, struct arena *a, struct heard *out,
                   struct err *e);

#endif
