/* SPDX-License-Identifier: GPL-3.0-or-later
 * weights_parts.h - what the readers of the two formats share; not for others.
 */
#ifndef AIVE_NN_WEIGHTS_PARTS_H
#define AIVE_NN_WEIGHTS_PARTS_H

#include "core/arena.h"
#include "nn/index_map.h"
#include "nn/weights.h"

#define WEIGHTS_NAME_MAX 256

struct weights_entry {
    struct tensor tensor;
    uint32_t file; /* which of the files given, from 0 */
};

struct weights {
    struct arena arena; /* names, vocabulary */
    struct weights_mapping *mappings;
    size_t mapping_count;
    struct weights_entry *entries;
    size_t count, cap;
    struct index_map by_name;
    struct ggml_head *ggml; /* NULL: safetensors */
};

struct weights_bytes { /* a whole file in memory */
    const char *name;
    const uint8_t *data;
    size_t size;
    uint32_t file;
};

/* Sets count and bytes of a tensor from its type and dimensions; false when they cannot be or do
 * not fit into memory's address space. */
bool tensor_measure(struct tensor *t, struct err *e);

/* Adds a tensor, whose name is in the arena already; one of that name: error. */
bool weights_add(struct weights *w, const struct tensor *t, uint32_t file, struct err *e);

const struct weights_entry *weights_entry_of(const struct weights *w, const char *name);

/* A name that may stand in messages: not empty, UTF-8, no control characters, not too long. */
bool weights_name_ok(const char *name, size_t len);

bool safetensors_read(struct weights *w, const struct weights_bytes *b, struct err *e);
bool safetensors_check_index(const struct weights *w, const struct weights_file *files, size_t n,
                             const char *index, size_t index_len, struct err *e);
bool ggml_read(struct weights *w, const struct weights_bytes *b, struct err *e);

/* Whether the bytes start as a ggml Whisper file does. */
bool ggml_magic(const uint8_t *data, size_t size);

#endif
