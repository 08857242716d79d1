/* SPDX-License-Identifier: GPL-3.0-or-later
 * weights.h - the tensors of weight files, mapped into memory and checked.
 *
 *     struct weights *w = weights_open_ggml(&file, &e);
 *     const struct tensor *t = weights_find(w, "decoder.token_embedding.weight");
 *
 * Formats: safetensors (one file or several shards) and ggml's Whisper files. Every number of a
 * header is checked against the size of its file before it is believed, and a file which lies, is
 * cut short or repeats itself is an error that names the file, the tensor and what is wrong. What a
 * tensor is for, and whether its shape suits the model, is the model's matter.
 *
 * Ownership: the weights own mappings, names and vocabulary until weights_destroy(); descriptors
 * stay the caller's and may be closed at once. The files must not be made shorter meanwhile: the
 * system ends a process that reads a mapping behind its file's end.
 * Threads: open weights never change; any thread may read them. Blocking: opening reads headers,
 * first touches of data read the disk.
 */
#ifndef AIVE_NN_WEIGHTS_H
#define AIVE_NN_WEIGHTS_H

#include "core/err.h"
#include "nn/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TENSOR_DIMS_MAX 4

struct tensor {
    const char *name;
    enum dtype dtype;
    int ndim;                      /* 0: one number */
    int64_t dims[TENSOR_DIMS_MAX]; /* C order, the slowest first; unused ones are 1 */
    size_t count;                  /* numbers; 0 where a dimension is 0 */
    size_t bytes;
    const void *data; /* no alignment whatever */
};

struct weights_file {
    const char *name; /* for messages, and for the index of shards */
    int fd;           /* readable regular file */
};

struct byte_string {
    const char *data; /* may hold any byte, no NUL behind it */
    uint32_t len;     /* may be 0 */
};

/* Head of a ggml Whisper file, each number in a sane range, heads dividing states. */
struct ggml_head {
    int32_t n_vocab, n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer;
    int32_t n_text_ctx, n_text_state, n_text_head, n_text_layer, n_mels;
    int32_t ftype;                    /* without its version: 0 f32, 1 f16, 2 q4_0, ... */
    int32_t filter_mels, filter_bins; /* n_mels x 201 */
    const void *filters;              /* float32[filter_mels][filter_bins], unaligned */
    const struct byte_string *tokens; /* in the order of their ids */
    size_t token_count;               /* at most n_vocab: special tokens are not among them */
};

/* index: the text of model.safetensors.index.json, NULL for none. Each tensor it lists must be in
 * the shard it names. NULL on failure. */
struct weights *weights_open_safetensors(const struct weights_file *files, size_t n,
                                         const char *index, size_t index_len, struct err *e);
struct weights *weights_open_ggml(const struct weights_file *file, struct err *e);

/* The same for the bytes of one file in memory, which stay the caller's; the format is told by the
 * first bytes. */
struct weights *weights_from_bytes(const char *name, const void *bytes, size_t size, struct err *e);

void weights_destroy(struct weights *w); /* accepts NULL */

const struct tensor *weights_find(const struct weights *w, const char *name); /* NULL: none */
size_t weights_count(const struct weights *w);
const struct tensor *weights_at(const struct weights *w, size_t i); /* in the files' order */
const struct ggml_head *weights_ggml(const struct weights *w);      /* NULL for safetensors */

#endif
