/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/validate.h"

#include "api/multipart.h"
#include "api/params.h"
#include "core/json.h"
#include "core/utf8.h"

#include <string.h>
#include <strings.h>

#define MAX_ECHO 4096 /* bytes of the client's own text that an error gives back */

static bool missing(struct wire_errors *errs, const struct wire_loc *loc)
{
    return wire_error(errs, loc, "missing", NULL, 0, NULL, "Field required");
}

/* An error whose `input` is a text of the client. */
static bool text_error(struct wire_errors *errs, const struct wire_loc *loc, const char *type,
                       const char *text, size_t len, const char *ctx, const char *msg)
{
    struct buf input;
    buf_init(&input, 8 * MAX_ECHO);
    json_write_string_n(&input, text, len < MAX_ECHO ? len : MAX_ECHO);
    wire_error(errs, loc, type, input.data, input.len, ctx, "%s", msg);
    buf_finish(&input);
    return false;
}

static void *fresh(const struct wire_type *type, struct arena *a, struct err *e)
{
    void *obj = arena_alloc(a, type->size);
    if (!obj || !wire_defaults(type, obj, a)) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    return obj;
}

static const char *pair_value(const struct http_pair *pairs, size_t n, const char *name)
{
    for (size_t i = n; i > 0; i--)
        if (strcmp(pairs[i - 1].name, name) == 0)
            return pairs[i - 1].value;
    return NULL;
}

/* Fills a struct from name=text pairs; the last of several of one name counts. */
static const void *read_pairs(const struct wire_type *type, const char *where,
                              const struct http_pair *pairs, size_t n, struct arena *a,
                              struct wire_errors *errs, struct err *e)
{
    void *obj = fresh(type, a, e);
    if (!obj)
        return NULL;
    struct wire_loc root = {.key = where};
    for (const struct wire_field *f = type->fields; f->name; f++) {
        struct wire_loc loc = {.up = &root, .key = f->name};
        const char *text = pair_value(pairs, n, f->name);
        if (text)
            wire_read_text(f, text, &loc, obj, a, errs);
        else if (f->flags & WIRE_REQUIRED)
            missing(errs, &loc);
    }
    return obj;
}

/* application/json, application/<x>+json, or nothing said. */
static bool says_json(const char *content_type)
{
    if (!content_type || !*content_type || params_is(content_type, "application/json"))
        return true;
    size_t n = strcspn(content_type, "; \t");
    return n > 17 && strncasecmp(content_type, "application/", 12) == 0 &&
           strncasecmp(content_type + n - 5, "+json", 5) == 0;
}

static bool read_json(struct request *req, const struct buf *body, struct wire_errors *errs,
                      struct err *e)
{
    const struct route *r = req->route;
    struct wire_loc loc = {.key = "body"};
    if (body->len == 0) {
        if (!r->request_optional)
            return missing(errs, &loc);
        req->body = fresh(r->request, req->arena, e);
        return req->body != NULL;
    }
    if (!utf8_valid(body->data, body->len))
        return err_set(e, ERR_BAD_REQUEST, "There was an error parsing the body");
    if (!says_json(request_header(req, "Content-Type")))
        return text_error(errs, &loc, "model_attributes_type", body->data, body->len, NULL,
                          "Input should be a valid dictionary or object to extract fields from");
    struct wire_limits limits = wire_default_limits;
    limits.max_bytes = body->max;
    req->body = wire_read(r->request, body->data, body->len, &limits, NULL, req->arena, errs);
    return req->body != NULL;
}

static bool read_text(struct request *req, const struct buf *body, struct wire_errors *errs)
{
    struct wire_loc loc = {.key = "body"};
    req->text = body->data ? body->data : "";
    req->text_len = body->len;
    return body->len > 0 || missing(errs, &loc);
}

static void check_files(const struct request *req, const struct form *form,
                        struct wire_errors *errs)
{
    struct wire_loc body = {.key = "body"};
    for (const struct route_file *f = req->route->files; f && f->name; f++) {
        struct wire_loc loc = {.up = &body, .key = f->name};
        const char *text = NULL;
        const struct upload *up = request_upload(req, f->name);
        if (form && !f->or_text && form_text(form, f->name, &text) > 0)
            text_error(errs, &loc, "value_error", text, strlen(text), "{\"error\":{}}",
                       "Value error, Expected UploadFile, received: <class 'str'>");
        else if (f->required && (!up || (up->size == 0 && !*up->filename)))
            missing(errs, &loc); /* a browser sends an empty nameless file when none was chosen */
    }
}

/* A field that may come several times. */
static bool read_list(const struct wire_field *f, const struct form *form,
                      const struct wire_loc *loc, void *obj, struct arena *a,
                      struct wire_errors *errs, struct err *e)
{
    struct buf json;
    buf_init(&json, 8 * MULTIPART_MAX_PARTS * FORM_MAX_TEXT);
    form_texts(form, f->name, &json);
    bool ok = !json.failed;
    if (ok)
        wire_read_text(f, json.data, loc, obj, a, errs);
    buf_finish(&json);
    return ok || err_set(e, ERR_NO_MEMORY, "out of memory");
}

static bool read_form(struct request *req, struct form *form, struct wire_errors *errs,
                      struct err *e)
{
    if (form)
        req->uploads = form_uploads(form, &req->upload_count);
    check_files(req, form, errs);

    const struct wire_type *type = req->route->form;
    void *obj = type ? fresh(type, req->arena, e) : NULL;
    if (!obj)
        return !type;
    struct wire_loc body = {.key = "body"};
    for (const struct wire_field *f = type->fields; f->name; f++) {
        struct wire_loc loc = {.up = &body, .key = f->name};
        const char *text = NULL;
        size_t times = form ? form_text(form, f->name, &text) : 0;
        if (f->kind == WIRE_LIST && times > 0) {
            if (!read_list(f, form, &loc, obj, req->arena, errs, e))
                return false;
        } else if (times > 1) {
            text_error(errs, &loc, "value_error", text, strlen(text), "{\"error\":{}}",
                       "Value error, the field was sent more than once");
        } else if (text && *text) {
            wire_read_text(f, text, &loc, obj, req->arena, errs);
        } else if (f->flags & WIRE_REQUIRED) {
            missing(errs, &loc);
        }
    }
    req->form = obj;
    return true;
}

bool validate_request(struct request *req, const struct route_match *match, const struct buf *body,
                      struct form *form, struct wire_errors *errs, struct err *e)
{
    const struct route *r = req->route;
    e->code = ERR_NONE;
    if (r->params) {
        req->params =
            read_pairs(r->params, "path", match->params, match->param_count, req->arena, errs, e);
        if (!req->params)
            return false;
    }
    if (r->query) {
        req->query =
            read_pairs(r->query, "query", req->queries, req->query_count, req->arena, errs, e);
        if (!req->query)
            return false;
    }
    bool ok = true;
    if (r->body == BODY_JSON)
        ok = read_json(req, body, errs, e);
    else if (r->body == BODY_TEXT)
        ok = read_text(req, body, errs);
    else if (r->body == BODY_MULTIPART)
        ok = read_form(req, form, errs, e);
    if (e->code != ERR_NONE)
        errs->count = 0; /* the body is unreadable: that is the answer */
    return ok && errs->count == 0;
}
