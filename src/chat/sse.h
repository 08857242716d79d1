/* SPDX-License-Identifier: GPL-3.0-or-later
 * sse.h - cuts a byte stream into server-sent events (text/event-stream), wherever its reads end.
 *
 *     struct sse s;
 *     sse_init(&s);
 *     if (!sse_feed(&s, bytes, n, on_data, user, e)) ...
 *     sse_finish(&s);
 *
 * Only the data of events is given; their names, ids and retry times are left out. Nothing in the
 * bytes is trusted: they may hold anything, also NUL and malformed UTF-8. Threads: one.
 */
#ifndef AIVE_CHAT_SSE_H
#define AIVE_CHAT_SSE_H

#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define SSE_EVENT_MAX (1u << 20) /* bytes of one event's data, and of one line */

struct sse {
    struct buf line, data;
    bool has_data; /* a data line came since the last event */
    bool after_cr; /* the last line ended with CR: an LF belongs to it */
    bool begun;    /* behind the byte order mark, if there is one */
};

typedef bool sse_fn(void *user, const char *data, size_t len, struct err *e);

void sse_init(struct sse *s);
void sse_finish(struct sse *s);

/* Calls on_data for every event that n more bytes complete. False: ERR_TOO_LARGE an event,
 * ERR_NO_MEMORY, or what on_data said. */
bool sse_feed(struct sse *s, const char *bytes, size_t n, sse_fn *on_data, void *user,
              struct err *e);

#endif
