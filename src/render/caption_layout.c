/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_layout.c - lines and pages.
 */
#include "render/caption_layout.h"

#include "core/utf8.h"
#include "render/caption_text.h"
#include "render/phrase.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Longer units are cut before they are measured, so that a page-long "word" stays measurable. */
#define UNIT_MAX_CLUSTERS 40

struct piece {
    struct text_unit unit;
    double width;
};

struct pieces {
    struct piece *items;
    size_t count;
};

static size_t count_clusters(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t at = 0; at < n; at += text_cluster(s + at, n - at))
        count++;
    return count;
}

static size_t clusters_length(const char *s, size_t n, size_t clusters)
{
    size_t at = 0;
    while (clusters-- && at < n)
        at += text_cluster(s + at, n - at);
    return at;
}

/* Adds `u` cut into `parts` of equal numbers of clusters. */
static void add_parts(struct pieces *p, const struct text_unit *u, size_t parts)
{
    size_t clusters = count_clusters(u->text, u->len), at = 0;
    for (size_t i = 0; i < parts && at < u->len; i++) {
        size_t want = clusters * (i + 1) / parts - clusters * i / parts;
        size_t len = clusters_length(u->text + at, u->len - at, want);
        if (len == 0)
            continue;
        struct text_unit part = {.text = u->text + at, .len = len};
        part.chars = utf8_length(part.text, len);
        part.space_before = at == 0 && u->space_before;
        part.newline_before = at == 0 && u->newline_before;
        p->items[p->count++] = (struct piece){.unit = part};
        at += len;
    }
}

static void measure(struct piece *p, const struct caption_ruler *r)
{
    p->width = r->width(r->user, p->unit.text, p->unit.len);
}

/* Units, cut where they are wider than a line. */
static bool make_pieces(const char *text, const struct caption_ruler *r, struct arena *a,
                        struct pieces *out)
{
    struct text_unit *units;
    size_t n = text_units(text, r->segmenter, &units, a), len = strlen(text);
    struct pieces raw = {0};
    if (n == SIZE_MAX || !(raw.items = arena_array(a, len + 1, sizeof *raw.items)) ||
        !(out->items = arena_array(a, len + 1, sizeof *out->items)))
        return false;
    out->count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t clusters = count_clusters(units[i].text, units[i].len);
        add_parts(&raw, &units[i], (clusters + UNIT_MAX_CLUSTERS - 1) / UNIT_MAX_CLUSTERS);
    }
    for (size_t i = 0; i < raw.count; i++) {
        measure(&raw.items[i], r);
        size_t before = out->count,
               parts = (size_t)ceil(raw.items[i].width * (1 + 2 * r->bleed) / r->max_width);
        add_parts(out, &raw.items[i].unit, parts > 1 ? parts : 1);
        for (size_t k = before; k < out->count; k++)
            measure(&out->items[k], r);
    }
    return true;
}

/* --- Breaking into lines -------------------------------------------------------------------- */

/* What is weighed against each other, in squares of a line's unused part: one more line, a line
 * that ends in the middle of a phrase, a page that does. */
#define COST_LINE 0.3
#define COST_LINE_IN_PHRASE 0.06
#define COST_PAGE_IN_PHRASE 0.3

/* The best way to break from a piece on, when its line is the `k`th of its page. */
struct step {
    double cost;
    size_t next; /* piece that begins the following line */
};

static double break_cost(const struct pieces *p, size_t next, bool page)
{
    if (next == p->count || p->items[next].unit.newline_before)
        return 0;
    return phrase_break_cost(&p->items[next - 1].unit, &p->items[next].unit) *
           (page ? COST_PAGE_IN_PHRASE : COST_LINE_IN_PHRASE);
}

/* How far a line reaches when its first or last word grows. */
static double reach(const struct pieces *p, const struct caption_ruler *r, size_t from, size_t to,
                    double width)
{
    return width + r->bleed * (p->items[from].width + p->items[to].width);
}

static void find_best_line(const struct pieces *p, const struct caption_ruler *r,
                           struct step (*steps)[CAPTION_MAX_LINES], size_t from, int k)
{
    struct step *best = &steps[from][k];
    double width = 0;
    best->cost = INFINITY;
    for (size_t to = from; to < p->count; to++) {
        const struct piece *x = &p->items[to];
        if (to > from && x->unit.newline_before)
            break;
        width += x->width + (to > from && x->unit.space_before ? r->space_width : 0);
        if (to > from && width > r->max_width)
            break;
        if (to > from && reach(p, r, from, to, width) > r->max_width)
            continue;
        double slack = 1 - width / r->max_width;
        double cost = COST_LINE + slack * slack + break_cost(p, to + 1, k + 1 == r->lines) +
                      steps[to + 1][(k + 1) % r->lines].cost;
        if (cost < best->cost)
            *best = (struct step){cost, to + 1};
    }
}

/* first[i] tells that piece i begins a line. */
static bool break_lines(const struct pieces *p, const struct caption_ruler *r, struct arena *a,
                        bool *first)
{
    struct step(*steps)[CAPTION_MAX_LINES] = arena_array(a, p->count + 1, sizeof *steps);
    if (!steps)
        return false;
    for (size_t i = p->count; i-- > 0;)
        for (int k = 0; k < r->lines; k++)
            find_best_line(p, r, steps, i, k);
    size_t at = 0;
    for (int k = 0; at < p->count; k = (k + 1) % r->lines) {
        first[at] = true;
        at = steps[at][k].next;
    }
    return true;
}

static char *write_page(const struct pieces *p, const bool *first, size_t from, size_t to,
                        size_t *chars, struct arena *a)
{
    size_t size = 1, at = 0;
    for (size_t i = from; i < to; i++)
        size += p->items[i].unit.len + 1;
    char *out = arena_alloc(a, size);
    *chars = 0;
    for (size_t i = from; out && i < to; i++) {
        const struct text_unit *u = &p->items[i].unit;
        if (i > from && (first[i] || u->space_before))
            out[at++] = first[i] ? '\n' : ' ';
        memcpy(out + at, u->text, u->len);
        at += u->len;
        *chars += u->chars;
    }
    return out;
}

bool caption_layout(const char *text, const struct caption_ruler *r, struct arena *a,
                    struct caption_page **pages, size_t *count, struct err *e)
{
    struct pieces p = {0};
    bool *first = NULL;
    *count = 0;
    if (!make_pieces(text, r, a, &p) || !(first = arena_array(a, p.count + 1, sizeof *first)) ||
        !(*pages = arena_array(a, p.count + 1, sizeof **pages)) || !break_lines(&p, r, a, first))
        return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
    for (size_t from = 0, to; from < p.count; from = to) {
        int lines = 1;
        for (to = from + 1; to < p.count; to++)
            if (first[to] && ++lines > r->lines)
                break;
        struct caption_page *page = &(*pages)[*count];
        page->text = write_page(&p, first, from, to, &page->chars, a);
        if (!page->text)
            return err_set(e, ERR_NO_MEMORY, "no memory for a caption");
        ++*count;
    }
    return true;
}
