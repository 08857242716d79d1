/* SPDX-License-Identifier: GPL-3.0-or-later
 * cancel.h - "please stop": a flag to poll and a file descriptor to wait on.
 *
 * Long calls take a `struct cancel *` (NULL: cannot be cancelled) and return ERR_CANCELED soon
 * after cancel_fire(). Threads: every function may be called from any thread; cancel_fire() is
 * safe in a signal handler.
 */
#ifndef AIVE_CORE_CANCEL_H
#define AIVE_CORE_CANCEL_H

#include "core/err.h"

#include <stdatomic.h>
#include <stdbool.h>

struct cancel {
    atomic_bool fired;
    int fd; /* eventfd, readable for good once fired; -1 where only polling is wanted */
};

bool cancel_init(struct cancel *c, struct err *e);
void cancel_finish(struct cancel *c);
void cancel_fire(struct cancel *c);
bool cancel_fired(const struct cancel *c); /* false for NULL */

#endif
