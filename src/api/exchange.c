/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/exchange.h"

#include "api/multipart.h"
#include "api/range.h"
#include "api/urldecode.h"
#include "api/validate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API_CSP "default-src 'none'; frame-ancestors 'none'"

static const struct http_limits *limits_of(const struct exchange *x)
{
    return &x->site->config->limits;
}

void exchange_init(struct exchange *x, struct site *site, const char *client)
{
    *x = (struct exchange){.site = site, .target = ""};
    arena_init(&x->arena, site->config->limits.arena_bytes);
    reply_init(&x->reply, &x->arena);
    site_new_id(site, x->id);
    x->req = (struct request){
        .method = "",
        .path = "",
        .arena = &x->arena,
        .app = site->config->app,
        .cancel = &site->cancel,
        .id = x->id,
        .client = client,
        .site = site,
    };
}

void exchange_finish(struct exchange *x)
{
    form_destroy(x->form);
    buf_finish(&x->json);
    reply_finish(&x->reply);
    arena_finish(&x->arena);
}

/* --- Answers of the layer --------------------------------------------------------------------- */

static void answer(struct exchange *x, int status, const char *words)
{
    reply_detail(&x->reply, status, words);
    x->answered = true;
}

static void answer_error(struct exchange *x, const struct err *e)
{
    const struct http_config *c = x->site->config;
    if (err_http_status(e->code) >= 500 && c->log_error)
        c->log_error(c->log_ctx, x->id, e->msg);
    reply_error(&x->reply, e);
    x->answered = true;
}

static void answer_broken(struct exchange *x, int status, const char *words)
{
    answer(x, status, words);
    x->reply.close = true;
}

static void answer_too_large(struct exchange *x)
{
    char words[96];
    snprintf(words, sizeof words, "The body is larger than the limit of %" PRIu64 " bytes",
             x->body_limit);
    answer(x, 413, words);
}

/* Status and a part of the body are out: all that is left is to let the client see the end. */
static void cut_off(struct exchange *x, const struct err *e)
{
    const struct http_config *c = x->site->config;
    if (c->log_error)
        c->log_error(c->log_ctx, x->id, e->msg);
    x->cut = true;
}

void exchange_overloaded(struct exchange *x)
{
    struct err e;
    err_set(&e, ERR_BUSY, "The server is busy, please try again in a moment");
    answer_error(x, &e);
}

/* --- Head ------------------------------------------------------------------------------------- */

static bool copy_headers(struct exchange *x, const struct head *head)
{
    struct http_pair *list = arena_array(&x->arena, head->field_count + 1, sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < head->field_count; i++) {
        list[i].name = arena_strndup(&x->arena, head->fields[i].name, head->fields[i].name_len);
        list[i].value = arena_strndup(&x->arena, head->fields[i].value, head->fields[i].value_len);
        if (!list[i].name || !list[i].value)
            return false;
    }
    x->req.headers = list;
    x->req.header_count = head->field_count;
    return true;
}

/* "http://host/path" is the same as "/path" (RFC 9112, 3.2.2). */
static const char *origin_form(const char *target)
{
    if (strncmp(target, "http://", 7) != 0)
        return target;
    const char *slash = strchr(target + 7, '/');
    return slash ? slash : "/";
}

static bool split_target(struct exchange *x, struct err *e)
{
    const char *t = x->target;
    for (const char *p = t; *p; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
            return err_set(e, ERR_BAD_REQUEST, "Forbidden character in the address");
    if (*t != '/')
        return err_set(e, ERR_BAD_REQUEST, "The address must begin with a slash");
    size_t path_len = strcspn(t, "?#");
    if (strchr(t, '#'))
        return err_set(e, ERR_BAD_REQUEST, "Forbidden character in the address");
    char *path = url_decode_path(t, path_len, &x->arena, e);
    if (!path)
        return false;
    x->req.path = path;
    return t[path_len] == '\0' ||
           url_decode_query(t + path_len + 1, &x->arena, &x->req.queries, &x->req.query_count, e);
}

/* Starlette's redirect_slashes: the same address with or without its last slash. */
static bool redirect_slash(struct exchange *x)
{
    const char *path = x->req.path, *host = request_header(&x->req, "Host");
    size_t n = strlen(path);
    bool cut = n > 1 && path[n - 1] == '/';
    char *other =
        cut ? arena_strndup(&x->arena, path, n - 1) : arena_printf(&x->arena, "%s/", path);
    if (!other || !host || !route_path_known(x->site->routes, x->site->route_count, other))
        return false;
    size_t raw_len = strcspn(x->target, "?");
    char *raw = arena_strndup(&x->arena, x->target, cut ? raw_len - 1 : raw_len);
    char *location = raw ? arena_printf(&x->arena, "http://%s%s%s%s", host, raw, cut ? "" : "/",
                                        x->target + raw_len)
                         : NULL;
    if (!location)
        return false;
    reply_redirect(&x->reply, 307, location);
    x->answered = true;
    return true;
}

static void answer_unrouted(struct exchange *x)
{
    if (!x->match.path_known) {
        if (!redirect_slash(x))
            answer(x, 404, "Not Found");
        return;
    }
    if (strcmp(x->req.method, "OPTIONS") == 0) {
        reply_reset(&x->reply);
        x->reply.status = 204;
        x->answered = true;
    } else {
        answer(x, 405, "Method Not Allowed");
    }
    reply_header(&x->reply, "Allow", x->match.allow);
}

static bool authorized(struct exchange *x)
{
    const struct http_config *c = x->site->config;
    struct err e = {0};
    if (x->req.route->access == ACCESS_PUBLIC || !c->authorize ||
        c->authorize(&x->req, &x->reply, &e))
        return true;
    answer_error(x, &e);
    return false;
}

static uint64_t body_limit(const struct exchange *x)
{
    const struct route *r = x->req.route;
    if (r->body_limit)
        return r->body_limit;
    return r->body == BODY_MULTIPART ? limits_of(x)->upload_bytes : limits_of(x)->json_bytes;
}

static void expect_body(struct exchange *x)
{
    x->body_limit = body_limit(x);
    if (x->body.length > x->body_limit) {
        answer_too_large(x);
        return;
    }
    if (x->req.route->body == BODY_JSON || x->req.route->body == BODY_TEXT)
        buf_init(&x->json, (size_t)x->body_limit);
    const char *type = request_header(&x->req, "Content-Type");
    if (x->req.route->body != BODY_MULTIPART || !multipart_is_form(type))
        return;
    struct err e;
    x->form = form_create(x->req.route, type, x->req.app, &x->arena, &e);
    if (!x->form)
        answer_error(x, &e);
}

void exchange_head(struct exchange *x, const struct head *head)
{
    struct err e;
    const char *words = NULL;
    x->target = origin_form(head->target);
    x->req.method = head->method;
    int status = head_check(head, limits_of(x)->headers, &x->body, &words);
    if (status != 0) {
        answer_broken(x, status, words);
        return;
    }
    if (!copy_headers(x, head)) {
        err_set(&e, ERR_NO_MEMORY, "out of memory");
        answer_error(x, &e);
        return;
    }
    if (!split_target(x, &e)) {
        answer_broken(x, err_http_status(e.code), e.msg);
        return;
    }
    if (cors_preflight(&x->site->cors, &x->req, &x->reply)) {
        x->answered = true;
        return;
    }
    if (!route_find(x->site->routes, x->site->route_count, x->req.method, x->req.path, &x->arena,
                    &x->match)) {
        err_set(&e, ERR_NO_MEMORY, "out of memory");
        answer_error(x, &e);
        return;
    }
    x->req.route = x->match.route;
    if (!x->req.route)
        answer_unrouted(x);
    else if (authorized(x))
        expect_body(x);
}

/* --- Body ------------------------------------------------------------------------------------- */

void exchange_body(struct exchange *x, const char *data, size_t n)
{
    struct err e;
    x->body_bytes += n;
    if (x->answered)
        return;
    if (x->body_bytes > x->body_limit)
        answer_too_large(x);
    else if (x->json.max && !buf_add(&x->json, data, n))
        answer_error(x, &(struct err){.code = ERR_NO_MEMORY, .msg = "no memory for the body"});
    else if (x->form && !form_feed(x->form, data, n, &e))
        answer_error(x, &e);
    if (x->answered) {
        form_destroy(x->form); /* its files vanish now, not when the client has gone */
        x->form = NULL;
    }
}

bool exchange_writes(const struct exchange *x)
{
    return x->form != NULL;
}

void exchange_body_end(struct exchange *x)
{
    struct err e;
    if (!x->answered && x->form && !form_finish(x->form, &e))
        answer_error(x, &e);
}

/* --- Handler ---------------------------------------------------------------------------------- */

enum route_run exchange_where(const struct exchange *x)
{
    return x->answered || !x->req.route ? RUN_INLINE : x->req.route->run;
}

void exchange_run(struct exchange *x)
{
    if (x->answered)
        return;
    struct err e = {0};
    struct wire_errors errs = {0};
    if (!validate_request(&x->req, &x->match, &x->json, x->form, &errs, &e)) {
        if (errs.count > 0)
            reply_validation(&x->reply, &errs);
        else
            answer_error(x, &e);
    } else if (!x->req.route->handler(&x->req, &x->reply, &e)) {
        if (x->reply.streamed)
            cut_off(x, &e);
        else
            answer_error(x, &e);
    }
    wire_errors_finish(&errs);
    x->answered = true;
}

/* --- The finished answer ---------------------------------------------------------------------- */

static void default_header(struct reply *r, const char *name, const char *value)
{
    if (!reply_get_header(r, name))
        reply_header(r, name, value);
}

void exchange_seal(struct exchange *x)
{
    struct reply *r = &x->reply;
    if (r->body.failed)
        answer_error(x, &(struct err){.code = ERR_NO_MEMORY, .msg = "no memory for the answer"});
    if (r->status == 0)
        r->status = 200;
    if (r->status >= 400 && x->req.route && x->req.route->errors)
        x->req.route->errors->reword(r);
    range_apply(&x->req, r);
    if (r->status != 500) /* as Starlette: what nobody caught passes CORS by */
        cors_simple(&x->site->cors, &x->req, r);
    reply_header(r, "X-Request-Id", x->id);
    default_header(r, "X-Content-Type-Options", "nosniff");
    default_header(r, "Referrer-Policy", "no-referrer");
    default_header(r, "Content-Security-Policy", API_CSP);
    default_header(r, "Cross-Origin-Resource-Policy",
                   cors_enabled(&x->site->cors) ? "cross-origin" : "same-origin");
    default_header(r, "Cache-Control", "no-store");
}
