/* SPDX-License-Identifier: GPL-3.0-or-later
 * multipart.h - a streaming reader of multipart/form-data (RFC 7578, RFC 2046).
 *
 *     char boundary[MULTIPART_MAX_BOUNDARY + 1];
 *     if (!multipart_boundary(content_type, boundary, e)) ...
 *     struct multipart *m = multipart_create(boundary, &sink, ctx, e);
 *     while (bytes arrive) if (!multipart_feed(m, data, n, e)) ...
 *     if (!multipart_finish(m, e)) ...                      the closing boundary was never seen
 *     multipart_destroy(m);
 *
 * Memory is constant: part data goes to the sink straight out of the fed bytes, only a part's
 * header is collected. After any false the reader is spent. Errors are ERR_BAD_REQUEST for what
 * cannot be read, ERR_TOO_LARGE over a limit, or what the sink set. Threads: one at a time.
 */
#ifndef AIVE_API_MULTIPART_H
#define AIVE_API_MULTIPART_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define MULTIPART_MAX_BOUNDARY 70 /* RFC 2046, 5.1.1 */
#define MULTIPART_MAX_HEADER 8192 /* bytes of one part's header */
#define MULTIPART_MAX_PARTS 64

/* A part's header. Texts live until part_begin returns. */
struct multipart_part {
    const char *name;         /* of the form field, as sent */
    const char *filename;     /* as sent, unescaped; NULL: a text field */
    const char *content_type; /* NULL: not said */
};

struct multipart_sink {
    bool (*part_begin)(void *ctx, const struct multipart_part *part, struct err *e);
    bool (*part_data)(void *ctx, const char *data, size_t n, struct err *e);
    bool (*part_end)(void *ctx, struct err *e);
};

struct multipart;

/* True when a Content-Type is multipart/form-data, whatever its parameters. */
bool multipart_is_form(const char *content_type);

/* Takes the boundary out of a Content-Type; out has room for MULTIPART_MAX_BOUNDARY + 1. */
bool multipart_boundary(const char *content_type, char *out, struct err *e);

struct multipart *multipart_create(const char *boundary, const struct multipart_sink *sink,
                                   void *ctx, struct err *e);
bool multipart_feed(struct multipart *m, const char *data, size_t n, struct err *e);
bool multipart_finish(struct multipart *m, struct err *e);
void multipart_destroy(struct multipart *m); /* accepts NULL */

#endif
