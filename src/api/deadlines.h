/* SPDX-License-Identifier: GPL-3.0-or-later
 * deadlines.h - a sweeper thread that cuts clients which hold a connection by being slow.
 *
 * libmicrohttpd only knows an idle timer that every byte resets. Here every connection is in one
 * phase, and each phase has its end: a head must be complete in header_ms, a body must bring
 * body_min_rate bytes a second in every window of body_window_ms, an unwanted body is taken for
 * drain_ms, a kept connection waits idle_ms for the next request. A client that has gone away
 * while we wait for it is noticed within two rounds; one that goes while a handler is at work has
 * its watch_gone() fired, and the handler may heed that. Cutting is shutdown(), never
 * close(): the owner of the descriptor sees the end of file and tidies up.
 *
 * Threads: the functions on a watch belong to its connection's event thread, or to whoever has the
 * connection suspended. A descriptor must be removed before it is closed, so that its number cannot
 * be cut while it is already somebody else's.
 */
#ifndef AIVE_API_DEADLINES_H
#define AIVE_API_DEADLINES_H

#include "core/cancel.h"
#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

struct http_limits;
struct deadlines;
struct watch;

enum watch_phase {
    WATCH_HEAD,  /* request line and headers arrive */
    WATCH_BODY,  /* the body arrives */
    WATCH_DRAIN, /* answered already, the rest of the body is thrown away */
    WATCH_IDLE,  /* between two requests */
    WATCH_BUSY,  /* handler or answer: not the client's time */
};

struct deadlines *deadlines_create(const struct http_limits *limits, struct err *e);
void deadlines_destroy(struct deadlines *d); /* accepts NULL; no watch may be left */

struct watch *deadlines_add(struct deadlines *d, int fd); /* in WATCH_HEAD; NULL without memory */
void deadlines_remove(struct deadlines *d, struct watch *w); /* frees it; accepts NULL */

void watch_enter(struct watch *w, enum watch_phase phase); /* accepts NULL, as the next one */
/* Fired when the client has sent its last byte in WATCH_BUSY, or by deadlines_cancel(); polled, it
 * has no descriptor. Lives as long as the watch; fresh again in WATCH_HEAD. NULL for NULL. */
struct cancel *watch_gone(struct watch *w);

void watch_received(struct watch *w, size_t bytes);

/* The server shuts down: fires the watch_gone() of all, also of those to come. */
void deadlines_cancel(struct deadlines *d);

/* Looks at all watches once, as the thread does each sweep_ms. For tests: `now_ms` as of
 * clock_mono_ms(). Returns how many were cut. */
unsigned deadlines_sweep(struct deadlines *d, uint64_t now_ms);

#endif
