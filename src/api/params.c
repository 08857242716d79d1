/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/params.h"

#include "api/urldecode.h"

#include <string.h>
#include <strings.h>

bool params_is(const char *header, const char *word)
{
    size_t n = strcspn(header, "; \t");
    return strlen(word) == n && strncasecmp(header, word, n) == 0;
}

/* Length of a quoted string at s, with both quotes; to the end of the text if it never closes. */
static size_t quoted_len(const char *s)
{
    size_t i = 1;
    while (s[i] && s[i] != '"')
        i += s[i] == '\\' && (s[i + 1] == '"' || s[i + 1] == '\\') ? 2 : 1;
    return s[i] ? i + 1 : i;
}

static const char *unquote(const char *s, size_t n, struct arena *a)
{
    char *out = arena_alloc(a, n + 1);
    size_t len = 0;
    bool closed = n >= 2 && s[n - 1] == '"';
    for (size_t i = 1; out && i < n - closed; i++) {
        bool escape = s[i] == '\\' && i + 1 < n - closed && (s[i + 1] == '"' || s[i + 1] == '\\');
        if (escape)
            i++;
        bool percent_quote = !escape && n - i > 3 && memcmp(s + i, "%22", 3) == 0;
        out[len++] = percent_quote ? '"' : s[i];
        if (percent_quote)
            i += 2;
    }
    return out;
}

/* Finds `name=`; returns the raw value and its length, or NULL. */
static const char *find(const char *header, const char *name, size_t *value_len)
{
    size_t name_len = strlen(name);
    const char *p = header + strcspn(header, ";");
    while (*p) {
        p += strspn(p, "; \t");
        size_t key = strcspn(p, "=; \t");
        bool hit = key == name_len && strncasecmp(p, name, key) == 0;
        p += key;
        p += strspn(p, " \t");
        if (*p != '=')
            continue;
        p++;
        p += strspn(p, " \t");
        *value_len = *p == '"' ? quoted_len(p) : strcspn(p, "; \t");
        if (hit)
            return p;
        p += *value_len;
    }
    return NULL;
}

const char *params_get(const char *header, const char *name, struct arena *a)
{
    size_t n = 0;
    const char *raw = find(header, name, &n);
    if (!raw)
        return NULL;
    return *raw == '"' ? unquote(raw, n, a) : arena_strndup(a, raw, n);
}

const char *params_get_ext(const char *header, const char *name, struct arena *a)
{
    char *ext = arena_printf(a, "%s*", name);
    size_t n = 0;
    const char *raw = ext ? find(header, ext, &n) : NULL;
    char *value = raw ? url_decode_ext_value(raw, n, a) : NULL;
    return value ? value : params_get(header, name, a);
}
