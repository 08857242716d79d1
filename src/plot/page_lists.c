/* SPDX-License-Identifier: GPL-3.0-or-later
 * page_lists.c - the words below the lanes: why the highlights, why the segments. */
#include "plot/page.h"

#include <math.h>

#define LINE 17.0
#define HEADING 26.0
#define COLUMN 700.0 /* least width of a column */
#define MAX_HIGHLIGHTS 6
#define MAX_SEGMENT_ROWS 20

static size_t columns(const struct page *p)
{
    size_t n = (size_t)((p->width - 40) / COLUMN);
    return n > 0 ? n : 1;
}

static size_t shown_highlights(const struct page *p)
{
    size_t n = p->plot->report->highlights.count;
    return n < MAX_HIGHLIGHTS ? n : MAX_HIGHLIGHTS;
}

static size_t shown_segments(const struct page *p)
{
    size_t n = p->plot->timeline ? p->plot->timeline->segments.count : 0;
    size_t most = columns(p) * MAX_SEGMENT_ROWS;
    return n < most ? n : most;
}

static size_t segment_rows(const struct page *p)
{
    return (shown_segments(p) + columns(p) - 1) / columns(p);
}

static double section_height(size_t lines)
{
    return lines > 0 ? HEADING + (double)lines * LINE : 0;
}

double page_lists_height(struct page *p)
{
    return section_height(shown_highlights(p)) + section_height(segment_rows(p));
}

static const char *span_words(struct page *p, double start, double end)
{
    const char *a = page_time(p, start, 0.1), *b = page_time(p, end, 0.1);
    const char *words = arena_printf(p->arena, "%s \xe2\x80\x93 %s", a, b);
    return words ? words : "";
}

static const char *joined(struct page *p, const struct wire_list *list)
{
    const char *const *items = list->items;
    const char *words = "";
    for (size_t i = 0; i < list->count && words; i++)
        words = arena_printf(p->arena, "%s%s%s", words, i > 0 ? ", " : "", items[i]);
    return words ? words : "";
}

static void list_highlights(struct page *p, double y)
{
    const struct report_highlight *h = p->plot->report->highlights.items;
    size_t count = p->plot->report->highlights.count;
    const char *heading = count > MAX_HIGHLIGHTS
                              ? arena_printf(p->arena, "Highlights, the best %d of %zu",
                                             MAX_HIGHLIGHTS, count)
                              : "Highlights";
    page_text(p, 20, y + 18, FONT_BOLD, INK_TEXT, p->width, heading ? heading : "");
    for (size_t i = 0; i < shown_highlights(p); i++) {
        double line = y + HEADING + (double)(i + 1) * LINE - 5;
        const char *head = arena_printf(p->arena, "%zu", i + 1);
        const char *score = arena_printf(p->arena, "%.2f", h[i].score);
        if (!head || !score)
            return;
        page_text(p, 20, line, FONT_BOLD, INK_TEXT, 24, head);
        page_text(p, 46, line, FONT_PLAIN, INK_SOFT, 112, span_words(p, h[i].start, h[i].end));
        page_text(p, 162, line, FONT_PLAIN, INK_TEXT, 40, score);
        page_text(p, 204, line, FONT_PLAIN, INK_TEXT, p->width - 224, joined(p, &h[i].reasons));
    }
}

static void list_segment(struct page *p, size_t i, double x, double y, double width)
{
    const struct timeline_segment *s = &timeline_segments(p->plot->timeline)[i];
    const char *effects = page_effects(p, s), *number = arena_printf(p->arena, "%zu", i + 1);
    if (!number)
        return;
    page_text(p, x, y, FONT_BOLD, INK_TEXT, 24, number);
    page_text(p, x + 26, y, FONT_PLAIN, INK_SOFT, 112, span_words(p, s->start, s->end));
    double used = 142;
    if (*effects)
        used += 8 + page_text(p, x + used, y, FONT_PLAIN, INK_GREEN, (width - used) / 2, effects);
    if (s->reason)
        page_text(p, x + used, y, FONT_PLAIN, INK_TEXT, width - used - 14, s->reason);
}

static void list_segments(struct page *p, double y)
{
    size_t count = p->plot->timeline->segments.count, shown = shown_segments(p);
    size_t rows = segment_rows(p) > 0 ? segment_rows(p) : 1;
    double width = (p->width - 40) / (double)columns(p);
    const char *heading =
        shown < count ? arena_printf(p->arena, "Timeline, the first %zu of %zu segments", shown, count)
                      : "Timeline";
    page_text(p, 20, y + 18, FONT_BOLD, INK_TEXT, p->width, heading ? heading : "");
    for (size_t i = 0; i < shown; i++) {
        size_t column = i / rows, row = i % rows;
        list_segment(p, i, 20 + (double)column * width,
                     y + HEADING + (double)(row + 1) * LINE - 5, width);
    }
}

void page_lists(struct page *p, double y)
{
    if (shown_highlights(p) > 0) {
        list_highlights(p, y);
        y += section_height(shown_highlights(p));
    }
    if (shown_segments(p) > 0)
        list_segments(p, y);
}
