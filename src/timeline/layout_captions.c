/* SPDX-License-Identifier: GPL-3.0-or-later
 * Captions in pages that lie inside of their segment: a template may show few words at a time, and
 * a caption that a cut goes through is parted there, between words. */
#include "timeline/layout_parts.h"

#include <math.h>
#include <string.h>

#define PAGE_GAP 0.7   /* s of silence between words that end a page */
#define HOLD_GAP 0.35  /* s that a page stays when nothing follows sooner */
#define PAGE_LEAST 0.05 /* s */

struct pages {
    struct caption *at;
    size_t count, room;
};

/* Words first..last-1 of a caption as they stand in its text; joined by blanks where they do not. */
static const char *words_text(const struct layout *l, const struct caption *c, size_t first,
                              size_t last)
{
    const struct caption_word *w = c->words.items;
    const char *cursor = c->text, *begin = NULL, *end = NULL;
    for (size_t i = 0; i < last; i++) {
        const char *found = strstr(cursor, w[i].text);
        if (!found)
            goto join;
        begin = i == first ? found : begin;
        cursor = end = found + strlen(w[i].text);
    }
    const char *next = last < c->words.count ? strstr(cursor, w[last].text) : NULL;
    end = last == c->words.count ? c->text + strlen(c->text) : next ? next : end;
    while (end > begin && strchr(" \t\r\n", end[-1]))
        end--;
    return arena_strndup(l->arena, begin, (size_t)(end - begin));

join:;
    struct buf b;
    buf_init(&b, 1 << 16);
    for (size_t i = first; i < last; i++)
        buf_printf(&b, "%s%s", i > first ? " " : "", w[i].text);
    char *text = b.failed || !b.len ? NULL : arena_strndup(l->arena, b.data, b.len);
    buf_finish(&b);
    return text;
}

static bool ends_sentence(const char *word)
{
    size_t n = strlen(word);
    return n && strchr(".!?", word[n - 1]);
}

/* Where the page that begins at word i ends: even pages up to word `to`, a new one after a sentence
 * or a silence. */
static size_t page_end(const struct layout *l, const struct caption *c, size_t i, size_t to)
{
    const struct caption_word *w = c->words.items;
    size_t most = l->tpl->caption_words > 0 ? (size_t)l->tpl->caption_words : c->words.count;
    size_t left = to - i, pages = (left + most - 1) / most, size = (left + pages - 1) / pages;
    for (size_t k = i + 1; k < i + size; k++)
        if (ends_sentence(w[k - 1].text) || w[k].start - w[k - 1].end > PAGE_GAP)
            return k;
    return i + size;
}

static bool add_page(const struct layout *l, const struct timeline_segment *seg,
                     const struct caption *c, size_t first, size_t last, struct pages *out)
{
    struct caption_word *w = c->words.items;
    double next = last < c->words.count ? w[last].start : INFINITY;
    double start = fmax(w[first].start, seg->start);
    double end = fmin(fmin(next, w[last - 1].end + HOLD_GAP), seg->end);
    if (end - start < PAGE_LEAST || out->count == out->room)
        return true;
    const char *text = words_text(l, c, first, last);
    out->at[out->count++] = (struct caption){.text = text, .start = start, .end = end,
        .words = {w + first, last - first}, .style = c->style};
    return text != NULL;
}

/* Words whose middle is in the segment; no cut goes through one. */
static bool add_caption(const struct layout *l, const struct timeline_segment *seg,
                        const struct caption *c, struct pages *out)
{
    const struct caption_word *w = c->words.items;
    size_t from = 0, to = c->words.count;
    if (!to) {
        struct caption whole = *c;
        whole.start = fmax(c->start, seg->start);
        whole.end = fmin(c->end, seg->end);
        if (whole.end - whole.start >= PAGE_LEAST && out->count < out->room)
            out->at[out->count++] = whole;
        return true;
    }
    while (from < to && (w[from].start + w[from].end) / 2 < seg->start)
        from++;
    while (to > from && (w[to - 1].start + w[to - 1].end) / 2 >= seg->end)
        to--;
    for (size_t i = from; i < to;) {
        size_t end = page_end(l, c, i, to);
        if (!add_page(l, seg, c, i, end, out))
            return false;
        i = end;
    }
    return true;
}

/* The film's captions that a segment shows: [*first, *last), some of which may lie outside. */
static void captions_around(const struct layout *l, const struct timeline_segment *seg,
                            size_t *first, size_t *last)
{
    size_t bounds[2];
    const double at[2] = {seg->start - l->longest_caption, seg->end};
    for (int k = 0; k < 2; k++) {
        size_t lo = 0, hi = l->caption_count;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (l->captions[mid].start < at[k])
                lo = mid + 1;
            else
                hi = mid;
        }
        bounds[k] = lo;
    }
    *first = bounds[0];
    *last = bounds[1];
}

bool layout_pages(const struct layout *l, struct timeline_segment *seg, size_t *left)
{
    size_t first, last, most = 0;
    bool needed = false;
    captions_around(l, seg, &first, &last);
    for (size_t i = first; i < last; i++) {
        const struct caption *c = &l->captions[i];
        bool shown = c->end > seg->start;
        bool crossed = c->start < seg->start - 1e-9 || c->end > seg->end + 1e-9;
        if (shown && c->words.count && (l->tpl->caption_words > 0 || crossed))
            needed = true;
        most += shown ? c->words.count + 1 : 0;
    }
    if (!needed || most > *left)
        return true;
    struct pages pages = {.at = arena_array(l->arena, most, sizeof *pages.at), .room = most};
    if (!pages.at)
        return false;
    for (size_t i = first; i < last; i++)
        if (l->captions[i].end > seg->start && !add_caption(l, seg, &l->captions[i], &pages))
            return false;
    seg->captions = (struct wire_list){pages.at, pages.count};
    *left -= pages.count;
    return true;
}
