/* SPDX-License-Identifier: GPL-3.0-or-later
 * highlight_said.c - what the words tell of a moment: questions, exclamations, numbers, laughter,
 * strong words, and how fast they are said. */
#include "analysis/highlight_parts.h"

#include "core/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS_LEAST 8 /* of a line whose rate is worth something */
#define QUOTED_BYTES 40
#define LINES_MOST 20000

enum telling { /* weightiest first */
    TELL_LAUGHTER,
    TELL_STRONG,
    TELL_EXCLAIM,
    TELL_NUMBER,
    TELL_ASK,
    TELL_WEIGHT,
    TELL_COUNT
};

static const struct {
    double weight; /* 0..1 */
    const char *why;
} tellings[TELL_COUNT] = {
    [TELL_LAUGHTER] = {0.9, "laughter"},    [TELL_STRONG] = {0.8, "strong word"},
    [TELL_EXCLAIM] = {0.6, "exclamation"},  [TELL_NUMBER] = {0.55, "a number"},
    [TELL_ASK] = {0.5, "question"},         [TELL_WEIGHT] = {0.5, "word of weight"},
};

static int telling_of(enum wording w)
{
    switch (w) {
    case WORDING_LAUGHTER: return TELL_LAUGHTER;
    case WORDING_STRONG:
    case WORDING_SHOUTED: return TELL_STRONG;
    case WORDING_NUMBER: return TELL_NUMBER;
    case WORDING_WEIGHT: return TELL_WEIGHT;
    default: return -1;
    }
}

/* What a line has: of each kind the words to be quoted. */
struct told {
    const char *words[TELL_COUNT]; /* into the line; NULL: none */
    size_t len[TELL_COUNT];
};

static struct told told_by(const char *text)
{
    struct told t = {0};
    size_t n = strlen(text);
    for (size_t at = 0, len; (len = words_next(text, n, &at)) > 0; at += len) {
        int k = telling_of(wording_of(text + at, len));
        if (k >= 0 && !t.words[k]) {
            t.words[k] = text + at;
            t.len[k] = len;
        }
    }
    int whole = words_exclaim(text, n) ? TELL_EXCLAIM : words_ask(text, n) ? TELL_ASK : -1;
    if (whole >= 0) {
        t.words[whole] = text;
        t.len[whole] = n;
    }
    return t;
}

/* Letters a second, whatever the script; NAN for a line too short to say. */
static double rate_of(const struct highlight_line *l)
{
    size_t letters = 0;
    for (const char *p = l->text; *p; p++)
        letters += (*p & 0xc0) != 0x80 && !strchr(" \t\r\n.,!?", *p);
    return letters >= LETTERS_LEAST ? (double)letters / (l->end - l->start) : NAN;
}

/* --- Which lines ------------------------------------------------------------------------------ */

static int by_start(const void *a, const void *b)
{
    const struct highlight_line *x = a, *y = b;
    return x->start != y->start ? (x->start > y->start ? 1 : -1)
                                : (x->end > y->end) - (x->end < y->end);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool find_usual_rate(struct highlight_cells *c, struct arena *a)
{
    double *rates = arena_array(a, c->line_count + 1, sizeof *rates);
    size_t n = 0;
    for (size_t i = 0; rates && i < c->line_count; i++) {
        double rate = rate_of(&c->lines[i]);
        if (!isnan(rate))
            rates[n++] = rate;
    }
    if (rates && n)
        qsort(rates, n, sizeof *rates, by_number);
    c->usual_rate = n ? rates[n / 2] : NAN;
    return rates != NULL;
}

bool highlight_lines(const struct analysis_report *r, const struct highlight_line *lines,
                     size_t count, struct arena *a, struct highlight_cells *c)
{
    size_t most = count < LINES_MOST ? count : LINES_MOST;
    struct highlight_line *kept = arena_array(a, most + 1, sizeof *kept);
    for (size_t i = 0; kept && i < most; i++)
        if (lines[i].text && lines[i].start >= 0 && lines[i].end <= r->duration &&
            lines[i].end - lines[i].start > 0.05)
            kept[c->line_count++] = lines[i];
    if (kept && c->line_count)
        qsort(kept, c->line_count, sizeof *kept, by_start);
    c->lines = kept;
    return kept && find_usual_rate(c, a);
}

/* --- What they are worth, and why -------------------------------------------------------------- */

void highlight_fill_told(const struct highlight_cells *c, float *x)
{
    for (size_t i = 0; i < c->line_count; i++) {
        struct told t = told_by(c->lines[i].text);
        double plain = 1;
        for (int k = 0; k < TELL_COUNT; k++)
            plain *= t.words[k] ? 1 - tellings[k].weight : 1;
        highlight_paint(c, x, c->lines[i].start, c->lines[i].end, 1 - plain);
    }
}

void highlight_fill_quick(const struct highlight_cells *c, float *x)
{
    for (size_t i = 0; i < c->line_count; i++) {
        double more = rate_of(&c->lines[i]) / c->usual_rate - 1;
        if (more > 0) /* false for NAN */
            highlight_paint(c, x, c->lines[i].start, c->lines[i].end, fmin(more, 1));
    }
}

/* Words out of a line, cut at a character. */
static const char *quote(const char *words, size_t len, struct arena *a)
{
    size_t n = len < QUOTED_BYTES ? len : QUOTED_BYTES;
    while (n < len && n > 0 && (words[n] & 0xc0) == 0x80)
        n--;
    return arena_printf(a, "\"%.*s%s\"", (int)n, words, n < len ? "..." : "");
}

size_t highlight_told(const struct highlight_cells *c, double start, double end, struct arena *a,
                      const char **out, size_t most)
{
    size_t n = 0;
    for (int k = 0; k < TELL_COUNT && n < most; k++)
        for (size_t i = 0; i < c->line_count; i++) {
            const struct highlight_line *l = &c->lines[i];
            struct told t = {0};
            if (l->start >= start - 0.2 && l->end <= end + 0.2)
                t = told_by(l->text);
            if (!t.words[k])
                continue;
            const char *words = quote(t.words[k], t.len[k], a);
            out[n++] = words ? arena_printf(a, "%s %s", tellings[k].why, words) : NULL;
            break;
        }
    return n;
}
