/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_text.c - cleaning, clusters, units of a line.
 */
#include "render/caption_text.h"

#include "core/utf8.h"

#include <string.h>

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *r, size_t n, uint32_t cp)
{
    for (size_t i = 0; i < n; i++)
        if (cp >= r[i].first && cp <= r[i].last)
            return true;
    return false;
}
#define IN(table, cp) in_ranges(table, sizeof(table) / sizeof(table)[0], cp)

/* Non-joiner, joiner, left-to-right and right-to-left marks, word joiner. */
bool text_is_invisible(uint32_t cp)
{
    return (cp >= 0x200c && cp <= 0x200f) || cp == 0x2060;
}

/* General category M (Unicode 15) as far as whole ranges go; the Indic blocks share one layout. */
static const struct range marks[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2},
    {0x05c4, 0x05c5}, {0x05c7, 0x05c7}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670},
    {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06e8}, {0x06ea, 0x06ed}, {0x0711, 0x0711},
    {0x0730, 0x074a}, {0x07a6, 0x07b0}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
    {0x0eb1, 0x0eb1}, {0x0eb4, 0x0ebc}, {0x0ec8, 0x0ecd}, {0x0f71, 0x0f84}, {0x102b, 0x103e},
    {0x1056, 0x1059}, {0x135d, 0x135f}, {0x17b4, 0x17d3}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x20d0, 0x20f0}, {0x302a, 0x302f}, {0x3099, 0x309a}, {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff},
};

static bool is_indic_mark(uint32_t cp)
{
    if (cp < 0x0900 || cp > 0x0dff)
        return false;
    uint32_t at = cp & 0x7f;
    return at <= 0x03 || at == 0x3a || at == 0x3b || at == 0x3c || (at >= 0x3e && at <= 0x4f) ||
           (at >= 0x51 && at <= 0x57) || at == 0x62 || at == 0x63;
}

bool text_is_mark(uint32_t cp)
{
    return cp >= 0x300 && (is_indic_mark(cp) || IN(marks, cp));
}

/* A consonant after one of these belongs to the same sign. */
static bool is_virama(uint32_t cp)
{
    return (cp >= 0x0900 && cp <= 0x0dff && (cp & 0x7f) == 0x4d) || cp == 0x17d2 || cp == 0x1039;
}

static bool is_regional(uint32_t cp)
{
    return cp >= 0x1f1e6 && cp <= 0x1f1ff;
}

static size_t next_char(const char *s, size_t n, uint32_t *cp)
{
    size_t len = utf8_decode(s, n, cp);
    if (len)
        return len;
    *cp = 0xfffd;
    return n ? 1 : 0;
}

size_t text_cluster(const char *s, size_t n)
{
    uint32_t cp, prev;
    size_t at = next_char(s, n, &prev);
    bool flag = is_regional(prev);
    while (at < n) {
        size_t len = next_char(s + at, n - at, &cp);
        bool blank = prev <= ' ' || cp <= ' ';
        bool joins = text_is_mark(cp) || cp == 0x200c || cp == 0x200d || prev == 0x200d ||
                     is_virama(prev) || (flag && is_regional(cp));
        if (blank || !joins)
            break;
        flag = false;
        prev = cp;
        at += len;
    }
    return at;
}

/* --- Cleaning ------------------------------------------------------------------------------- */

static const struct range dropped[] = {
    {0x0000, 0x0008}, {0x000e, 0x001f}, {0x007f, 0x0084},   {0x0086, 0x009f}, {0x00ad, 0x00ad},
    {0x034f, 0x034f}, {0x061c, 0x061c}, {0x180b, 0x180f},   {0x200b, 0x200b}, {0x202a, 0x202e},
    {0x2061, 0x206f}, {0xd800, 0xdfff}, {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff},
};

static bool is_newline(uint32_t cp)
{
    return (cp >= 0x0a && cp <= 0x0d) || cp == 0x85 || cp == 0x2028 || cp == 0x2029;
}

static bool is_space(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
           cp == 0x205f || cp == 0x3000;
}

/* Where the cleaned text grows. Space is only noted, and written before what follows it. */
struct cleaner {
    char *out;
    size_t len;
    bool space, newline;
    bool (*drawable)(void *user, uint32_t cp);
    void *user;
};

static void clean_char(struct cleaner *c, const char *s, size_t n, uint32_t cp)
{
    if (is_newline(cp)) {
        c->newline = true;
    } else if (is_space(cp)) {
        c->space = true;
    } else if (!IN(dropped, cp)) {
        if (c->len && (c->newline || c->space))
            c->out[c->len++] = c->newline ? '\n' : ' ';
        c->newline = c->space = false;
        memcpy(c->out + c->len, s, n);
        c->len += n;
    }
}

static bool cluster_drawable(const struct cleaner *c, uint32_t base)
{
    return is_newline(base) || is_space(base) || IN(dropped, base) || text_is_invisible(base) ||
           !c->drawable || c->drawable(c->user, base);
}

char *text_clean(const char *s, bool (*drawable)(void *user, uint32_t cp), void *user,
                 struct arena *a)
{
    size_t n = strlen(s);
    struct cleaner c = {.out = arena_alloc(a, n + 1), .drawable = drawable, .user = user};
    if (!c.out)
        return NULL;
    for (size_t at = 0; at < n;) {
        size_t end = at + text_cluster(s + at, n - at);
        uint32_t cp;
        next_char(s + at, n - at, &cp);
        if (!cluster_drawable(&c, cp)) {
            at = end;
            continue;
        }
        while (at < end) {
            size_t len = next_char(s + at, n - at, &cp);
            if (!text_is_mark(cp) || !drawable || drawable(user, cp))
                clean_char(&c, s + at, len, cp);
            at += len;
        }
    }
    c.out[c.len] = '\0';
    return c.out;
}

/* --- Units ---------------------------------------------------------------------------------- */

/* Scripts that may be broken between any two signs: Han, kana, Hangul stays with its words. */
static const struct range ideographs[] = {
    {0x2e80, 0x2fff}, {0x3001, 0x30ff}, {0x3105, 0x312f},   {0x31a0, 0x31ff},
    {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf},   {0xf900, 0xfaff},
    {0xff01, 0xff60}, {0xff66, 0xff9f}, {0x20000, 0x3ffff},
};

/* Kinsoku: what may not begin a line, and what may not end one. */
static const struct range no_begin[] = {
    {'!', '!'},       {')', ')'},       {',', '.'},       {':', ';'},       {'?', '?'},
    {']', ']'},       {'}', '}'},       {0x2019, 0x2019}, {0x201d, 0x201d}, {0x2026, 0x2026},
    {0x3001, 0x3002}, {0x3005, 0x3005}, {0x3009, 0x3009}, {0x300b, 0x300b}, {0x300d, 0x300d},
    {0x300f, 0x300f}, {0x3011, 0x3011}, {0x3015, 0x3015}, {0x303b, 0x303b}, {0x3041, 0x3041},
    {0x3043, 0x3043}, {0x3045, 0x3045}, {0x3047, 0x3047}, {0x3049, 0x3049}, {0x3063, 0x3063},
    {0x3083, 0x3083}, {0x3085, 0x3085}, {0x3087, 0x3087}, {0x308e, 0x308e}, {0x309d, 0x309e},
    {0x30a1, 0x30a1}, {0x30a3, 0x30a3}, {0x30a5, 0x30a5}, {0x30a7, 0x30a7}, {0x30a9, 0x30a9},
    {0x30c3, 0x30c3}, {0x30e3, 0x30e3}, {0x30e5, 0x30e5}, {0x30e7, 0x30e7}, {0x30ee, 0x30ee},
    {0x30fb, 0x30fe}, {0xff01, 0xff01}, {0xff09, 0xff09}, {0xff0c, 0xff0c}, {0xff0e, 0xff0e},
    {0xff1a, 0xff1b}, {0xff1f, 0xff1f}, {0xff3d, 0xff3d}, {0xff5d, 0xff5d},
};
static const struct range no_end[] = {
    {'(', '('},       {'[', '['},       {'{', '{'},       {0x2018, 0x2018}, {0x201c, 0x201c},
    {0x3008, 0x3008}, {0x300a, 0x300a}, {0x300c, 0x300c}, {0x300e, 0x300e}, {0x3010, 0x3010},
    {0x3014, 0x3014}, {0xff08, 0xff08}, {0xff3b, 0xff3b}, {0xff5b, 0xff5b},
};

static bool may_break(uint32_t before, uint32_t after)
{
    return (IN(ideographs, before) || IN(ideographs, after)) && !IN(no_end, before) &&
           !IN(no_begin, after);
}

size_t text_units(const char *s, struct text_unit **units, struct arena *a)
{
    size_t n = strlen(s), count = 0;
    struct text_unit *u = arena_array(a, n + 1, sizeof *u);
    if (!u)
        return SIZE_MAX;
    uint32_t prev = ' ';
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        next_char(s + at, n - at, &cp);
        size_t len = text_cluster(s + at, n - at);
        if (cp != ' ' && cp != '\n') {
            if (prev == ' ' || prev == '\n' || may_break(prev, cp))
                u[count++] = (struct text_unit){.text = s + at,
                                                .space_before = prev == ' ' && at > 0,
                                                .newline_before = prev == '\n'};
            u[count - 1].len += len;
            u[count - 1].chars += utf8_length(s + at, len);
        }
        prev = cp;
        at += len;
    }
    *units = u;
    return count;
}
