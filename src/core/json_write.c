/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/json.h"
#include "core/number.h"
#include "core/utf8.h"

#include <math.h>
#include <string.h>

/* Bytes at s that may stand in a JSON string as they are. */
static size_t plain_run(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x80 && s[i] != '"' &&
           s[i] != '\\')
        i++;
    return i;
}

static void write_escape(struct buf *b, unsigned char c)
{
    static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
    const char *known = c ? strchr(letters, c) : NULL;
    if (known)
        buf_add(b, (const char[]){'\\', names[known - letters]}, 2);
    else
        buf_printf(b, "\\u%04x", c);
}

void json_write_string_n(struct buf *b, const char *s, size_t n)
{
    buf_addc(b, '"');
    for (size_t i = 0; i < n;) {
        size_t run = plain_run(s + i, n - i);
        buf_add(b, s + i, run);
        i += run;
        if (i == n)
            break;
        if ((unsigned char)s[i] < 0x80) {
            write_escape(b, (unsigned char)s[i++]);
            continue;
        }
        uint32_t cp;
        size_t len = utf8_decode(s + i, n - i, &cp);
        if (len)
            buf_add(b, s + i, len);
        else
            buf_adds(b, "\xef\xbf\xbd"); /* U+FFFD */
        i += len ? len : 1;
    }
    buf_addc(b, '"');
}

void json_write_string(struct buf *b, const char *s)
{
    if (s)
        json_write_string_n(b, s, strlen(s));
    else
        buf_adds(b, "null");
}

void json_write_number(struct buf *b, double v)
{
    char text[NUMBER_TEXT_SIZE];
    size_t n = number_format(v, text);
    if (n)
        buf_add(b, text, n);
    else
        buf_adds(b, "null");
}

void json_write_int(struct buf *b, int64_t v)
{
    char text[24], *end = text + sizeof text, *s = end;
    uint64_t n = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        *--s = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    if (v < 0)
        *--s = '-';
    buf_add(b, s, (size_t)(end - s));
}

void json_write_bool(struct buf *b, bool v)
{
    buf_adds(b, v ? "true" : "false");
}
