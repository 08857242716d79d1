/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/openapi.h"

#include "core/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REF "{\"$ref\":\"#/components/schemas/"

/* A component: a wire type, the form of a route, or a text of ours. */
struct schema {
    char name[128];
    const struct wire_type *type;
    const struct route *form;
    const char *text;
};

struct schemas {
    struct schema list[OPENAPI_MAX_SCHEMAS];
    size_t count;
    bool full;
};

static const char validation_error[] =
    "{\"properties\":{\"loc\":{\"items\":"
    "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]},"
    "\"type\":\"array\",\"title\":\"Location\"},"
    "\"msg\":{\"type\":\"string\",\"title\":\"Message\"},"
    "\"type\":{\"type\":\"string\",\"title\":\"Error Type\"},\"input\":{\"title\":\"Input\"},"
    "\"ctx\":{\"type\":\"object\",\"title\":\"Context\"}},\"type\":\"object\","
    "\"required\":[\"loc\",\"msg\",\"type\"],\"title\":\"ValidationError\"}";
static const char http_validation_error[] =
    "{\"properties\":{\"detail\":{\"items\":" REF "ValidationError\"},\"type\":\"array\","
    "\"title\":\"Detail\"}},\"type\":\"object\",\"title\":\"HTTPValidationError\"}";
static const char error_detail[] =
    "{\"properties\":{\"detail\":{\"type\":\"string\",\"title\":\"Detail\",\"description\":"
    "\"What is wrong and how to mend it.\"}},\"type\":\"object\",\"required\":[\"detail\"],"
    "\"title\":\"ErrorDetail\"}";

/* --- Names ------------------------------------------------------------------------------------ */

static void add_words(struct buf *out, const char *s, char joint)
{
    bool start = true;
    for (; *s; s++) {
        bool word = isalnum((unsigned char)*s) || *s == '_';
        char c = !word || (joint == ' ' && *s == '_') ? joint : *s;
        buf_addc(out, joint == ' ' && start ? (char)toupper((unsigned char)c) : c);
        start = c == ' ';
    }
}

static void add_lower(struct buf *out, const char *s)
{
    for (; *s; s++)
        buf_addc(out, (char)tolower((unsigned char)*s));
}

void openapi_operation_id(const struct route *r, struct buf *out)
{
    add_words(out, r->name, '_');
    add_words(out, r->path, '_');
    buf_addc(out, '_');
    add_lower(out, r->method);
}

/* "Response List Projects Api Projects Get" */
static void add_response_title(struct buf *out, const struct route *r)
{
    struct buf id;
    buf_init(&id, 512);
    buf_adds(&id, "response_");
    openapi_operation_id(r, &id);
    if (!id.failed)
        add_words(out, id.data, ' ');
    buf_finish(&id);
}

/* --- Collecting the components ---------------------------------------------------------------- */

static struct schema *add_schema(struct schemas *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->list[i].name, name) == 0)
            return NULL;
    if (s->count == OPENAPI_MAX_SCHEMAS || strlen(name) >= sizeof s->list->name) {
        s->full = true;
        return NULL;
    }
    struct schema *made = &s->list[s->count++];
    *made = (struct schema){0};
    memcpy(made->name, name, strlen(name));
    return made;
}

static void collect_type(struct schemas *s, const struct wire_type *t)
{
    struct schema *made = t ? add_schema(s, t->name) : NULL;
    if (!made)
        return;
    made->type = t;
    for (const struct wire_field *f = t->fields; f->name; f++)
        if (f->type)
            collect_type(s, f->type);
}

static void collect_route(struct schemas *s, const struct route *r)
{
    collect_type(s, r->request);
    collect_type(s, r->response);
    for (const struct route_response *x = r->responses; x && x->status; x++)
        collect_type(s, x->type);
    collect_type(s, r->errors ? r->errors->type : NULL);
    if (r->body != BODY_MULTIPART)
        return;
    struct buf name;
    buf_init(&name, sizeof s->list->name);
    buf_adds(&name, "Body_");
    openapi_operation_id(r, &name);
    struct schema *made = name.failed ? NULL : add_schema(s, name.data);
    if (made)
        made->form = r;
    buf_finish(&name);
}

static void collect_text(struct schemas *s, const char *name, const char *text)
{
    struct schema *made = add_schema(s, name);
    if (made)
        made->text = text;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct schema *)a)->name, ((const struct schema *)b)->name);
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* A single field's schema, taken out of the schema of a type that has no other. */
static void write_field_schema(struct buf *out, const struct wire_field *f)
{
    const struct wire_field fields[] = {*f, {0}};
    const struct wire_type type = {.name = "x", .fields = fields, .size = 1};
    struct buf text;
    struct arena a;
    struct json_reader r;
    const char *key = NULL, *raw = NULL;
    size_t raw_len = 0;
    buf_init(&text, 1 << 20);
    arena_init(&a, 1 << 20);
    wire_schema(&type, &text);
    json_reader_init(&r, text.data ? text.data : "", text.len, 32);
    bool found = json_enter_object(&r);
    while (found && (found = json_next_key(&r, &a, &key)) && strcmp(key, "properties") != 0)
        json_skip(&r);
    if (found && json_enter_object(&r) && json_next_key(&r, &a, &key) &&
        json_read_raw(&r, &a, &raw, &raw_len))
        buf_add(out, raw, raw_len);
    else
        out->failed = true;
    arena_finish(&a);
    buf_finish(&text);
}

static void write_params(struct buf *out, const struct wire_type *t, const char *where, bool *first)
{
    for (const struct wire_field *f = t ? t->fields : NULL; f && f->name; f++) {
        bool required = strcmp(where, "path") == 0 || (f->flags & WIRE_REQUIRED);
        buf_adds(out, *first ? "\"parameters\":[" : ",");
        *first = false;
        buf_adds(out, "{\"name\":");
        json_write_string(out, f->name);
        buf_printf(out, ",\"in\":\"%s\",\"required\":%s,\"schema\":", where,
                   required ? "true" : "false");
        write_field_schema(out, f);
        if (f->help) {
            buf_adds(out, ",\"description\":");
            json_write_string(out, f->help);
        }
        buf_addc(out, '}');
    }
}

/* Media types parted by ", ": JSON is of that type, everything else a file. */
static void write_types(struct buf *out, const char *types, const struct wire_type *json)
{
    for (const char *at = types; *at; at += strspn(at, ", ")) {
        size_t n = strcspn(at, ",");
        buf_printf(out, "%s\"%.*s\":{\"schema\":", at == types ? "" : ",", (int)n, at);
        if (json && n == strlen("application/json") && strncmp(at, "application/json", n) == 0)
            buf_printf(out, REF "%s\"}}", json->name);
        else
            buf_adds(out, "{\"type\":\"string\",\"format\":\"binary\"}}");
        at += n;
    }
}

static bool file_required(const struct route *r)
{
    for (const struct route_file *f = r->files; f && f->name; f++)
        if (f->required)
            return true;
    return false;
}

static void write_request(struct buf *out, const struct route *r)
{
    if (r->body == BODY_JSON) {
        buf_printf(out,
                   "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":" REF
                   "%s\"}}}%s},",
                   r->request->name, r->request_optional ? "" : ",\"required\":true");
    } else if (r->body == BODY_MULTIPART) {
        buf_adds(out,
                 "\"requestBody\":{\"content\":{\"multipart/form-data\":{\"schema\":" REF "Body_");
        openapi_operation_id(r, out);
        buf_printf(out, "\"}}}%s},", file_required(r) ? ",\"required\":true" : "");
    } else if (r->body == BODY_TEXT) {
        buf_adds(out, "\"requestBody\":{\"content\":{");
        write_types(out, r->consumes, r->request);
        buf_adds(out, "},\"required\":true},");
    }
}

static void write_content(struct buf *out, const char *schema_name)
{
    buf_printf(out, "\"content\":{\"application/json\":{\"schema\":" REF "%s\"}}}}", schema_name);
}

static void write_success(struct buf *out, const struct route *r)
{
    buf_printf(out, "\"%d\":{\"description\":\"Successful Response\",",
               r->success ? r->success : 200);
    if (r->produces) {
        buf_adds(out, "\"content\":{");
        write_types(out, r->produces, r->response);
        buf_adds(out, "}}");
        return;
    }
    if (r->response && !r->response_list) {
        write_content(out, r->response->name);
        return;
    }
    buf_adds(out, "\"content\":{\"application/json\":{\"schema\":{");
    if (r->response) {
        buf_printf(out, "\"type\":\"array\",\"items\":" REF "%s\"},\"title\":\"",
                   r->response->name);
        add_response_title(out, r);
        buf_addc(out, '"');
    }
    buf_adds(out, "}}}}");
}

static void write_responses(struct buf *out, const struct route *r)
{
    const char *error = r->errors ? r->errors->type->name : "ErrorDetail";
    buf_adds(out, "\"responses\":{");
    write_success(out, r);
    for (const struct route_response *x = r->responses; x && x->status; x++) {
        buf_printf(out, ",\"%d\":{\"description\":", x->status);
        json_write_string(out, x->help);
        const char *schema = x->type ? x->type->name : x->status >= 400 ? error : NULL;
        if (schema) {
            buf_addc(out, ',');
            write_content(out, schema);
        } else {
            buf_addc(out, '}');
        }
    }
    if (!r->errors && (r->params || r->query || r->body != BODY_NONE)) {
        buf_adds(out, ",\"422\":{\"description\":\"Validation Error\",");
        write_content(out, "HTTPValidationError");
    }
    buf_adds(out, ",\"default\":{\"description\":\"Error\",");
    write_content(out, error);
    buf_addc(out, '}');
}

static void write_operation(struct buf *out, const struct route *r)
{
    bool first = true;
    buf_addc(out, '"');
    add_lower(out, r->method);
    buf_adds(out, "\":{");
    if (r->tag)
        buf_printf(out, "\"tags\":[\"%s\"],", r->tag);
    buf_adds(out, "\"summary\":\"");
    add_words(out, r->name, ' ');
    buf_adds(out, "\",\"description\":");
    json_write_string(out, r->help);
    buf_adds(out, ",\"operationId\":\"");
    openapi_operation_id(r, out);
    buf_adds(out, "\",");
    write_params(out, r->params, "path", &first);
    write_params(out, r->query, "query", &first);
    if (!first)
        buf_adds(out, "],");
    write_request(out, r);
    write_responses(out, r);
    buf_addc(out, '}');
}

/* All visible operations of a path, at its first row. */
static void write_paths(struct buf *out, const struct route *routes, size_t count)
{
    bool first_path = true;
    for (size_t i = 0; i < count; i++) {
        bool seen = routes[i].hidden;
        for (size_t j = 0; j < i && !seen; j++)
            seen = !routes[j].hidden && strcmp(routes[j].path, routes[i].path) == 0;
        if (seen)
            continue;
        buf_printf(out, "%s\"%s\":{", first_path ? "" : ",", routes[i].path);
        first_path = false;
        for (size_t j = i; j < count; j++) {
            if (routes[j].hidden || strcmp(routes[j].path, routes[i].path) != 0)
                continue;
            if (j > i)
                buf_addc(out, ',');
            write_operation(out, &routes[j]);
        }
        buf_addc(out, '}');
    }
}

static void write_form_schema(struct buf *out, const struct schema *s)
{
    bool first = true;
    struct buf required;
    buf_init(&required, 4096);
    buf_adds(out, "{\"properties\":{");
    for (const struct route_file *f = s->form->files; f && f->name; f++) {
        if (f->or_text)
            continue; /* the field is told */
        buf_printf(out,
                   "%s\"%s\":{\"type\":\"string\",\"contentMediaType\":"
                   "\"application/octet-stream\",\"title\":\"",
                   first ? "" : ",", f->name);
        add_words(out, f->name, ' ');
        buf_adds(out, "\",\"description\":");
        json_write_string(out, f->help);
        buf_addc(out, '}');
        if (f->required)
            buf_printf(&required, "%s\"%s\"", required.len ? "," : "", f->name);
        first = false;
    }
    const struct wire_type *t = s->form->form;
    for (const struct wire_field *f = t ? t->fields : NULL; f && f->name; f++) {
        buf_printf(out, "%s\"%s\":", first ? "" : ",", f->name);
        write_field_schema(out, f);
        if (f->flags & WIRE_REQUIRED)
            buf_printf(&required, "%s\"%s\"", required.len ? "," : "", f->name);
        first = false;
    }
    buf_adds(out, "},\"type\":\"object\",");
    if (required.len)
        buf_printf(out, "\"required\":[%s],", required.data);
    buf_printf(out, "\"title\":\"%s\"}", s->name);
    buf_finish(&required);
}

static void write_schemas(struct buf *out, const struct schemas *s)
{
    for (size_t i = 0; i < s->count; i++) {
        buf_printf(out, "%s\"%s\":", i ? "," : "", s->list[i].name);
        if (s->list[i].type)
            wire_schema(s->list[i].type, out);
        else if (s->list[i].form)
            write_form_schema(out, &s->list[i]);
        else
            buf_adds(out, s->list[i].text);
    }
}

bool openapi_write(const struct route *routes, size_t count, const char *title, const char *version,
                   const char *description, struct buf *out)
{
    struct schemas *s = calloc(1, sizeof *s);
    if (!s)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!routes[i].hidden)
            collect_route(s, &routes[i]);
    collect_text(s, "HTTPValidationError", http_validation_error);
    collect_text(s, "ValidationError", validation_error);
    collect_text(s, "ErrorDetail", error_detail);
    qsort(s->list, s->count, sizeof *s->list, by_name);

    buf_adds(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
    json_write_string(out, title);
    if (description) {
        buf_adds(out, ",\"description\":");
        json_write_string(out, description);
    }
    buf_adds(out, ",\"version\":");
    json_write_string(out, version);
    buf_adds(out, "},\"paths\":{");
    write_paths(out, routes, count);
    buf_adds(out, "},\"components\":{\"schemas\":{");
    write_schemas(out, s);
    buf_adds(out, "}}}");
    bool ok = !s->full && !out->failed;
    free(s);
    return ok;
}
