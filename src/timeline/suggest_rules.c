/* SPDX-License-Identifier: GPL-3.0-or-later
 * The rules of suggest_effects. */
#include "timeline/suggest_rules.h"

#include "core/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_MAX 60     /* characters of a sentence that a reason quotes */
#define SILENCE_LEAST 1.0 /* s between captions that is worth a word */
#define STRONG_SCORE 0.5 /* of an energy peak */

static void add(struct found *f, const char *rule, const char *effect, double start,
                double confidence, const char *reason)
{
    struct suggestion s = {effect, start, reason, round(100 * confidence) / 100, rule};
    if (reason)
        buf_add(&f->list, &s, sizeof s);
    else
        f->list.failed = true;
}

/* --- Words ------------------------------------------------------------------------------------ */

static const struct word_rule {
    const char *rule, *effect;
    double confidence;
    const char *why;
} word_rules[WORDING_COUNT] = {
    [WORDING_STRONG] = {"strong_word", "zoom", 0.7, "strong word"},
    [WORDING_SHOUTED] = {"emphasis", "punch_in", 0.66, "emphasis"},
    [WORDING_SLOW] = {"slow_word", "slowmo", 0.65, "word that takes its time"},
    [WORDING_LAUGHTER] = {"laughter", "shake", 0.62, "laughter"},
    [WORDING_WEIGHT] = {"weight", "zoom", 0.6, "word of weight"},
    [WORDING_NUMBER] = {"number", "punch_in", 0.56, "a number"},
    [WORDING_LIST] = {"list", "punch_in", 0.45, "a point of a list"},
};

/* The first characters of a sentence, for a reason; cut at a character. */
static void quote(char out[QUOTE_MAX * 4 + 4], const char *s, size_t n)
{
    size_t k = 0, chars = 0;
    for (; k < n && (chars < QUOTE_MAX || (s[k] & 0xc0) == 0x80); k++) {
        chars += (s[k] & 0xc0) != 0x80;
        out[k] = s[k];
    }
    if (k < n) {
        memcpy(out + k, "...", 3);
        k += 3;
    }
    out[k] = '\0';
}

/* When the word is spoken: by its own time where that is known, else with its caption. */
static double time_of(const struct caption *c, const char *word, size_t n)
{
    const struct caption_word *w = c ? c->words.items : NULL;
    for (size_t i = 0; c && i < c->words.count; i++)
        if (w[i].text && strncasecmp(w[i].text, word, n) == 0)
            return w[i].start;
    return c ? c->start : NAN;
}

static void suggest_sentence(struct found *f, const char *s, size_t n, const struct caption *c)
{
    const struct word_rule *best = NULL;
    const char *word = s;
    size_t word_len = 0;
    double start = c ? c->start : NAN;
    char quoted[QUOTE_MAX * 4 + 4];

    for (size_t at = 0, len; (len = words_next(s, n, &at)) > 0; at += len) {
        const struct word_rule *r = &word_rules[wording_of(s + at, len)];
        if (r->rule && (!best || r->confidence > best->confidence)) {
            best = r;
            word = s + at;
            word_len = len;
        }
    }
    quote(quoted, s, n);
    if (best)
        add(f, best->rule, best->effect, time_of(c, word, word_len), best->confidence,
            arena_printf(f->arena, "%s \"%.*s\" in \"%s\"", best->why, (int)word_len, word,
                         quoted));
    else if (words_exclaim(s, n))
        add(f, "exclamation", "zoom", start, 0.55,
            arena_printf(f->arena, "exclamation: \"%s\"", quoted));
    else if (words_ask(s, n))
        add(f, "question", "zoom", start, 0.5,
            arena_printf(f->arena, "question: \"%s\"", quoted));
}

void suggest_text(struct found *f, const char *text, const struct caption *caption)
{
    for (const char *p = text; *p;) {
        p += strspn(p, " \t\r\n");
        size_t n = strcspn(p, ".!?\n");
        size_t with_end = n + strspn(p + n, ".!?");
        if (n)
            suggest_sentence(f, p, with_end, caption);
        p += with_end ? with_end : (*p != '\0');
    }
}

void suggest_gaps(struct found *f, const struct caption *captions, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double gap = captions[i].start - captions[i - 1].end;
        if (gap >= SILENCE_LEAST)
            add(f, "pause", "speed", captions[i - 1].end, fmin(0.42 + 0.02 * gap, 0.6),
                arena_printf(f->arena, "nobody speaks for %.1f s", gap));
    }
}

/* --- Beats and sound -------------------------------------------------------------------------- */

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

/* Music of our time goes in eights. */
bool suggest_beats(struct found *f, const struct wire_list *list)
{
    size_t n = list->count;
    if (n < 2)
        return true;
    double *beats = arena_array(f->arena, 2 * n, sizeof *beats);
    if (!beats)
        return false;
    double *gaps = beats + n;
    memcpy(beats, list->items, n * sizeof *beats);
    qsort(beats, n, sizeof *beats, by_value);
    for (size_t i = 1; i < n; i++)
        gaps[i - 1] = beats[i] - beats[i - 1];
    qsort(gaps, n - 1, sizeof *gaps, by_value);
    double period = gaps[(n - 1) / 2];
    if (!(period > 0))
        return true;

    size_t phrase = 0;
    for (size_t i = 0; i < n; i++, phrase++) {
        double gap = i + 1 < n ? beats[i + 1] - beats[i] : 0;
        if (phrase % 8 == 0)
            add(f, "phrase", "zoom", beats[i], i ? 0.4 : 0.35,
                arena_printf(f->arena, "beat %zu begins a phrase of eight", i + 1));
        if (gap > 3 * period) {
            add(f, "beat_pause", "slowmo", beats[i], 0.6,
                arena_printf(f->arena, "the beat pauses for %.1f s", gap));
            phrase = (size_t)-1; /* it begins anew behind the pause */
        }
    }
    return true;
}

void suggest_sound(struct found *f, const struct suggest_args *args)
{
    const struct suggest_peak *peaks = args->energy.items;
    const struct suggest_drop *drops = args->drops.items;
    const struct suggest_pause *pauses = args->pauses.items;
    for (size_t i = 0; i < args->drops.count; i++)
        add(f, "drop", "slowmo", drops[i].time, fmin(0.68 + 0.015 * fmax(drops[i].rise, 0), 0.95),
            arena_printf(f->arena, "drop, %+.0f dB", drops[i].rise));
    for (size_t i = 0; i < args->energy.count; i++)
        if (peaks[i].score >= STRONG_SCORE)
            add(f, "peak", peaks[i].score >= 0.8 ? "shake" : "punch_in", peaks[i].time,
                0.35 + 0.35 * fmin(peaks[i].score, 1),
                arena_printf(f->arena, "energy peak, %.0f %%", 100 * fmin(peaks[i].score, 1)));
    for (size_t i = 0; i < args->pauses.count; i++) {
        double len = pauses[i].end - pauses[i].start;
        if (len >= SILENCE_LEAST)
            add(f, "pause", "speed", pauses[i].start, fmin(0.42 + 0.02 * len, 0.6),
                arena_printf(f->arena, "pause of %.1f s", len));
    }
}
