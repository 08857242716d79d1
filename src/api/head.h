/* SPDX-License-Identifier: GPL-3.0-or-later
 * head.h - the head of a request as it came, and the checks that libmicrohttpd does not make.
 *
 * What two HTTP programs could read in two ways (two lengths, a length and chunks, a name with a
 * blank, a NUL) is answered with 400 and the connection is closed: that is how request smuggling
 * ends (RFC 9112, 6.1 and 11.2). Pure functions.
 */
#ifndef AIVE_API_HEAD_H
#define AIVE_API_HEAD_H

#include "api/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct head_field {
    const char *name, *value;
    size_t name_len, value_len; /* may show a NUL inside */
};

struct head {
    const char *method, *version; /* "GET", "HTTP/1.1" */
    const char *target;           /* as sent, undecoded, with the query */
    const struct head_field *fields;
    size_t field_count;
};

/* What the head says about the body. */
struct head_body {
    bool chunked;
    bool expect_continue;
    uint64_t length; /* of Content-Length; 0 when absent */
};

/* The status to refuse with (400, 417, 431, 501) and its words, or 0 when all is well and *body is
 * set. */
int head_check(const struct head *h, size_t max_fields, struct head_body *body, const char **words);

#endif
