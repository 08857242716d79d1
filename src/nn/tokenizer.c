/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/tokenizer.h"

#include "core/utf8.h"
#include "nn/tokenizer_parts.h"
#include "nn/weights.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define POOL_MAX (64u << 20)

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "out of memory");
}

struct tokenizer *tokenizer_create(struct err *e)
{
    struct tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return no_memory(e), NULL;
    buf_init(&t->pool, POOL_MAX);
    for (int i = 0; i < 256; i++)
        t->byte_ids[i] = -1;
    return t;
}

void tokenizer_destroy(struct tokenizer *t)
{
    if (!t)
        return;
    buf_finish(&t->pool);
    free(t->pieces);
    free(t->merges);
    index_map_finish(&t->by_bytes);
    index_map_finish(&t->by_name);
    index_map_finish(&t->by_pair);
    free(t);
}

static bool same_piece(const void *user, uint32_t index, struct index_key key)
{
    const struct tokenizer *t = user;
    const struct piece *p = &t->pieces[index];
    return p->len == key.len && memcmp(t->pool.data + p->at, key.bytes, key.len) == 0;
}

static bool same_pair(const void *user, uint32_t index, struct index_key key)
{
    const struct tokenizer *t = user;
    return memcmp(&t->merges[index], key.bytes, key.len) == 0;
}

int32_t tokenizer_find_bytes(const struct tokenizer *t, const char *bytes, size_t len)
{
    uint32_t i = index_map_find(&t->by_bytes, (struct index_key){bytes, len}, same_piece, t);
    return i == INDEX_NONE ? -1 : (int32_t)i;
}

static uint32_t find_pair(const struct tokenizer *t, int32_t left, int32_t right)
{
    int32_t pair[2] = {left, right};
    return index_map_find(&t->by_pair, (struct index_key){pair, sizeof pair}, same_pair, t);
}

uint32_t tokenizer_rank(const struct tokenizer *t, int32_t left, int32_t right, const char *bytes,
                        size_t len)
{
    if (left < 0 || right < 0)
        return RANK_NONE;
    if (!t->by_id)
        return find_pair(t, left, right);
    int32_t id = tokenizer_find_bytes(t, bytes, len);
    return id < 0 ? RANK_NONE : (uint32_t)id;
}

int32_t tokenizer_merged(const struct tokenizer *t, uint32_t rank)
{
    return t->by_id ? (int32_t)rank : t->merges[rank].id;
}

/* The free place of an id; NULL if there is none, or it is taken. */
static struct piece *place_of(struct tokenizer *t, int64_t id, struct err *e)
{
    if (id < 0 || id >= TOKENIZER_IDS_MAX)
        return err_set(e, ERR_INVALID, "the id %lld is not between 0 and %d", (long long)id,
                       TOKENIZER_IDS_MAX - 1),
               NULL;
    if ((size_t)id >= t->cap) {
        size_t cap = t->cap ? t->cap : 1024;
        while (cap <= (size_t)id)
            cap *= 2;
        struct piece *more = realloc(t->pieces, cap * sizeof *more);
        if (!more)
            return no_memory(e), NULL;
        memset(more + t->cap, 0, (cap - t->cap) * sizeof *more);
        t->pieces = more;
        t->cap = cap;
    }
    if (t->pieces[id].flags & PIECE_TAKEN)
        return err_set(e, ERR_INVALID, "two tokens have the id %lld", (long long)id), NULL;
    return &t->pieces[id];
}

static bool put_piece(struct tokenizer *t, int64_t id, const char *bytes, size_t len,
                      uint32_t flags, struct err *e)
{
    struct piece *p = place_of(t, id, e);
    if (!p)
        return false;
    if (len > PIECE_MAX)
        return err_set(e, ERR_INVALID,
                       "the token with the id %lld has %zu bytes, at most %d are read",
                       (long long)id, len, PIECE_MAX);
    *p = (struct piece){(uint32_t)t->pool.len, (uint32_t)len, flags | PIECE_TAKEN};
    if (!buf_add(&t->pool, bytes, len))
        return buf_err(&t->pool, ERR_TOO_LARGE, "its vocabulary is too large", e);
    if ((size_t)id >= t->count)
        t->count = (size_t)id + 1;
    return true;
}

bool tokenizer_add_bytes(struct tokenizer *t, int64_t id, const char *bytes, size_t len,
                         struct err *e)
{
    if (!put_piece(t, id, bytes, len, 0, e))
        return false;
    if (len == 0 || tokenizer_find_bytes(t, bytes, len) >= 0)
        return true;
    if (len == 1)
        t->byte_ids[(unsigned char)bytes[0]] = (int32_t)id;
    return index_map_add(&t->by_bytes, (struct index_key){bytes, len}, (uint32_t)id) ||
           no_memory(e);
}

/* The character that stands for a byte: printable ones for themselves, the others from U+0100 on in
 * the order of the bytes. -1: the character stands for none. */
static int byte_of(uint32_t cp)
{
    if ((cp >= 33 && cp <= 126) || (cp >= 161 && cp <= 172) || (cp >= 174 && cp <= 255))
        return (int)cp;
    if (cp < 256 || cp > 256 + 67)
        return -1;
    int n = (int)cp - 256;
    return n < 33 ? n : n < 67 ? n - 33 + 127 : 173;
}

/* The bytes that mapped text stands for; false if a character stands for none, or it is too long.
 */
static bool unmap(const char *text, size_t len, char out[PIECE_MAX], size_t *out_len)
{
    size_t n = 0;
    for (size_t at = 0, k; at < len; at += k) {
        uint32_t cp;
        k = utf8_decode(text + at, len - at, &cp);
        int byte = k ? byte_of(cp) : -1;
        if (byte < 0 || n == PIECE_MAX)
            return false;
        out[n++] = (char)byte;
    }
    *out_len = n;
    return true;
}

/* "<|word|>": splitting keeps such a thing apart, so no merges can make it of text. */
static bool is_bracketed(const char *s, size_t len)
{
    return len >= 5 && memcmp(s, "<|", 2) == 0 && isalnum((unsigned char)s[2]) &&
           memcmp(s + len - 2, "|>", 2) == 0;
}

bool tokenizer_add_mapped(struct tokenizer *t, int64_t id, const char *text, size_t len,
                          struct err *e)
{
    char bytes[PIECE_MAX];
    size_t n;
    if (is_bracketed(text, len) || !unmap(text, len, bytes, &n))
        return tokenizer_add_named(t, id, text, len, is_bracketed(text, len), e);
    return tokenizer_add_bytes(t, id, bytes, n, e);
}

static uint32_t find_name(const struct tokenizer *t, const char *name, size_t len)
{
    return index_map_find(&t->by_name, (struct index_key){name, len}, same_piece, t);
}

/* A taken id may get a name only where its token is that name. */
static bool name_known(struct tokenizer *t, int64_t id, const char *name, size_t len, bool special,
                       struct err *e)
{
    struct piece *p = &t->pieces[id];
    char bytes[PIECE_MAX];
    size_t n;
    struct index_key key = {name, len};
    if (!same_piece(t, (uint32_t)id, key) &&
        !(unmap(name, len, bytes, &n) && same_piece(t, (uint32_t)id, (struct index_key){bytes, n})))
        return err_set(e, ERR_INVALID, "two tokens have the id %lld", (long long)id);
    p->flags |= special ? PIECE_SPECIAL : 0;
    if (!same_piece(t, (uint32_t)id, key) || find_name(t, name, len) != INDEX_NONE)
        return true;
    return index_map_add(&t->by_name, key, (uint32_t)id) || no_memory(e);
}

bool tokenizer_add_named(struct tokenizer *t, int64_t id, const char *name, size_t len,
                         bool special, struct err *e)
{
    special = special || is_bracketed(name, len);
    if (id >= 0 && (size_t)id < t->count && t->pieces[id].flags & PIECE_TAKEN)
        return name_known(t, id, name, len, special, e);
    uint32_t flags = PIECE_NAMED | (special ? PIECE_SPECIAL : 0);
    if (!put_piece(t, id, name, len, flags, e))
        return false;
    if (find_name(t, name, len) != INDEX_NONE)
        return err_set(e, ERR_INVALID, "the tokens with the ids %u and %lld have the same name",
                       find_name(t, name, len), (long long)id);
    return index_map_add(&t->by_name, (struct index_key){name, len}, (uint32_t)id) || no_memory(e);
}

static bool grow_merges(struct tokenizer *t, struct err *e)
{
    if (t->merge_count < t->merge_cap)
        return true;
    if (t->merge_count >= TOKENIZER_IDS_MAX)
        return err_set(e, ERR_INVALID, "more than %d merges", TOKENIZER_IDS_MAX);
    size_t cap = t->merge_cap ? t->merge_cap * 2 : 1024;
    struct merge *more = realloc(t->merges, cap * sizeof *more);
    if (!more)
        return no_memory(e);
    t->merges = more;
    t->merge_cap = cap;
    return true;
}

bool tokenizer_add_merge(struct tokenizer *t, const char *left, size_t left_len, const char *right,
                         size_t right_len, struct err *e)
{
    char both[2 * PIECE_MAX];
    size_t a, b;
    if (!unmap(left, left_len, both, &a) || a == 0 || !unmap(right, right_len, both + a, &b) ||
        b == 0)
        return err_set(e, ERR_INVALID, "its two sides are empty or no byte-level text");
    struct merge m = {tokenizer_find_bytes(t, both, a), tokenizer_find_bytes(t, both + a, b),
                      tokenizer_find_bytes(t, both, a + b)};
    if (m.left < 0 || m.right < 0 || m.id < 0)
        return err_set(e, ERR_INVALID, "the vocabulary lacks what it merges");
    if (find_pair(t, m.left, m.right) != INDEX_NONE)
        return true; /* the first one counts */
    if (!grow_merges(t, e))
        return false;
    t->merges[t->merge_count] = m;
    struct index_key key = {&m, sizeof m.left + sizeof m.right};
    if (!index_map_add(&t->by_pair, key, (uint32_t)t->merge_count))
        return no_memory(e);
    t->merge_count++;
    return true;
}

/* GPT-2's first 256 tokens are the bytes, the printable ones first. */
static char nth_byte(size_t id)
{
    int n = (int)id;
    n = n < 94    ? n + 33
        : n < 106 ? n - 94 + 161
        : n < 188 ? n - 106 + 174
        : n < 221 ? n - 188
        : n < 255 ? n - 221 + 127
                  : 173;
    return (char)n;
}

/* Some programs wrote the vocabulary as text, which makes U+FFFD of every byte that is no character
 * alone. Where the list starts as GPT-2's does, those bytes are known. */
static bool add_listed(struct tokenizer *t, const struct byte_string *pieces, size_t n, size_t i,
                       struct err *e)
{
    const struct byte_string *p = &pieces[i];
    bool gpt2 = n > 256 && pieces[188].len == 1 && pieces[188].data[0] == '\0';
    char byte = nth_byte(i);
    if (gpt2 && i < 256 && p->len == 3 && memcmp(p->data, "\xef\xbf\xbd", 3) == 0)
        return tokenizer_add_bytes(t, (int64_t)i, &byte, 1, e);
    if (is_bracketed(p->data, p->len))
        return tokenizer_add_named(t, (int64_t)i, p->data, p->len, true, e);
    return tokenizer_add_bytes(t, (int64_t)i, p->data, p->len, e);
}

struct tokenizer *tokenizer_from_list(const struct byte_string *pieces, size_t n, struct err *e)
{
    struct tokenizer *t = tokenizer_create(e);
    bool ok = t != NULL;
    if (ok)
        t->by_id = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = add_listed(t, pieces, n, i, e);
    if (!ok) {
        tokenizer_destroy(t);
        err_wrap(e, "the vocabulary of the model");
        return NULL;
    }
    return t;
}

const char *tokenizer_piece(const struct tokenizer *t, int32_t id, size_t *len)
{
    *len = 0;
    if (id < 0 || (size_t)id >= t->count || !t->pool.data)
        return "";
    *len = t->pieces[id].len;
    return t->pool.data + t->pieces[id].at;
}

int32_t tokenizer_id(const struct tokenizer *t, const char *name)
{
    uint32_t i = find_name(t, name, strlen(name));
    return i == INDEX_NONE ? -1 : (int32_t)i;
}

bool tokenizer_is_special(const struct tokenizer *t, int32_t id)
{
    return id >= 0 && (size_t)id < t->count && t->pieces[id].flags & PIECE_SPECIAL;
}

int32_t tokenizer_count(const struct tokenizer *t)
{
    return (int32_t)t->count;
}
