/* SPDX-License-Identifier: GPL-3.0-or-later
 * pull.h - fetches a model from a hub into the models' folder.
 *
 *     struct pull p = {.hub = {url, token}, .models_dir = dir, .name = "small.en"};
 *     if (!model_pull(&p, &e)) ...
 *
 * A model appears under its name only when it is whole and every checksum is right: until then its
 * files grow in a hidden folder beside it, where the next pull goes on after an interruption, a
 * lost connection or a crash. What was fetched is written down in aive-model.json, which
 * model_verify() reads. Two pulls of one model at once: the second is refused (ERR_BUSY). A folder
 * or file of that name which was put there by hand is never replaced (ERR_CONFLICT).
 * Threads: any; blocking, for as long as the model is large.
 */
#ifndef AIVE_MODELS_PULL_H
#define AIVE_MODELS_PULL_H

#include "models/hub.h"

#include <stdbool.h>

struct pull {
    struct hub hub;
    const char *models_dir;
    const char *name; /* model_name_ok() */
    const struct cancel *cancel;
    /* Bytes that are there of all; called up to ten times a second. Optional. */
    void (*on_progress)(void *user, const char *file, int64_t done, int64_t all);
    void *user;
};

/* True too when the model is there already in the hub's newest revision. ERR_NO_SPACE before
 * anything is fetched that would not fit. */
bool model_pull(const struct pull *p, struct err *e);

#endif
