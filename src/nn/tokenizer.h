/* SPDX-License-Identifier: GPL-3.0-or-later
 * tokenizer.h - text to the token ids of GPT-2 and Whisper, and back: byte-level BPE.
 *
 *     struct tokenizer *t = tokenizer_from_files(&vocab, &merges, NULL, &e);
 *     struct ids ids = {0};
 *     tokenizer_encode(t, "Hello", 5, &ids, &e);
 *     const char *piece = tokenizer_piece(t, ids.id[0], &len);
 *     ids_finish(&ids);
 *
 * Text is split by GPT-2's pattern (pretokenize.h); in each piece the two neighbours whose merge
 * has the lowest rank become one token, again and again. Any bytes are taken, also malformed UTF-8,
 * and the pieces of the ids put together give the same bytes, as long as the vocabulary has each
 * byte (all real ones do; a byte it lacks is left out, as Hugging Face's tokenizers do). Names of
 * special tokens inside a text are plain text: no text can turn into a command.
 *
 * Ownership: the tokenizer copies what it needs. Threads: it never changes; any thread may use it.
 */
#ifndef AIVE_NN_TOKENIZER_H
#define AIVE_NN_TOKENIZER_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_string;

#define TOKENIZER_IDS_MAX 1000000      /* largest vocabulary */
#define TOKENIZER_TEXT_MAX (16u << 20) /* bytes that are encoded in one call */

struct ids { /* zeroed at first; grows; ids_finish() frees */
    int32_t *id;
    size_t len, cap;
};

void ids_finish(struct ids *ids);

struct tokenizer_text { /* a file's content */
    const char *text;
    size_t len;
};

/* From vocab.json, merges.txt and, where there is one (else NULL), added_tokens.json. */
struct tokenizer *tokenizer_from_files(const struct tokenizer_text *vocab,
                                       const struct tokenizer_text *merges,
                                       const struct tokenizer_text *added, struct err *e);

/* From tokenizer.json of Hugging Face's fast tokenizers. */
struct tokenizer *tokenizer_from_json(const struct tokenizer_text *json, struct err *e);

/* From the pieces of a ggml file in the order of their ids, without merges: the merge whose result
 * has the lowest id goes first. It has no special tokens but those in the list. */
struct tokenizer *tokenizer_from_list(const struct byte_string *pieces, size_t n, struct err *e);

void tokenizer_destroy(struct tokenizer *t); /* accepts NULL */

/* Adds the ids of the text behind those that are there. Time O(n log n), memory about 40 bytes for
 * each byte of the longest piece. On failure ids may hold a part. */
bool tokenizer_encode(const struct tokenizer *t, const char *text, size_t len, struct ids *ids,
                      struct err *e);

/* The bytes of a token (of a special one: its name), often a part of a character only; never NULL,
 * of length 0 for an id without a token. */
const char *tokenizer_piece(const struct tokenizer *t, int32_t id, size_t *len);

/* The id of a special or added token by name ("<|startoftranscript|>"); -1: none. */
int32_t tokenizer_id(const struct tokenizer *t, const char *name);

bool tokenizer_is_special(const struct tokenizer *t, int32_t id);

int32_t tokenizer_count(const struct tokenizer *t); /* largest id + 1 */

#endif
