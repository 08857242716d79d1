/* SPDX-License-Identifier: GPL-3.0-or-later
 * request.h - what a handler sees of a request.
 *
 * Plain data: the HTTP layer fills it, a unit test may fill it by hand. When a handler runs, the
 * whole body has arrived and everything the route row describes has been read and checked:
 *
 *     const struct project_params *p = req->params;      (row: .params = &project_params_type)
 *     const struct render_request *r = req->body;        (row: .request = &wire_render_request)
 *
 * Ownership: everything lives in the request's arena until the answer is sent. Threads: one at a
 * time; which one is the row's `.run`.
 */
#ifndef AIVE_API_REQUEST_H
#define AIVE_API_REQUEST_H

#include "core/arena.h"
#include "core/cancel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct route;
struct site;

struct http_pair {
    const char *name, *value; /* NUL-ended, no NUL inside */
};

/* One file of a multipart form, complete. */
struct upload {
    const char *field;        /* name of the form field */
    const char *filename;     /* the client's name: valid UTF-8 without folders, control or bidi
                               * control characters, at most 255 bytes; "" when it sent none */
    const char *content_type; /* as the client claims; "" when it sent none */
    int fd;                   /* from the row's open_upload, its offset at the end. The layer closes
                               * it after the answer; a handler that keeps it sets this to -1 */
    uint64_t size;            /* bytes */
    char hash[65];            /* BLAKE2b-256 of the content, lower-case hex */
};

struct request {
    const char *method;         /* "GET", "POST", ...; "HEAD" stays "HEAD" */
    const char *path;           /* decoded, valid UTF-8 */
    const struct route *route;
    struct arena *arena;
    void *app;                  /* http_config.app */
    struct cancel *cancel;      /* fired when the server shuts down; NULL: never */
    struct cancel *gone;        /* of this connection: fired then, and within two rounds of
                                 * deadlines.h when the client has hung up or will send no more. A
                                 * handler that finds it gone may fire it too. NULL: never */
    const char *id;             /* sent back as X-Request-Id, stands in the logs */
    const char *client;         /* peer address without port, e.g. "127.0.0.1" */

    const void *params, *query; /* the row's C structs, filled; NULL when the row has none */
    const void *body;           /* JSON body; all defaults where an optional one was absent */
    const char *text;           /* BODY_TEXT: the whole body as it came, never NULL */
    size_t text_len;
    const void *form;           /* text fields of a multipart form */
    struct upload *uploads;     /* files of the form, in the order they came */
    size_t upload_count;

    const struct http_pair *headers, *queries; /* as they came, values decoded */
    size_t header_count, query_count;
    const struct site *site; /* for the layer's own routes; NULL in unit tests */
};

/* First header of that name (case does not matter), or NULL. */
const char *request_header(const struct request *req, const char *name);

/* Last query parameter of that name, or NULL. Rows with `.query` rarely need it. */
const char *request_query(const struct request *req, const char *name);

/* The file sent in that form field, or NULL. */
struct upload *request_upload(const struct request *req, const char *field);

/* True when an "Accept" header names that media type itself ("text/event-stream", no wildcard) with
 * another quality than 0. */
bool request_accepts(const struct request *req, const char *type);

/* True when a "Prefer" header asks for `token` (RFC 7240), e.g. "respond-async". */
bool request_prefers(const struct request *req, const char *token);

#endif
