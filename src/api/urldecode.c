/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/urldecode.h"

#include "core/utf8.h"

#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that "%XX" at s stands for (n bytes left), or -1. */
static int escape(const char *s, size_t n)
{
    if (n < 3)
        return -1;
    int hi = hex_digit(s[1]), lo = hex_digit(s[2]);
    return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

enum decode_flags { PLUS_IS_SPACE = 1, NO_CONTROLS = 2, NO_ENCODED_SLASH = 4 };

static char *decode(const char *raw, size_t n, unsigned flags, struct arena *a, struct err *e)
{
    char *out = arena_alloc(a, n + 1);
    if (!out) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)raw[i];
        bool escaped = c == '%';
        if (escaped) {
            c = escape(raw + i, n - i);
            i += 2;
        } else if (c == '+' && (flags & PLUS_IS_SPACE)) {
            c = ' ';
        }
        bool control = c < 0x20 || c == 0x7f;
        bool slash = c == '\\' || (escaped && c == '/');
        if (c <= 0 || (control && (flags & NO_CONTROLS)) || (slash && (flags & NO_ENCODED_SLASH))) {
            err_set(e, ERR_BAD_REQUEST,
                    c < 0 ? "Malformed percent escape in the address"
                          : "Forbidden character in the address");
            return NULL;
        }
        out[len++] = (char)c;
    }
    if (!utf8_valid(out, len)) {
        err_set(e, ERR_BAD_REQUEST, "The address is not valid UTF-8");
        return NULL;
    }
    return out;
}

char *url_decode_path(const char *raw, size_t n, struct arena *a, struct err *e)
{
    return decode(raw, n, NO_CONTROLS | NO_ENCODED_SLASH, a, e);
}

static size_t count_pairs(const char *raw)
{
    size_t n = 0;
    for (const char *p = raw; *p;) {
        size_t len = strcspn(p, "&");
        n += len > 0;
        p += len + (p[len] == '&');
    }
    return n;
}

bool url_decode_query(const char *raw, struct arena *a, const struct http_pair **pairs,
                      size_t *count, struct err *e)
{
    size_t n = count_pairs(raw);
    *pairs = NULL;
    *count = 0;
    if (n == 0)
        return true;
    if (n > URL_MAX_QUERY)
        return err_set(e, ERR_BAD_REQUEST, "More than %d query parameters", URL_MAX_QUERY);
    struct http_pair *list = arena_array(a, n, sizeof *list);
    if (!list)
        return err_set(e, ERR_NO_MEMORY, "out of memory");

    size_t i = 0;
    for (const char *p = raw; *p;) {
        size_t len = strcspn(p, "&");
        if (len > 0) {
            const char *eq = memchr(p, '=', len);
            size_t name_len = eq ? (size_t)(eq - p) : len;
            list[i].name = decode(p, name_len, PLUS_IS_SPACE, a, e);
            list[i].value = eq ? decode(eq + 1, len - name_len - 1, PLUS_IS_SPACE, a, e) : "";
            if (!list[i].name || !list[i].value)
                return false;
            i++;
        }
        p += len + (p[len] == '&');
    }
    *pairs = list;
    *count = n;
    return true;
}

char *url_decode_ext_value(const char *raw, size_t n, struct arena *a)
{
    static const char charset[] = "utf-8'";
    size_t head = sizeof charset - 1;
    if (n < head || strncasecmp(raw, charset, head) != 0)
        return NULL;
    const char *quote = memchr(raw + head, '\'', n - head);
    if (!quote)
        return NULL;
    quote++;
    return decode(quote, n - (size_t)(quote - raw), 0, a, NULL);
}

char *url_encode(const char *s, struct arena *a)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = arena_array(a, strlen(s) + 1, 3);
    if (!out)
        return NULL;
    size_t len = 0;
    for (; *s; s++) {
        if (strchr(safe, *s)) {
            out[len++] = *s;
            continue;
        }
        unsigned char c = (unsigned char)*s;
        out[len++] = '%';
        out[len++] = hex[c >> 4];
        out[len++] = hex[c & 15];
    }
    return out;
}
