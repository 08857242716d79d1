/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/pretokenize.h"

#include "core/utf8.h"

#include <stdbool.h>
#include <string.h>

static bool is_space(uint32_t cp)
{
    return (cp >= 9 && cp <= 13) || cp == ' ' || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f ||
           cp == 0x205f || cp == 0x3000;
}

static enum unicode_kind kind_of(uint32_t cp)
{
    if (cp < 0x80 && (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z')
        return UNICODE_LETTER;
    if (is_space(cp))
        return UNICODE_SPACE;
    size_t low = 0, high = unicode_range_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cp > unicode_ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    bool within = low < unicode_range_count && cp >= unicode_ranges[low].first;
    return within ? unicode_ranges[low].kind : UNICODE_OTHER;
}

/* Kind of the character at s (n > 0); *len is its length in bytes. */
static enum unicode_kind kind_at(const char *s, size_t n, size_t *len)
{
    uint32_t cp;
    *len = utf8_decode(s, n, &cp);
    if (*len)
        return kind_of(cp);
    *len = 1;
    return UNICODE_OTHER;
}

static size_t contraction(const char *text, size_t len)
{
    static const char *const endings[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n = strlen(endings[i]);
        if (len >= n && memcmp(text, endings[i], n) == 0)
            return n;
    }
    return 0;
}

/* End of the run of characters of this kind that starts at `at`; *last is where its last character
 * starts. */
static size_t run_end(const char *text, size_t len, size_t at, enum unicode_kind kind, size_t *last)
{
    size_t n;
    for (*last = at; at < len && kind_at(text + at, len - at, &n) == kind; at += n)
        *last = at;
    return at;
}

size_t pretoken_next(const char *text, size_t len)
{
    if (len == 0)
        return 0;
    size_t n = contraction(text, len), last;
    if (n)
        return n;
    size_t at = text[0] == ' ' && len > 1;
    enum unicode_kind kind = kind_at(text + at, len - at, &n);
    if (kind != UNICODE_SPACE)
        return run_end(text, len, at, kind, &last);
    /* A run of blanks that text follows leaves its last one to that text. */
    size_t end = run_end(text, len, 0, UNICODE_SPACE, &last);
    return end < len && last > 0 ? last : end;
}
