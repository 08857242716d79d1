/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. A stretch is worth (v - m) * sqrt(d / (d + 8 s)): its mean value above the film's, where
 * a longer one counts for more, since a high mean over three seconds may be luck. The best of all
 * stretches between two borders is taken, then the best of those that do not touch it, and so on.
 */
#include "analysis/highlight.h"
#include "analysis/highlight_parts.h"

#include <math.h>
#include <stdlib.h>

#define NEAR_S 0.4       /* borders nearer than that are one */
#define FILL_S 3.0       /* where there is none for long, one so often */
#define LENGTH_S 8.0     /* see DESIGN */
#define LEAST_WORTH 0.01 /* below it a stretch is like the rest */
#define FULL_WORTH 0.12  /* score 0.63 */
#define WORD_MARGIN_S 0.15
#define LONGEST_S 1e6 /* eleven days: no film */

enum border_kind { BORDER_SHOT, BORDER_PAUSE, BORDER_SECTION, BORDER_BAR, BORDER_FILL };

struct border { /* where a stretch may begin or end */
    double time;
    enum border_kind kind; /* of two that are near each other the one of the lower kind is kept */
};

struct borders {
    struct border *items;
    size_t count;
    double duration;
};

/* --- Where stretches may begin and end -------------------------------------------------------- */

static void add_border(struct borders *b, double time, enum border_kind kind)
{
    double ms = round(time * 1000) / 1000;
    if (ms >= 0 && time <= b->duration)
        b->items[b->count++] = (struct border){ms, kind};
}

static void add_all(struct borders *b, const struct analysis_report *r,
                    const struct highlight_cells *c)
{
    const struct report_shot *shots = r->shots.items;
    const struct report_span *pauses = r->pauses.items, *speech = r->speech.items;
    const struct report_section *sections = r->sections.items;
    const struct report_drop *drops = r->drops.items;
    const struct wire_list *bars = r->downbeats.count ? &r->downbeats : &r->beats;
    const double *bar = bars->items;
    add_border(b, 0, BORDER_SHOT);
    add_border(b, r->duration, BORDER_SHOT);
    for (size_t i = 0; i < r->shots.count; i++)
        add_border(b, shots[i].start, BORDER_SHOT);
    for (size_t i = 0; i < r->pauses.count; i++) {
        add_border(b, pauses[i].start, BORDER_PAUSE);
        add_border(b, pauses[i].end, BORDER_PAUSE);
    }
    for (size_t i = 0; i < r->speech.count; i++) {
        add_border(b, speech[i].start, BORDER_PAUSE);
        add_border(b, speech[i].end, BORDER_PAUSE);
    }
    for (size_t i = 0; i < c->line_count; i++) {
        add_border(b, c->lines[i].start, BORDER_PAUSE);
        add_border(b, c->lines[i].end, BORDER_PAUSE);
    }
    for (size_t i = 0; i < r->sections.count; i++)
        add_border(b, sections[i].start, BORDER_SECTION);
    for (size_t i = 0; i < r->drops.count; i++)
        add_border(b, drops[i].time, BORDER_SECTION);
    for (size_t i = 0; i < bars->count; i++)
        add_border(b, bar[i], BORDER_BAR);
}

static int by_time(const void *a, const void *b)
{
    const struct border *x = a, *y = b;
    if (x->time != y->time)
        return x->time > y->time ? 1 : -1;
    return (int)x->kind - (int)y->kind;
}

/* Sorted, one of several that are near each other. */
static void thin(struct borders *b)
{
    size_t n = 0;
    qsort(b->items, b->count, sizeof *b->items, by_time);
    for (size_t i = 0; i < b->count; i++) {
        const struct border *here = &b->items[i];
        if (n == 0 || here->time - b->items[n - 1].time >= NEAR_S)
            b->items[n++] = *here;
        else if (here->kind < b->items[n - 1].kind)
            b->items[n - 1] = *here;
    }
    b->count = n;
}

/* Takes away what lies inside of speech, or of a sentence: nobody is cut off who speaks for less
 * than a stretch may take. The film's own ends stay. */
static void spare_speech(struct borders *b, const struct report_span *s, size_t count)
{
    size_t n = 0, k = 0;
    for (size_t i = 0; i < b->count; i++) {
        double t = b->items[i].time;
        while (k < count && s[k].end - WORD_MARGIN_S <= t)
            k++;
        bool spoken = k < count && t > s[k].start + WORD_MARGIN_S;
        bool whole = spoken && s[k].end - s[k].start <= HIGHLIGHT_MAX_S;
        if (!whole || i == 0 || i == b->count - 1)
            b->items[n++] = b->items[i];
    }
    b->count = n;
}

/* Evenly fills what is left without a border for long. */
static void fill_gaps(struct borders *b)
{
    size_t count = b->count;
    for (size_t i = 1; i < count; i++) {
        double from = b->items[i - 1].time, gap = b->items[i].time - from;
        int parts = (int)ceil(gap / FILL_S);
        for (int k = 1; gap > 2 * FILL_S && k < parts; k++)
            add_border(b, from + gap * k / parts, BORDER_FILL);
    }
    qsort(b->items, b->count, sizeof *b->items, by_time);
}

static bool spare_lines(struct borders *b, const struct highlight_cells *c, struct arena *a)
{
    struct report_span *spans = arena_array(a, c->line_count + 1, sizeof *spans);
    for (size_t i = 0; spans && i < c->line_count; i++)
        spans[i] = (struct report_span){c->lines[i].start, c->lines[i].end};
    if (spans)
        spare_speech(b, spans, c->line_count);
    return spans != NULL;
}

/* What is known of the words is better than what was heard of speech. */
static bool find_borders(const struct analysis_report *r, const struct highlight_cells *c,
                         struct arena *a, struct borders *b, struct err *e)
{
    size_t most = 2 + r->shots.count + 2 * r->pauses.count + 2 * r->speech.count +
                  2 * c->line_count + r->sections.count + r->drops.count + r->downbeats.count +
                  r->beats.count + (size_t)(r->duration / FILL_S) + 1;
    *b = (struct borders){.items = arena_array(a, most, sizeof *b->items),
                          .duration = r->duration};
    if (!b->items)
        return err_set(e, ERR_NO_MEMORY, "no memory for the highlights");
    add_all(b, r, c);
    thin(b);
    fill_gaps(b);
    if (!c->line_count)
        spare_speech(b, r->speech.items, r->speech.count);
    return spare_lines(b, c, a) || err_set(e, ERR_NO_MEMORY, "no memory for the highlights");
}

/* --- The best stretches ----------------------------------------------------------------------- */

static double worth(const struct highlight_cells *c, double start, double end)
{
    double d = end - start;
    return (highlight_value(c, start, end) - c->mean) * sqrt(d / (d + LENGTH_S));
}

/* The first one found that ends behind `start`: where the next stretch must end. INFINITY: none. */
static double next_taken(const struct report_highlight *found, size_t count, double start)
{
    double next = INFINITY;
    for (size_t i = 0; i < count; i++)
        if (found[i].end > start && found[i].start < next)
            next = found[i].start;
    return next;
}

/* The best stretch that touches none of those found. Returns its worth. */
static double find_next(const struct highlight_cells *c, const struct borders *b,
                        const struct report_highlight *found, size_t count,
                        struct report_highlight *out)
{
    double best = LEAST_WORTH;
    for (size_t i = 0; i < b->count; i++) {
        double start = b->items[i].time, limit = next_taken(found, count, start);
        for (size_t j = i + 1; j < b->count; j++) {
            double end = b->items[j].time;
            if (end > limit || end - start > HIGHLIGHT_MAX_S)
                break;
            double w = end - start >= HIGHLIGHT_MIN_S ? worth(c, start, end) : 0;
            if (w > best) {
                best = w;
                *out = (struct report_highlight){.start = start, .end = end};
            }
        }
    }
    return best > LEAST_WORTH ? best : 0;
}

/* Takes away what nobody could say a reason for: it had a little of everything. */
static size_t drop_unreasoned(struct report_highlight *found, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (found[i].reasons.count > 0)
            found[n++] = found[i];
    return n;
}

bool highlights_find_said(const struct analysis_report *r, const struct highlight_line *lines,
                          size_t line_count, struct arena *a, struct wire_list *out, struct err *e)
{
    struct highlight_cells cells = {0};
    struct borders borders;
    size_t count = 0;
    struct report_highlight *found = arena_array(a, HIGHLIGHT_COUNT, sizeof *found);
    if (!found || !highlight_lines(r, lines, line_count, a, &cells))
        return err_set(e, ERR_NO_MEMORY, "no memory for the highlights");
    *out = (struct wire_list){found, 0};
    if (!(r->duration >= HIGHLIGHT_MIN_S && r->duration <= LONGEST_S))
        return true;
    if (!highlight_fill(r, a, &cells, e) || !find_borders(r, &cells, a, &borders, e))
        return false;
    while (count < HIGHLIGHT_COUNT) {
        struct report_highlight *h = &found[count];
        double w = find_next(&cells, &borders, found, count, h);
        if (!(w > 0))
            break;
        h->score = round(1000 * (1 - exp(-w / FULL_WORTH))) / 1000;
        if (!highlight_reasons(r, &cells, a, h, e))
            return false;
        count++;
    }
    out->count = drop_unreasoned(found, count);
    return true;
}

bool highlights_find(const struct analysis_report *r, struct arena *a, struct wire_list *out,
                     struct err *e)
{
    return highlights_find_said(r, NULL, 0, a, out, e);
}
