/* SPDX-License-Identifier: GPL-3.0-or-later
 * reply.h - what a handler answers.
 *
 *     reply->status = 202;                                  (0 stays 200)
 *     reply_header(reply, "ETag", etag);
 *     return reply_json(reply, &wire_project, project);
 *
 * The body is a buffer or a file, never both; a stored text is spliced in by writing around it:
 *     buf_adds(&reply->body, "{\"id\":1,\"timeline\":"); buf_add(&reply->body, text, len); ...
 *     reply->content_type = REPLY_JSON;
 *
 * A body that goes out while it is made, as long as the row is not RUN_INLINE:
 *     if (!reply_stream_begin(reply, "text/event-stream")) ...   head and status are out now
 *     if (!reply_stream_write(reply, data, n)) ...               the client has gone: stop
 *     return true;                                               ends it; false: it is cut off
 *
 * Helpers return true so that `return reply_json(...)` ends a handler. Running out of memory marks
 * reply->body as failed, which the layer turns into a 500. Range, conditional requests, HEAD, CORS
 * and security headers are the layer's work. Ownership: reply_finish() frees the buffer and closes
 * the file. Threads: one at a time.
 */
#ifndef AIVE_API_REPLY_H
#define AIVE_API_REPLY_H

#include "api/request.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/wire.h"

#include <time.h>

#define REPLY_MAX_HEADERS 32
#define REPLY_MAX_BODY ((size_t)64 << 20)
#define REPLY_JSON "application/json"

struct reply_file {
    int fd;               /* -1: the body is the buffer */
    uint64_t size;        /* bytes of the whole file */
    uint64_t offset, len; /* the part to send; set by the layer from Range */
    time_t modified;      /* 0: unknown */
    const char *etag;     /* quoted, strong */
};

struct reply;

/* Where a streamed body goes: the layer's, or a test's. */
struct reply_sink {
    bool (*begin)(struct reply_sink *sink, struct reply *r); /* sends status and headers */
    bool (*write)(struct reply_sink *sink, const void *data, size_t n);
};

struct reply {
    int status;               /* 0: 200 */
    const char *content_type; /* NULL: none */
    struct http_pair headers[REPLY_MAX_HEADERS];
    size_t header_count;
    struct buf body;
    struct reply_file file;
    struct arena *arena;      /* of the request; header values are copied there */
    bool close;               /* close the connection behind this answer */
    struct reply_sink *sink;  /* NULL: this answer cannot be streamed */
    bool streamed;            /* it has begun */
};

void reply_init(struct reply *r, struct arena *a);
void reply_finish(struct reply *r);

/* Forgets everything said so far (an error takes the place of a half-made answer). */
void reply_reset(struct reply *r);

/* Adds a header, replacing one of that name. A value with control characters, which could forge
 * other headers, is left out. */
void reply_header(struct reply *r, const char *name, const char *value);
const char *reply_get_header(const struct reply *r, const char *name); /* or NULL */

bool reply_json(struct reply *r, const struct wire_type *type, const void *obj);

/* A JSON array; items lie `type->size` apart. */
bool reply_json_list(struct reply *r, const struct wire_type *type, const void *items,
                     size_t count);

bool reply_text(struct reply *r, const char *content_type, const char *text);

/* {"detail": "..."} with that status. */
bool reply_detail(struct reply *r, int status, const char *detail);

/* The answer to a failed handler: FastAPI's shapes by err_http_status(). A 422 is a list of one
 * error about the body, because front ends parse a 422 as a list. A 500 says only
 * "Internal Server Error"; its words are for the log. */
void reply_error(struct reply *r, const struct err *e);

/* Sends status and headers; the rest of the reply must stay as it is from here on. False: it cannot
 * be streamed, or the client has gone. */
bool reply_stream_begin(struct reply *r, const char *content_type);
/* The next bytes of the body, at once. False: the client has gone. May wait for a slow client. */
bool reply_stream_write(struct reply *r, const void *data, size_t n);

/* 422 with the collected errors. */
bool reply_validation(struct reply *r, const struct wire_errors *errs);

/* 422 with one error of our own about that place, worded as pydantic words a validator's. */
bool reply_invalid(struct reply *r, const struct wire_loc *loc, const char *words);

/* 307/303 and friends; location is copied. */
bool reply_redirect(struct reply *r, int status, const char *location);

/* Sends the regular file behind fd, which the reply owns from here on, also on failure.
 * `download_name`: Content-Disposition attachment of that name; NULL: inline. `etag` (quoted) NULL:
 * made from inode, size and time. */
bool reply_file(struct reply *r, int fd, const char *content_type, const char *download_name,
                const char *etag, struct err *e);

#endif
