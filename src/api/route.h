/* SPDX-License-Identifier: GPL-3.0-or-later
 * route.h - one row says everything about an endpoint.
 *
 * From the row derive: matching, who may call, how large the body may be, on which thread it runs,
 * reading and checking of path, query, body and form (all errors in one 422), OpenAPI and docs.
 *
 *     {.method = "POST", .path = "/api/render/{project_id}", .name = "start", .tag = "render",
 *      .access = ACCESS_USER, .run = RUN_POOL, .handler = render_start, .params = &project_params,
 *      .body = BODY_JSON, .request = &wire_render_request, .request_optional = true,
 *      .response = &wire_render_response, .help = "Start a render."},
 *
 * `.params`, `.query` and `.form` are wire types whose fields are scalars (bool, int, number,
 * string), in `.form` lists of strings, too: a field that may come several times; their `.name` is not
 * used. Names in {braces} of the path are the fields of `.params`; one
 * a segment, and letters may stand around it: "/page-{nr}.html".
 */
#ifndef AIVE_API_ROUTE_H
#define AIVE_API_ROUTE_H

#include "api/reply.h"
#include "api/request.h"
#include "core/err.h"
#include "core/wire.h"

/* False: the layer answers with *e (a 500's words go to the log, not to the client). */
typedef bool route_fn(struct request *req, struct reply *reply, struct err *e);

enum route_access {
    ACCESS_USER,  /* http_config.authorize must agree; the default, so that a forgotten field
                   * closes a door instead of opening it */
    ACCESS_PUBLIC,
};

enum route_body { BODY_NONE, BODY_JSON, BODY_MULTIPART, BODY_TEXT };

enum route_run {
    RUN_POOL,   /* short blocking work, e.g. database writes */
    RUN_INLINE, /* on the event thread: must not block */
    RUN_LONG,   /* waits for media jobs; its own threads, so that it cannot starve the others */
};

/* A file field of a multipart form. Tables end with a row without name. */
struct route_file {
    const char *name, *help;
    bool required;
    bool or_text; /* a text field of this name, which .form describes, is as welcome */
};

/* How an endpoint words its errors, where a protocol that is not ours says how. */
struct route_errors {
    const struct wire_type *type; /* of the body */
    /* Turns an answer of 400 and above as FastAPI has it ({"detail": ...}) into that. */
    void (*reword)(struct reply *r);
};

/* A further answer, for OpenAPI. Tables end with status 0. type NULL: {"detail": "..."} for 4xx and
 * 5xx, none below. */
struct route_response {
    int status;
    const char *help;
    const struct wire_type *type;
};

struct route {
    const char *method, *path;
    const char *name; /* function name as FastAPI would have it: "get_timeline" gives operationId
                       * and the summary "Get Timeline" */
    const char *tag, *help;
    enum route_access access;
    enum route_run run;
    route_fn *handler;
    bool hidden; /* not in OpenAPI */

    const struct wire_type *params, *query; /* NULL: none */

    enum route_body body;
    uint64_t body_limit; /* bytes; 0: http_limits.json_bytes, or upload_bytes for BODY_MULTIPART */
    const struct wire_type *request;
    bool request_optional; /* absent body = every field's default */

    const char *consumes; /* BODY_TEXT: the media types for OpenAPI, parted by ", " */

    const struct route_file *files;
    const struct wire_type *form;
    /* Gives the descriptor that a file field is written to, e.g. an O_TMPFILE in the folder where
     * it will be published; -1 with *e set. Called on a pool thread. */
    int (*open_upload)(void *app, const char *field, struct err *e);

    const struct wire_type *response; /* of the 200; NULL: free-form JSON */
    bool response_list;
    const char *produces; /* media types of a 200, parted by ", "; NULL: JSON */
    int success; /* status for OpenAPI; 0: 200 */
    const struct route_response *responses;
    const struct route_errors *errors; /* NULL: FastAPI's */
};

#define ROUTE_MAX_PARAMS 8
#define ROUTE_MAX_SEGMENTS 16

struct route_match {
    const struct route *route;           /* NULL: see path_known */
    bool path_known;                     /* some row has this path, though not this method */
    struct http_pair params[ROUTE_MAX_PARAMS]; /* name and text, in the arena */
    size_t param_count;
    char allow[64];                      /* "GET, HEAD, OPTIONS": methods of the path */
};

/* Finds the row for method and decoded path. Words beat page-{params}, those beat {params},
 * the leftmost difference decides: the order of the rows does not matter. HEAD finds the GET row. False: no memory. */
bool route_find(const struct route *routes, size_t count, const char *method, const char *path,
                struct arena *a, struct route_match *out);

/* True when some row has this path, whatever the method. */
bool route_path_known(const struct route *routes, size_t count, const char *path);

/* Is the table sound? Checks what a reviewer would: names, braces = params, body fields fit the
 * body mode, no two rows the same. */
bool route_table_check(const struct route *routes, size_t count, struct err *e);

#endif
