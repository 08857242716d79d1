/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. One pass over the text, no tree. Each value is read straight into its place; a wrong one
 * adds an error and reading goes on. Errors come in the order of the text, but pydantic reports in
 * the order of the fields, so each object remembers which stretch of the list of errors belongs to
 * which field and, only when there were any, sorts the stretches at its end. That also makes the
 * last of two equal keys win: the stretch of the first is left out.
 *
 * Syntax errors and lack of memory stick to the reader and end every loop; they replace whatever
 * was collected, as a JSON parser in front of the validation would have.
 */
#include "core/utf8.h"
#include "core/wire_internal.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_DEPTH_MAX 32 /* of a default's JSON text */
#define DEAD_MAX (16u << 10) /* bytes of errors that equal keys may leave in the list */

const struct wire_limits wire_default_limits = {4u << 20, 32, 2000000};

struct reading {
    struct json_reader r;
    struct arena *a;
    struct wire_errors *errs;
};

/* The members of one object while it is read; bits and spans by field. */
struct members {
    uint64_t seen, wrong;
    struct wire_mark base; /* the list of errors before this object */
    struct span {
        struct wire_mark from, to;
    } span[WIRE_FIELDS_MAX];
    size_t dead;      /* bytes in the list that belong to no field any more */
    struct buf extra; /* text of the unknown members */
};

static void read_value(struct reading *rd, const struct wire_field *f, const struct wire_loc *loc,
                       void *dst);

static void fail_memory(struct reading *rd)
{
    if (!rd->r.error) {
        rd->r.error = JSON_NO_MEMORY;
        rd->r.error_pos = rd->r.pos;
    }
}

static void *alloc(struct reading *rd, size_t size)
{
    void *p = arena_alloc(rd->a, size);
    if (!p)
        fail_memory(rd);
    return p;
}

static struct wire_place place(struct reading *rd, const struct wire_loc *loc, size_t start)
{
    return (struct wire_place){rd->errs, loc, rd->r.text + start, rd->r.pos - start};
}

static void read_scalar(struct reading *rd, const struct wire_field *f, const struct wire_loc *loc,
                        void *dst)
{
    struct json_reader *r = &rd->r;
    struct wire_scalar v = {.type = json_peek(r)};
    size_t start = r->pos;
    if (v.type == JSON_BOOL)
        json_read_bool(r, &v.flag);
    else if (v.type == JSON_NUMBER)
        json_read_number(r, &v.number, &v.is_int, &v.integer);
    else if (v.type == JSON_STRING)
        json_read_string(r, rd->a, &v.text, &v.len);
    else
        json_skip(r);
    struct wire_place at = place(rd, loc, start);
    if (!r->error)
        wire_store_scalar(f, &v, dst, &at);
}

static void read_json(struct reading *rd, void *dst)
{
    struct wire_raw raw = {NULL, 0};
    if (json_read_raw(&rd->r, rd->a, &raw.text, &raw.len))
        memcpy(dst, &raw, sizeof raw);
}

static void refuse(struct reading *rd, const struct wire_field *f, const struct wire_loc *loc)
{
    json_peek(&rd->r);
    size_t start = rd->r.pos;
    if (json_skip(&rd->r)) {
        struct wire_place at = place(rd, loc, start);
        wire_wrong_type(f, &at);
    }
}

/* --- Objects --- */

/* The key holds no NUL, so strncmp() never looks past the end of the name. */
static bool is_name(const char *name, const char *key, size_t len)
{
    return strncmp(name, key, len) == 0 && name[len] == '\0';
}

static int find_field(const struct wire_type *type, const char *key, size_t len, int hint)
{
    const struct wire_field *f = type->fields;
    if (f[hint].name && is_name(f[hint].name, key, len))
        return hint;
    for (int i = 0; f[i].name; i++)
        if (is_name(f[i].name, key, len))
            return i;
    return -1;
}

/* Keys come in the order of the table more often than not: `hint` is the row after the last. */
static int find_key(struct reading *rd, const struct wire_type *type, const char *key, size_t len,
                    int hint)
{
    if (len == 0 || !memchr(key, '\\', len))
        return find_field(type, key, len, hint);
    const char *plain = json_unescape(rd->a, key, len, &len);
    if (!plain)
        fail_memory(rd);
    bool fits = plain && !memchr(plain, '\0', len); /* no name has a NUL inside */
    return fits ? find_field(type, plain, len, hint) : -1;
}

static void add_span(struct buf *list, const char *text, struct wire_mark base, struct span *span)
{
    size_t comma = span->from.len > 0, len = span->to.len - span->from.len;
    const char *from = text + (span->from.len - base.len);
    span->from.len = list->len;
    if (list->len && len)
        buf_addc(list, ',');
    if (len)
        buf_add(list, from + comma, len - comma);
    span->to.len = list->len;
}

/* Puts this object's errors into the order of its fields, without the dead ones. */
static void sort_errors(struct reading *rd, const struct wire_type *type, struct members *m)
{
    struct buf *list = &rd->errs->list;
    size_t len = list->len - m->base.len;
    if (len == 0 || list->failed)
        return;
    char *text = malloc(len);
    if (!text)
        return; /* the order of the text will do */
    memcpy(text, list->data + m->base.len, len);
    list->len = m->base.len;
    for (int i = 0; type->fields[i].name; i++)
        if (m->wrong >> i & 1)
            add_span(list, text, m->base, &m->span[i]);
    list->data[list->len] = '\0';
    m->dead = 0;
    free(text);
}

/* The last of equal keys counts. Once errors were dropped for their number, the list is left as it
 * is: some would be missing. A flood of equal keys must not fill it with the dead. */
static void forget_first(struct reading *rd, const struct wire_type *type, struct members *m, int i)
{
    const struct span *span = &m->span[i];
    size_t more = span->to.more - span->from.more;
    if (!(m->wrong >> i & 1) || rd->errs->more > more)
        return;
    rd->errs->count -= span->to.count - span->from.count;
    rd->errs->more -= more;
    m->wrong &= ~((uint64_t)1 << i);
    m->dead += span->to.len - span->from.len;
    if (m->dead > DEAD_MAX)
        sort_errors(rd, type, m);
}

static void end_field(struct reading *rd, struct members *m, int i, struct wire_mark from)
{
    struct wire_mark to = wire_errors_mark(rd->errs);
    if (to.len == from.len && to.more == from.more)
        return;
    m->span[i].from = from;
    m->span[i].to = to;
    m->wrong |= (uint64_t)1 << i;
}

static void keep_extra(struct reading *rd, struct members *m, const char *key, size_t len)
{
    struct wire_raw value;
    if (!json_read_raw(&rd->r, rd->a, &value.text, &value.len))
        return;
    if (m->extra.len)
        buf_addc(&m->extra, ',');
    buf_add(&m->extra, key - 1, len + 2); /* with its quotes */
    buf_addc(&m->extra, ':');
    buf_add(&m->extra, value.text, value.len);
    if (m->extra.failed)
        fail_memory(rd);
}

static void read_member(struct reading *rd, const struct wire_type *type, struct members *m, int i,
                        const struct wire_loc *up, char *obj)
{
    const struct wire_field *f = &type->fields[i];
    struct wire_loc loc = {.up = up, .key = f->name};
    if (m->seen >> i & 1)
        forget_first(rd, type, m, i);
    struct wire_mark from = wire_errors_mark(rd->errs);
    read_value(rd, f, &loc, obj + f->offset);
    end_field(rd, m, i, from);
    m->seen |= (uint64_t)1 << i;
}

static void read_default(struct reading *rd, const struct wire_field *f, void *dst)
{
    wire_set_null(f->kind, dst);
    if (!f->def)
        return;
    struct json_reader outer = rd->r;
    json_reader_init(&rd->r, f->def, strlen(f->def), DEFAULT_DEPTH_MAX);
    read_value(rd, f, NULL, dst);
    const char *error = rd->r.error;
    rd->r = outer;
    if (error)
        fail_memory(rd);
}

static void fill_absent(struct reading *rd, const struct wire_type *type, struct members *m,
                        const struct wire_loc *up, char *obj, size_t start)
{
    for (int i = 0; type->fields[i].name; i++) {
        const struct wire_field *f = &type->fields[i];
        if (m->seen >> i & 1)
            continue;
        if (!(f->flags & WIRE_REQUIRED)) {
            read_default(rd, f, obj + f->offset);
            continue;
        }
        struct wire_loc loc = {.up = up, .key = f->name};
        struct wire_mark from = wire_errors_mark(rd->errs);
        wire_error(rd->errs, &loc, "missing", rd->r.text + start, rd->r.pos - start, NULL,
                   "Field required");
        end_field(rd, m, i, from);
    }
}

static void store_extra(struct reading *rd, const struct wire_type *type, const struct members *m,
                        char *obj)
{
    if (type->present_offset)
        memcpy(obj + type->present_offset, &m->seen, sizeof m->seen);
    if (!type->extra_offset)
        return;
    struct wire_raw raw = {NULL, m->extra.len};
    if (raw.len) {
        raw.text = arena_strndup(rd->a, m->extra.data, raw.len);
        if (!raw.text)
            fail_memory(rd);
    }
    memcpy(obj + type->extra_offset, &raw, sizeof raw);
}

static void read_members(struct reading *rd, const struct wire_type *type,
                         const struct wire_loc *loc, char *obj)
{
    struct json_reader *r = &rd->r;
    struct members m;
    m.seen = m.wrong = m.dead = 0;
    m.base = wire_errors_mark(rd->errs);
    buf_init(&m.extra, r->len);
    json_peek(r);
    size_t start = r->pos, len;
    const char *key;
    int hint = 0;

    for (json_enter_object(r); json_next_key_text(r, &key, &len);) {
        int i = find_key(rd, type, key, len, hint);
        if (i >= 0) {
            read_member(rd, type, &m, i, loc, obj);
            hint = i + 1;
        } else if (type->extra_offset) {
            keep_extra(rd, &m, key, len);
        } else {
            json_skip(r);
        }
    }
    if (!r->error) {
        fill_absent(rd, type, &m, loc, obj, start);
        sort_errors(rd, type, &m);
        store_extra(rd, type, &m, obj);
    }
    buf_finish(&m.extra);
}

static void *read_object(struct reading *rd, const struct wire_type *type,
                         const struct wire_loc *loc)
{
    char *obj = alloc(rd, type->size);
    if (obj)
        read_members(rd, type, loc, obj);
    return obj;
}

/* --- Lists --- */

/* The elements gather in `items` and are copied to the arena at the end, when their number is
 * known. Past the longest list allowed they are only counted. */
static size_t read_items(struct reading *rd, const struct wire_field *f, const struct wire_loc *loc,
                         struct buf *items)
{
    struct json_reader *r = &rd->r;
    const struct wire_field item = {
        .name = f->name, .kind = f->item, .type = f->type, .choices = f->choices};
    size_t size = wire_kind_size(f->item, f->type), count = 0;
    for (json_enter_array(r); json_next_item(r); count++) {
        if (wire_has_max(f) && (double)count >= f->max) {
            json_skip(r);
            continue;
        }
        char *dst = buf_reserve(items, size);
        if (!dst) {
            fail_memory(rd);
            break;
        }
        memset(dst, 0, size);
        struct wire_loc at = {.up = loc, .index = count};
        if (f->item != WIRE_OBJECT)
            read_value(rd, &item, &at, dst);
        else if (json_peek(r) == JSON_OBJECT)
            read_members(rd, f->type, &at, dst);
        else
            refuse(rd, &item, &at);
        items->len += size;
    }
    return count;
}

static void read_list(struct reading *rd, const struct wire_field *f, const struct wire_loc *loc,
                      void *dst)
{
    struct wire_mark before = wire_errors_mark(rd->errs);
    struct buf items;
    buf_init(&items, rd->a->max - rd->a->used);
    size_t start = rd->r.pos;
    struct wire_list list = {NULL, read_items(rd, f, loc, &items)};
    if (rd->r.error)
        goto out;

    struct wire_place at = place(rd, loc, start);
    if (wire_has_max(f) && (double)list.count > f->max)
        wire_errors_rewind(rd->errs, before); /* the length alone is reported */
    if (!wire_check_count(f, list.count, &at))
        goto out;
    list.items = alloc(rd, items.len);
    if (list.items && items.len)
        memcpy(list.items, items.data, items.len);
    memcpy(dst, &list, sizeof list);

out:
    buf_finish(&items);
}

static void read_value(struct reading *rd, const struct wire_field *f, const struct wire_loc *loc,
                       void *dst)
{
    enum json_type type = json_peek(&rd->r);
    if (type == JSON_NULL && (f->flags & WIRE_NULLABLE)) {
        json_read_null(&rd->r);
        wire_set_null(f->kind, dst);
        return;
    }
    if (f->kind == WIRE_JSON) {
        read_json(rd, dst);
    } else if (f->kind == WIRE_OBJECT && type == JSON_OBJECT) {
        void *obj = read_object(rd, f->type, loc);
        memcpy(dst, &obj, sizeof obj);
    } else if (f->kind == WIRE_LIST && type == JSON_ARRAY) {
        read_list(rd, f, loc, dst);
    } else if (f->kind == WIRE_OBJECT || f->kind == WIRE_LIST) {
        refuse(rd, f, loc);
    } else {
        read_scalar(rd, f, loc, dst);
    }
}

/* --- Whole texts --- */

static bool needs_too_much(struct wire_errors *errs, const struct wire_loc *loc)
{
    errs->no_memory = true;
    return wire_error(errs, loc, "too_large", NULL, 0, NULL,
                      "The text needs more memory than is allowed");
}

/* What stopped the reader, if anything did, instead of what was collected so far. */
static bool end_reading(struct reading *rd, struct wire_mark before, const struct wire_loc *loc)
{
    if (json_at_end(&rd->r))
        return rd->errs->count == before.count && rd->errs->more == before.more;
    wire_errors_rewind(rd->errs, before);
    if (strcmp(rd->r.error, JSON_NO_MEMORY) == 0)
        return needs_too_much(rd->errs, loc);
    struct wire_loc at = {.up = loc, .index = json_error_char(&rd->r)};
    struct buf ctx;
    buf_init(&ctx, 512);
    buf_adds(&ctx, "{\"error\":");
    json_write_string(&ctx, rd->r.error);
    buf_addc(&ctx, '}');
    wire_error(rd->errs, &at, "json_invalid", "{}", 2, ctx.data, "JSON decode error");
    buf_finish(&ctx);
    return false;
}

void *wire_read(const struct wire_type *type, const char *text, size_t len,
                const struct wire_limits *limits, const struct wire_loc *root, struct arena *a,
                struct wire_errors *errs)
{
    static const struct wire_loc body = {.key = "body"};
    const struct wire_loc *loc = root ? root : &body;
    struct wire_mark before = wire_errors_mark(errs);
    struct reading rd = {.a = a, .errs = errs};
    void *obj = NULL;

    if (!limits)
        limits = &wire_default_limits;
    if (len == 0)
        wire_error(errs, loc, "missing", NULL, 0, NULL, "Field required");
    else if (len > limits->max_bytes)
        wire_error(errs, loc, "too_large", NULL, 0, NULL,
                   "The text has %zu bytes; at most %zu are allowed", len, limits->max_bytes);
    if (len == 0 || len > limits->max_bytes)
        return NULL;

    json_reader_init(&rd.r, text, len, limits->max_depth);
    rd.r.max_values = limits->max_values;
    static const struct wire_field whole = {.kind = WIRE_OBJECT};
    if (json_peek(&rd.r) == JSON_OBJECT)
        obj = read_object(&rd, type, loc);
    else
        refuse(&rd, &whole, loc);
    return end_reading(&rd, before, loc) ? obj : NULL;
}

void *wire_read_trusted(const struct wire_type *type, const char *text, size_t len, struct arena *a,
                        struct err *e)
{
    static const struct wire_limits none = {SIZE_MAX, JSON_DEPTH_MAX, 0};
    struct wire_errors errs = {0};
    void *obj = wire_read(type, text, len, &none, NULL, a, &errs);
    if (!obj)
        wire_errors_to_err(&errs, e);
    wire_errors_finish(&errs);
    return obj;
}

static bool read_text_as_json(const struct wire_field *f, const char *text,
                              const struct wire_loc *loc, void *dst, struct arena *a,
                              struct wire_errors *errs)
{
    struct reading rd = {.a = a, .errs = errs};
    struct wire_mark before = wire_errors_mark(errs);
    json_reader_init(&rd.r, text, strlen(text), wire_default_limits.max_depth);
    rd.r.max_values = wire_default_limits.max_values;
    read_value(&rd, f, loc, dst);
    return end_reading(&rd, before, loc);
}

bool wire_read_text(const struct wire_field *f, const char *text, const struct wire_loc *loc,
                    void *obj, struct arena *a, struct wire_errors *errs)
{
    char *dst = (char *)obj + f->offset;
    if (!text && (f->flags & WIRE_REQUIRED))
        return wire_error(errs, loc, "missing", NULL, 0, NULL, "Field required");
    struct reading rd = {.a = a, .errs = errs};
    if (!text) {
        read_default(&rd, f, dst);
        return !rd.r.error;
    }
    if (f->kind >= WIRE_OBJECT)
        return read_text_as_json(f, text, loc, dst, a, errs);

    bool ok = false;
    struct buf input;
    buf_init(&input, 64 << 20);
    json_write_string(&input, text);
    struct wire_place at = {errs, loc, input.failed ? NULL : input.data, input.len};
    struct wire_scalar v = {.type = JSON_STRING, .len = strlen(text)};
    v.text = arena_strndup(a, text, v.len);
    if (!v.text)
        needs_too_much(errs, loc);
    else if (!utf8_valid(text, v.len))
        wire_error(errs, loc, "value_error", at.input, at.input_len, "{\"error\":{}}",
                   "Value error, the text is not valid UTF-8");
    else
        ok = wire_store_scalar(f, &v, dst, &at);
    buf_finish(&input);
    return ok;
}

bool wire_defaults(const struct wire_type *type, void *obj, struct arena *a)
{
    struct wire_errors errs = {0};
    struct reading rd = {.a = a, .errs = &errs};
    memset(obj, 0, type->size);
    for (const struct wire_field *f = type->fields; f->name; f++)
        read_default(&rd, f, (char *)obj + f->offset);
    bool ok = !rd.r.error && errs.count == 0;
    wire_errors_finish(&errs);
    return ok;
}
