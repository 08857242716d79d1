/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reading SubRip and WebVTT with one line-wise reader: the two differ in their header, in the
 * separator of the milliseconds, in markup, and in blocks that are no cues. */
#include "core/utf8.h"
#include "speech/srt.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct line {
    const char *at;
    size_t len;
};

struct lines {
    const char *at, *end;
    unsigned number; /* of the line given last, from 1 */
};

/* The next line without its end ("\n", "\r\n", "\r"); false: no more. */
static bool next_line(struct lines *l, struct line *out)
{
    if (l->at >= l->end)
        return false;
    const char *p = l->at;
    while (p < l->end && *p != '\n' && *p != '\r')
        p++;
    *out = (struct line){l->at, (size_t)(p - l->at)};
    if (p < l->end)
        p += p + 1 < l->end && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
    l->at = p;
    l->number++;
    return true;
}

static bool line_blank(struct line s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] != ' ' && s.at[i] != '\t')
            return false;
    return true;
}

static bool all_digits(struct line s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return true;
}

static bool starts(struct line s, const char *word)
{
    size_t n = strlen(word);
    return s.len >= n && memcmp(s.at, word, n) == 0;
}

static const char *find_arrow(struct line s)
{
    return s.len ? memmem(s.at, s.len, "-->", 3) : NULL;
}

static bool read_digits(const char **p, const char *end, int max_digits, int64_t *v)
{
    int n = 0;
    for (*v = 0; *p < end && **p >= '0' && **p <= '9'; ++*p, n++)
        if (n < max_digits)
            *v = *v * 10 + (**p - '0');
    return n > 0 && n <= max_digits;
}

/* "1:02:03,450", "02:03.450", "00:02:03"; blanks in front are passed over. */
static bool read_time(const char **p, const char *end, double *out)
{
    int64_t part[3], fraction = 0;
    int parts = 0;
    while (*p < end && (**p == ' ' || **p == '\t'))
        ++*p;
    do {
        if (!read_digits(p, end, 6, &part[parts++]))
            return false;
    } while (parts < 3 && *p < end && **p == ':' && ++*p);
    if (parts < 2)
        return false;

    double s = 0;
    for (int i = 0; i < parts; i++) {
        if (i > 0 && part[i] > 59)
            return false;
        s = s * 60 + (double)part[i];
    }
    if (*p < end && (**p == ',' || **p == '.')) {
        const char *digits = ++*p;
        if (!read_digits(p, end, 3, &fraction))
            return false;
        s += (double)fraction / pow(10, (double)(*p - digits));
    }
    *out = s;
    return s <= SRT_MAX_SECONDS;
}

static bool read_times(struct line s, const char *arrow, struct cue *cue)
{
    const char *p = s.at, *end = s.at + s.len;
    if (!read_time(&p, arrow, &cue->start_s))
        return false;
    while (p < arrow && (*p == ' ' || *p == '\t'))
        p++;
    if (p != arrow)
        return false;
    p += 3;
    return read_time(&p, end, &cue->end_s) && (p == end || *p == ' ' || *p == '\t');
}

/* --- Text ------------------------------------------------------------------------------------- */

/* How much of s is one piece of markup to be dropped; 0: none. WebVTT has tags only; SubRip also
 * "{\an8}" and its kin, and there a '<' may be a plain character. */
static size_t markup_len(const char *s, const char *end, bool vtt)
{
    static const char *const srt_tags[] = {"<i", "</i", "<b",    "</b",
                                           "<u", "</u", "<font", "</font"};
    bool known = vtt && *s == '<';
    if (!vtt && *s == '{' && end - s > 1 && s[1] == '\\') {
        const char *close = memchr(s, '}', (size_t)(end - s));
        return close ? (size_t)(close - s) + 1 : 0;
    }
    if (*s != '<')
        return 0;
    for (size_t i = 0; i < sizeof srt_tags / sizeof *srt_tags && !known; i++) {
        size_t n = strlen(srt_tags[i]);
        known = (size_t)(end - s) > n && strncasecmp(s, srt_tags[i], n) == 0 &&
                (s[n] == '>' || s[n] == ' ');
    }
    const char *close = known ? memchr(s, '>', (size_t)(end - s)) : NULL;
    return close ? (size_t)(close - s) + 1 : 0;
}

static size_t entity(const char *s, const char *end, const char **text)
{
    static const struct {
        const char *name, *text;
    } table[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", "\xc2\xa0"},
                 {"&lrm;", "\xe2\x80\x8e"}, {"&rlm;", "\xe2\x80\x8f"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t n = strlen(table[i].name);
        if ((size_t)(end - s) >= n && memcmp(s, table[i].name, n) == 0) {
            *text = table[i].text;
            return n;
        }
    }
    return 0;
}

static void add_line(struct buf *text, struct line s, bool vtt)
{
    const char *end = s.at + s.len;
    if (text->len)
        buf_addc(text, '\n');
    for (const char *p = s.at; p < end;) {
        const char *plain;
        size_t n = markup_len(p, end, vtt);
        if (n) {
            p += n;
        } else if (vtt && (n = entity(p, end, &plain))) {
            buf_adds(text, plain);
            p += n;
        } else {
            buf_addc(text, *p++);
        }
    }
}

/* The lines up to the next blank one. A line with times also ends it when a file has no blank line
 * between cues; the number in front of it is then taken off again. */
static void read_text(struct lines *l, struct buf *text, bool vtt)
{
    struct line s;
    size_t last_at = 0;
    bool last_number = false;
    for (;;) {
        struct lines before = *l;
        if (!next_line(l, &s) || line_blank(s))
            return;
        struct cue unused;
        const char *arrow = find_arrow(s);
        if (arrow && read_times(s, arrow, &unused)) {
            *l = before;
            if (last_number)
                text->len = last_at;
            return;
        }
        last_at = text->len;
        last_number = all_digits(s);
        add_line(text, s, vtt);
    }
}

/* A header or a comment: up to a blank line, but never over a cue. */
static void skip_block(struct lines *l)
{
    struct line s;
    struct lines before = *l;
    while (next_line(l, &s) && !line_blank(s)) {
        if (find_arrow(s)) {
            *l = before;
            return;
        }
        before = *l;
    }
}

/* --- Cues ------------------------------------------------------------------------------------- */

static int by_start(const void *x, const void *y)
{
    const struct cue *a = x, *b = y;
    if (a->start_s != b->start_s)
        return a->start_s < b->start_s ? -1 : 1;
    if (a->end_s != b->end_s)
        return a->end_s < b->end_s ? -1 : 1;
    return strcmp(a->text, b->text); /* qsort is not stable, and the result should be one */
}

static bool read_cue(struct lines *l, struct line times, const char *arrow, bool vtt,
                     struct buf *text, struct arena *a, struct cue *cue, struct err *e)
{
    unsigned number = l->number;
    if (!read_times(times, arrow, cue))
        return err_set(e, ERR_INVALID,
                       "line %u: the times should look like 00:00:01,000 --> 00:00:02,500", number);
    if (!(cue->end_s > cue->start_s))
        return err_set(e, ERR_INVALID, "line %u: the caption ends before it starts", number);
    buf_clear(text);
    read_text(l, text, vtt);
    cue->text = text->failed ? NULL : arena_strndup(a, text->len ? text->data : "", text->len);
    return cue->text ? true : err_set(e, ERR_NO_MEMORY, "line %u: out of memory", number);
}

static bool read_all(struct lines *l, bool vtt, struct arena *a, struct buf *list,
                     struct buf *text, struct err *e)
{
    struct line s;
    while (next_line(l, &s)) {
        const char *arrow = find_arrow(s);
        struct cue cue;
        if (!arrow) {
            if (vtt && (starts(s, "NOTE") || starts(s, "STYLE") || starts(s, "REGION")))
                skip_block(l);
            continue; /* blank, a number, a cue's name */
        }
        if (!read_cue(l, s, arrow, vtt, text, a, &cue, e))
            return false;
        if (*cue.text && !buf_add(list, &cue, sizeof cue))
            return buf_err(list, ERR_INVALID, "more captions than 100000", e);
    }
    return true;
}

bool srt_read(const char *text, size_t len, struct arena *a, struct cues *out, struct err *e)
{
    bool ok = false;
    struct lines l = {.at = text, .end = text + len};
    struct line header;
    struct buf list, cue_text;
    buf_init(&list, SRT_MAX_CUES * sizeof(struct cue));
    buf_init(&cue_text, len + 16);

    if (!utf8_valid(text, len) || memchr(text, 0, len)) {
        err_set(e, ERR_INVALID, "a caption file should be UTF-8 text");
        goto out;
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        l.at += 3;
    struct lines from_start = l;
    bool vtt = next_line(&l, &header) && starts(header, "WEBVTT");
    if (vtt && !line_blank(header))
        skip_block(&l);
    else
        l = from_start;
    if (!read_all(&l, vtt, a, &list, &cue_text, e))
        goto out;
    if (!list.len) {
        err_set(e, ERR_INVALID, "no captions in it; SubRip and WebVTT files are read");
        goto out;
    }
    out->count = list.len / sizeof *out->items;
    out->items = arena_array(a, out->count, sizeof *out->items);
    if (!out->items) {
        err_set(e, ERR_NO_MEMORY, "out of memory for %zu captions", out->count);
        goto out;
    }
    memcpy(out->items, list.data, list.len);
    qsort(out->items, out->count, sizeof *out->items, by_start);
    ok = true;

out:
    buf_finish(&cue_text);
    buf_finish(&list);
    return ok;
}
