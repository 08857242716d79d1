/* SPDX-License-Identifier: GPL-3.0-or-later
 * http.h - the HTTP server: routes in, answers out.
 *
 *     struct http_config config;
 *     http_config_init(&config);                   sensible limits, 127.0.0.1, any free port
 *     config.routes = routes; config.route_count = n; config.app = app;
 *     struct http_server *s = http_server_start(&config, &e);
 *     ...
 *     http_server_stop(s, 30000);
 *
 * DESIGN  http.c is the only file that knows libmicrohttpd: one event thread a core (epoll) reads
 * requests and sends answers. exchange.c is the life of one request without sockets: strict checks
 * of the head -> route -> access -> body (JSON buffer, or multipart streamed to files) -> reading
 * by the row's tables -> handler -> finished answer. Work that may block leaves the event thread:
 * the connection is suspended, a pool thread runs the handler, the connection is resumed. Two pools
 * with bounded queues, a full one answers 503; a third writes uploads to disk. A sweeper thread
 * cuts slow clients (deadlines.h). A handler that streams its answer writes to the socket from its
 * pool thread, with the connection still suspended, and the connection closes behind it.
 *
 * The layer adds to the given routes: GET /openapi.json, /docs, /docs/assets/{name}, /redoc and
 * /media/{class}/{name}.
 *
 * Ownership: the config and all it points to must outlive the server, except what is said to be
 * copied. Threads: start and stop from one thread; callbacks come from any of the server's threads.
 */
#ifndef AIVE_API_HTTP_H
#define AIVE_API_HTTP_H

#include "api/reply.h"
#include "api/request.h"
#include "api/route.h"
#include "core/err.h"

#include <stdint.h>

struct http_server;

/* Published files: /media/<name>/<file>. Tables end with a row without name. */
struct http_media_class {
    const char *name;
    const char *dir;     /* folder on disk */
    bool attachment;     /* never shown inline (consent documents) */
    const char *cache;   /* Cache-Control; NULL: "no-cache" */
};

struct http_limits {
    uint64_t json_bytes;        /* of a JSON body                               4 MiB */
    uint64_t upload_bytes;      /* of a multipart body                          8 GiB */
    size_t arena_bytes;         /* memory of one request, at most             256 MiB */
    unsigned connections;       /* at once; above it clients wait               2048  */
    unsigned per_ip;            /* at once from one address; 0: no limit           0  */
    unsigned headers;           /* of one request                                100  */
    unsigned header_ms;         /* to send the head of a request               10 000 */
    unsigned idle_ms;           /* without any progress: of a kept connection between
                                 * requests, of a client that takes none of its answer. Whole
                                 * seconds                                      60 000 */
    unsigned body_window_ms;    /* in every such window a body must bring      30 000 */
    unsigned body_min_rate;     /* this many bytes a second                     1 024 */
    unsigned drain_ms;          /* how long and how much of an unwanted body    2 000 */
    uint64_t drain_bytes;       /* is taken, so that the client sees the answer 1 MiB */
    unsigned sweep_ms;          /* how often deadlines are looked at              500 */
};

/* One line of the access log. Texts live during the call only. */
struct http_access {
    const char *method, *path, *id, *client; /* path is the raw one when it could not be decoded */
    int status;     /* 0: the client had gone, or the library refused what it cannot parse */
    uint64_t bytes; /* of the body, as promised in Content-Length */
    double ms;      /* from the request line to the last byte handed to the kernel */
};

struct http_config {
    const char *address; /* numeric IPv4 or IPv6 */
    uint16_t port;       /* 0: any free one, see http_server_port() */
    const struct route *routes;
    size_t route_count;
    void *app;

    unsigned threads;                 /* event threads; 0: one a core */
    unsigned pool_threads, pool_queue;
    unsigned long_threads, long_queue;
    unsigned disk_threads;            /* write uploads */
    struct http_limits limits;

    const char *const *cors_origins;  /* NULL-ended; {"*"}: everybody; NULL or empty: no CORS */
    bool cors_credentials;
    const struct http_media_class *media;
    const char *title, *version, *description; /* for OpenAPI and docs */
    const char *docs_dir;             /* swagger-ui-dist; NULL or missing: /docs says how to get it */

    /* May this request in? Called for ACCESS_USER rows before any byte of the body is taken; NULL:
     * everybody may. Must not block. */
    route_fn *authorize;
    void *log_ctx;
    void (*log_access)(void *ctx, const struct http_access *a);
    void (*log_error)(void *ctx, const char *request_id, const char *words);
};

void http_config_init(struct http_config *c);

struct http_server *http_server_start(const struct http_config *c, struct err *e);
uint16_t http_server_port(const struct http_server *s);

/* Stops accepting, lets running requests end for up to grace_ms, then fires their cancel, waits for
 * the handlers and closes. Frees the server; NULL is accepted. */
void http_server_stop(struct http_server *s, unsigned grace_ms);

#endif
