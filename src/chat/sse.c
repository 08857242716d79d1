/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/sse.h"

#include <string.h>

void sse_init(struct sse *s)
{
    *s = (struct sse){0};
    buf_init(&s->line, SSE_EVENT_MAX);
    buf_init(&s->data, SSE_EVENT_MAX);
}

void sse_finish(struct sse *s)
{
    buf_finish(&s->line);
    buf_finish(&s->data);
}

static bool too_long(const struct buf *b, struct err *e)
{
    return buf_err(b, ERR_TOO_LARGE, "an event is longer than 1 MiB", e);
}

static bool end_event(struct sse *s, sse_fn *on_data, void *user, struct err *e)
{
    bool ok = !s->has_data || on_data(user, s->data.data, s->data.len, e);
    s->has_data = false;
    buf_clear(&s->data);
    return ok;
}

/* "data: text" and "data:text" are the same; several lines are joined by line breaks. */
static bool take_data(struct sse *s, const char *text, size_t n, struct err *e)
{
    if (n > 0 && *text == ' ') {
        text++;
        n--;
    }
    bool ok = (!s->has_data || buf_addc(&s->data, '\n')) && buf_add(&s->data, text, n);
    s->has_data = true;
    return ok || too_long(&s->data, e);
}

static bool end_line(struct sse *s, sse_fn *on_data, void *user, struct err *e)
{
    const char *line = s->line.len ? s->line.data : "";
    size_t n = s->line.len;
    if (!s->begun && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        n -= 3;
    }
    s->begun = true;
    bool ok = true;
    if (n == 0)
        ok = end_event(s, on_data, user, e);
    else if (n == 4 && memcmp(line, "data", 4) == 0)
        ok = take_data(s, "", 0, e);
    else if (n >= 5 && memcmp(line, "data:", 5) == 0)
        ok = take_data(s, line + 5, n - 5, e);
    buf_clear(&s->line);
    return ok;
}

bool sse_feed(struct sse *s, const char *bytes, size_t n, sse_fn *on_data, void *user,
              struct err *e)
{
    while (n > 0) {
        if (s->after_cr && *bytes == '\n') {
            bytes++;
            n--;
        }
        s->after_cr = false;
        size_t part = 0;
        while (part < n && bytes[part] != '\n' && bytes[part] != '\r')
            part++;
        if (!buf_add(&s->line, bytes, part))
            return too_long(&s->line, e);
        if (part == n)
            break;
        s->after_cr = bytes[part] == '\r';
        if (!end_line(s, on_data, user, e))
            return false;
        bytes += part + 1;
        n -= part + 1;
    }
    return true;
}
