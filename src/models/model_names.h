/* SPDX-License-Identifier: GPL-3.0-or-later
 * model_names.h - what models are called, and where they come from.
 *
 * A name is one of the short names below ("small.en", "distilgpt2"), any "owner/model" of the hub,
 * or whatever a folder or file in the models' folder is called. Threads: pure functions.
 */
#ifndef AIVE_MODELS_MODEL_NAMES_H
#define AIVE_MODELS_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum model_kind { MODEL_SPEECH, MODEL_TEXT };

struct model_name {
    const char *name, *repository; /* on the hub */
    enum model_kind kind;
    int megabytes; /* about so much is fetched */
    const char *help;
};

extern const struct model_name model_names[]; /* ended by a row without a name */

const struct model_name *model_name_find(const char *name); /* NULL: not one of these */
const char *model_kind_name(enum model_kind kind);          /* "speech", "text" */

/* Letters, digits, ".", "_" and "-", with at most one "/" between owner and model; nothing that
 * leads out of a folder, and no "--" beside a "/". At most MODEL_NAME_MAX bytes. */
#define MODEL_NAME_MAX 120
bool model_name_ok(const char *name);

/* The hub's name of a model, NULL if it must be in the folder already. */
const char *model_repository(const char *name);

/* How its folder is called: "owner/model" lies in "owner--model". `name` must be ok. */
void model_folder(const char *name, char *out, size_t size);

#endif
