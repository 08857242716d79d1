/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_client.h - asks other servers: model hubs, speech and language services.
 *
 *     struct http_ask ask = {.url = url, .max_bytes = 1 << 20, .seconds = 30,
 *                            .on_body = take, .user = &me};
 *     struct http_answer answer;
 *     if (!http_ask(&ask, &answer, &e)) ...          no answer, or not a whole one
 *     if (answer.status != 200) ...                  an answer is not yet a yes
 *
 * Only http and https. Addresses: what `reach` says, checked on the address that is connected to;
 * a redirect never leads from the public internet into a private network. The environment's proxy
 * settings are followed for HTTP_OPERATOR.
 *
 * Errors: ERR_UNAVAILABLE the server cannot be reached or hung up (trying again may help);
 * ERR_TIMEOUT; ERR_TOO_LARGE; ERR_CANCELED; ERR_FORBIDDEN the address; ERR_INVALID the URL;
 * whatever on_body said. Messages name the host, never the query, the headers or the body.
 * Ownership: everything is the caller's. Threads: any; calls block and share nothing.
 */
#ifndef AIVE_NET_HTTP_CLIENT_H
#define AIVE_NET_HTTP_CLIENT_H

#include "core/buf.h"
#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_reach {
    HTTP_OPERATOR, /* the URL is a setting of whoever runs aive: any address */
    HTTP_PUBLIC,   /* the URL came from a user: public addresses only */
};

struct http_answer;

/* A field of a form (multipart/form-data), a file if it has a file name. */
struct http_part {
    const char *name; /* NULL ends the list */
    const char *file_name, *type;
    const void *data;
    size_t len;
};

struct http_ask {
    const char *url;
    enum http_reach reach;
    const char *const *headers; /* "Name: value", ended by NULL; may be NULL */
    const char *body;           /* NULL: GET; else POST */
    size_t body_len;
    const struct http_part *form; /* instead of a body */
    int64_t from;               /* > 0: only what comes from this byte on (Range) */
    const char *if_range;       /* ... as long as this is still its ETag; may be NULL */
    int seconds;                /* for all of it; 0: no limit but that it moves: */
    int stall_seconds;          /* so long without a byte is the end; 0: 30 */
    int64_t max_bytes;          /* of the answer's body; 0: none is wanted */
    bool stay; /* a redirect is an answer like any other, and not followed */
    const struct cancel *cancel;

    /* The body piece by piece, of answers of any status. Optional. Both are called on the thread
     * that asked. */
    bool (*on_body)(void *user, const struct http_answer *head, const void *data, size_t n,
                    struct err *e);
    void *user;
};

struct http_answer {
    int status;
    int64_t length; /* of this body as announced; -1: not said */
    int64_t total;  /* of the whole file, where a part was sent (206); -1: not said */
    int64_t from;   /* the first byte of a 206; 0 otherwise */
    char type[128]; /* Content-Type */
    int retry_after; /* seconds; 0: not said */
    char etag[256];
};

bool http_ask(const struct http_ask *ask, struct http_answer *answer, struct err *e);

/* The whole body as text in `body` (buf_init() it with the most that is taken). */
bool http_ask_text(const struct http_ask *ask, struct http_answer *answer, struct buf *body,
                   struct err *e);

/* Whether this is a complete http or https URL without user name, password or fragment. */
bool http_url_ok(const char *url, struct err *e);

/* The rule for addresses, for one call: whether a connection to `a` may be opened. `*seen_public`:
 * one of the public internet was opened before; false at first. */
struct sockaddr;
bool http_may_connect(enum http_reach reach, bool *seen_public, const struct sockaddr *a);

#endif
