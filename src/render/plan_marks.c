/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_marks.c - the instants that effects follow: beats and starts of words inside each segment.
 */
#include "core/timebase.h"
#include "render/plan_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Source times, rising. */
struct marks {
    double *items;
    size_t count;
};

static int compare(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static void add_mark(struct marks *m, double t)
{
    if (t >= 0 && t <= TIMELINE_MAX_SECONDS)
        m->items[m->count++] = t;
}

static bool beats_of(struct arena *a, const struct wire_list *list, struct marks *out,
                     struct err *e)
{
    const double *in = list->items;
    *out = (struct marks){.items = arena_array(a, list->count ? list->count : 1, sizeof *in)};
    if (!out->items)
        return plan_no_memory(e);
    for (size_t i = 0; i < list->count; i++)
        add_mark(out, in[i]);
    qsort(out->items, out->count, sizeof *out->items, compare);
    return true;
}

/* Where the times of single words are not known, a caption's start is one. */
static bool words_of(struct arena *a, const struct wire_list *list, struct marks *out,
                     struct err *e)
{
    const struct caption *in = list->items;
    size_t room = 0;
    for (size_t i = 0; i < list->count; i++)
        room += in[i].words.count ? in[i].words.count : 1;
    *out = (struct marks){.items = arena_array(a, room ? room : 1, sizeof(double))};
    if (!out->items)
        return plan_no_memory(e);
    for (size_t i = 0; i < list->count; i++) {
        const struct caption_word *words = in[i].words.items;
        for (size_t k = 0; k < in[i].words.count; k++)
            add_mark(out, words[k].start);
        if (!in[i].words.count)
            add_mark(out, in[i].start);
    }
    qsort(out->items, out->count, sizeof *out->items, compare);
    return true;
}

static size_t first_from(const struct marks *m, double t)
{
    size_t lo = 0, hi = m->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->items[mid] < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Those inside the whole segment, in its film time. */
static bool map_marks(struct arena *a, const struct marks *m, const struct plan_segment *s,
                      const double **out, size_t *count, struct err *e)
{
    size_t from = first_from(m, ticks_to_seconds(s->whole_start));
    size_t to = first_from(m, ticks_to_seconds(s->whole_end));
    double *list = arena_array(a, to > from ? to - from : 1, sizeof *list);
    if (!list)
        return plan_no_memory(e);
    *count = to - from;
    for (size_t i = 0; i < *count; i++) {
        size_t k = s->rate.backwards ? to - 1 - i : from + i;
        int64_t film = plan_film_at(s, ticks_from_seconds(m->items[k]));
        list[i] = ticks_to_seconds(film - s->effect_start);
    }
    *out = list;
    return true;
}

static bool mark_segment(struct plan_maker *m, const struct marks *film_beats,
                         const struct marks *film_words, struct plan_segment *s, struct err *e)
{
    static const struct marks none;
    const struct timeline_segment *in = &timeline_segments(m->timeline)[s->index];
    const struct wire_list *captions = plan_captions_of(m, s);
    struct marks beats = s->source == 0 ? *film_beats : none, words = *film_words;
    if (in->beats.count && !beats_of(m->arena, &in->beats, &beats, e))
        return false;
    if (captions != &m->timeline->captions && !words_of(m->arena, captions, &words, e))
        return false;
    return map_marks(m->arena, &beats, s, &s->beats, &s->beat_count, e) &&
           map_marks(m->arena, &words, s, &s->words, &s->word_count, e);
}

bool plan_build_marks(struct plan_maker *m, struct err *e)
{
    struct plan *p = m->plan;
    struct plan_segment *segs = (struct plan_segment *)p->segments; /* still being made */
    struct marks beats, words;
    if (!beats_of(m->arena, &m->timeline->beats, &beats, e) ||
        !words_of(m->arena, &m->timeline->captions, &words, e))
        return false;
    for (size_t i = 0; i < p->segment_count; i++)
        if (segs[i].effect_count && !mark_segment(m, &beats, &words, &segs[i], e))
            return false;
    return true;
}
