/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/log.h"

#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const level_colours[] = {"\033[2m", "", "\033[33m", "\033[31m"};

struct log log_make(int fd, const char *format, const char *level)
{
    struct log l = {.fd = fd, .level = LOG_INFO, .json = strcmp(format, "json") == 0};
    if (strcmp(format, "auto") == 0)
        l.json = !isatty(fd);
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++)
        if (strcmp(level, level_names[i]) == 0)
            l.level = (enum log_level)i;
    return l;
}

static void add_member(struct buf *b, const char *key, const char *value)
{
    if (!value)
        return;
    buf_printf(b, ",\"%s\":", key);
    json_write_string(b, value);
}

static void format_json(struct buf *b, const struct log *l, enum log_level level, const char *text)
{
    char now[CLOCK_ISO_SIZE];
    clock_iso(clock_now_us(), now);
    buf_printf(b, "{\"time\":\"%s\",\"level\":\"%s\"", now, level_names[level]);
    add_member(b, "request", l->request);
    add_member(b, "job", l->job);
    add_member(b, "message", text);
    buf_adds(b, "}\n");
}

/* Text that others wrote may hold control characters: a log line must stay one line. */
static void add_printable(struct buf *b, const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            buf_printf(b, "\\x%02x", (unsigned char)*text);
        else
            buf_addc(b, *text);
}

static void format_text(struct buf *b, const struct log *l, enum log_level level, const char *text)
{
    char now[CLOCK_ISO_SIZE];
    clock_iso(clock_now_us(), now);
    bool colour = isatty(l->fd);
    buf_printf(b, "%.8s %s%-5s%s ", now + 11, colour ? level_colours[level] : "",
               level_names[level], colour ? "\033[0m" : "");
    add_printable(b, text);
    if (l->job)
        buf_printf(b, "  [job %.8s]", l->job);
    if (l->request)
        buf_printf(b, "  [%s]", l->request);
    buf_addc(b, '\n');
}

void log_line(const struct log *l, enum log_level level, const char *fmt, ...)
{
    if (!l || level < l->level)
        return;
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);

    struct buf b;
    buf_init(&b, 32768);
    if (l->json)
        format_json(&b, l, level, text);
    else
        format_text(&b, l, level, text);
    if (b.len && write(l->fd, b.data, b.len) < 0) {
        /* nowhere left to say it */
    }
    buf_finish(&b);
}
