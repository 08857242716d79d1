/* SPDX-License-Identifier: GPL-3.0-or-later
 * log.h - one line an event: text for people on a terminal, JSON lines otherwise.
 *
 * A `struct log` is a small value that is copied to add context:
 *
 *     struct log here = *base;  here.request = req->id;
 *     log_line(&here, LOG_WARN, "upload refused: %s", e.msg);
 *
 * Levels: error = somebody must look; warn = went wrong and was handled; info = once a request or
 * job; debug = for the developer. Never log secrets: settings marked secret are masked by
 * config.c, and request headers are not logged at all.
 * Threads: log_line() may be called from any thread; a line is one write(2).
 */
#ifndef AIVE_CORE_LOG_H
#define AIVE_CORE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log {
    int fd;
    enum log_level level; /* lines below it are dropped */
    bool json;
    const char *request, *job; /* ids, NULL when there is none */
};

/* format: "text", "json" or "auto" (text when fd is a terminal); level: "debug" ... "error". */
struct log log_make(int fd, const char *format, const char *level);

void log_line(const struct log *l, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
