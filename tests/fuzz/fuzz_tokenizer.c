/* SPDX-License-Identifier: GPL-3.0-or-later
 * The first byte tells what the others are: a tokenizer.json; vocab.json, merges.txt and
 * added_tokens.json with a NUL between them; or the pieces of a list, a NUL behind each. The bytes
 * are also a text: every tokenizer gives pieces of it in their order, and one that knows all bytes
 * gives all of it. */
#include "nn/tokenizer.h"
#include "nn/weights.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(cond) ((cond) ? (void)0 : abort())

enum { PIECES_MAX = 4096, TEXT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Encodes the text; the pieces are parts of it one after the other, and the whole if `all`. */
static void check_text(const struct tokenizer *t, const char *text, size_t len, bool all)
{
    struct ids ids = {0};
    size_t at = 0, n;
    REQUIRE(tokenizer_encode(t, text, len, &ids, NULL));
    for (size_t i = 0; i < ids.len; i++, at += n) {
        const char *piece = tokenizer_piece(t, ids.id[i], &n);
        REQUIRE(ids.id[i] >= 0 && ids.id[i] < tokenizer_count(t) && n > 0);
        while (!all && at + n <= len && memcmp(text + at, piece, n) != 0)
            at++; /* bytes that it lacks */
        REQUIRE(at + n <= len && memcmp(text + at, piece, n) == 0);
    }
    REQUIRE(!all || at == len);
    ids_finish(&ids);
}

/* All bytes, and some merges of letters, white space and UTF-8's parts. */
static struct tokenizer *complete(void)
{
    static struct byte_string list[256 + 12];
    static char bytes[256];
    static const char *const more[] = {"  ",       "ab",  "aa", "aaa", "    ",     "\xc3\xa9",
                                       "\xe2\x80", "the", "th", " th", "\xff\xff", "\r\n"};
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
        list[i] = (struct byte_string){&bytes[i], 1};
    }
    for (size_t i = 0; i < 12; i++)
        list[256 + i] = (struct byte_string){more[i], (uint32_t)strlen(more[i])};
    return tokenizer_from_list(list, 256 + 12, NULL);
}

/* The text up to the next NUL; moves *at behind it. */
static struct tokenizer_text next_part(const char **at, const char *end)
{
    const char *start = *at, *nul = start < end ? memchr(start, 0, (size_t)(end - start)) : NULL;
    const char *stop = nul ? nul : end;
    *at = nul ? nul + 1 : end;
    return (struct tokenizer_text){start, (size_t)(stop - start)};
}

static struct tokenizer *from_parts(const char *text, size_t len, struct err *e)
{
    const char *at = text, *end = text + len;
    struct tokenizer_text vocab = next_part(&at, end), merges = next_part(&at, end);
    struct tokenizer_text added = next_part(&at, end);
    return tokenizer_from_files(&vocab, &merges, added.len ? &added : NULL, e);
}

static struct tokenizer *from_pieces(const char *text, size_t len, struct err *e)
{
    static struct byte_string list[PIECES_MAX];
    size_t n = 0;
    for (const char *at = text, *end = text + len; at < end && n < PIECES_MAX; n++) {
        struct tokenizer_text part = next_part(&at, end);
        list[n] = (struct byte_string){part.text, (uint32_t)part.len};
    }
    return tokenizer_from_list(list, n, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tokenizer *all;
    struct err e = {0};
    if (size == 0 || size > TEXT_MAX)
        return 0;
    if (!all)
        REQUIRE((all = complete()) != NULL);
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    struct tokenizer_text json = {text, len};
    struct tokenizer *t = data[0] % 3 == 0   ? tokenizer_from_json(&json, &e)
                          : data[0] % 3 == 1 ? from_parts(text, len, &e)
                                             : from_pieces(text, len, &e);
    REQUIRE(t || e.code != ERR_NONE);
    if (t)
        check_text(t, text, len, false);
    tokenizer_destroy(t);
    check_text(all, text, len, true);
    return 0;
}
