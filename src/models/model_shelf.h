/* SPDX-License-Identifier: GPL-3.0-or-later
 * model_shelf.h - the models that are in the models' folder.
 *
 * A model is a folder NAME (owner--model for an "owner/model" of the hub) with the files of a
 * Hugging Face repository, or one ggml file NAME.bin or ggml-NAME.bin. Whatever lies there may have
 * been put there by hand. Threads: any; blocking.
 */
#ifndef AIVE_MODELS_MODEL_SHELF_H
#define AIVE_MODELS_MODEL_SHELF_H

#include "core/arena.h"
#include "core/cancel.h"
#include "core/err.h"
#include "nn/model_dir.h"

#include <stddef.h>
#include <stdint.h>

struct model_entry {
    const char *name;
    const char *kind; /* as model_files says: "whisper", "gpt2"; "" where it is none we know */
    int64_t bytes;
    int64_t modified_s; /* since 1970 */
    bool fetched; /* with checksums that model_verify() reads */
};

struct model_entries {
    struct model_entry *items;
    size_t count;
};

/* By name, in the arena. A folder that is not there holds nothing. */
bool model_shelf_list(const char *models_dir, struct arena *a, struct model_entries *out,
                      struct err *e);

/* Opens the files of a model. A name with a slash at its start or "./" is a path where `paths`
 * (settings and command lines, never requests). ERR_UNAVAILABLE: it is not there, and how to get
 * it. The caller closes `out`. */
bool model_shelf_open(const char *models_dir, const char *name, bool paths,
                      struct model_files *out, struct err *e);

/* Compares every file with the checksum it had when it was fetched. ERR_INVALID names the first
 * that differs or is missing; ERR_UNSUPPORTED: it was put there by hand. */
bool model_verify(const char *models_dir, const char *name, const struct cancel *cancel,
                  struct err *e);

/* Takes a model away, and what an interrupted pull has left of it. ERR_NOT_FOUND: neither; ERR_BUSY:
 * it is being fetched; ERR_CONFLICT: folders are in it that aive did not make. */
bool model_remove(const char *models_dir, const char *name, struct err *e);

/* Removes a folder with the files in it; folders inside are an error. */
bool model_folder_remove(int dir, const char *name, struct err *e);

#endif
