/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_cues.c - SubRip and WebVTT, read with one line-wise reader: the two differ in their
 * header, in the separator of the milliseconds, in markup, and in blocks that are no cues.
 *
 * SubRip has no escapes: a blank line ends a cue and a line with "-->" begins one, so text is
 * changed where it would do either. WebVTT has entities, and times between words (<00:00:01.500>).
 */
#include "speech/caption_parts.h"

#include "core/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

bool vtt_known(const char *text, size_t len)
{
    return len >= 6 && memcmp(text, "WEBVTT", 6) == 0 && (len == 6 || strchr(" \t\r\n", text[6]));
}

static bool all_digits(struct line s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return true;
}

static const char *find_arrow(struct line s)
{
    return s.len ? memmem(s.at, s.len, "-->", 3) : NULL;
}

static bool read_times(struct line s, const char *arrow, struct cue *cue)
{
    const char *p = s.at, *end = s.at + s.len;
    if (!caption_clock(&p, arrow, true, &cue->start_s))
        return false;
    while (p < arrow && (*p == ' ' || *p == '\t'))
        p++;
    if (p != arrow)
        return false;
    p += 3;
    return caption_clock(&p, end, true, &cue->end_s) && (p == end || *p == ' ' || *p == '\t');
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

/* "&#39;", "&#x27;": the character goes to `out`. */
static size_t numeric_entity(const char *s, const char *end, char out[5])
{
    if (end - s < 4 || s[1] != '#')
        return 0;
    int base = s[2] == 'x' || s[2] == 'X' ? 16 : 10;
    const char *digits = s + (base == 16 ? 3 : 2);
    const char *close = memchr(digits, ';', (size_t)(end - digits));
    uint32_t cp = 0;
    if (!close || close == digits || close - digits > 6)
        return 0;
    for (const char *p = digits; p < close; p++) {
        int digit = *p >= '0' && *p <= '9' ? *p - '0'
                    : (*p | 32) >= 'a'     ? (*p | 32) - 'a' + 10
                                           : 99;
        if (digit >= base)
            return 0;
        cp = cp * (uint32_t)base + (uint32_t)digit;
    }
    size_t n = cp >= 0x20 ? utf8_encode(cp, out) : 0;
    out[n] = '\0';
    return n ? (size_t)(close - s) + 1 : 0;
}

static size_t entity(const char *s, const char *end, char out[5])
{
    static const struct {
        const char *name, *text;
    } table[] = {{"&amp;", "&"},
                 {"&lt;", "<"},
                 {"&gt;", ">"},
                 {"&quot;", "\""},
                 {"&apos;", "'"},
                 {"&nbsp;", "\xc2\xa0"},
                 {"&lrm;", "\xe2\x80\x8e"},
                 {"&rlm;", "\xe2\x80\x8f"}};
    for (size_t i = 0; i < sizeof table / sizeof *table && *s == '&'; i++) {
        size_t n = strlen(table[i].name);
        if ((size_t)(end - s) >= n && memcmp(s, table[i].name, n) == 0) {
            memcpy(out, table[i].text, strlen(table[i].text) + 1);
            return n;
        }
    }
    return *s == '&' ? numeric_entity(s, end, out) : 0;
}

/* A time between words. */
static bool time_tag(const char *s, size_t len, double *time_s)
{
    const char *p = s + 1, *end = s + len - 1;
    return len > 2 && *p >= '0' && *p <= '9' && caption_clock(&p, end, true, time_s) && p == end;
}

static void add_line(struct caption_reader *r, struct line s)
{
    const char *end = s.at + s.len;
    char plain[5];
    double time_s;
    if (r->text.len)
        buf_addc(&r->text, '\n');
    for (const char *p = s.at; p < end;) {
        size_t n = markup_len(p, end, r->vtt);
        if (n) {
            if (r->vtt && time_tag(p, n, &time_s))
                caption_text_mark(r, time_s);
            p += n;
        } else if (r->vtt && (n = entity(p, end, plain))) {
            buf_adds(&r->text, plain);
            p += n;
        } else {
            buf_addc(&r->text, *p++);
        }
    }
}

/* The lines up to the next blank one. A line with times also ends it when a file has no blank line
 * between cues; the number in front of it is then taken off again. */
static void read_text(struct caption_reader *r)
{
    struct line s;
    size_t last_at = 0;
    bool last_number = false;
    caption_text_begin(r);
    for (;;) {
        const char *before = r->at;
        if (!caption_line(r, &s) || line_blank(s))
            return;
        struct cue unused;
        const char *arrow = find_arrow(s);
        if (arrow && read_times(s, arrow, &unused)) {
            r->at = before;
            r->number--;
            if (last_number)
                r->text.len = last_at;
            return;
        }
        last_at = r->text.len;
        last_number = all_digits(s);
        add_line(r, s);
    }
}

/* A header or a comment: up to a blank line, but never over a cue. */
static void skip_block(struct caption_reader *r)
{
    struct line s;
    for (;;) {
        const char *at = r->at;
        if (!caption_line(r, &s) || line_blank(s))
            return;
        if (find_arrow(s)) {
            r->at = at;
            r->number--;
            return;
        }
    }
}

/* --- Cues ------------------------------------------------------------------------------------- */

static bool read_cue(struct caption_reader *r, struct line times, const char *arrow, struct err *e)
{
    struct cue cue;
    unsigned number = r->number;
    if (!read_times(times, arrow, &cue))
        return err_set(e, ERR_INVALID,
                       "line %u: the times should look like 00:00:01%c000 --> 00:00:02%c500",
                       number, r->vtt ? '.' : ',', r->vtt ? '.' : ',');
    if (!(cue.end_s > cue.start_s))
        return err_set(e, ERR_INVALID, "line %u: the caption ends before it starts", number);
    read_text(r);
    return caption_cue_add(r, cue.start_s, cue.end_s, number, e);
}

static bool read_cues(struct caption_reader *r, struct err *e)
{
    struct line s;
    while (caption_line(r, &s)) {
        const char *arrow = find_arrow(s);
        if (arrow && !read_cue(r, s, arrow, e))
            return false;
        if (!arrow && r->vtt &&
            (line_starts(s, "NOTE") || line_starts(s, "STYLE") || line_starts(s, "REGION")))
            skip_block(r);
        /* else: blank, a number, a cue's name */
    }
    return true;
}

bool srt_read(struct caption_reader *r, struct err *e)
{
    return read_cues(r, e);
}

bool vtt_read(struct caption_reader *r, struct err *e)
{
    struct line header;
    if (!vtt_known(r->at, (size_t)(r->end - r->at)))
        return err_set(e, ERR_INVALID, "line 1: a WebVTT file begins with the word WEBVTT");
    r->vtt = true;
    caption_line(r, &header);
    skip_block(r);
    return read_cues(r, e);
}

/* --- Writing ---------------------------------------------------------------------------------- */

static void write_clock(struct buf *out, int64_t ms, char point)
{
    buf_printf(out, "%02lld:%02d:%02d%c%03d", (long long)(ms / 3600000), (int)(ms / 60000 % 60),
               (int)(ms / 1000 % 60), point, (int)(ms % 1000));
}

bool srt_write(const struct cue *cues, size_t count, struct buf *out)
{
    struct caption_writer w = {.out = out, .newline = "\n", .no_arrows = true};
    unsigned number = 1;
    for (size_t i = 0; i < count && !out->failed; i++) {
        struct caption_span ms = caption_round(&cues[i], 1000);
        size_t before = out->len;
        buf_printf(out, "%u\n", number);
        write_clock(out, ms.start, ',');
        buf_adds(out, " --> ");
        write_clock(out, ms.end, ',');
        buf_addc(out, '\n');
        if (!caption_write_text(&w, &cues[i])) {
            out->len = before;
            continue;
        }
        buf_adds(out, "\n\n");
        number++;
    }
    return !out->failed;
}

/* Not a quote: a cue's text is no attribute. */
static const char *vtt_escape(const char *at)
{
    return *at == '&' ? "&amp;" : *at == '<' ? "&lt;" : *at == '>' ? "&gt;" : NULL;
}

/* Times inside a cue must rise, and lie inside of it. */
static void vtt_time(struct caption_writer *w, double from_s, double to_s)
{
    int64_t ms = llround(from_s * 1000);
    (void)to_s; /* where the next time stands */
    if (ms <= w->at || ms >= w->end)
        return;
    buf_addc(w->out, '<');
    write_clock(w->out, ms, '.');
    buf_addc(w->out, '>');
    w->at = ms;
}

bool vtt_write(const struct cue *cues, size_t count, struct buf *out)
{
    struct caption_writer w = {.out = out, .newline = "\n", .escape = vtt_escape, .time = vtt_time};
    buf_adds(out, "WEBVTT\n\n");
    for (size_t i = 0; i < count && !out->failed; i++) {
        struct caption_span ms = caption_round(&cues[i], 1000);
        size_t before = out->len;
        write_clock(out, ms.start, '.');
        buf_adds(out, " --> ");
        write_clock(out, ms.end, '.');
        buf_addc(out, '\n');
        w.at = ms.start;
        w.end = ms.end;
        if (caption_write_text(&w, &cues[i]))
            buf_adds(out, "\n\n");
        else
            out->len = before;
    }
    return !out->failed;
}
