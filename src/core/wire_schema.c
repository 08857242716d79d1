/* SPDX-License-Identifier: GPL-3.0-or-later
 * JSON Schema 2020-12 (OpenAPI 3.1) as pydantic 2 writes it. */
#include "core/json.h"
#include "core/wire_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* "has_checkbox" -> "Has Checkbox" */
static void write_title(struct buf *out, const char *name)
{
    char title[128];
    size_t n = 0;
    bool start = true;
    for (; *name && n + 1 < sizeof title; name++) {
        char c = *name == '_' ? ' ' : *name;
        title[n++] = start ? (char)toupper((unsigned char)c) : c;
        start = c == ' ';
    }
    json_write_string_n(out, title, n);
}

static void write_bound(struct buf *out, const char *name, double bound)
{
    buf_printf(out, ",\"%s\":", name);
    if (bound == rint(bound) && fabs(bound) < 1e15)
        json_write_int(out, (int64_t)bound);
    else
        json_write_number(out, bound);
}

static void write_bounds(struct buf *out, const struct wire_field *f)
{
    static const struct {
        const char *min, *max;
    } names[] = {
        [WIRE_INT] = {"minimum", "maximum"},
        [WIRE_NUMBER] = {"minimum", "maximum"},
        [WIRE_STRING] = {"minLength", "maxLength"},
        [WIRE_LIST] = {"minItems", "maxItems"},
        [WIRE_JSON] = {NULL, NULL},
    };
    if (!names[f->kind].min)
        return;
    bool exclusive = f->exclusive_min && f->kind <= WIRE_NUMBER;
    bool counts = f->kind == WIRE_STRING || f->kind == WIRE_LIST;
    if (wire_has_min(f) && !(counts && f->min <= 0))
        write_bound(out, exclusive ? "exclusiveMinimum" : names[f->kind].min, f->min);
    if (wire_has_max(f))
        write_bound(out, names[f->kind].max, f->max);
}

static void write_enum(struct buf *out, const char *const *choices)
{
    buf_adds(out, choices[1] ? ",\"enum\":[" : ",\"const\":");
    for (size_t i = 0; choices[i]; i++) {
        if (i)
            buf_addc(out, ',');
        json_write_string(out, choices[i]);
    }
    if (choices[1])
        buf_addc(out, ']');
}

static bool is_reference(const struct wire_field *f, enum wire_kind kind)
{
    return kind == WIRE_OBJECT || (kind == WIRE_JSON && f->type);
}

/* The members of a schema without its braces; nothing for "any JSON". */
static void write_kind(struct buf *out, const struct wire_field *f, enum wire_kind kind)
{
    static const char *const types[] = {
        [WIRE_BOOL] = "boolean",  [WIRE_INT] = "integer", [WIRE_NUMBER] = "number",
        [WIRE_STRING] = "string", [WIRE_LIST] = "array",
    };
    if (is_reference(f, kind)) {
        buf_printf(out, "\"$ref\":\"#/components/schemas/%s\"", f->type->name);
        return;
    }
    if (kind == WIRE_JSON)
        return;
    buf_printf(out, "\"type\":\"%s\"", types[kind]);
    if (kind == WIRE_STRING && f->choices)
        write_enum(out, f->choices);
    if (kind == WIRE_STRING && (f->flags & WIRE_DATETIME))
        buf_adds(out, ",\"format\":\"date-time\"");
    if (kind == WIRE_LIST) {
        buf_adds(out, ",\"items\":{");
        write_kind(out, f, f->item);
        buf_addc(out, '}');
    }
    if (kind == f->kind)
        write_bounds(out, f);
}

static void write_member(struct buf *out, size_t before, const char *name)
{
    if (out->len > before)
        buf_addc(out, ',');
    buf_printf(out, "\"%s\":", name);
}

void wire_schema_field(const struct wire_field *f, struct buf *out)
{
    bool nullable = (f->flags & WIRE_NULLABLE) && (f->kind != WIRE_JSON || f->type);
    buf_addc(out, '{');
    size_t before = out->len;
    if (nullable)
        buf_adds(out, "\"anyOf\":[{");
    write_kind(out, f, f->kind);
    if (nullable)
        buf_adds(out, "},{\"type\":\"null\"}]");
    if (!is_reference(f, f->kind)) { /* as pydantic: a reference has the title of its type */
        write_member(out, before, "title");
        write_title(out, f->name);
    }
    if (f->help) {
        write_member(out, before, "description");
        json_write_string(out, f->help);
    }
    if (f->def && strcmp(f->def, "null") != 0) {
        write_member(out, before, "default");
        buf_adds(out, f->def);
    }
    if (f->example) {
        write_member(out, before, "examples");
        buf_printf(out, "[%s]", f->example);
    }
    buf_addc(out, '}');
}

void wire_schema(const struct wire_type *type, struct buf *out)
{
    buf_adds(out, "{\"properties\":{");
    for (const struct wire_field *f = type->fields; f->name; f++) {
        if (f != type->fields)
            buf_addc(out, ',');
        json_write_string(out, f->name);
        buf_addc(out, ':');
        wire_schema_field(f, out);
    }
    buf_adds(out, "}");
    if (type->extra_offset)
        buf_adds(out, ",\"additionalProperties\":true");
    buf_adds(out, ",\"type\":\"object\"");

    const char *sep = ",\"required\":[";
    for (const struct wire_field *f = type->fields; f->name; f++) {
        if (!(f->flags & WIRE_REQUIRED))
            continue;
        buf_adds(out, sep);
        json_write_string(out, f->name);
        sep = ",";
    }
    if (sep[1] == '\0')
        buf_addc(out, ']');
    buf_adds(out, ",\"title\":");
    json_write_string(out, type->name);
    if (type->help) {
        buf_adds(out, ",\"description\":");
        json_write_string(out, type->help);
    }
    buf_addc(out, '}');
}
