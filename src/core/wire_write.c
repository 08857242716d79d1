/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"
#include "core/wire_internal.h"

#include <math.h>
#include <string.h>

static void write_value(const struct wire_field *f, enum wire_kind kind, const void *src,
                        struct buf *out);

/* The "null" of the kind, see wire.h. */
static bool is_null(const struct wire_field *f, const void *src)
{
    switch (f->kind) {
    case WIRE_BOOL:
        return *(const int8_t *)src < 0;
    case WIRE_INT:
        return *(const int64_t *)src == INT64_MIN;
    case WIRE_NUMBER:
        return isnan(*(const double *)src);
    case WIRE_STRING:
        return !*(const char *const *)src;
    case WIRE_OBJECT:
        return !*(const void *const *)src;
    case WIRE_LIST:
        return !((const struct wire_list *)src)->items;
    case WIRE_JSON:
        return !((const struct wire_raw *)src)->text;
    }
    return true;
}

static void write_list(const struct wire_field *f, const struct wire_list *list, struct buf *out)
{
    size_t size = wire_kind_size(f->item, f->type);
    const char *item = list->items;
    buf_addc(out, '[');
    for (size_t i = 0; i < list->count; i++, item += size) {
        if (i)
            buf_addc(out, ',');
        if (f->item == WIRE_OBJECT)
            wire_write(f->type, item, out);
        else
            write_value(f, f->item, item, out);
    }
    buf_addc(out, ']');
}

static void write_raw(const struct wire_raw *raw, struct buf *out)
{
    if (raw->text)
        buf_add(out, raw->text, raw->len);
    else
        buf_adds(out, "null");
}

static void write_value(const struct wire_field *f, enum wire_kind kind, const void *src,
                        struct buf *out)
{
    switch (kind) {
    case WIRE_BOOL:
        json_write_bool(out, *(const int8_t *)src > 0);
        break;
    case WIRE_INT:
        json_write_int(out, *(const int64_t *)src);
        break;
    case WIRE_NUMBER:
        json_write_number(out, *(const double *)src);
        break;
    case WIRE_STRING:
        json_write_string(out, *(const char *const *)src);
        break;
    case WIRE_OBJECT:
        wire_write(f->type, *(const void *const *)src, out);
        break;
    case WIRE_LIST:
        write_list(f, src, out);
        break;
    case WIRE_JSON:
        write_raw(src, out);
        break;
    }
}

void wire_write(const struct wire_type *type, const void *obj, struct buf *out)
{
    const char *sep = "{\"";
    for (const struct wire_field *f = type->fields; f->name; f++) {
        const char *src = (const char *)obj + f->offset;
        bool null = is_null(f, src);
        if (null && (f->flags & WIRE_OMIT))
            continue;
        buf_add(out, sep, 2);
        buf_adds(out, f->name);
        buf_add(out, "\":", 2);
        if (null && f->kind == WIRE_LIST && !(f->flags & WIRE_NULLABLE))
            buf_adds(out, "[]");
        else if (null)
            buf_adds(out, "null");
        else
            write_value(f, f->kind, src, out);
        sep = ",\"";
    }
    bool any = *sep == ',';
    if (type->extra_offset) {
        const struct wire_raw *extra =
            (const struct wire_raw *)(const void *)((const char *)obj + type->extra_offset);
        if (extra->len) {
            buf_addc(out, any ? ',' : '{');
            buf_add(out, extra->text, extra->len);
            any = true;
        }
    }
    buf_adds(out, any ? "}" : "{}");
}
