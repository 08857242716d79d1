/* SPDX-License-Identifier: GPL-3.0-or-later
 * spoken.c - words of a text and their times.
 */
#include "render/spoken.h"

#include "core/timebase.h"
#include "core/utf8.h"
#include "render/caption_text.h"

#include <string.h>

/* How many letters of the text may be passed over to find a word. */
#define LOOK_AHEAD 60
#define MAX_LETTERS 64 /* of a word that are compared */

/* A character of the text. Letters are what words are told by: no punctuation, no small and
 * capital. */
struct sign {
    uint32_t letter; /* 0: none */
    bool begins;     /* a unit */
};

struct signs {
    struct sign *items;
    size_t count;
};

static uint32_t letter_of(uint32_t cp)
{
    return text_is_punctuation(cp) ? 0 : text_upper(cp);
}

static bool read_signs(const char *text, const struct text_unit *units, size_t unit_count,
                       struct arena *a, struct signs *out)
{
    *out = (struct signs){.items = arena_array(a, strlen(text) + 1, sizeof *out->items)};
    for (size_t i = 0; out->items && i < unit_count; i++) {
        bool begins = true;
        for (size_t at = 0; at < units[i].len;) {
            uint32_t cp;
            size_t n = utf8_decode(units[i].text + at, units[i].len - at, &cp);
            out->items[out->count++] = (struct sign){letter_of(cp), begins};
            begins = false;
            at += n ? n : 1;
        }
    }
    return out->items;
}

static size_t read_letters(const char *word, uint32_t out[MAX_LETTERS])
{
    size_t count = 0, len = strlen(word);
    for (size_t at = 0; at < len && count < MAX_LETTERS;) {
        uint32_t cp = 0;
        size_t n = utf8_decode(word + at, len - at, &cp);
        uint32_t letter = n ? letter_of(cp) : 0;
        if (letter)
            out[count++] = letter;
        at += n ? n : 1;
    }
    return count;
}

/* Whether the letters stand at `at`; *end is behind the last one. */
static bool stands_at(const struct signs *s, size_t at, const uint32_t *letters, size_t n,
                      size_t *end)
{
    size_t k = 0;
    for (; at < s->count && k < n; at++) {
        if (s->items[at].letter == 0)
            continue;
        if (s->items[at].letter != letters[k++])
            return false;
    }
    *end = at;
    return k == n;
}

/* Looks for a word from *at on; where it begins, with an opening quotation mark. */
static bool find_word(const struct signs *s, const char *word, size_t *at, size_t *begin)
{
    uint32_t letters[MAX_LETTERS];
    size_t n = read_letters(word, letters), end;
    for (size_t from = *at; n && from < s->count && from < *at + LOOK_AHEAD; from++) {
        if (s->items[from].letter == 0 || !stands_at(s, from, letters, n, &end))
            continue;
        *begin = from;
        while (*begin > *at && !s->items[*begin].begins && s->items[*begin - 1].letter == 0)
            --*begin;
        *at = end;
        return true;
    }
    return false;
}

/* Makes the words follow each other without gaps in the text and without overlaps in time. */
static void close_ranks(struct spoken *sp, size_t chars)
{
    for (size_t i = 0; i < sp->count; i++) {
        struct spoken_word *w = &sp->words[i];
        int64_t before = i ? sp->words[i - 1].start : INT64_MIN;
        w->start = w->start < before ? before : w->start;
        w->end = w->end < w->start ? w->start : w->end;
        w->end_char = i + 1 < sp->count ? sp->words[i + 1].first_char : chars;
    }
    for (size_t i = 0; i + 1 < sp->count; i++)
        if (sp->words[i].end > sp->words[i + 1].start)
            sp->words[i].end = sp->words[i + 1].start;
    if (sp->count)
        sp->words[0].first_char = 0;
}

static bool align(const struct signs *s, const struct plan_word *words, size_t n, struct arena *a,
                  struct spoken *out)
{
    size_t at = 0, begin;
    *out = (struct spoken){.words = arena_array(a, n + 1, sizeof *out->words)};
    for (size_t i = 0; out->words && i < n; i++)
        if (find_word(s, words[i].text, &at, &begin))
            out->words[out->count++] = (struct spoken_word){
                .first_char = begin, .start = words[i].start, .end = words[i].end};
    return out->words;
}

static bool spread(const struct text_unit *units, size_t n, int64_t start, int64_t end,
                   struct arena *a, struct spoken *out)
{
    *out = (struct spoken){.words = arena_array(a, n + 1, sizeof *out->words), .count = n};
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        total += units[i].chars;
    for (size_t i = 0; out->words && i < n; i++) {
        size_t next = at + units[i].chars;
        out->words[i] = (struct spoken_word){
            .first_char = at,
            .start = start + ticks_scale(end - start, (int64_t)at, (int64_t)total),
            .end = start + ticks_scale(end - start, (int64_t)next, (int64_t)total)};
        at = next;
    }
    return out->words;
}

bool spoken_of(const char *text, const struct plan_word *words, size_t word_count,
               int64_t whole_start, int64_t whole_end, struct segmenter *segmenter, struct arena *a,
               struct spoken *out)
{
    struct text_unit *units;
    struct signs signs;
    size_t n = text_units(text, segmenter, &units, a);
    if (n == SIZE_MAX || !read_signs(text, units, n, a, &signs))
        return false;
    *out = (struct spoken){0};
    if (word_count > 0) {
        if (!align(&signs, words, word_count, a, out))
            return false;
        whole_start = words[0].start;
        whole_end = words[word_count - 1].end;
        if (whole_end < whole_start)
            whole_end = whole_start;
    }
    if (out->count == 0 || out->count * 2 < word_count)
        if (!spread(units, n, whole_start, whole_end, a, out))
            return false;
    close_ranks(out, signs.count);
    return true;
}
