/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_parts.c - what reading is made of in every format: lines, clocks, words between times. */
#include "speech/caption_parts.h"

#include "core/utf8.h"

#include <math.h>
#include <stdlib.h>

/* --- Lines and clocks ------------------------------------------------------------------------- */

bool caption_line(struct caption_reader *r, struct line *out)
{
    if (r->at >= r->end)
        return false;
    const char *p = r->at;
    while (p < r->end && *p != '\n' && *p != '\r')
        p++;
    *out = (struct line){r->at, (size_t)(p - r->at)};
    if (p < r->end)
        p += p + 1 < r->end && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
    r->at = p;
    r->number++;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct line line_trim(struct line s)
{
    while (s.len && is_blank(*s.at))
        s = (struct line){s.at + 1, s.len - 1};
    while (s.len && is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

bool line_blank(struct line s)
{
    return line_trim(s).len == 0;
}

static bool read_digits(const char **p, const char *end, int max_digits, int64_t *v)
{
    int n = 0;
    for (*v = 0; *p < end && **p >= '0' && **p <= '9'; ++*p, n++)
        if (n < max_digits)
            *v = *v * 10 + (**p - '0');
    return n > 0 && n <= max_digits;
}

bool caption_clock(const char **p, const char *end, bool short_ok, double *out)
{
    int64_t part[3], fraction = 0;
    int parts = 0;
    while (*p < end && is_blank(**p))
        ++*p;
    do {
        if (!read_digits(p, end, 6, &part[parts++]))
            return false;
    } while (parts < 3 && *p < end && **p == ':' && ++*p);
    if (parts < (short_ok ? 2 : 3))
        return false;

    double s = 0;
    for (int i = 0; i < parts; i++) {
        if (i > 0 && part[i] > 59)
            return false;
        s = s * 60 + (double)part[i];
    }
    if (*p < end && (**p == ',' || **p == '.')) {
        const char *digits = ++*p;
        if (!read_digits(p, end, 9, &fraction))
            return false;
        s += (double)fraction / pow(10, (double)(*p - digits));
    }
    *out = s;
    return s <= CAPTION_FILE_MAX_SECONDS;
}

/* --- Cues ------------------------------------------------------------------------------------- */

void caption_text_begin(struct caption_reader *r)
{
    buf_clear(&r->text);
    buf_clear(&r->marks);
}

void caption_text_mark(struct caption_reader *r, double time_s)
{
    struct caption_mark mark = {r->text.len, time_s};
    buf_add(&r->marks, &mark, sizeof mark);
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n';
}

/* Do syllables on both sides of a place make one word? Where scripts have blanks between words,
 * nothing else parts two letters. */
static bool one_word(const char *text, size_t at, size_t len)
{
    uint32_t before = 0, after = 0;
    size_t back = at;
    do
        back--;
    while (back > 0 && ((unsigned char)text[back] & 0xc0) == 0x80);
    utf8_decode(text + back, at - back, &before);
    utf8_decode(text + at, len - at, &after);
    uint32_t most = before > after ? before : after;
    return most < 0xe00 || (most >= 0x10a0 && most < 0x1780) || (most >= 0xac00 && most < 0xd7b0);
}

#define MAX_WORD 256 /* bytes: longer is no word, and would be copied for each syllable */

struct word_list {
    struct cue_word *items;
    size_t count;
    size_t end; /* in the text: where the last one ended */
};

/* Text between two times: its words share the time by their length, blanks around them have none.
 */
static bool add_piece(struct caption_reader *r, size_t from, size_t to, double start_s,
                      double end_s, struct word_list *words)
{
    const char *text = r->text.data;
    size_t first = from;
    if (!words->items)
        return false;
    to = to < r->text.len ? to : r->text.len;
    while (first < to && is_space(text[first]))
        first++;
    while (to > first && is_space(text[to - 1]))
        to--;
    double length = (double)(to - first), span = end_s - start_s;
    for (size_t i = first; i < to;) {
        size_t n = 0;
        while (i + n < to && !is_space(text[i + n]))
            n++;
        if (!n) {
            i++;
            continue;
        }
        struct cue_word *last = words->count ? &words->items[words->count - 1] : NULL;
        double s = start_s + span * (double)(i - first) / length;
        double t = start_s + span * (double)(i + n - first) / length;
        bool joins = last && i == from && words->end == from && last->end_s >= start_s &&
                     one_word(text, from, r->text.len) && strlen(last->text) < MAX_WORD;
        size_t begin = joins ? from - strlen(last->text) : i;
        words->count += joins ? 0 : 1;
        struct cue_word *w = &words->items[words->count - 1];
        w->text = arena_strndup(r->arena, text + begin, i + n - begin);
        w->start_s = joins ? w->start_s : s;
        w->end_s = t;
        if (!w->text)
            return false;
        i += n;
        words->end = i;
    }
    return true;
}

static size_t count_words(const struct buf *text, size_t marks)
{
    size_t n = 1 + marks;
    for (size_t i = 0; i < text->len; i++)
        n += is_space(text->data[i]);
    return n;
}

/* The words of a cue by its marks. Times that fall, or lie outside, tell nothing. False: no memory.
 */
static bool mark_words(struct caption_reader *r, struct cue *cue)
{
    const struct caption_mark *m = (const struct caption_mark *)(const void *)r->marks.data;
    size_t n = r->marks.len / sizeof *m;
    double last = cue->start_s;
    for (size_t i = 0; i < n; i++) {
        if (!(m[i].time_s >= last && m[i].time_s <= cue->end_s))
            return true;
        last = m[i].time_s;
    }
    if (!n)
        return true;
    struct word_list words = {0};
    words.items = arena_array(r->arena, count_words(&r->text, n), sizeof *words.items);
    bool ok = add_piece(r, 0, m[0].at, cue->start_s, m[0].time_s, &words);
    for (size_t i = 0; ok && i < n; i++)
        ok = add_piece(r, m[i].at, i + 1 < n ? m[i + 1].at : r->text.len, m[i].time_s,
                       i + 1 < n ? m[i + 1].time_s : cue->end_s, &words);
    for (size_t i = 0; ok && i < words.count; i++)
        if (!(words.items[i].end_s > words.items[i].start_s))
            return true;
    cue->words = words.items;
    cue->word_count = words.count;
    return ok;
}

bool caption_cue_add(struct caption_reader *r, double start_s, double end_s, unsigned line,
                     struct err *e)
{
    struct cue cue = {.start_s = start_s, .end_s = end_s, .line = line};
    while (r->text.len && is_space(r->text.data[r->text.len - 1]))
        r->text.len--;
    if (!r->text.len && !r->text.failed)
        return true;
    cue.text = r->text.failed || r->marks.failed
                   ? NULL
                   : arena_strndup(r->arena, r->text.data, r->text.len);
    if (!cue.text || !mark_words(r, &cue))
        return err_set(e, ERR_NO_MEMORY, "line %u: out of memory", line);
    if (!buf_add(&r->list, &cue, sizeof cue))
        return buf_err(&r->list, ERR_INVALID, "more captions than 100000", e);
    return true;
}

/* --- Writing ---------------------------------------------------------------------------------- */

struct caption_span caption_round(const struct cue *cue, int per_second)
{
    int64_t start = llround(cue->start_s * per_second), end = llround(cue->end_s * per_second);
    return (struct caption_span){start, end > start ? end : start + 1};
}

/* What readers of the formats, and the line splitting of common languages, take for a line end. */
static bool is_line_end(uint32_t cp)
{
    return (cp >= 0x0a && cp <= 0x0d) || (cp >= 0x1c && cp <= 0x1e) || cp == 0x85 || cp == 0x2028 ||
           cp == 0x2029;
}

static bool shows_nothing(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == 0xa0 || cp == 0x3000 || cp == 0xfeff ||
           (cp >= 0x2000 && cp <= 0x200b);
}

/* Of what was written, not of what came: what is dropped in between would join "--" and ">". */
static void replace_arrow(struct buf *out, size_t line_at)
{
    if (out->len - line_at >= 3 && memcmp(out->data + out->len - 3, "-->", 3) == 0) {
        out->len -= 3;
        buf_adds(out, "\xe2\x86\x92");
    }
}

/* Where the next word stands in what is left of the text; NULL: times cannot be told. */
static const char *find_word(const struct cue *cue, size_t k, const char *from)
{
    const char *at = k < cue->word_count ? strstr(from, cue->words[k].text) : NULL;
    return at && *cue->words[k].text ? at : NULL;
}

/* All words stand in the text, in order, and follow one another in time? */
static bool has_times(const struct cue *cue)
{
    const char *at = cue->text;
    double last = cue->start_s;
    for (size_t k = 0; k < cue->word_count; k++) {
        const struct cue_word *w = &cue->words[k];
        at = find_word(cue, k, at);
        if (!at || !(w->start_s >= last && w->end_s > w->start_s && w->end_s <= cue->end_s))
            return false;
        at += strlen(w->text);
        last = w->end_s;
    }
    return cue->word_count > 0;
}

/* One character of the text. */
static void put(struct caption_writer *w, const char *at, size_t step, size_t line_at)
{
    const char *instead = w->escape ? w->escape(at) : NULL;
    if (instead)
        buf_adds(w->out, instead);
    else
        buf_add(w->out, at, step);
    if (w->no_arrows)
        replace_arrow(w->out, line_at);
}

/* Says the times of the words that begin or end at a place in the text. */
struct word_times {
    const struct cue *cue;
    size_t next;
    const char *begin, *end; /* of word `next`; begin NULL: no more */
};

static void word_times_at(struct word_times *t, struct caption_writer *w, const char *at)
{
    const struct cue *c = t->cue;
    if (t->begin && at == t->end) {
        double until = t->next + 1 < c->word_count ? c->words[t->next + 1].start_s : c->end_s;
        if (until > c->words[t->next].end_s)
            w->time(w, c->words[t->next].end_s, until);
        t->begin = find_word(c, ++t->next, at);
        t->end = t->begin ? t->begin + strlen(c->words[t->next].text) : NULL;
    }
    if (t->begin && at == t->begin)
        w->time(w, c->words[t->next].start_s, c->words[t->next].end_s);
}

bool caption_write_text(struct caption_writer *w, const struct cue *cue)
{
    const char *s = cue->text;
    size_t n = strlen(s), first = w->out->len, line_at = first, text_end = first;
    bool shows = false;
    struct word_times times = {.cue = cue};
    if (w->time && has_times(cue)) {
        times.begin = find_word(cue, 0, s);
        times.end = times.begin + strlen(cue->words[0].text);
    }
    for (size_t i = 0, step; i < n; i += step) {
        uint32_t cp = 0xfffd;
        step = utf8_decode(s + i, n - i, &cp);
        if (!step) {
            step = 1;
            continue;
        }
        if (times.begin)
            word_times_at(&times, w, s + i);
        if (is_line_end(cp)) {
            w->out->len = shows ? w->out->len : line_at;
            text_end = shows ? w->out->len : text_end;
            if (shows)
                buf_adds(w->out, w->newline);
            line_at = w->out->len;
            shows = false;
        } else if (cp >= 0x20 || cp == '\t') {
            put(w, s + i, step, line_at);
            shows = shows || !shows_nothing(cp);
        }
    }
    if (times.begin)
        word_times_at(&times, w, s + n);
    if (!shows)
        w->out->len = text_end;
    return w->out->len > first && !w->out->failed;
}
