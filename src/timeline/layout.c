/* SPDX-License-Identifier: GPL-3.0-or-later
 * The template engine's entrance: facts are cleaned and sorted, then the steps run. */
#include "core/utf8.h"
#include "timeline/layout_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PARAGRAPH_SECONDS 10.0 /* a longer caption without word times is not kept whole */
#define BREATH_SECONDS 0.15
#define CAPTION_MAX_BYTES 2000 /* at most as many characters, as timeline.c allows */

/* --- Chance ----------------------------------------------------------------------------------- */

double chance_next(struct layout *l)
{
    uint64_t z = l->chance += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

/* FNV-1a, folded to 32 bits. */
uint64_t timeline_seed(const char *content_hash)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *p = content_hash; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return (h ^ h >> 32) & 0xffffffff;
}

/* --- Sorted times and spans ------------------------------------------------------------------- */

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static int by_span(const void *x, const void *y)
{
    const struct layout_span *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

static int by_peak(const void *x, const void *y)
{
    const struct layout_peak *a = x, *b = y;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a->strength < b->strength ? -1 : a->strength > b->strength;
}

static int by_caption(const void *x, const void *y)
{
    const struct caption *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* Copies those strictly inside the source, ascending, each once. */
static bool clean_times(struct layout *l, const double *in, size_t n, struct times *out)
{
    out->at = arena_array(l->arena, n ? n : 1, sizeof *out->at);
    if (!out->at)
        return false;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (in[i] > 0 && in[i] < l->duration)
            out->at[k++] = in[i];
    qsort(out->at, k, sizeof *out->at, by_value);
    for (size_t i = 0; i < k; i++)
        if (!out->count || out->at[i] > out->at[out->count - 1])
            out->at[out->count++] = out->at[i];
    return true;
}

/* Cuts to the source, sorts, and joins those that overlap; in place. */
static void clean_spans(struct layout *l, struct spans *x)
{
    size_t k = 0;
    for (size_t i = 0; i < x->count; i++) {
        struct layout_span s = {fmax(x->at[i].start, 0), fmin(x->at[i].end, l->duration)};
        if (s.end > s.start && isfinite(x->at[i].start) && isfinite(x->at[i].end))
            x->at[k++] = s;
    }
    qsort(x->at, k, sizeof *x->at, by_span);
    x->count = 0;
    for (size_t i = 0; i < k; i++) {
        struct layout_span *last = x->count ? &x->at[x->count - 1] : NULL;
        if (last && x->at[i].start < last->end)
            last->end = fmax(last->end, x->at[i].end);
        else
            x->at[x->count++] = x->at[i];
    }
}

static bool copy_spans(struct layout *l, const struct layout_span *in, size_t n, struct spans *out)
{
    out->at = arena_array(l->arena, n ? n : 1, sizeof *out->at);
    if (!out->at)
        return false;
    if (n)
        memcpy(out->at, in, n * sizeof *in);
    out->count = n;
    clean_spans(l, out);
    return true;
}

size_t times_from(const struct times *x, double t)
{
    size_t lo = 0, hi = x->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (x->at[mid] < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

size_t times_within(const struct times *x, double from, double to)
{
    size_t a = times_from(x, from), b = times_from(x, to);
    return b > a ? b - a : 0;
}

size_t spans_from(const struct spans *x, double t)
{
    size_t lo = 0, hi = x->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (x->at[mid].end <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

double spans_overlap(const struct spans *x, double from, double to)
{
    double sum = 0;
    for (size_t i = spans_from(x, from); i < x->count && x->at[i].start < to; i++)
        sum += fmin(x->at[i].end, to) - fmax(x->at[i].start, from);
    return sum;
}

const struct layout_span *spans_around(const struct spans *x, double t)
{
    size_t i = spans_from(x, t);
    return i < x->count && x->at[i].start < t ? &x->at[i] : NULL;
}

bool cut_allowed(const struct layout *l, double t)
{
    return !spans_around(&l->whole, t);
}

double cut_after(const struct layout *l, double t)
{
    const struct layout_span *s = spans_around(&l->whole, t);
    return s ? s->end : t;
}

double cut_before(const struct layout *l, double t)
{
    const struct layout_span *s = spans_around(&l->whole, t);
    return s ? s->start : t;
}

size_t peaks_from(const struct layout *l, double t)
{
    size_t lo = 0, hi = l->peak_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (l->peaks[mid].time < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

double loudness(const struct layout *l, double from, double to)
{
    const struct layout_facts *f = l->facts;
    double sum = 0;
    if (f->level_count && f->level_step > 0) {
        size_t n = 0;
        double first = from / f->level_step;
        for (size_t i = first > 0 ? (size_t)first : 0;
             i < f->level_count && (double)i * f->level_step < to; i++, n++)
            sum += isfinite(f->levels[i]) ? f->levels[i] : 0;
        return n ? sum / (double)n : 0;
    }
    for (size_t i = peaks_from(l, from); i < l->peak_count && l->peaks[i].time < to; i++)
        sum += l->peaks[i].strength;
    return to > from ? sum / (to - from) : 0;
}

/* --- Captions --------------------------------------------------------------------------------- */

static bool clean_caption(struct layout *l, const struct caption *in, struct caption *out)
{
    *out = *in;
    out->start = fmax(in->start, 0);
    out->end = fmin(in->end, l->duration);
    if (!in->text || !isfinite(in->start) || !isfinite(in->end) || !(out->end - out->start >= 1e-3))
        return false;
    size_t n = strlen(in->text);
    if (n > CAPTION_MAX_BYTES) {
        char *cut = arena_strndup(l->arena, in->text, CAPTION_MAX_BYTES);
        if (!cut)
            return false;
        utf8_trim_cut(cut);
        out->text = cut;
    }
    const struct caption_word *words = in->words.items;
    for (size_t i = 0; i < in->words.count; i++)
        if (!(words[i].start >= 0 && words[i].end - words[i].start > 1e-6 &&
              words[i].end <= l->duration))
            out->words = (struct wire_list){0}; /* half-true word times are none */
    return true;
}

static bool clean_captions(struct layout *l)
{
    const struct layout_facts *f = l->facts;
    l->captions = arena_array(l->arena, f->caption_count + 1, sizeof *l->captions);
    if (!l->captions)
        return false;
    for (size_t i = 0; i < f->caption_count && l->caption_count < TIMELINE_MAX_CAPTIONS; i++)
        if (clean_caption(l, &f->captions[i], &l->captions[l->caption_count]))
            l->caption_count++;
    qsort(l->captions, l->caption_count, sizeof *l->captions, by_caption);
    return true;
}

/* What must stay whole of one caption: all of it, or each of its words. Writes to `out` when given;
 * returns how many spans. */
static size_t caption_whole(const struct layout *l, const struct caption *c,
                            struct layout_span *out)
{
    const struct caption_word *words = c->words.items;
    bool whole = l->tpl->keep_captions || !c->words.count;
    if (whole && c->end - c->start <= PARAGRAPH_SECONDS) {
        if (out)
            out[0] = (struct layout_span){c->start, c->end};
        return 1;
    }
    for (size_t i = 0; out && i < c->words.count; i++)
        out[i] = (struct layout_span){words[i].start, words[i].end};
    return c->words.count;
}

/* One place for a cut between two spans of speech: a breath before the next words, so that the cut
 * belongs to them; none of its own for both ends of a gap. */
static double gap_cut(double end, double next)
{
    return fmax((end + next) / 2, next - BREATH_SECONDS);
}

static bool find_gaps(struct layout *l)
{
    size_t n = l->spoken.count;
    double *gaps = arena_array(l->arena, n + 1, sizeof *gaps);
    if (!gaps)
        return false;
    for (size_t i = 0; i <= n && n; i++) {
        double end = i ? l->spoken.at[i - 1].end : 0;
        gaps[i] = i < n ? gap_cut(end, l->spoken.at[i].start) : end + BREATH_SECONDS;
    }
    return clean_times(l, gaps, n ? n + 1 : 0, &l->gaps);
}

static bool find_speech(struct layout *l)
{
    size_t n = 0, k = 0, count = l->caption_count;
    for (size_t i = 0; i < count; i++)
        n += caption_whole(l, &l->captions[i], NULL);
    l->whole.at = arena_array(l->arena, n + 1, sizeof *l->whole.at);
    l->spoken.at = arena_array(l->arena, count + 1, sizeof *l->spoken.at);
    if (!l->whole.at || !l->spoken.at)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct caption *c = &l->captions[i];
        k += caption_whole(l, c, l->whole.at + k);
        l->spoken.at[i] = (struct layout_span){c->start, c->end};
    }
    l->whole.count = k;
    l->spoken.count = count;
    clean_spans(l, &l->whole);
    clean_spans(l, &l->spoken);
    return find_gaps(l);
}

static bool clean_peaks(struct layout *l)
{
    const struct layout_facts *f = l->facts;
    l->peaks = arena_array(l->arena, f->peak_count + 1, sizeof *l->peaks);
    if (!l->peaks)
        return false;
    for (size_t i = 0; i < f->peak_count; i++)
        if (f->peaks[i].time >= 0 && f->peaks[i].time < l->duration && f->peaks[i].strength > 0 &&
            isfinite(f->peaks[i].strength))
            l->peaks[l->peak_count++] = f->peaks[i];
    qsort(l->peaks, l->peak_count, sizeof *l->peaks, by_peak);
    return true;
}

static bool clean_facts(struct layout *l)
{
    const struct layout_facts *f = l->facts;
    return clean_times(l, f->beats, f->beat_count, &l->beats) &&
           clean_times(l, f->downbeats, f->downbeat_count, &l->downbeats) &&
           clean_times(l, f->drops, f->drop_count, &l->drops) &&
           clean_times(l, f->shots, f->shot_count, &l->shots) &&
           copy_spans(l, f->pauses, f->pause_count, &l->pauses) && clean_peaks(l) &&
           clean_captions(l) && find_speech(l);
}

/* --- The whole -------------------------------------------------------------------------------- */

static void fill_film_fields(const struct layout *l, uint64_t seed, struct timeline *tl)
{
    size_t beats = l->beats.count < TIMELINE_MAX_CAPTIONS ? l->beats.count : TIMELINE_MAX_CAPTIONS;
    tl->beats = (struct wire_list){l->beats.at, beats};
    tl->captions = (struct wire_list){l->captions, l->caption_count};
    if (l->facts->tempo > 0 && l->facts->tempo <= 1000)
        tl->tempo = l->facts->tempo;
    tl->template_name = l->tpl->name;
    tl->fit = l->tpl->fit;
    tl->seed = (int64_t)(seed & 0x1fffffffffffff);
}

struct timeline *timeline_generate(const struct template *tpl, const struct layout_facts *facts,
                                   uint64_t seed, struct arena *a, struct err *e)
{
    struct layout l = {.tpl = tpl, .facts = facts, .arena = a, .chance = seed & 0x1fffffffffffff,
                       .shortest = fmax(tpl->pace->shortest, TEMPLATE_SHORTEST_SEGMENT)};
    struct ranges ranges = {0};
    struct piece *pieces = NULL;
    size_t count = 0;

    if (facts->duration > 0 && facts->duration < TIMELINE_MAX_SECONDS)
        l.duration = facts->duration;
    struct timeline *tl = timeline_empty(a);
    if (!tl || !clean_facts(&l)) {
        err_set(e, ERR_NO_MEMORY, "out of memory while laying out the film");
        return NULL;
    }
    fill_film_fields(&l, seed, tl);
    if (l.duration == 0)
        return tl;
    if (!layout_choose(&l, &ranges, e) || !layout_cut(&l, &ranges, &pieces, &count, e) ||
        !layout_style(&l, pieces, count, tl, e))
        return NULL;
    return tl;
}
