/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/align_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRANGE_GAP_S 0.5   /* between sounds of one stretch of speech */
#define STRANGE_LEAST_S 0.7 /* of a stretch that is told: less is a breath or "er" */

struct lists { /* what the transcript will consist of */
    struct buf segments, words, dropped, text;
};

static bool is_heard(const struct placed *p)
{
    return !isnan(p->start_s);
}

/* Frames of good speech score -20 to -50, of other words -70 and less. */
static double probability(double score)
{
    return isnan(score) ? NAN : round(1000 / (1 + exp(-(score + 75) / 10))) / 1000;
}

/* --- Segments --------------------------------------------------------------------------------- */

static struct transcript_word word_of(const struct aligner *l, size_t i)
{
    const struct gate *gate = &l->sound.gate;
    struct transcript_word w = {gate_start(gate, l->placed[i].start_s),
                                gate_end(gate, l->placed[i].end_s), l->script->words[i].text,
                                probability(l->placed[i].score)};
    w.end = w.end < w.start ? w.start : w.end;
    return w;
}

static bool add_segment(const struct aligner *l, size_t low, size_t high, struct lists *out)
{
    struct transcript_segment s = {.id = (int64_t)(out->segments.len / sizeof s),
        .avg_logprob = NAN, .no_speech_prob = NAN, .compression_ratio = NAN, .temperature = NAN};
    struct transcript_word *words = arena_array(l->arena, high - low, sizeof *words);
    size_t n = 0;
    if (!words)
        return false;
    buf_clear(&out->words);
    for (size_t i = low; i < high; i++) {
        if (!is_heard(&l->placed[i]))
            continue;
        words[n] = word_of(l, i);
        if (n && !buf_addc(&out->words, ' '))
            return false;
        if (!buf_adds(&out->words, words[n++].word))
            return false;
    }
    if (n == 0)
        return true;
    s.start = words[0].start;
    s.end = words[n - 1].end;
    s.words = (struct wire_list){words, n};
    s.text = arena_strdup(l->arena, out->words.data);
    return s.text && (out->text.len == 0 || buf_addc(&out->text, ' ')) &&
           buf_adds(&out->text, s.text) && buf_add(&out->segments, &s, sizeof s);
}

static bool add_segments(const struct aligner *l, struct lists *out)
{
    const struct script *script = l->script;
    for (size_t low = 0, high; low < script->count; low = high) {
        for (high = low + 1; high < script->count &&
                             script->words[high].segment == script->words[low].segment;)
            high++;
        if (!add_segment(l, low, high, out))
            return false;
    }
    return true;
}

/* --- What does not fit ------------------------------------------------------------------------ */

static bool add_dropped(const struct aligner *l, struct lists *out, double start_s, double end_s,
                        const char *text, const char *reason)
{
    struct transcript_dropped d = {gate_start(&l->sound.gate, start_s),
                                   gate_end(&l->sound.gate, end_s), text, reason};
    d.end = d.end < d.start ? d.start : d.end;
    return text && buf_add(&out->dropped, &d, sizeof d);
}

static bool add_missing(const struct aligner *l, struct lists *out)
{
    size_t count = l->script->count;
    for (size_t low = 0, high; low < count; low = high) {
        high = low + 1;
        if (is_heard(&l->placed[low]))
            continue;
        buf_clear(&out->words);
        buf_adds(&out->words, l->script->words[low].text);
        for (; high < count && !is_heard(&l->placed[high]); high++) {
            buf_addc(&out->words, ' ');
            buf_adds(&out->words, l->script->words[high].text);
        }
        double start_s = low > 0 ? l->placed[low - 1].end_s : 0;
        double end_s = high < count ? l->placed[high].start_s : l->sound.gate.length_s;
        if (out->words.failed ||
            !add_dropped(l, out, start_s, end_s, arena_strdup(l->arena, out->words.data),
                         ALIGN_NOT_HEARD))
            return false;
    }
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;
    return (x->start_s > y->start_s) - (x->start_s < y->start_s);
}

/* Cuts the words out of a stretch and tells what is left. */
static bool tell_stretch(const struct aligner *l, struct stretch s, size_t *word, struct lists *out)
{
    size_t count = l->script->count;
    while (*word < count && (!is_heard(&l->placed[*word]) || l->placed[*word].end_s <= s.start_s))
        ++*word;
    for (size_t i = *word; i < count && s.start_s < s.end_s; i++) {
        const struct placed *p = &l->placed[i];
        if (!is_heard(p))
            continue;
        double end_s = fmin(s.end_s, p->start_s);
        if (end_s - s.start_s >= STRANGE_LEAST_S &&
            !add_dropped(l, out, s.start_s, end_s, "", ALIGN_NOT_IN_SCRIPT))
            return false;
        if (p->start_s >= s.end_s)
            return true;
        s.start_s = fmax(s.start_s, p->end_s);
    }
    return s.end_s - s.start_s < STRANGE_LEAST_S ||
           add_dropped(l, out, s.start_s, s.end_s, "", ALIGN_NOT_IN_SCRIPT);
}

static bool add_strange(const struct aligner *l, struct lists *out)
{
    struct stretch *s = (struct stretch *)(void *)l->speech.data;
    size_t n = l->speech.len / sizeof *s, word = 0;
    if (n)
        qsort(s, n, sizeof *s, by_start);
    for (size_t i = 0, next; i < n; i = next) {
        struct stretch whole = s[i];
        for (next = i + 1; next < n && s[next].start_s <= whole.end_s + STRANGE_GAP_S; next++)
            whole.end_s = fmax(whole.end_s, s[next].end_s);
        if (!tell_stretch(l, whole, &word, out))
            return false;
    }
    return true;
}

/* --- All of it -------------------------------------------------------------------------------- */

static bool keep_list(struct arena *a, const struct buf *from, size_t size, struct wire_list *out)
{
    *out = (struct wire_list){arena_alloc(a, from->len + 1), from->len / size};
    if (out->items && from->len)
        memcpy(out->items, from->data, from->len);
    return out->items != NULL;
}

struct transcript *align_report(const struct aligner *l, struct err *e)
{
    struct transcript *t = arena_alloc(l->arena, sizeof *t);
    struct lists lists;
    struct buf *all[] = {&lists.segments, &lists.words, &lists.dropped, &lists.text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_init(all[i], (size_t)256 << 20);
    bool ok = t && add_segments(l, &lists) && add_missing(l, &lists) && add_strange(l, &lists);
    if (ok) {
        *t = (struct transcript){
            .engine = "alignment", .model = "pocketsphinx-en-us", .task = "transcribe",
            .language = "en", .language_probability = NAN,
            .duration = (double)l->sound.sound->samples / SPEECH_RATE,
            .text = arena_strdup(l->arena, lists.text.len ? lists.text.data : "")};
        ok = t->text &&
             keep_list(l->arena, &lists.segments, sizeof(struct transcript_segment), &t->segments) &&
             keep_list(l->arena, &lists.dropped, sizeof(struct transcript_dropped), &t->dropped);
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_finish(all[i]);
    if (!ok)
        err_set(e, ERR_NO_MEMORY, "no memory for the words of a script");
    return ok ? t : NULL;
}
