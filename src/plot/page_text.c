/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cairo's own text functions set a whole text in one font, and show a box for what the font lacks.
 * So each character is looked up in a short list of families, and text is set in runs of one font.
 * Letters are not shaped or reversed: Arabic and Hebrew are legible letter by letter only.
 */
#include "core/utf8.h"
#include "plot/page.h"

#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define REPLACEMENT "\xef\xbf\xbd"
#define TEXT_MAX 1000 /* bytes of a line; what is longer fits no page */

static const char *const families[PAGE_FAMILIES] = {
    "sans-serif",          "Noto Sans CJK SC",  "Noto Sans Devanagari", "Noto Sans Thai",
    "Noto Sans Bengali",   "Noto Sans Tamil",   "Noto Sans Arabic",     "Symbola"};

static const struct {
    double size;
    cairo_font_weight_t weight;
} faces[FONT_COUNT] = {
    [FONT_SMALL] = {10.5, CAIRO_FONT_WEIGHT_NORMAL},
    [FONT_PLAIN] = {12.5, CAIRO_FONT_WEIGHT_NORMAL},
    [FONT_BOLD] = {12.5, CAIRO_FONT_WEIGHT_BOLD},
    [FONT_TITLE] = {20, CAIRO_FONT_WEIGHT_BOLD},
};

static cairo_scaled_font_t *font_of(struct page *p, int family, enum page_font font)
{
    cairo_scaled_font_t **f = &p->fonts[family][font];
    if (!*f) {
        cairo_select_font_face(p->cr, families[family], CAIRO_FONT_SLANT_NORMAL,
                               faces[font].weight);
        cairo_set_font_size(p->cr, faces[font].size);
        *f = cairo_scaled_font_reference(cairo_get_scaled_font(p->cr));
    }
    return *f;
}

void page_fonts_finish(struct page *p)
{
    for (int i = 0; i < PAGE_FAMILIES; i++)
        for (int k = 0; k < FONT_COUNT; k++)
            cairo_scaled_font_destroy(p->fonts[i][k]); /* takes NULL */
}

static bool has_glyph(cairo_scaled_font_t *font, const char *s, size_t n)
{
    cairo_glyph_t *glyphs = NULL;
    int count = 0;
    bool ok = cairo_scaled_font_text_to_glyphs(font, 0, 0, s, (int)n, &glyphs, &count, NULL, NULL,
                                               NULL) == CAIRO_STATUS_SUCCESS &&
              count == 1 && glyphs[0].index != 0;
    cairo_glyph_free(glyphs);
    return ok;
}

/* The first family that has the character; 0 where none does. */
static int family_of(struct page *p, enum page_font font, const char *s, size_t n)
{
    if ((unsigned char)*s < 0x80)
        return 0;
    for (int i = 0; i < PAGE_FAMILIES; i++)
        if (has_glyph(font_of(p, i, font), s, n))
            return i;
    return 0;
}

/* One character more, for any bytes: control characters become spaces. Returns how many bytes of s
 * it took. */
static size_t copy_char(const char *s, size_t left, char *out, size_t *n)
{
    uint32_t cp;
    size_t len = utf8_decode(s, left, &cp);
    const char *shown = len == 0 ? REPLACEMENT : cp < 0x20 || cp == 0x7f ? " " : s;
    *n = len == 0 ? strlen(REPLACEMENT) : len;
    memcpy(out, shown, *n);
    out[*n] = '\0';
    return len == 0 ? 1 : len;
}

static double advance_of(cairo_scaled_font_t *font, const char *text)
{
    cairo_text_extents_t size;
    cairo_scaled_font_text_extents(font, text, &size);
    return size.x_advance;
}

struct run { /* of characters in one font */
    char text[TEXT_MAX + 8];
    size_t len;
    int family;
};

/* Shows the run, where it is to be shown, and begins an empty one. Returns its width. */
static double end_run(struct page *p, enum page_font font, struct run *r, double x, double y,
                      bool show)
{
    if (r->len == 0)
        return 0;
    cairo_scaled_font_t *f = font_of(p, r->family, font);
    double width = advance_of(f, r->text);
    if (show) {
        cairo_set_scaled_font(p->cr, f);
        cairo_move_to(p->cr, x, y);
        cairo_show_text(p->cr, r->text);
    }
    r->len = 0;
    return width;
}

/* The first n bytes of text, then `behind`. */
static double set_text(struct page *p, double x, double y, enum page_font font, const char *text,
                       size_t n, const char *behind, bool show)
{
    struct run r = {.len = 0};
    double width = 0;
    for (const char *part = text; part; part = part == text ? behind : NULL) {
        size_t left = part == text ? n : strlen(part), used, len;
        for (const char *s = part; left > 0; s += used, left -= used) {
            char c[8];
            used = copy_char(s, left, c, &len);
            int family = family_of(p, font, c, len);
            if (family != r.family || r.len + len > TEXT_MAX)
                width += end_run(p, font, &r, x + width, y, show);
            memcpy(r.text + r.len, c, len + 1);
            r.len += len;
            r.family = family;
        }
    }
    return width + end_run(p, font, &r, x + width, y, show);
}

/* How many bytes of the text fit, with an ellipsis behind them. */
static size_t fitting(struct page *p, enum page_font font, const char *text, size_t n, double width)
{
    size_t low = 0, high = n; /* low fits, or nothing does */
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        while (mid > low && ((unsigned char)text[mid] & 0xc0) == 0x80)
            mid--; /* not inside of a character */
        if (mid == low)
            break;
        if (set_text(p, 0, 0, font, text, mid, ELLIPSIS, false) <= width)
            low = mid;
        else
            high = mid;
    }
    return low;
}

double page_text(struct page *p, double x, double y, enum page_font font, unsigned rgb,
                 double max_width, const char *text)
{
    size_t n = strnlen(text, TEXT_MAX);
    page_ink(p, rgb, 1);
    if (set_text(p, x, y, font, text, n, NULL, false) <= max_width)
        return set_text(p, x, y, font, text, n, NULL, true);
    n = fitting(p, font, text, n, max_width);
    return n > 0 ? set_text(p, x, y, font, text, n, ELLIPSIS, true) : 0;
}

double page_text_width(struct page *p, enum page_font font, const char *text)
{
    return set_text(p, 0, 0, font, text, strnlen(text, TEXT_MAX), NULL, false);
}
