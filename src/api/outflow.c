/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/outflow.h"

#include "core/buf.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#define PIECE_BYTES ((size_t)1 << 20) /* of a chunk */

static bool wait_writable(const struct outflow *f)
{
    struct pollfd p = {.fd = f->fd, .events = POLLOUT};
    int n;
    while ((n = poll(&p, 1, (int)f->wait_ms)) < 0 && errno == EINTR)
        ;
    return n > 0 && !(p.revents & (POLLERR | POLLHUP | POLLNVAL));
}

static bool send_all(struct outflow *f, const char *data, size_t n)
{
    while (n > 0 && !f->broken) {
        ssize_t sent = send(f->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            data += sent;
            n -= (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            f->broken = !wait_writable(f);
        } else if (errno != EINTR) {
            f->broken = true;
        }
    }
    return !f->broken;
}

bool outflow_head(struct outflow *f, const char *head, size_t len)
{
    int on = 1; /* a word of an answer does not wait for the next one */
    setsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return send_all(f, head, len);
}

/* One chunk in one packet. */
static bool send_chunk(struct outflow *f, const char *data, size_t n)
{
    struct buf b;
    buf_init(&b, n + 32);
    buf_printf(&b, "%zx\r\n", n);
    buf_add(&b, data, n);
    bool ok = buf_adds(&b, "\r\n") && send_all(f, b.data, b.len);
    buf_finish(&b);
    return ok;
}

bool outflow_body(struct outflow *f, const void *data, size_t n)
{
    for (const char *p = data; n > 0;) {
        size_t part = n < PIECE_BYTES ? n : PIECE_BYTES;
        if (!(f->chunked ? send_chunk(f, p, part) : send_all(f, p, part)))
            return false;
        f->bytes += part;
        p += part;
        n -= part;
    }
    return !f->broken;
}

bool outflow_end(struct outflow *f)
{
    static const char last[] = "0\r\n\r\n";
    return f->chunked ? send_all(f, last, sizeof last - 1) : !f->broken;
}
