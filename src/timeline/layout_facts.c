/* SPDX-License-Identifier: GPL-3.0-or-later
 * Facts are cleaned and sorted; what is said becomes places where a cut may not be, may be, and
 * would be welcome. */
#include "core/utf8.h"
#include "timeline/layout_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PARAGRAPH_SECONDS 10.0 /* a longer caption without word times is not kept whole */
#define BEAT_SURE 0.5 /* confidence in the beats that makes a song of what they are heard in */
#define CAPTION_MAX_BYTES 2000 /* at most as many characters, as timeline.c allows */
#define STRESS_DB 3.0          /* louder than the median word */
#define STRESS_SHARE 0.92      /* and louder than so many of the words */
#define STRESS_APART 1.5       /* s between stressed words */
#define HIGHLIGHTS_MAX 1000

/* --- Times and spans -------------------------------------------------------------------------- */

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

/* Times that lie `stride` bytes apart: those strictly inside the source, ascending, each once. */
static bool clean_strided(struct layout *l, const void *in, size_t n, size_t stride,
                          struct times *out)
{
    out->at = arena_array(l->arena, n ? n : 1, sizeof *out->at);
    if (!out->at)
        return false;
    size_t k = 0;
    for (size_t i = 0; in && i < n; i++) {
        double t;
        memcpy(&t, (const char *)in + i * stride, sizeof t);
        if (t > 0 && t < l->duration)
            out->at[k++] = t;
    }
    qsort(out->at, k, sizeof *out->at, by_double);
    for (size_t i = 0; i < k; i++)
        if (!out->count || out->at[i] > out->at[out->count - 1])
            out->at[out->count++] = out->at[i];
    return true;
}

static bool clean_times(struct layout *l, const double *in, size_t n, struct times *out)
{
    return clean_strided(l, in, n, sizeof *in, out);
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

static bool clean_shots(struct layout *l)
{
    const struct layout_facts *f = l->facts;
    l->fades.at = arena_array(l->arena, f->shot_count + 1, sizeof *l->fades.at);
    if (!l->fades.at || !clean_strided(l, f->shots ? &f->shots->time : NULL, f->shot_count,
                                       sizeof *f->shots, &l->shots))
        return false;
    for (size_t i = 0; f->shots && i < f->shot_count; i++) {
        double t = f->shots[i].time, half = f->shots[i].transition / 2;
        if (half > 0 && half < 10)
            l->fades.at[l->fades.count++] = (struct layout_span){t - half, t + half};
    }
    clean_spans(l, &l->fades);
    return true;
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

static bool clean_highlights(struct layout *l)
{
    const struct layout_facts *f = l->facts;
    size_t n = f->highlight_count < HIGHLIGHTS_MAX ? f->highlight_count : HIGHLIGHTS_MAX;
    l->highlights = arena_array(l->arena, n + 1, sizeof *l->highlights);
    if (!l->highlights)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct layout_highlight h = f->highlights[i];
        h.start = fmax(h.start, 0);
        h.end = fmin(h.end, l->duration);
        if (h.end > h.start && h.score > 0 && h.score <= 1 && isfinite(f->highlights[i].start) &&
            isfinite(f->highlights[i].end))
            l->highlights[l->highlight_count++] = h;
    }
    return true;
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
        if (!(words[i].text && words[i].start >= 0 && words[i].end - words[i].start > 1e-6 &&
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
    for (size_t i = 0; i < l->caption_count; i++)
        l->longest_caption = fmax(l->longest_caption, l->captions[i].end - l->captions[i].start);
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
    const struct layout_facts *f = l->facts;
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
    l->captioned = l->spoken.count > 0;
    l->song = f->beat_confidence >= BEAT_SURE;
    if (!l->captioned && !copy_spans(l, f->speech, f->speech_count, &l->spoken))
        return false;
    return find_gaps(l);
}

/* --- Stressed words --------------------------------------------------------------------------- */

struct spoken_word {
    double start, level;
    bool marked; /* by how it is written */
};

/* "NEVER", "now!" */
static bool written_loud(const char *s)
{
    size_t capitals = 0, small = 0, n = strlen(s);
    for (const char *p = s; *p; p++) {
        capitals += isupper((unsigned char)*p) != 0;
        small += islower((unsigned char)*p) != 0;
    }
    return (capitals >= 3 && !small) || (n > 1 && s[n - 1] == '!');
}

static size_t list_words(const struct layout *l, struct spoken_word *out)
{
    size_t n = 0;
    for (size_t i = 0; i < l->caption_count; i++) {
        const struct caption_word *w = l->captions[i].words.items;
        for (size_t k = 0; k < l->captions[i].words.count; k++, n++)
            if (out)
                out[n] = (struct spoken_word){w[k].start, loudness(l, w[k].start, w[k].end),
                                              written_loud(w[k].text)};
    }
    return n;
}

static bool find_stress(struct layout *l)
{
    size_t n = list_words(l, NULL), k = 0;
    struct spoken_word *words = arena_array(l->arena, n + 1, sizeof *words);
    double *sorted = arena_array(l->arena, n + 1, sizeof *sorted);
    double *at = arena_array(l->arena, n + 1, sizeof *at), last = -INFINITY;
    if (!words || !sorted || !at)
        return false;
    list_words(l, words);
    for (size_t i = 0; i < n; i++)
        sorted[i] = words[i].level;
    qsort(sorted, n, sizeof *sorted, by_double);
    double loud = n ? fmax(sorted[n / 2] + STRESS_DB, sorted[(size_t)((double)n * STRESS_SHARE)])
                    : 0;
    for (size_t i = 0; i < n; i++)
        if ((words[i].marked || (l->facts->level_count && words[i].level >= loud)) &&
            words[i].start - last >= STRESS_APART)
            at[k++] = last = words[i].start;
    return clean_times(l, at, k, &l->stress);
}

static bool find_fair_look(struct layout *l)
{
    const struct layout_facts *f = l->facts;
    double *sorted = arena_array(l->arena, f->look_count + 1, sizeof *sorted);
    if (!sorted)
        return false;
    for (size_t i = 0; i < f->look_count; i++)
        sorted[i] = isfinite(f->looks[i].good) ? f->looks[i].good : 0;
    qsort(sorted, f->look_count, sizeof *sorted, by_double);
    l->fair_look = f->look_count ? sorted[f->look_count / 2] / 2 : 0;
    return true;
}

bool layout_clean(struct layout *l)
{
    const struct layout_facts *f = l->facts;
    return clean_times(l, f->beats, f->beat_count, &l->beats) &&
           clean_times(l, f->downbeats, f->downbeat_count, &l->downbeats) &&
           clean_strided(l, f->drops ? &f->drops->time : NULL, f->drop_count, sizeof *f->drops,
                         &l->drops) &&
           clean_times(l, f->sections, f->section_count, &l->sections) && clean_shots(l) &&
           copy_spans(l, f->pauses, f->pause_count, &l->pauses) && clean_peaks(l) &&
           clean_highlights(l) && clean_captions(l) && find_speech(l) && find_stress(l) &&
           find_fair_look(l);
}
