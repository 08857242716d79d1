/* SPDX-License-Identifier: GPL-3.0-or-later
 * pool.h - threads that do blocking work, behind a queue of fixed size.
 *
 * Threads: pool_submit() from any thread, the rest from the one that created the pool.
 */
#ifndef AIVE_API_POOL_H
#define AIVE_API_POOL_H

#include "core/err.h"

#include <stdbool.h>

struct pool;

typedef void pool_fn(void *arg);

/* `name` (at most 15 bytes) is what the threads are called in ps and debuggers. */
struct pool *pool_create(const char *name, unsigned threads, unsigned queue, struct err *e);

/* False when the queue is full or the pool is closing; fn will not be called then. */
bool pool_submit(struct pool *p, pool_fn *fn, void *arg);

/* Runs what is queued to the end and joins the threads; later pool_submit()s are refused. */
void pool_close(struct pool *p);

void pool_destroy(struct pool *p); /* closes if need be; accepts NULL */

#endif
