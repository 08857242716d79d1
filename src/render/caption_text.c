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

/* Variation selectors, and the tags that make a flag England's. */
static bool is_selector(uint32_t cp)
{
    return (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0020 && cp <= 0xe007f);
}

size_t text_cluster(const char *s, size_t n)
{
    uint32_t cp, prev;
    size_t at = next_char(s, n, &prev);
    bool flag = is_regional(prev);
    for (int chars = 1; at < n && chars < TEXT_CLUSTER_MAX; chars++) {
        size_t len = next_char(s + at, n - at, &cp);
        bool blank = prev <= ' ' || cp <= ' ';
        bool joins = text_is_mark(cp) || is_selector(cp) || cp == 0x200c || cp == 0x200d ||
                     prev == 0x200d || is_virama(prev) || (flag && is_regional(cp));
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

/* More marks than any language puts on one letter. */
#define MAX_MARKS 6

/* Where the cleaned text grows. Space is only noted, and written before what follows it. */
struct cleaner {
    char *out;
    size_t len;
    bool space, newline;
    int marks; /* on the letter that was written last */
    const struct text_glyphs *glyphs;
};

static void write_clean(struct cleaner *c, const char *s, size_t n)
{
    if (c->len && (c->newline || c->space))
        c->out[c->len++] = c->newline ? '\n' : ' ';
    c->newline = c->space = false;
    memcpy(c->out + c->len, s, n);
    c->len += n;
}

static void clean_char(struct cleaner *c, const char *s, size_t n, uint32_t cp)
{
    if (is_newline(cp)) {
        c->newline = true;
    } else if (is_space(cp)) {
        c->space = true;
    } else if (!IN(dropped, cp)) {
        c->marks = text_is_mark(cp) ? c->marks + 1 : 0;
        if (c->marks <= MAX_MARKS)
            write_clean(c, s, n);
    }
}

static bool can_draw(const struct cleaner *c, uint32_t cp)
{
    return !c->glyphs || c->glyphs->glyph(c->glyphs->user, cp);
}

static bool cluster_drawable(const struct cleaner *c, uint32_t base)
{
    return is_newline(base) || is_space(base) || IN(dropped, base) || text_is_invisible(base) ||
           can_draw(c, base);
}

static void clean_cluster(struct cleaner *c, const char *s, size_t n)
{
    uint32_t cp;
    next_char(s, n, &cp);
    if (c->glyphs && c->glyphs->emoji(c->glyphs->user, s, n)) {
        write_clean(c, s, n);
        c->marks = 0;
        return;
    }
    if (!cluster_drawable(c, cp))
        return;
    for (size_t at = 0; at < n;) {
        size_t len = next_char(s + at, n - at, &cp);
        if (!text_is_mark(cp) || can_draw(c, cp))
            clean_char(c, s + at, len, cp);
        at += len;
    }
}

char *text_clean(const char *s, const struct text_glyphs *glyphs, struct arena *a)
{
    size_t n = strlen(s);
    struct cleaner c = {.out = arena_alloc(a, n + 1), .glyphs = glyphs};
    if (!c.out)
        return NULL;
    for (size_t at = 0, len; at < n; at += len) {
        len = text_cluster(s + at, n - at);
        clean_cluster(&c, s + at, len);
    }
    c.out[c.len] = '\0';
    return c.out;
}

/* --- Letters -------------------------------------------------------------------------------- */

static const struct range punctuation[] = {
    {0x0000, 0x002f}, {0x003a, 0x0040}, {0x005b, 0x0060}, {0x007b, 0x00a9},   {0x00ab, 0x00b4},
    {0x00b6, 0x00b9}, {0x00bb, 0x00bf}, {0x060c, 0x060d}, {0x061b, 0x061f},   {0x0964, 0x0965},
    {0x2000, 0x206f}, {0x3000, 0x3003}, {0x3008, 0x3020}, {0xfe00, 0xfe0f},   {0xff01, 0xff0f},
    {0xff1a, 0xff20}, {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0xe0000, 0xe0fff},
};

bool text_is_punctuation(uint32_t cp)
{
    return IN(punctuation, cp);
}

bool text_is_rtl(uint32_t cp)
{
    return (cp >= 0x0590 && cp <= 0x08ff) || (cp >= 0xfb1d && cp <= 0xfdff) ||
           (cp >= 0xfe70 && cp <= 0xfefe) || (cp >= 0x10800 && cp <= 0x10fff) ||
           (cp >= 0x1e800 && cp <= 0x1efff);
}

/* Small letters of a range and the way to their capitals; `paired`: only every other one is small,
 * those whose number is odd (1) or even (2). */
static const struct {
    uint32_t first, last;
    int shift, paired;
} capitals[] = {
    {'a', 'z', -32, 0},      {0xe0, 0xf6, -32, 0},   {0xf8, 0xfe, -32, 0},
    {0xff, 0xff, 121, 0},    {0x101, 0x130, -1, 1},  {0x131, 0x131, -232, 0},
    {0x133, 0x137, -1, 1},   {0x13a, 0x148, -1, 2},  {0x14b, 0x177, -1, 1},
    {0x17a, 0x17e, -1, 2},   {0x1ce, 0x1dc, -1, 2},  {0x1df, 0x1ef, -1, 1},
    {0x1f9, 0x21f, -1, 1},   {0x3ac, 0x3ac, -27, 0}, {0x3ad, 0x3ad, -24, 0},
    {0x3ae, 0x3ae, -23, 0},  {0x3af, 0x3af, -22, 0}, {0x390, 0x390, 26, 0},
    {0x3b0, 0x3b0, -5, 0},   {0x3cc, 0x3cc, -45, 0}, {0x3cd, 0x3cd, -40, 0},
    {0x3ce, 0x3ce, -37, 0},  {0x3b1, 0x3c1, -32, 0}, {0x3c2, 0x3c2, -31, 0},
    {0x3c3, 0x3cb, -32, 0},  {0x430, 0x44f, -32, 0}, {0x450, 0x45f, -80, 0},
    {0x461, 0x481, -1, 1},   {0x48b, 0x4bf, -1, 1},  {0x4c2, 0x4ce, -1, 2},
    {0x4d1, 0x52f, -1, 1},   {0x561, 0x586, -48, 0}, {0x1e01, 0x1e95, -1, 1},
    {0x1ea1, 0x1eff, -1, 1},
};

uint32_t text_upper(uint32_t cp)
{
    for (size_t i = 0; i < sizeof capitals / sizeof capitals[0]; i++)
        if (cp >= capitals[i].first && cp <= capitals[i].last &&
            (capitals[i].paired == 0 || cp % 2 == (uint32_t)capitals[i].paired % 2))
            return (uint32_t)((int)cp + capitals[i].shift);
    return cp;
}

char *text_uppercase(const char *s, struct arena *a)
{
    size_t n = strlen(s), out = 0;
    char *upper = arena_array(a, n + 1, 4);
    for (size_t at = 0; upper && at < n;) {
        uint32_t cp;
        at += next_char(s + at, n - at, &cp);
        out += utf8_encode(text_upper(cp), upper + out);
    }
    return upper;
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

/* `word`: a dictionary says that a word begins; `known`: it was asked. */
static bool may_break(uint32_t before, uint32_t after, bool known, bool word)
{
    bool either = segment_wanted(before) || segment_wanted(after);
    bool ideograph = IN(ideographs, before) || IN(ideographs, after);
    if (IN(no_end, before) || IN(no_begin, after))
        return false;
    return known && either ? word : ideograph;
}

size_t text_units(const char *s, struct segmenter *segmenter, struct text_unit **units,
                  struct arena *a)
{
    size_t n = strlen(s), count = 0;
    struct text_unit *u = arena_array(a, n + 1, sizeof *u);
    bool *word = arena_array(a, n + 1, sizeof *word);
    if (!u || !word || (segmenter && !segment_words(segmenter, s, n, word, a)))
        return SIZE_MAX;
    uint32_t prev = ' ';
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        next_char(s + at, n - at, &cp);
        size_t len = text_cluster(s + at, n - at);
        if (cp != ' ' && cp != '\n') {
            if (prev == ' ' || prev == '\n' || may_break(prev, cp, segmenter, word[at]))
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
