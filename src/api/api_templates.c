/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_templates.c - what films can be laid out by, and what is asked for when one is. */
#include "api/app.h"
#include "core/json.h"

#include <string.h>

bool templates_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct template_shelf shelf =
        template_shelf_of(app_workspace(req)->config, req->arena);
    const struct template_catalog *cat = template_catalog(&shelf, req->arena, e);
    return cat && reply_json(reply, &wire_template_catalog, cat);
}

/* Where the request said it: a form, the body, or else the query. */
static const char *place_of(const struct request *req, const char *key)
{
    const struct analyze_request *body = req->body;
    bool in_body = body && (strcmp(key, "template") == 0 ? body->template_name != NULL
                                                         : body->target_length.text != NULL);
    return req->form || in_body ? "body" : "query";
}

bool check_layout_order(struct request *req, const struct layout_order *order,
                        struct reply *reply, bool *fine, struct err *e)
{
    const char *key;
    *fine = layout_order_template(order, app_workspace(req)->config, req->arena, &key, e);
    if (*fine)
        return true;
    if (e->code != ERR_NOT_FOUND && e->code != ERR_INVALID && e->code != ERR_TOO_LARGE)
        return false;
    struct wire_loc root = {.key = place_of(req, key)}, at = {.up = &root, .key = key};
    return reply_invalid(reply, &at, e->msg);
}

const char *layout_spec(const struct layout_order *order, struct arena *a)
{
    struct buf b;
    buf_init(&b, 4096);
    wire_write(&wire_layout_order, order, &b);
    char *text = b.failed ? NULL : arena_strndup(a, b.data, b.len);
    buf_finish(&b);
    return text;
}

/* "30", 30 and 30.0 are the same length. NULL: no memory. */
static const char *length_text(const struct wire_raw *json, struct arena *a)
{
    struct json_reader r;
    const char *text;
    size_t len;
    json_reader_init(&r, json->text, json->len, 4);
    if (json_peek(&r) == JSON_STRING)
        return json_read_string(&r, a, &text, &len) ? text : NULL;
    return arena_strndup(a, json->text, json->len); /* refused later, if it is no number */
}

bool layout_order_of_request(struct request *req, struct layout_order *out, struct err *e)
{
    const struct analyze_request *body = req->body;
    *out = *(const struct layout_order *)req->query;
    if (!body)
        return true;
    if (body->template_name)
        out->template_name = body->template_name;
    if (body->seed != INT64_MIN)
        out->seed = body->seed;
    if (body->target_length.text && !(out->target_length = length_text(&body->target_length,
                                                                       req->arena)))
        return err_set(e, ERR_NO_MEMORY, "no memory for the layout's order");
    return true;
}
