/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_captions.c - which caption is to be read when in the film.
 */
#include "core/timebase.h"
#include "render/plan_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A list of captions by start time; `reach` is the latest end of it and those before it, which
 * makes "which overlap [a, b)?" a search even when long captions lie under short ones. */
struct span {
    int64_t start, end, reach;
    const struct caption *caption;
};

struct spans {
    struct span *items;
    size_t count;
};

static int by_start(const void *x, const void *y)
{
    const struct span *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return strcmp(a->caption->text, b->caption->text);
}

static bool is_span(double start, double end)
{
    return isfinite(start) && isfinite(end) && end > start &&
           fabs(start) <= TIMELINE_MAX_SECONDS && end <= TIMELINE_MAX_SECONDS;
}

static bool spans_build(const struct wire_list *list, struct arena *a, struct spans *out,
                        struct err *e)
{
    const struct caption *in = list->items;
    out->count = 0;
    out->items = arena_array(a, list->count ? list->count : 1, sizeof *out->items);
    if (!out->items)
        return plan_no_memory(e);
    for (size_t i = 0; i < list->count; i++)
        if (is_span(in[i].start, in[i].end))
            out->items[out->count++] = (struct span){.start = ticks_from_seconds(in[i].start),
                                                     .end = ticks_from_seconds(in[i].end),
                                                     .caption = &in[i]};
    qsort(out->items, out->count, sizeof *out->items, by_start);
    int64_t reach = INT64_MIN;
    for (size_t i = 0; i < out->count; i++) {
        reach = out->items[i].end > reach ? out->items[i].end : reach;
        out->items[i].reach = reach;
    }
    return true;
}

/* The first that can still be on at t. */
static size_t spans_first(const struct spans *s, int64_t t)
{
    size_t lo = 0, hi = s->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->items[mid].reach <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Words that follow one another in time; backwards nobody speaks words. */
static bool map_words(struct plan_maker *m, const struct plan_segment *s, const struct caption *c,
                      struct plan_caption *out, struct err *e)
{
    const struct caption_word *in = c->words.items;
    if (!c->words.count || s->rate.backwards)
        return true;
    struct plan_word *words = arena_array(m->arena, c->words.count, sizeof *words);
    if (!words)
        return plan_no_memory(e);
    for (size_t i = 0; i < c->words.count; i++) {
        if (!is_span(in[i].start, in[i].end) || (i && in[i].start < in[i - 1].start))
            return true;
        words[i] = (struct plan_word){in[i].text,
                                      plan_film_at(s, ticks_from_seconds(in[i].start)),
                                      plan_film_at(s, ticks_from_seconds(in[i].end))};
    }
    out->words = words;
    out->word_count = c->words.count;
    return true;
}

static bool map_caption(struct plan_maker *m, const struct plan_segment *s, const struct span *c,
                        struct plan_caption *out, struct err *e)
{
    int64_t a = plan_film_at(s, c->start), b = plan_film_at(s, c->end);
    int64_t from = a < b ? a : b, to = a < b ? b : a;
    *out = (struct plan_caption){
        .text = c->caption->text,
        .out_start = from > s->out_start ? from : s->out_start,
        .out_end = to < s->out_end ? to : s->out_end,
        .whole_start = from,
        .whole_end = to,
        .style = c->caption->style.text ? &c->caption->style : NULL,
    };
    return map_words(m, s, c->caption, out, e);
}

/* The captions of one segment, mapped to the film and clipped to it. out NULL: only count them. */
static bool map_captions(struct plan_maker *m, const struct spans *spans,
                         const struct plan_segment *s, struct plan_caption *out, size_t *n,
                         struct err *e)
{
    for (size_t i = spans_first(spans, s->src_start); i < spans->count; i++) {
        const struct span *c = &spans->items[i];
        if (c->start >= s->src_end)
            break;
        if (c->end <= s->src_start)
            continue;
        if (out && !map_caption(m, s, c, &out[*n], e))
            return false;
        ++*n;
    }
    return true;
}

static int by_out_start(const void *x, const void *y)
{
    const struct plan_caption *a = x, *b = y;
    if (a->out_start != b->out_start)
        return a->out_start < b->out_start ? -1 : 1;
    return (a > b) - (a < b);
}

/* Each segment's captions as spans; the film's own are sorted once. */
static bool gather_spans(struct plan_maker *m, struct spans *own, size_t *total, struct err *e)
{
    struct spans film;
    if (!spans_build(&m->timeline->captions, m->arena, &film, e))
        return false;
    for (size_t i = 0; i < m->plan->segment_count; i++) {
        const struct wire_list *list = plan_captions_of(m, &m->plan->segments[i]);
        if (list == &m->timeline->captions)
            own[i] = film;
        else if (!spans_build(list, m->arena, &own[i], e))
            return false;
        if (!map_captions(m, &own[i], &m->plan->segments[i], NULL, total, e))
            return false;
        if (*total > PLAN_MAX_CAPTIONS)
            return err_set(e, ERR_INVALID, "captions would appear more than %d times",
                           PLAN_MAX_CAPTIONS);
    }
    return true;
}

bool plan_build_captions(struct plan_maker *m, struct err *e)
{
    struct plan *p = m->plan;
    size_t total = 0;
    struct spans *own = arena_array(m->arena, p->segment_count, sizeof *own);
    if (!own)
        return plan_no_memory(e);
    if (!gather_spans(m, own, &total, e))
        return false;
    struct plan_caption *out = arena_array(m->arena, total ? total : 1, sizeof *out);
    if (!out)
        return plan_no_memory(e);
    for (size_t i = 0; i < p->segment_count; i++) {
        size_t first = p->caption_count;
        if (!map_captions(m, &own[i], &p->segments[i], out, &p->caption_count, e))
            return false;
        if (p->segments[i].rate.backwards)
            qsort(out + first, p->caption_count - first, sizeof *out, by_out_start);
    }
    p->captions = out;
    return true;
}
