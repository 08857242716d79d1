/* SPDX-License-Identifier: GPL-3.0-or-later
 * json.h - strict JSON (RFC 8259): a pull reader over a text, and helpers that write.
 *
 * The reader is the one pass that wire.c, the event pipe of the work-horse and the templates share:
 * no tree is built. It refuses what the RFC refuses (NaN, trailing commas, lone surrogates, control
 * characters, malformed UTF-8, more nesting than allowed) with Python's json.decoder words and the
 * character (not byte) position, because those are what FastAPI puts into its 422.
 *
 *     struct json_reader r;
 *     json_reader_init(&r, text, len, 32);
 *     if (!json_enter_object(&r)) ...
 *     while (json_next_key(&r, arena, &key)) { ... json_read_number(&r, &x) or json_skip(&r) ... }
 *
 * After any call returned false, json_failed() tells an error from an ordinary end. An error stays:
 * every later call returns false, so a caller may check once after a group of calls. Asking for
 * another type than the one that is there is an error too ("Expecting a number"); json_peek() first
 * where several are welcome. A byte order mark in front is skipped. Threads: one.
 */
#ifndef AIVE_CORE_JSON_H
#define AIVE_CORE_JSON_H

#include "core/arena.h"
#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_type {
    JSON_END,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

#define JSON_DEPTH_MAX 63
#define JSON_NO_MEMORY "Out of memory" /* the words of the one error that is not the text's fault */

struct json_reader {
    const char *text;
    size_t len, pos;
    int depth, max_depth;
    bool fresh[JSON_DEPTH_MAX + 1]; /* by depth: no element read yet */
    size_t values;                  /* seen so far */
    size_t max_values;              /* 0: no limit; set it after json_reader_init() */
    const char *error;              /* static words, NULL while all is well */
    size_t error_pos;               /* byte offset the error speaks of */
};

/* The text must outlive the reader; max_depth counts open arrays and objects. */
void json_reader_init(struct json_reader *r, const char *text, size_t len, int max_depth);
bool json_failed(const struct json_reader *r);
size_t json_error_char(const struct json_reader *r); /* error_pos in characters */

/* Type of the next value, which stays unread; JSON_END on error. */
enum json_type json_peek(struct json_reader *r);

/* json_next_*() is false at the closing bracket, which is read, and on error. The key is in the
 * arena; one with a NUL inside is an error. */
bool json_enter_object(struct json_reader *r);
bool json_next_key(struct json_reader *r, struct arena *a, const char **key);
bool json_enter_array(struct json_reader *r);
bool json_next_item(struct json_reader *r);

/* The key as it stands between its quotes in the text, escapes and all: no copy. json_unescape()
 * decodes such a piece (and no other text); NULL without memory. */
bool json_next_key_text(struct json_reader *r, const char **key, size_t *len);
char *json_unescape(struct arena *a, const char *raw, size_t len, size_t *out_len);

/* Numbers: *is_int when there is no point, no exponent, and it fits; then *i is exact, otherwise it
 * is not set. *v may be infinite. Strings: NUL-terminated, but may hold NULs inside. */
bool json_read_null(struct json_reader *r);
bool json_read_bool(struct json_reader *r, bool *v);
bool json_read_number(struct json_reader *r, double *v, bool *is_int, int64_t *i);
bool json_read_string(struct json_reader *r, struct arena *a, const char **s, size_t *len);
bool json_skip(struct json_reader *r); /* any value, validated */

/* True: only blanks are left; otherwise "Extra data". */
bool json_at_end(struct json_reader *r);

/* The value at the reader's place as minified text in the arena; the reader moves behind it. */
bool json_read_raw(struct json_reader *r, struct arena *a, const char **text, size_t *len);

/* Copies valid JSON without the blanks between its tokens: at most `max` bytes to out. Returns the
 * bytes written; *all tells whether that was everything. */
size_t json_minify(const char *text, size_t len, char *out, size_t max, bool *all);

/* --- Writing --- */
void json_write_string(struct buf *b, const char *s);             /* with quotes; NULL: null */
void json_write_string_n(struct buf *b, const char *s, size_t n); /* malformed UTF-8 -> U+FFFD */
void json_write_number(struct buf *b, double v);                  /* as Python; NaN, inf: null */
void json_write_int(struct buf *b, int64_t v);
void json_write_bool(struct buf *b, bool v);

#endif
