/* SPDX-License-Identifier: GPL-3.0-or-later
 * tokenizer_parts.h - inside of the tokenizer: how one is built and what its merging reads; not for
 * others.
 */
#ifndef AIVE_NN_TOKENIZER_PARTS_H
#define AIVE_NN_TOKENIZER_PARTS_H

#include "core/buf.h"
#include "nn/index_map.h"
#include "nn/tokenizer.h"

#define PIECE_MAX 4096 /* bytes of one token */

enum { PIECE_TAKEN = 1, PIECE_NAMED = 2, PIECE_SPECIAL = 4 }; /* NAMED: no bytes of text */

struct piece {
    uint32_t at, len; /* in the pool */
    uint32_t flags;
};

struct merge { /* its place in the list is its rank */
    int32_t left, right, id;
};

struct tokenizer {
    struct buf pool;
    struct piece *pieces; /* by id */
    size_t count, cap;
    struct index_map by_bytes; /* pieces of text */
    struct index_map by_name;  /* special and added tokens */
    struct merge *merges;
    size_t merge_count, merge_cap;
    struct index_map by_pair; /* merges by their two ids */
    bool by_id;               /* no merges: the id of a piece is its rank */
    int32_t byte_ids[256];    /* ids of the pieces of one byte; -1: none */
};

#define RANK_NONE UINT32_MAX

struct tokenizer *tokenizer_create(struct err *e);

/* A piece of text, given as its bytes; nothing happens where the list repeats them. */
bool tokenizer_add_bytes(struct tokenizer *t, int64_t id, const char *bytes, size_t len,
                         struct err *e);

/* An entry of a vocabulary, whose characters stand for bytes. */
bool tokenizer_add_mapped(struct tokenizer *t, int64_t id, const char *text, size_t len,
                          struct err *e);

/* A token beside the vocabulary, or one that the vocabulary has already. */
bool tokenizer_add_named(struct tokenizer *t, int64_t id, const char *name, size_t len,
                         bool special, struct err *e);

/* The merge with the next rank, both sides as they stand in a vocabulary. */
bool tokenizer_add_merge(struct tokenizer *t, const char *left, size_t left_len, const char *right,
                         size_t right_len, struct err *e);

/* -1: none. */
int32_t tokenizer_find_bytes(const struct tokenizer *t, const char *bytes, size_t len);

/* Rank of merging two neighbours; RANK_NONE: they do not merge. `bytes` are those of both. */
uint32_t tokenizer_rank(const struct tokenizer *t, int32_t left, int32_t right, const char *bytes,
                        size_t len);

/* The token that the merge of this rank makes. */
int32_t tokenizer_merged(const struct tokenizer *t, uint32_t rank);

#endif
