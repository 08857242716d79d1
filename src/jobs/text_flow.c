/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/text_flow.h"

#include "core/utf8.h"

#include <string.h>

void text_flow_init(struct text_flow *f, const char *const *stops, size_t stop_count,
                    void (*say)(void *user, const char *text, size_t len), void *user)
{
    *f = (struct text_flow){.stops = stops, .stop_count = stop_count, .say = say, .user = user};
    buf_init(&f->held, TEXT_FLOW_MAX);
}

void text_flow_finish(struct text_flow *f)
{
    buf_finish(&f->held);
}

static bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* --- What may be said ------------------------------------------------------------------------- */

/* Where the first stop string begins, or the end. */
static size_t find_stop(const struct text_flow *f, bool *found)
{
    size_t first = f->held.len;
    for (size_t i = 0; i < f->stop_count; i++) {
        const char *at = f->held.len
                             ? memmem(f->held.data, f->held.len, f->stops[i], strlen(f->stops[i]))
                             : NULL;
        if (at && (size_t)(at - f->held.data) <= first) {
            first = (size_t)(at - f->held.data);
            *found = true;
        }
    }
    return first;
}

/* The bytes at the end that a stop string could begin with. */
static size_t begun_stop(const struct text_flow *f)
{
    size_t most = 0;
    for (size_t i = 0; i < f->stop_count; i++) {
        size_t len = strlen(f->stops[i]);
        size_t n = len - 1 < f->held.len ? len - 1 : f->held.len;
        while (n > most && memcmp(f->held.data + f->held.len - n, f->stops[i], n) != 0)
            n--;
        if (n > most)
            most = n;
    }
    return most;
}

/* Length of a character at the end that lacks bytes; 0: none does. */
static size_t begun_character(const char *s, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++) {
        unsigned char c = (unsigned char)s[n - back];
        if ((c & 0xc0) == 0x80)
            continue;
        size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return need > back ? back : 0;
    }
    return 0;
}

/* --- Saying ----------------------------------------------------------------------------------- */

/* Adds one character to the text, mended; gives the bytes it took. */
static size_t clean(const char *s, size_t n, struct buf *out)
{
    uint32_t cp;
    size_t len = utf8_decode(s, n, &cp);
    if (len == 0)
        buf_adds(out, "\xef\xbf\xbd");
    else if (cp >= 0x20 ? cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) : blank((char)cp))
        buf_add(out, s, len);
    return len ? len : 1;
}

static void say_bytes(struct text_flow *f, const char *s, size_t n)
{
    struct buf out;
    buf_init(&out, 4 * (size_t)TEXT_FLOW_MAX);
    for (size_t at = 0; at < n;)
        at += clean(s + at, n - at, &out);
    size_t skip = 0;
    while (f->said == 0 && skip < out.len && blank(out.data[skip]))
        skip++;
    if (!out.failed && out.len > skip) {
        f->said += out.len - skip;
        f->say(f->user, out.data + skip, out.len - skip);
    }
    buf_finish(&out);
}

/* Says the first n bytes that are held, but for blank space at their end, which stays. */
static void say_held(struct text_flow *f, size_t n)
{
    while (n > 0 && blank(f->held.data[n - 1]))
        n--;
    if (n == 0)
        return;
    say_bytes(f, f->held.data, n);
    buf_consume(&f->held, n);
}

bool text_flow_add(struct text_flow *f, const char *bytes, size_t len)
{
    bool stop = !buf_add(&f->held, bytes, len);
    size_t end = find_stop(f, &stop);
    if (!stop) {
        end -= begun_stop(f);
        end -= begun_character(f->held.data ? f->held.data : "", end);
    }
    say_held(f, end);
    if (stop)
        buf_clear(&f->held);
    return stop || f->said > TEXT_FLOW_MAX;
}

void text_flow_end(struct text_flow *f)
{
    say_held(f, f->held.len);
    buf_clear(&f->held);
}
