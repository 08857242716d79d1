/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/film_captions.h"

#include "core/timebase.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files round times, to 10 ms in the coarsest format: what reaches over a cut by no more than twice
 * that does not lie on its other side. */
#define SPILL_TICKS (TICKS_PER_SECOND / 50)
#define LOOK_BACK 8 /* cues that may be seen at once and go on across a cut */

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "no memory for the captions");
}

static int by_start(const void *x, const void *y)
{
    const struct cue *a = x, *b = y;
    if (a->start_s != b->start_s)
        return a->start_s < b->start_s ? -1 : 1;
    return (a->end_s > b->end_s) - (a->end_s < b->end_s);
}

/* --- As they stand ---------------------------------------------------------------------------- */

bool captions_to_cues(const struct wire_list *captions, struct arena *a, struct cues *out,
                      struct err *e)
{
    const struct caption *in = captions->items;
    out->count = 0;
    out->items = arena_array(a, captions->count + 1, sizeof *out->items);
    if (!out->items)
        return no_memory(e);
    for (size_t i = 0; i < captions->count; i++) {
        const struct caption_word *words = in[i].words.items;
        struct cue_word *copy = arena_array(a, in[i].words.count + 1, sizeof *copy);
        if (!copy)
            return no_memory(e);
        for (size_t k = 0; k < in[i].words.count; k++)
            copy[k] = (struct cue_word){words[k].text, words[k].start, words[k].end};
        out->items[out->count++] = (struct cue){.start_s = in[i].start, .end_s = in[i].end,
                                                .text = in[i].text, .words = copy,
                                                .word_count = in[i].words.count};
    }
    qsort(out->items, out->count, sizeof *out->items, by_start);
    return true;
}

static bool caption_from_cue(const struct cue *cue, struct arena *a, struct caption *out)
{
    *out = (struct caption){.text = cue->text, .start = cue->start_s, .end = cue->end_s};
    struct caption_word *words = arena_array(a, cue->word_count + 1, sizeof *words);
    if (!words)
        return false;
    for (size_t k = 0; k < cue->word_count; k++)
        words[k] = (struct caption_word){.text = cue->words[k].text,
                                         .start = cue->words[k].start_s,
                                         .end = cue->words[k].end_s};
    if (cue->word_count)
        out->words = (struct wire_list){words, cue->word_count};
    return true;
}

bool captions_from_cues(const struct cues *cues, struct arena *a, struct wire_list *out,
                        struct err *e)
{
    struct caption *list = arena_array(a, cues->count + 1, sizeof *list);
    if (!list)
        return no_memory(e);
    for (size_t i = 0; i < cues->count; i++)
        if (!caption_from_cue(&cues->items[i], a, &list[i]))
            return no_memory(e);
    *out = (struct wire_list){list, cues->count};
    return true;
}

/* --- What a viewer reads ---------------------------------------------------------------------- */

/* The words that are spoken while it is seen. */
static bool seen_words(const struct plan_caption *c, struct arena *a, struct cue *cue)
{
    struct cue_word *words = arena_array(a, c->word_count + 1, sizeof *words);
    size_t n = 0;
    if (!words)
        return false;
    for (size_t i = 0; i < c->word_count; i++) {
        int64_t from = c->words[i].start > c->out_start ? c->words[i].start : c->out_start;
        int64_t to = c->words[i].end < c->out_end ? c->words[i].end : c->out_end;
        if (to > from)
            words[n++] = (struct cue_word){c->words[i].text, ticks_to_seconds(from),
                                           ticks_to_seconds(to)};
    }
    cue->words = n ? words : NULL;
    cue->word_count = n;
    return true;
}

/* The segment that is seen at a time, or the one behind it in a film that has ended. */
static size_t segment_at(const struct plan *plan, int64_t ticks)
{
    size_t lo = 0, hi = plan->segment_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (plan->segments[mid].out_end <= ticks)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The cue that this one, which begins with a segment, continues from the segment before. */
static struct cue *continued(const struct plan *plan, int64_t start, struct cues *done,
                             const struct cue *cue)
{
    size_t at = segment_at(plan, start);
    if (at == plan->segment_count || plan->segments[at].out_start != start)
        return NULL;
    for (size_t k = 1; k <= LOOK_BACK && k <= done->count; k++) {
        struct cue *last = &done->items[done->count - k];
        if (last->end_s == cue->start_s && strcmp(last->text, cue->text) == 0)
            return last;
    }
    return NULL;
}

/* A word that the cut went through becomes whole again. */
static bool join(struct cue *last, const struct cue *next, struct arena *a)
{
    size_t n = last->word_count + next->word_count;
    struct cue_word *words = arena_array(a, n + 1, sizeof *words);
    if (!words)
        return false;
    for (size_t i = 0; i < n; i++)
        words[i] = i < last->word_count ? last->words[i] : next->words[i - last->word_count];
    if (last->word_count && next->word_count &&
        strcmp(words[last->word_count - 1].text, next->words[0].text) == 0 &&
        words[last->word_count - 1].end_s == next->words[0].start_s) {
        words[last->word_count - 1].end_s = next->words[0].end_s;
        memmove(words + last->word_count, words + last->word_count + 1,
                (next->word_count - 1) * sizeof *words);
        n--;
    }
    last->words = n ? words : NULL;
    last->word_count = n;
    last->end_s = next->end_s;
    return true;
}

bool film_captions_get(const struct plan *plan, struct arena *a, struct cues *out, struct err *e)
{
    out->count = 0;
    out->items = arena_array(a, plan->caption_count + 1, sizeof *out->items);
    if (!out->items)
        return no_memory(e);
    for (size_t i = 0; i < plan->caption_count; i++) {
        const struct plan_caption *c = &plan->captions[i];
        if (c->out_end <= c->out_start)
            continue;
        struct cue cue = {.start_s = ticks_to_seconds(c->out_start),
                          .end_s = ticks_to_seconds(c->out_end), .text = c->text};
        if (!seen_words(c, a, &cue))
            return no_memory(e);
        struct cue *last = continued(plan, c->out_start, out, &cue);
        if (!last)
            out->items[out->count++] = cue;
        else if (!join(last, &cue, a))
            return no_memory(e);
    }
    qsort(out->items, out->count, sizeof *out->items, by_start);
    return true;
}

/* --- Putting ---------------------------------------------------------------------------------- */

static bool is_own(const struct timeline_segment *s)
{
    return s->asset_id <= 0;
}

static bool behind(const struct cue *cue, const char *what, int64_t end_ticks, struct err *e)
{
    char line[24] = "";
    if (cue->line)
        snprintf(line, sizeof line, "line %u: ", cue->line);
    return err_set(e, ERR_INVALID, "%sthe caption begins at %.3f s, behind the end of %s (%.3f s)",
                   line, cue->start_s, what, ticks_to_seconds(end_ticks));
}

/* What a timeline may hold: film-wide and in segments, together. */
static bool few_enough(const struct timeline *tl, struct err *e)
{
    const struct timeline_segment *segments = timeline_segments(tl);
    size_t n = tl->captions.count;
    for (size_t i = 0; i < tl->segments.count; i++)
        n += segments[i].captions.count;
    return n <= TIMELINE_MAX_CAPTIONS ||
           err_set(e, ERR_INVALID, "the timeline would have more than %d captions",
                   TIMELINE_MAX_CAPTIONS);
}

/* Segments that repeat captions of their own asset would hide the new ones. */
static bool put_list(struct timeline *tl, const struct cues *cues, struct arena *a, struct err *e)
{
    struct timeline_segment *segments = tl->segments.items;
    for (size_t i = 0; i < tl->segments.count; i++)
        if (is_own(&segments[i]))
            segments[i].captions = (struct wire_list){0};
    return captions_from_cues(cues, a, &tl->captions, e);
}

static void cut_end(struct cue *cue, double end_s, struct arena *a)
{
    size_t n = 0;
    struct cue_word *words = arena_array(a, cue->word_count + 1, sizeof *words);
    cue->end_s = fmin(cue->end_s, end_s);
    for (size_t i = 0; words && i < cue->word_count; i++) {
        words[n] = cue->words[i];
        words[n].end_s = fmin(words[n].end_s, end_s);
        n += words[n].end_s > words[n].start_s;
    }
    cue->words = words;
    cue->word_count = n;
}

bool film_captions_put_source(struct timeline *tl, const struct cues *cues, int64_t duration_ticks,
                              struct arena *a, struct err *e)
{
    double end = ticks_to_seconds(duration_ticks);
    for (size_t i = 0; i < cues->count; i++) {
        struct cue *cue = &cues->items[i];
        if (ticks_from_seconds(cue->start_s) >= duration_ticks)
            return behind(cue, "the video", duration_ticks, e);
        cut_end(cue, end, a);
    }
    return put_list(tl, cues, a, e) && few_enough(tl, e);
}

/* Where cues of a film go: those of the timeline's own asset together, others with their segment. */
struct put {
    const struct plan *plan;
    struct arena *arena;
    struct buf own;   /* struct cue */
    struct buf *other; /* struct cue, one for each of the timeline's segments */
};

/* The source's seconds; a millionth is finer than any file. */
static double source_at(const struct plan_segment *s, int64_t film_ticks)
{
    return fmax(0, round(ticks_to_seconds(plan_source_at(s, film_ticks)) * 1e6) / 1e6);
}

/* The words whose middle is in the piece from .. to; backwards nobody speaks words. */
static bool put_words(const struct put *p, const struct plan_segment *s, const struct cue *cue,
                      int64_t from, int64_t to, struct cue *piece)
{
    struct cue_word *words = arena_array(p->arena, cue->word_count + 1, sizeof *words);
    size_t n = 0;
    if (!words)
        return false;
    for (size_t i = 0; i < cue->word_count && !s->rate.backwards; i++) {
        int64_t a = ticks_from_seconds(cue->words[i].start_s);
        int64_t b = ticks_from_seconds(cue->words[i].end_s), middle = a + (b - a) / 2;
        if (middle < from || middle >= to)
            continue;
        words[n] = (struct cue_word){cue->words[i].text,
                                     fmin(fmax(source_at(s, a), piece->start_s), piece->end_s),
                                     fmin(fmax(source_at(s, b), piece->start_s), piece->end_s)};
        n += words[n].end_s > words[n].start_s;
    }
    piece->words = n ? words : NULL;
    piece->word_count = n;
    return true;
}

/* The part of a cue that is seen over a segment. */
static bool put_piece(struct put *p, const struct plan_segment *s, const struct cue *cue,
                      int64_t from, int64_t to)
{
    double a = source_at(s, from), b = source_at(s, to);
    struct cue piece = {.start_s = fmin(a, b), .end_s = fmax(a, b), .text = cue->text,
                        .line = cue->line};
    struct buf *list = s->source == 0 ? &p->own : &p->other[s->index];
    struct cue *last = list->len ? (struct cue *)(void *)(list->data + list->len) - 1 : NULL;
    if (!(piece.end_s > piece.start_s))
        return true;
    if (!put_words(p, s, cue, from, to, &piece))
        return false;
    if (last && last->text == piece.text && fabs(last->end_s - piece.start_s) < 1e-3)
        return join(last, &piece, p->arena); /* the cut parts nothing */
    return buf_add(list, &piece, sizeof piece);
}

static bool put_cue(struct put *p, const struct cue *cue, struct err *e)
{
    const struct plan *plan = p->plan;
    int64_t start = ticks_from_seconds(cue->start_s), end = ticks_from_seconds(cue->end_s);
    if (start >= plan->duration_ticks)
        return behind(cue, "the film", plan->duration_ticks, e);
    for (size_t i = segment_at(plan, start);
         i < plan->segment_count && plan->segments[i].out_start < end; i++) {
        const struct plan_segment *s = &plan->segments[i];
        int64_t from = start > s->out_start ? start : s->out_start;
        int64_t to = end < s->out_end ? end : s->out_end;
        bool spilt = to - from <= SPILL_TICKS && end - start > 2 * (to - from);
        if (!spilt && !put_piece(p, s, cue, from, to))
            return no_memory(e);
    }
    return true;
}

/* A moment that is seen twice brings its caption twice, which is stored once. */
static void sort_pieces(struct buf *list, struct cues *out)
{
    out->items = (struct cue *)(void *)list->data;
    out->count = list->len / sizeof *out->items;
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_start);
    size_t n = 0;
    for (size_t i = 0; i < out->count; i++) {
        const struct cue *c = &out->items[i], *last = n ? &out->items[n - 1] : NULL;
        bool again = last && fabs(last->start_s - c->start_s) < 0.02 &&
                     fabs(last->end_s - c->end_s) < 0.02 && strcmp(last->text, c->text) == 0;
        if (!again)
            out->items[n++] = *c;
    }
    out->count = n;
}

bool film_captions_put(struct timeline *tl, const struct plan *plan, const struct cues *cues,
                       struct arena *a, struct err *e)
{
    struct timeline_segment *segments = tl->segments.items;
    size_t most = TIMELINE_MAX_CAPTIONS * sizeof(struct cue), n = tl->segments.count;
    struct put p = {.plan = plan, .arena = a, .other = arena_array(a, n + 1, sizeof *p.other)};
    struct cues list;
    if (!p.other)
        return no_memory(e);
    buf_init(&p.own, most);
    for (size_t i = 0; i < n; i++)
        buf_init(&p.other[i], most);
    bool ok = true;
    for (size_t i = 0; ok && i < cues->count; i++)
        ok = put_cue(&p, &cues->items[i], e);
    if (ok) {
        sort_pieces(&p.own, &list);
        ok = put_list(tl, &list, a, e);
    }
    for (size_t i = 0; ok && i < n; i++) {
        if (is_own(&segments[i]))
            continue;
        sort_pieces(&p.other[i], &list);
        ok = captions_from_cues(&list, a, &segments[i].captions, e);
    }
    for (size_t i = 0; i < n; i++)
        buf_finish(&p.other[i]);
    buf_finish(&p.own);
    return ok && few_enough(tl, e);
}
