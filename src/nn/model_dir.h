/* SPDX-License-Identifier: GPL-3.0-or-later
 * model_dir.h - the files that a model consists of, found and opened.
 *
 * A model is a folder as Hugging Face lays it out (config.json, vocab.json, merges.txt or
 * tokenizer.json, model.safetensors or its shards), or one ggml Whisper file, alone or in a folder.
 * The list of {name, descriptor} can be handed to a work-horse, which makes the same of it with
 * model_files_from_fds().
 *
 * Inside a folder only plain files of plain names are opened, never links: a model folder that came
 * from elsewhere cannot lead out of itself.
 * Ownership: model_files_finish() closes the descriptors. Threads: none of its own. Blocking: yes.
 */
#ifndef AIVE_NN_MODEL_DIR_H
#define AIVE_NN_MODEL_DIR_H

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define MODEL_FILES_MAX 56 /* a work-horse takes 64 descriptors, its sound among them */
#define MODEL_NAME_SIZE                                                                            \
    160 /* bytes of a file's name with its NUL; room for a word before it in a job */
#define MODEL_TEXT_MAX (64u << 20)

struct model_file {
    char name[MODEL_NAME_SIZE];
    int fd;
};

struct model_files {
    char kind[32]; /* config.json's model_type: "whisper", "gpt2", ...; "whisper" for ggml */
    bool ggml;     /* weights are a ggml file */
    size_t count;
    struct model_file files[MODEL_FILES_MAX];
};

/* A folder, or one ggml file. *out needs no initialisation; on failure it holds nothing. */
bool model_files_open(const char *path, struct model_files *out, struct err *e);
bool model_files_open_at(int dir_fd, struct model_files *out, struct err *e); /* fd stays yours */

/* Takes the descriptors over, also on failure. */
bool model_files_from_fds(const struct model_file *files, size_t n, struct model_files *out,
                          struct err *e);

void model_files_finish(struct model_files *m); /* accepts a zeroed one, and a second time */

int model_files_fd(const struct model_files *m, const char *name); /* -1: not there */

/* The text of one of the files (NUL-terminated); NULL if it is missing (ERR_NOT_FOUND) or too
 * large. */
char *model_files_text(const struct model_files *m, const char *name, struct arena *a, size_t *len,
                       struct err *e);

struct weights;
struct tokenizer;
struct weights *model_files_weights(const struct model_files *m, struct err *e);

/* w: the weights of the same model (a ggml file holds the vocabulary). */
struct tokenizer *model_files_tokenizer(const struct model_files *m, const struct weights *w,
                                        struct err *e);

#endif
