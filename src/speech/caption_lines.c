/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_lines.c - where captions and lines part, and how long each is seen.
 *
 * DESIGN. Parting is a cheapest way through the words (dynamic programming): the cost of the words
 * first..last-1 as one caption depends on nothing else, so best[last] = min over first of
 * best[first] + cost(first, last), and a caption holds a few dozen words at most. The costs are in
 * captions: one more caption costs 1. What must not be costs so much that it is only chosen where
 * everything else is worse, i.e. where a single word breaks a limit.
 *
 * Numbers: Netflix's Timed Text Style Guide (42 columns, 2 lines, 5/6 to 7 s, 2 frames between, out
 * at most 12 frames behind the voice, 17 to 20 characters a second), 16 signs a line for Chinese
 * and Japanese; for upright films what Creatomate, JSON2Video and Remotion take (14 to 20
 * characters, 3 to 4 words, pages of 0.8 to 1.2 s). */
#include "speech/caption_lines.h"

#include "speech/caption_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_WORD 0.001 /* s: what every word lasts at least */
#define WORD_JOIN 0.15   /* s: a shorter silence belongs to the word before */
#define WORD_LINGER 0.08 /* s that a word goes on being lit otherwise */

#define COST_LIMIT 1e6 /* too wide, too long, too many words */
#define COST_SHORT 200.0
#define COST_PAUSE 40.0
#define COST_BREAK 6.0  /* times break_cost() at the end of a caption */
#define COST_LINE 1.5   /* the same at the end of a line inside */
#define COST_INSIDE 1.2 /* a sentence that ends inside */
#define COST_HASTE 3.0  /* read at twice the speed */

const struct caption_profile caption_profiles[] = {
    {.name = "subtitle",
     .help = "For caption files: two lines of 42 columns, as broadcasters ask.",
     .columns = 42,
     .wide_columns = 32,
     .lines = 2,
     .least_s = 5.0 / 6,
     .most_s = 7,
     .gap_s = 2.0 / 24,
     .join_s = 0.5,
     .linger_s = 0.5,
     .speed = 17,
     .pause_s = 1},
    {.name = "social",
     .help = "Few words at a time, for upright films.",
     .columns = 20,
     .wide_columns = 16,
     .lines = 1,
     .words = 4,
     .least_s = 0.25,
     .most_s = 1.2,
     .join_s = 0.35,
     .linger_s = WORD_LINGER,
     .pause_s = 0.4},
    {0},
};

const struct caption_profile *caption_profile_find(const char *name)
{
    for (const struct caption_profile *p = caption_profiles; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

struct piece {
    struct cue_word word; /* text trimmed; in order, each of LEAST_WORD or more */
    bool blank_before;
    int columns;         /* of the word and those before it, blanks too */
    int wides;           /* how many of them have wide signs */
    double break_before; /* break_cost() in front of it */
};

struct captions {
    const struct caption_profile *profile;
    struct piece *pieces; /* one more than count: an empty one behind the last */
    size_t count;
    struct arena *arena;
};

/* --- Words ------------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes the words that show anything, and their times in order. */
static bool take_words(struct captions *c, const struct cue_word *words, size_t count)
{
    bool blanks = false;
    for (size_t i = 0; i < count; i++)
        blanks = blanks || is_blank(words[i].text[0]);
    for (size_t i = 0; i < count; i++) {
        const char *s = words[i].text;
        size_t n = strlen(s);
        bool blank = n && is_blank(*s);
        for (; n && is_blank(*s); s++)
            n--;
        while (n && is_blank(s[n - 1]))
            n--;
        if (!n)
            continue;
        struct piece *p = &c->pieces[c->count];
        p->word = words[i];
        p->word.text = arena_strndup(c->arena, s, n);
        if (!p->word.text)
            return false;
        p->blank_before =
            c->count && (blanks ? blank : blank_between(p[-1].word.text, p->word.text));
        c->count++;
    }
    return true;
}

static void order_times(struct captions *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct cue_word *w = &c->pieces[i].word, *last = i ? &c->pieces[i - 1].word : NULL;
        double from = last ? last->start_s + LEAST_WORD : 0;
        if (!(w->start_s > from && w->start_s < CAPTION_FILE_MAX_SECONDS)) /* NAN too */
            w->start_s = from;
        if (last && last->end_s > w->start_s)
            last->end_s = w->start_s;
        if (!(w->end_s > w->start_s + LEAST_WORD && w->end_s < CAPTION_FILE_MAX_SECONDS))
            w->end_s = w->start_s + LEAST_WORD;
    }
}

/* Widths as sums, so that any range is a difference; what parting costs. */
static bool measure(struct captions *c, const char *code)
{
    const struct caption_language *language = code ? caption_language_find(code) : NULL;
    if (!code) {
        const char **texts = arena_array(c->arena, c->count + 1, sizeof *texts);
        if (!texts)
            return false;
        for (size_t i = 0; i < c->count; i++)
            texts[i] = c->pieces[i].word.text;
        language = caption_language_guess(texts, c->count);
    }
    int columns = 0, wides = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct piece *p = &c->pieces[i];
        size_t n = strlen(p->word.text);
        columns += text_columns(p->word.text, n) + p->blank_before;
        wides += text_is_wide(p->word.text, n);
        p->columns = columns;
        p->wides = wides;
        p->break_before = i ? break_cost(language, p[-1].word.text, p->word.text) : 0;
    }
    return true;
}

/* --- What a caption costs --------------------------------------------------------------------- */

static int columns_of(const struct captions *c, size_t first, size_t last)
{
    return c->pieces[last - 1].columns - (first ? c->pieces[first - 1].columns : 0) -
           c->pieces[first].blank_before;
}

static bool fits_line(const struct captions *c, size_t first, size_t last)
{
    bool wide = c->pieces[last - 1].wides > (first ? c->pieces[first - 1].wides : 0);
    int most = wide ? c->profile->wide_columns : c->profile->columns;
    return columns_of(c, first, last) <= most;
}

/* The best place for a line break, `last` when one line is enough; its cost. A line too wide has no
 * price but where it is a single word. */
static double part_lines(const struct captions *c, size_t first, size_t last, size_t *at)
{
    *at = last;
    if (last - first == 1 || fits_line(c, first, last))
        return 0;
    double best = COST_LIMIT * 2;
    int whole = columns_of(c, first, last);
    for (size_t k = first + 1; k < last && c->profile->lines > 1; k++) {
        bool ok =
            (k - first == 1 || fits_line(c, first, k)) && (last - k == 1 || fits_line(c, k, last));
        double uneven = fabs((double)(columns_of(c, first, k) - columns_of(c, k, last))) / whole;
        double cost = COST_LINE * c->pieces[k].break_before + uneven;
        if (ok && cost < best) {
            best = cost;
            *at = k;
        }
    }
    return best;
}

/* Where the next caption may begin; far away behind the last. */
static double next_start(const struct captions *c, size_t last)
{
    return last < c->count ? c->pieces[last].word.start_s : INFINITY;
}

static double cost_of_time(const struct captions *c, size_t first, size_t last)
{
    const struct caption_profile *p = c->profile;
    double start = c->pieces[first].word.start_s, end = c->pieces[last - 1].word.end_s;
    double room = next_start(c, last) - p->gap_s - start, cost = 0;
    if (end - start > p->most_s && last - first > 1)
        cost += COST_LIMIT * (1 + end - start);
    if (room < p->least_s)
        cost += COST_SHORT * (2 - room / p->least_s);
    for (size_t i = first + 1; i < last; i++) {
        double silence = c->pieces[i].word.start_s - c->pieces[i - 1].word.end_s;
        cost += c->pieces[i].break_before == BREAK_SENTENCE ? COST_INSIDE : 0;
        cost += silence > p->pause_s ? COST_PAUSE : silence / p->pause_s;
    }
    double seen = fmin(room, fmax(end + p->linger_s - start, p->least_s));
    double speed = p->speed > 0 && seen > 0 ? columns_of(c, first, last) / seen / p->speed : 0;
    return cost + (speed > 1 ? fmin(COST_HASTE * (speed - 1), COST_PAUSE / 2) : 0);
}

/* A pause at the end makes any place a good one. */
static double cost_of_end(const struct captions *c, size_t last)
{
    if (last == c->count)
        return 0;
    double silence = c->pieces[last].word.start_s - c->pieces[last - 1].word.end_s;
    return COST_BREAK * c->pieces[last].break_before *
           fmax(0, 1 - fmax(0, silence) / c->profile->pause_s);
}

static double cost_of(const struct captions *c, size_t first, size_t last)
{
    size_t at;
    double words = c->profile->words && last - first > (size_t)c->profile->words ? COST_LIMIT : 0;
    return 1 + words + part_lines(c, first, last, &at) + cost_of_time(c, first, last) +
           cost_of_end(c, last);
}

/* More words than this make no caption: it would be too wide or last too long anyway. */
static bool too_much(const struct captions *c, size_t first, size_t last)
{
    const struct caption_profile *p = c->profile;
    double lasts = c->pieces[last - 1].word.end_s - c->pieces[first].word.start_s;
    return last - first > 1 && (columns_of(c, first, last) > p->lines * p->columns + 1 ||
                                lasts > p->most_s || (p->words && last - first > (size_t)p->words));
}

/* from[i]: where the caption that ends before word i begins. */
static bool part_captions(struct captions *c, size_t **from)
{
    double *best = arena_array(c->arena, c->count + 1, sizeof *best);
    *from = arena_array(c->arena, c->count + 1, sizeof **from);
    if (!best || !*from)
        return false;
    for (size_t i = 1; i <= c->count; i++)
        best[i] = INFINITY;
    for (size_t first = 0; first < c->count; first++) {
        for (size_t last = first + 1; last <= c->count && !too_much(c, first, last); last++) {
            double cost = best[first] + cost_of(c, first, last);
            if (cost < best[last]) {
                best[last] = cost;
                (*from)[last] = first;
            }
        }
    }
    return true;
}

/* --- Making them ------------------------------------------------------------------------------ */

static const char *text_of(const struct captions *c, size_t first, size_t last)
{
    size_t at, size = 1;
    part_lines(c, first, last, &at);
    for (size_t i = first; i < last; i++)
        size += strlen(c->pieces[i].word.text) + 1;
    char *text = arena_alloc(c->arena, size), *end = text;
    for (size_t i = first; text && i < last; i++) {
        if (i == at)
            *end++ = '\n';
        else if (i > first && c->pieces[i].blank_before)
            *end++ = ' ';
        end = stpcpy(end, c->pieces[i].word.text);
    }
    return text;
}

/* How long it is seen: its words, then as long as reading takes; up to the next when that is near.
 */
static double end_of(const struct captions *c, size_t first, size_t last)
{
    const struct caption_profile *p = c->profile;
    const struct cue_word *w = &c->pieces[last - 1].word;
    double start = c->pieces[first].word.start_s, next = next_start(c, last);
    double reading = p->speed > 0 ? columns_of(c, first, last) / p->speed : 0;
    double end = fmax(w->end_s, fmin(start + reading, w->end_s + p->linger_s));
    end = fmax(end, fmax(start + p->least_s, p->speed > 0 ? 0 : w->end_s + p->linger_s));
    if (next - end < p->join_s)
        end = fmax(end, next - p->gap_s);
    if (w->end_s - start <= p->most_s)
        end = fmin(end, start + p->most_s);
    end = fmin(end, next - p->gap_s);
    return fmax(end, fmin(w->start_s + LEAST_WORD, next));
}

/* A word is lit up to the next one, unless there is a silence between. */
static bool copy_words(const struct captions *c, size_t first, size_t last, struct cue *cue)
{
    struct cue_word *words = arena_array(c->arena, last - first, sizeof *words);
    if (!words)
        return false;
    for (size_t i = first; i < last; i++) {
        struct cue_word *w = &words[i - first];
        *w = c->pieces[i].word;
        double next = i + 1 < last ? c->pieces[i + 1].word.start_s : cue->end_s;
        w->end_s = next - w->end_s < WORD_JOIN ? next : w->end_s + WORD_LINGER;
    }
    cue->words = words;
    cue->word_count = last - first;
    return true;
}

static bool make_captions(const struct captions *c, const size_t *from, struct cues *out)
{
    size_t n = 0;
    for (size_t last = c->count; last > 0; last = from[last])
        n++;
    out->items = arena_array(c->arena, n ? n : 1, sizeof *out->items);
    out->count = n;
    bool ok = out->items != NULL;
    for (size_t last = c->count; ok && last > 0; last = from[last]) {
        size_t first = from[last];
        struct cue *cue = &out->items[--n];
        *cue = (struct cue){.start_s = c->pieces[first].word.start_s,
                            .end_s = end_of(c, first, last),
                            .text = text_of(c, first, last)};
        ok = cue->text && copy_words(c, first, last, cue);
    }
    return ok;
}

bool caption_lines(const struct cue_word *words, size_t count, const struct caption_profile *p,
                   const char *language, struct arena *a, struct cues *out, struct err *e)
{
    struct captions c = {.profile = p, .arena = a};
    size_t *from;
    c.pieces = arena_array(a, count + 1, sizeof *c.pieces);
    *out = (struct cues){0};
    if (!c.pieces || !take_words(&c, words, count))
        return err_set(e, ERR_NO_MEMORY, "no memory for captions of %zu words", count);
    order_times(&c);
    if (!measure(&c, language) || !part_captions(&c, &from) || !make_captions(&c, from, out))
        return err_set(e, ERR_NO_MEMORY, "no memory for captions of %zu words", count);
    return true;
}

/* --- Again ------------------------------------------------------------------------------------ */

/* Words that are not timed share their cue's time by their width. */
static bool share_words(const struct cue *cue, struct arena *a, struct cue_word *out, size_t *n)
{
    size_t len = strlen(cue->text);
    double columns = fmax(1, text_columns(cue->text, len)), span = cue->end_s - cue->start_s;
    double at = 0;
    for (size_t i = 0, size; i < len; i += size ? size : 1) {
        size = strcspn(cue->text + i, " \t\r\n");
        double width = text_columns(cue->text + i, size ? size : 1) / columns;
        if (size) {
            struct cue_word *w = &out[(*n)++];
            w->text = arena_strndup(a, cue->text + i, size);
            w->start_s = cue->start_s + span * at;
            w->end_s = cue->start_s + span * (at + width);
            if (!w->text)
                return false;
        }
        at += width;
    }
    return true;
}

bool caption_lines_again(const struct cues *cues, const struct caption_profile *p,
                         const char *language, struct arena *a, struct cues *out, struct err *e)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < cues->count; i++)
        most += cues->items[i].word_count + strlen(cues->items[i].text) / 2 + 1;
    struct cue_word *words = arena_array(a, most + 1, sizeof *words);
    bool ok = words != NULL;
    for (size_t i = 0; ok && i < cues->count; i++) {
        const struct cue *cue = &cues->items[i];
        if (!cue->word_count)
            ok = share_words(cue, a, words, &n);
        for (size_t k = 0; k < cue->word_count; k++)
            words[n++] = cue->words[k];
    }
    return ok ? caption_lines(words, n, p, language, a, out, e)
              : err_set(e, ERR_NO_MEMORY, "no memory for %zu words", most);
}
