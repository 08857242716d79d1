/* SPDX-License-Identifier: GPL-3.0-or-later
 * lane_edit.c - what was made of it: highlights, and the segments of the timeline. */
#include "plot/page.h"

#include <math.h>

static void draw_frame(const struct page *p, double x0, double x1, double y, double height)
{
    page_ink(p, INK_TEXT, 1);
    cairo_rectangle(p->cr, x0, y, fmax(x1 - x0, 1), height);
    cairo_set_line_width(p->cr, 0.7);
    cairo_stroke(p->cr);
}

/* --- Highlights ------------------------------------------------------------------------------- */

static bool highlights_shown(const struct page *p)
{
    return p->plot->report->highlights.count > 0;
}

static void highlights_draw(struct page *p, const struct box *b)
{
    const struct report_highlight *h = p->plot->report->highlights.items;
    for (size_t i = 0; i < p->plot->report->highlights.count; i++) {
        double x = page_x(p, h[i].start), end = page_x(p, h[i].end);
        const char *words = arena_printf(p->arena, "%zu", i + 1);
        page_ink(p, INK_ORANGE, 0.25 + 0.6 * fmin(fmax(h[i].score, 0), 1));
        page_bar(p, x, end, b->y + 3, b->height - 6);
        draw_frame(p, x, end, b->y + 3, b->height - 6);
        if (words)
            page_text(p, x + 4, b->y + b->height / 2 + 4, FONT_BOLD, INK_TEXT, end - x - 5, words);
    }
}

const struct lane lane_highlights = {
    .title = "Highlights",
    .keys = {{"darker: better", INK_ORANGE}},
    .height = 34,
    .shown = highlights_shown,
    .draw = highlights_draw,
};

/* --- Segments --------------------------------------------------------------------------------- */

#define MAX_ROWS 3
#define LEAST_PX 3.0 /* narrower ones have no frame */

static bool own(const struct timeline_segment *s)
{
    return s->asset_id == INT64_MIN; /* others are cut from another source's time */
}

static bool segments_shown(const struct page *p)
{
    const struct timeline *tl = p->plot->timeline;
    for (size_t i = 0; tl && i < tl->segments.count; i++)
        if (own(&timeline_segments(tl)[i]))
            return true;
    return false;
}

/* The first row where the segment touches no other; the last where it touches one in each. */
static int choose_row(const struct timeline *tl, const int *rows, size_t count)
{
    const struct timeline_segment *s = timeline_segments(tl), *mine = &s[count];
    for (int row = 0; row < MAX_ROWS - 1; row++) {
        bool free_here = true;
        for (size_t i = 0; i < count && free_here; i++)
            free_here = rows[i] != row || s[i].end <= mine->start || s[i].start >= mine->end;
        if (free_here)
            return row;
    }
    return MAX_ROWS - 1;
}

/* Its number, and its effects where they fit. */
static void draw_segment_words(struct page *p, const struct box *b, size_t i, const char *effects)
{
    const struct timeline_segment *s = &timeline_segments(p->plot->timeline)[i];
    double x = page_x(p, s->start) + 3, room = page_x(p, s->end) - x - 2;
    const char *number = arena_printf(p->arena, "%zu", i + 1);
    const char *words = arena_printf(p->arena, "%zu %s", i + 1, effects);
    if (!words || !number)
        return;
    if (page_text_width(p, FONT_SMALL, words) > room)
        words = number;
    if (page_text_width(p, FONT_SMALL, words) <= room)
        page_text(p, x, b->y + b->height / 2 + 4, FONT_SMALL, INK_TEXT, room, words);
}

static void draw_segment(struct page *p, const struct box *b, size_t i)
{
    const struct timeline_segment *s = &timeline_segments(p->plot->timeline)[i];
    double x = page_x(p, s->start), end = page_x(p, s->end);
    const char *effects = page_effects(p, s);
    page_ink(p, *effects ? INK_GREEN : INK_GREY, *effects ? 0.45 : 0.35);
    page_bar(p, x, end, b->y, b->height);
    if (end - x >= LEAST_PX) {
        draw_frame(p, x, end, b->y, b->height);
        draw_segment_words(p, b, i, effects);
    }
}

static void segments_draw(struct page *p, const struct box *b)
{
    const struct timeline *tl = p->plot->timeline;
    size_t count = tl->segments.count;
    int *rows = arena_array(p->arena, count, sizeof *rows), used = 1;
    for (size_t i = 0; rows && i < count; i++) {
        rows[i] = own(&timeline_segments(tl)[i]) ? choose_row(tl, rows, i) : -1;
        used = rows[i] >= used ? rows[i] + 1 : used;
    }
    double height = b->height / used;
    for (size_t i = 0; rows && i < count; i++) {
        struct box row = {b->x, b->y + rows[i] * height + 1, b->width, height - 2};
        if (rows[i] >= 0)
            draw_segment(p, &row, i);
    }
}

const struct lane lane_segments = {
    .title = "Timeline",
    .keys = {{"with effects", INK_GREEN}, {"as it is", INK_GREY}},
    .height = 48,
    .shown = segments_shown,
    .draw = segments_draw,
};
