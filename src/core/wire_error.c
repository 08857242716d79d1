/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"
#include "core/utf8.h"
#include "core/wire_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX 1024      /* bytes of a value that are echoed */
#define MSG_MAX 1024        /* bytes of a message */
#define LIST_MAX (1u << 20) /* bytes of all errors: 100 of the largest fit */

struct wire_mark wire_errors_mark(const struct wire_errors *errs)
{
    return (struct wire_mark){errs->list.len, errs->count, errs->more};
}

void wire_errors_rewind(struct wire_errors *errs, struct wire_mark to)
{
    errs->list.len = to.len;
    if (errs->list.data)
        errs->list.data[to.len] = '\0';
    errs->count = to.count;
    errs->more = to.more;
}

static void write_loc(struct buf *b, const struct wire_loc *loc)
{
    if (loc->up) {
        write_loc(b, loc->up);
        buf_addc(b, ',');
    }
    if (loc->key)
        json_write_string(b, loc->key);
    else
        json_write_int(b, (int64_t)loc->index);
}

/* A value that is too long to be echoed becomes a string: the beginning of its text and "...". */
static void write_input(struct buf *b, const char *input, size_t len)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    char text[INPUT_MAX + sizeof ellipsis];
    bool all;
    size_t n = json_minify(input, len, text, INPUT_MAX, &all);
    text[n] = '\0';
    if (all) {
        buf_add(b, text, n);
    } else {
        utf8_trim_cut(text);
        memcpy(text + strlen(text), ellipsis, sizeof ellipsis);
        json_write_string(b, text);
    }
}

bool wire_error(struct wire_errors *errs, const struct wire_loc *loc, const char *type,
                const char *input, size_t input_len, const char *ctx, const char *msg_fmt, ...)
{
    if (errs->list.max == 0)
        buf_init(&errs->list, LIST_MAX);
    if (errs->count >= WIRE_MAX_ERRORS || errs->list.failed) {
        errs->more++;
        return false;
    }
    char msg[MSG_MAX];
    va_list ap;
    va_start(ap, msg_fmt);
    vsnprintf(msg, sizeof msg, msg_fmt, ap);
    va_end(ap);
    utf8_trim_cut(msg);

    struct buf *b = &errs->list;
    size_t before = b->len;
    buf_printf(b, "%s{\"type\":\"%s\",\"loc\":[", b->len ? "," : "", type);
    if (loc)
        write_loc(b, loc);
    buf_adds(b, "],\"msg\":");
    json_write_string(b, msg);
    buf_adds(b, ",\"input\":");
    if (input)
        write_input(b, input, input_len);
    else
        buf_adds(b, "null");
    if (ctx) {
        buf_adds(b, ",\"ctx\":");
        buf_adds(b, ctx);
    }
    buf_addc(b, '}');
    if (b->failed) {
        b->len = before;
        errs->more++;
    } else {
        errs->count++;
    }
    return false;
}

bool wire_errors_json(const struct wire_errors *errs, struct buf *out)
{
    buf_adds(out, "{\"detail\":[");
    if (errs->list.len)
        buf_add(out, errs->list.data, errs->list.len);
    return buf_adds(out, "]}") && !errs->list.failed;
}

void wire_errors_finish(struct wire_errors *errs)
{
    buf_finish(&errs->list);
    errs->count = errs->more = 0;
    errs->no_memory = false;
}

/* ["body","segments",3,"start"] at the reader -> "segments[3].start", ["body",7] -> "7": the root
 * "body" is dropped where something follows. */
static void read_path(struct json_reader *r, struct arena *a, char *out, size_t size)
{
    size_t len = 0;
    bool at_root = true;
    *out = '\0';
    for (json_enter_array(r); json_next_item(r);) {
        const char *key = NULL;
        size_t key_len;
        double number;
        bool is_int;
        int64_t index = 0;
        if (json_peek(r) == JSON_STRING)
            json_read_string(r, a, &key, &key_len);
        else
            json_read_number(r, &number, &is_int, &index);
        if (at_root)
            len = 0;
        at_root = len == 0 && key && strcmp(key, "body") == 0;
        if (len < size)
            len += (size_t)(key ? snprintf(out + len, size - len, "%s%s", len ? "." : "", key)
                                : snprintf(out + len, size - len, len ? "[%lld]" : "%lld",
                                           (long long)index));
    }
}

void wire_place_words(const struct wire_raw *loc, char *out, size_t size)
{
    struct json_reader r;
    struct arena a;
    arena_init(&a, 64 << 10);
    json_reader_init(&r, loc->text, loc->len, JSON_DEPTH_MAX);
    read_path(&r, &a, out, size);
    arena_finish(&a);
}

/* The first error of a list, taken apart again. */
struct first {
    char path[256];
    const char *type, *msg, *reason; /* reason: of "json_invalid", otherwise NULL */
};

static void read_first(const struct wire_errors *errs, struct arena *a, struct first *f)
{
    struct json_reader r;
    const char *key;
    size_t len;
    *f = (struct first){.type = "", .msg = "not valid"};
    json_reader_init(&r, errs->list.data, errs->list.len, JSON_DEPTH_MAX);
    for (json_enter_object(&r); json_next_key(&r, a, &key);) {
        if (strcmp(key, "type") == 0)
            json_read_string(&r, a, &f->type, &len);
        else if (strcmp(key, "loc") == 0)
            read_path(&r, a, f->path, sizeof f->path);
        else if (strcmp(key, "msg") == 0)
            json_read_string(&r, a, &f->msg, &len);
        else if (strcmp(key, "ctx") == 0 && strcmp(f->type, "json_invalid") == 0)
            for (json_enter_object(&r); json_next_key(&r, a, &key);)
                json_read_string(&r, a, &f->reason, &len);
        else
            json_skip(&r);
    }
}

bool wire_errors_to_err(const struct wire_errors *errs, struct err *e)
{
    if (errs->no_memory || errs->list.failed)
        return err_set(e, ERR_NO_MEMORY, "the text needs more memory than there is");
    if (errs->count == 0)
        return err_set(e, ERR_INVALID, "not valid");
    struct arena a;
    struct first f;
    char others[64] = "";
    arena_init(&a, 64 << 10);
    read_first(errs, &a, &f);
    if (errs->count + errs->more > 1)
        snprintf(others, sizeof others, " (and %zu more)", errs->count + errs->more - 1);
    if (f.reason) /* its path ends in the position */
        err_set(e, ERR_INVALID, "no valid JSON at character %s: %s", f.path, f.reason);
    else
        err_set(e, ERR_INVALID, "%s: %s%s", f.path, f.msg, others);
    arena_finish(&a);
    return false;
}
