/* SPDX-License-Identifier: GPL-3.0-or-later
 * outflow.h - a body that is written to a socket while it is made.
 *
 *     struct outflow f = {.fd = fd, .chunked = true, .wait_ms = 60000};
 *     outflow_head(&f, head, len); outflow_body(&f, data, n); ... outflow_end(&f);
 *
 * HTTP/1.1 gets chunks, so that a client can tell a body that was cut off from one that ended;
 * HTTP/1.0 gets the bytes up to the end of the connection. Ownership: the descriptor is the
 * caller's. Threads: one. Blocking: up to wait_ms for a client that reads nothing.
 */
#ifndef AIVE_API_OUTFLOW_H
#define AIVE_API_OUTFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outflow {
    int fd; /* non-blocking or not */
    bool chunked;
    unsigned wait_ms;
    bool broken;    /* the client has gone, or reads nothing; nothing more is sent */
    uint64_t bytes; /* of the body, sent */
};

bool outflow_head(struct outflow *f, const char *head, size_t len);
bool outflow_body(struct outflow *f, const void *data, size_t n);
bool outflow_end(struct outflow *f); /* the body is whole */

#endif
