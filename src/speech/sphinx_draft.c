/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/buf.h"
#include "speech/align.h"
#include "speech/shortened.h"

#include <math.h>
#include <string.h>

#define WINDOW_S 30.0
#define PAUSE_S 0.8 /* begins a new segment */
#define SEGMENT_MAX_WORDS 30

struct drafting {
    struct shortened sound;
    struct sphinx_heard heard;
    struct buf words; /* struct transcript_word */
    struct arena *arena;
};

/* Words of one window; those at its very end are cut and come again with the next, which begins
 * where this returns: at the last pause of its second half, if there is one. */
static double keep_window(struct drafting *d, double from_s, double to_s, bool last, bool *ok)
{
    double cut_s = to_s;
    size_t n = d->heard.count;
    for (size_t i = n; !last && i > 1 && d->heard.items[i - 1].start_s > WINDOW_S / 2; i--)
        if (d->heard.items[i - 1].start_s - d->heard.items[i - 2].end_s > 0.1) {
            cut_s = from_s + d->heard.items[i - 2].end_s + 0.05;
            n = i - 1;
            break;
        }
    for (size_t i = 0; i < n && *ok; i++) {
        const struct sphinx_word *h = &d->heard.items[i];
        struct transcript_word w = {gate_start(&d->sound.gate, from_s + h->start_s),
                                    gate_end(&d->sound.gate, from_s + h->end_s),
                                    arena_strdup(d->arena, h->name), NAN};
        w.end = fmax(w.start, w.end);
        *ok = w.word && buf_add(&d->words, &w, sizeof w);
    }
    return cut_s;
}

static bool hear_all(struct drafting *d, struct sphinx *s, const struct align_options *o,
                     struct err *e)
{
    bool ok = true;
    double length_s = d->sound.gate.length_s;
    for (double at_s = 0; ok && at_s < length_s;) {
        double to_s = fmin(at_s + WINDOW_S, length_s);
        if (!shortened_read(&d->sound, at_s, to_s, e) ||
            !sphinx_guess(s, d->sound.loud, d->sound.samples, o->cancel, &d->heard, e))
            return false;
        at_s = keep_window(d, at_s, to_s, to_s >= length_s, &ok);
        if (o->on_progress)
            o->on_progress(o->user, at_s / length_s);
    }
    return ok || err_set(e, ERR_NO_MEMORY, "no memory for the words heard");
}

/* --- The transcript --------------------------------------------------------------------------- */

static char *join(const struct transcript_word *words, size_t n, struct arena *a)
{
    size_t size = 1;
    for (size_t i = 0; i < n; i++)
        size += strlen(words[i].word) + 1;
    char *text = arena_alloc(a, size), *at = text;
    for (size_t i = 0; text && i < n; i++) {
        if (i)
            *at++ = ' ';
        at = stpcpy(at, words[i].word);
    }
    return text;
}

static struct transcript *report(const struct drafting *d, struct err *e)
{
    size_t n = d->words.len / sizeof(struct transcript_word), count = 0;
    struct transcript *t = arena_alloc(d->arena, sizeof *t);
    struct transcript_word *words = arena_array(d->arena, n + 1, sizeof *words);
    struct transcript_segment *segments = arena_array(d->arena, n + 1, sizeof *segments);
    bool ok = t && words && segments;
    if (ok && n)
        memcpy(words, d->words.data, d->words.len);
    for (size_t low = 0, high; ok && low < n; low = high) {
        for (high = low + 1; high < n && high - low < SEGMENT_MAX_WORDS &&
                             words[high].start - words[high - 1].end < PAUSE_S;)
            high++;
        segments[count] = (struct transcript_segment){
            .id = (int64_t)count, .start = words[low].start, .end = words[high - 1].end,
            .text = join(words + low, high - low, d->arena), .avg_logprob = NAN,
            .no_speech_prob = NAN, .compression_ratio = NAN, .temperature = NAN,
            .words = {words + low, high - low}};
        ok = segments[count++].text != NULL;
    }
    const char *text = ok ? join(words, n, d->arena) : NULL;
    if (!text) {
        err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
        return NULL;
    }
    *t = (struct transcript){
        .engine = "pocketsphinx", .model = "pocketsphinx-en-us", .quality = "draft",
        .task = "transcribe", .language = "en", .language_probability = NAN,
        .duration = (double)d->sound.sound->samples / SPEECH_RATE, .text = text,
        .segments = {segments, count}, .dropped = {arena_alloc(d->arena, 1), 0}};
    return t;
}

struct transcript *sphinx_transcribe(struct sphinx *s, const struct speech_sound *sound,
                                     const struct align_options *o, struct arena *a, struct err *e)
{
    struct drafting d = {.arena = a};
    buf_init(&d.words, (size_t)256 << 20);
    struct transcript *said = NULL;
    if (shortened_init(&d.sound, sound, o->spans, o->span_count, a, e) && hear_all(&d, s, o, e))
        said = report(&d, e);
    buf_finish(&d.words);
    sphinx_heard_finish(&d.heard);
    shortened_finish(&d.sound);
    return said;
}
