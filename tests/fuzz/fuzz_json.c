/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the reader takes as a whole, it also takes minified, and minifying that changes nothing;
 * strings and numbers that it decodes are written and read back the same. */
#include "core/json.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(cond) ((cond) ? (void)0 : abort())

static void walk(struct json_reader *r, struct arena *a, struct buf *out);

static void walk_number(struct json_reader *r, struct buf *out)
{
    double v;
    bool is_int;
    int64_t i;
    if (!json_read_number(r, &v, &is_int, &i))
        return;
    if (is_int)
        json_write_int(out, i);
    else if (v - v == 0)
        json_write_number(out, v);
    else
        buf_adds(out, v > 0 ? "1e999" : "-1e999");
}

static void walk_object(struct json_reader *r, struct arena *a, struct buf *out)
{
    const char *key;
    bool first = true;
    buf_addc(out, '{');
    for (json_enter_object(r); json_next_key(r, a, &key); first = false) {
        if (!first)
            buf_addc(out, ',');
        json_write_string(out, key);
        buf_addc(out, ':');
        walk(r, a, out);
    }
    buf_addc(out, '}');
}

static void walk_array(struct json_reader *r, struct arena *a, struct buf *out)
{
    bool first = true;
    buf_addc(out, '[');
    for (json_enter_array(r); json_next_item(r); first = false) {
        if (!first)
            buf_addc(out, ',');
        walk(r, a, out);
    }
    buf_addc(out, ']');
}

/* Reads one value piece by piece and writes it again. */
static void walk(struct json_reader *r, struct arena *a, struct buf *out)
{
    const char *s;
    size_t len;
    bool flag;
    switch (json_peek(r)) {
    case JSON_NULL:
        json_read_null(r);
        json_write_string(out, NULL);
        break;
    case JSON_BOOL:
        if (json_read_bool(r, &flag))
            json_write_bool(out, flag);
        break;
    case JSON_NUMBER:
        walk_number(r, out);
        break;
    case JSON_STRING:
        if (json_read_string(r, a, &s, &len)) {
            REQUIRE(utf8_valid(s, len) && s[len] == '\0');
            json_write_string_n(out, s, len);
        }
        break;
    case JSON_ARRAY:
        walk_array(r, a, out);
        break;
    case JSON_OBJECT:
        walk_object(r, a, out);
        break;
    case JSON_END:
        break;
    }
}

static bool rewrite(const char *text, size_t len, struct arena *a, struct buf *out)
{
    struct json_reader r;
    json_reader_init(&r, text, len, 32);
    walk(&r, a, out);
    return json_at_end(&r) && !out->failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 16)
        return 0;
    const char *text = (const char *)data;
    struct arena a;
    struct buf once, twice;
    struct json_reader r;
    arena_init(&a, 8 << 20);
    buf_init(&once, 8 << 20);
    buf_init(&twice, 8 << 20);

    json_reader_init(&r, text, size, 32);
    bool valid = json_skip(&r) && json_at_end(&r);
    REQUIRE(valid == !json_failed(&r) && r.error_pos <= r.len && r.pos <= r.len);
    REQUIRE(json_error_char(&r) <= r.error_pos);

    json_reader_init(&r, text, size, 32);
    const char *raw, *again;
    size_t raw_len, again_len;
    REQUIRE((json_read_raw(&r, &a, &raw, &raw_len) && json_at_end(&r)) == valid);
    if (valid) {
        json_reader_init(&r, raw, raw_len, 32);
        REQUIRE(json_read_raw(&r, &a, &again, &again_len) && json_at_end(&r));
        REQUIRE(again_len == raw_len && memcmp(again, raw, raw_len) == 0);
        /* A NUL in a name is the one thing that only the decoding refuses. */
        if (rewrite(text, size, &a, &once)) {
            REQUIRE(rewrite(once.data, once.len, &a, &twice));
            REQUIRE(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
        }
    }
    buf_finish(&once);
    buf_finish(&twice);
    arena_finish(&a);
    return 0;
}
