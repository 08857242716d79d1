/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cancel.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool cancel_init(struct cancel *c, struct err *e)
{
    atomic_init(&c->fired, false);
    c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->fd < 0)
        return err_errno(e, errno, "eventfd");
    return true;
}

void cancel_finish(struct cancel *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

void cancel_fire(struct cancel *c)
{
    atomic_store(&c->fired, true);
    uint64_t one = 1;
    if (c->fd >= 0 && write(c->fd, &one, sizeof one) < 0) {
        /* EAGAIN: the counter is full, so the descriptor is readable already */
    }
}

bool cancel_fired(const struct cancel *c)
{
    return c && atomic_load(&c->fired);
}
