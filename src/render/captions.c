/* SPDX-License-Identifier: GPL-3.0-or-later
 * captions.c - what is drawn at a frame, and how it is named.
 *
 * DESIGN. What a frame shows of a text is a page and three numbers (caption_sheet.h), from which
 * alone it is painted. So captions_describe() writes down exactly that, frame by frame, and neither
 * times nor words nor pages that do not show.
 */
#include "render/captions.h"

#include "render/caption_items.h"
#include "render/caption_text.h"

#include <stdlib.h>
#include <string.h>

/* --- Describing ----------------------------------------------------------------------------- */

static void describe_fonts(const struct captions *c, const struct caption_style *style,
                           const char *text, struct buf *out)
{
    const struct fontset *fonts = caption_fonts(c, style);
    int current = -1;
    bool emoji = false;
    size_t len = strlen(text);
    for (size_t at = 0, n; at < len; at += n) {
        n = text_cluster(text + at, len - at);
        if (emoji_is(c->emoji, text + at, n, NULL)) {
            emoji = true;
            continue;
        }
        int font = fontset_pick_cluster(fonts, text + at, n, current);
        if (font >= 0 && font != current)
            buf_printf(out, " %s", fontset_font(fonts, font)->hash);
        current = font;
    }
    buf_printf(out, " %s\n", emoji ? emoji_font_hash(c->emoji) : "-");
}

static void describe_page(const struct captions *c, const struct caption_item *it,
                          const struct sheet_page *page, struct buf *out)
{
    buf_adds(out, "page ");
    sheet_describe_page(page, out);
    buf_adds(out, "fonts");
    describe_fonts(c, it->style, page->text, out);
}

/* Runs of frames that show the same: page, cell, step, alpha, first frame. */
static void describe_looks(const struct captions *c, const struct caption_item *it,
                           const struct sheet *sheet, int64_t first, int64_t end, struct buf *out)
{
    struct sheet_look last = {0};
    int last_alpha = -1;
    size_t page = SIZE_MAX;
    int64_t from = it->first > first ? it->first : first, to = it->end < end ? it->end : end;
    for (int64_t f = from; f < to; f++) {
        struct sheet_look look = sheet_at(sheet, f);
        int alpha = caption_alpha(it, f);
        if (look.page != page)
            describe_page(c, it, &sheet->pages[look.page], out);
        if (look.page != page || look.cell != last.cell || look.step != last.step ||
            alpha != last_alpha)
            buf_printf(out, "%lld %d %d %d\n", (long long)(f - first), look.cell, look.step, alpha);
        page = look.page;
        last = look;
        last_alpha = alpha;
    }
    buf_printf(out, "%lld end\n", (long long)(to - first));
}

static void describe_item(const struct captions *c, const struct caption_item *it, int64_t first,
                          int64_t end, struct buf *out)
{
    struct arena a;
    struct sheet sheet;
    struct err ignored;
    if (it->first >= end || it->end <= first || it->first >= it->end)
        return;
    arena_init(&a, CAPTION_ARENA_BYTES);
    if (!caption_lay_out(c, it, &a, &sheet, &ignored)) {
        out->failed = true;
    } else if (sheet.page_count > 0) {
        buf_printf(out, "text %.17g %.17g %.17g ", it->em, it->x, it->y);
        if (!it->free)
            buf_printf(out, "zone %.17g %.17g ", c->zone.top, c->zone.bottom);
        if (sheet.motion == CAPTION_POP) /* words grow as far as there is room */
            buf_printf(out, "width %.17g ", it->max_width);
        caption_style_canonical(it->style, out);
        buf_addc(out, '\n');
        describe_looks(c, it, &sheet, first, end, out);
    }
    arena_finish(&a);
}

void captions_describe(const struct captions *c, int64_t first, int64_t end, struct buf *out)
{
    size_t before = out->len;
    for (size_t i = 0; i < c->plan->text_count; i++)
        describe_item(c, &c->titles[i], first, end, out);
    size_t i = captions_from(c, first);
    while (i > 0 && c->items[i - 1].reach > first)
        i--;
    for (; i < c->plan->caption_count && c->items[i].first < end; i++)
        describe_item(c, &c->items[i], first, end, out);
    if (c->mark.text) {
        struct caption_item mark = c->mark; /* its run of frames is the chunk */
        mark.first = first;
        mark.end = end;
        describe_item(c, &mark, first, end, out);
    }
    if (out->len == before)
        return;
    char versions[100];
    letters_versions(versions, sizeof versions);
    buf_printf(out, "letters 2 %s\n", versions);
}

/* --- Painting ------------------------------------------------------------------------------- */

/* A text that is being shown. */
struct shown {
    const struct caption_item *item; /* NULL: free */
    struct arena arena;
    struct sheet sheet;
    size_t page;     /* that `art` shows */
    struct art *art; /* NULL: none yet */
    int64_t used;    /* when, counted in uses */
};

struct caption_painter {
    const struct captions *c;
    struct shown shown[CAPTION_SHOWN + 1]; /* texts at one frame and the watermark fit */
    int64_t uses;
};

struct caption_painter *caption_painter_create(struct captions *c, struct err *e)
{
    struct caption_painter *p = calloc(1, sizeof *p);
    if (p)
        p->c = c;
    else
        err_set(e, ERR_NO_MEMORY, "no memory for captions");
    return p;
}

static void drop(struct shown *s)
{
    art_destroy(s->art);
    arena_finish(&s->arena);
    *s = (struct shown){0};
}

void caption_painter_destroy(struct caption_painter *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < sizeof p->shown / sizeof p->shown[0]; i++)
        drop(&p->shown[i]);
    free(p);
}

/* The item laid out; in the place of the one that was not needed for longest. */
static struct shown *show(struct caption_painter *p, const struct caption_item *item, struct err *e)
{
    struct shown *oldest = &p->shown[0];
    p->uses++;
    for (size_t i = 0; i < sizeof p->shown / sizeof p->shown[0]; i++) {
        struct shown *s = &p->shown[i];
        if (s->item == item) {
            s->used = p->uses;
            return s;
        }
        if (s->used < oldest->used)
            oldest = s;
    }
    drop(oldest);
    arena_init(&oldest->arena, CAPTION_ARENA_BYTES);
    if (!caption_lay_out(p->c, item, &oldest->arena, &oldest->sheet, e)) {
        drop(oldest);
        return NULL;
    }
    oldest->item = item;
    oldest->used = p->uses;
    return oldest;
}

/* Adds a whole number to a 64-bit FNV-1a hash. */
static uint64_t mix(uint64_t hash, uint64_t v)
{
    for (int i = 0; i < 8; i++, v >>= 8)
        hash = (hash ^ (v & 255)) * UINT64_C(0x100000001b3);
    return hash;
}

/* A caption's own number in the film. */
static uint64_t number_of(const struct captions *c, const struct caption_item *item)
{
    bool title = item >= c->titles && item < c->titles + c->plan->text_count;
    return (uint64_t)(title ? item - c->titles : item - c->items) * 2 + title;
}

bool caption_state(struct caption_painter *p, int64_t frame, int64_t *state, struct err *e)
{
    const struct caption_item *items[CAPTION_SHOWN];
    size_t n = captions_at(p->c, frame, items, CAPTION_SHOWN);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        struct shown *s = show(p, items[i], e);
        if (!s)
            return false;
        if (s->sheet.page_count == 0)
            continue;
        struct sheet_look look = sheet_at(&s->sheet, frame);
        hash = mix(hash, number_of(p->c, items[i]));
        hash = mix(hash, look.page);
        hash = mix(hash, (uint64_t)(look.cell + 1) << 32 | (uint64_t)look.step);
        hash = mix(hash, (uint64_t)caption_alpha(items[i], frame));
        any = true;
    }
    *state = any ? (int64_t)(hash & INT64_MAX) : -1;
    return true;
}

static bool paint_item(struct caption_painter *p, const struct caption_item *item, int64_t frame,
                       struct picture *picture, struct err *e)
{
    struct shown *s = show(p, item, e);
    if (!s)
        return false;
    if (s->sheet.page_count == 0)
        return true;
    struct sheet_look look = sheet_at(&s->sheet, frame);
    if (s->art && s->page != look.page) {
        art_destroy(s->art);
        s->art = NULL;
    }
    if (!s->art && !(s->art = caption_draw(p->c, item, &s->sheet.pages[look.page], e)))
        return false;
    s->page = look.page;
    return art_paint(s->art, &look, caption_alpha(item, frame), picture, e);
}

bool caption_paint(struct caption_painter *p, int64_t frame, struct picture *picture, struct err *e)
{
    const struct caption_item *items[CAPTION_SHOWN];
    size_t n = captions_at(p->c, frame, items, CAPTION_SHOWN);
    for (size_t i = 0; i < n; i++)
        if (!paint_item(p, items[i], frame, picture, e))
            return false;
    return !p->c->mark.text || paint_item(p, &p->c->mark, frame, picture, e);
}
