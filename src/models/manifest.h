/* SPDX-License-Identifier: GPL-3.0-or-later
 * manifest.h - aive-model.json: what a fetched model consists of, with checksums.
 */
#ifndef AIVE_MODELS_MANIFEST_H
#define AIVE_MODELS_MANIFEST_H

#include "core/cancel.h"
#include "core/wire.h"

#define MANIFEST_FILE "aive-model.json"

struct manifest_file {
    const char *name;
    int64_t size;
    const char *sha256;
};

struct manifest {
    const char *name, *repository, *revision;
    struct wire_list files; /* struct manifest_file */
};

extern const struct wire_type wire_manifest;

/* Of the model in this folder, in the arena; NULL: none, or broken (`e` says which). */
struct manifest *manifest_read(int folder, struct arena *a, struct err *e);

/* SHA-256 of a file from its start as 64 hex digits. */
bool sha256_of(int fd, char hex[65], const struct cancel *cancel, struct err *e);

#endif
