/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_ass.c - (Advanced) SubStation Alpha: events as lines of fields whose order the file
 * itself says, with markup in braces. Looks are not read; karaoke (\k) becomes the times of words.
 *
 * A brace or a line end in a text is escaped as libass reads it: "\{", "\}", "\N". A backslash is
 * parted from what follows by a word joiner (U+2060), which is never seen. */
#include "speech/caption_parts.h"

#include <math.h>
#include <strings.h>

#define JOINER "\xe2\x81\xa0"
#define MAX_FIELDS 64

static bool starts_any_case(struct line s, const char *word)
{
    size_t n = strlen(word);
    return s.len >= n && strncasecmp(s.at, word, n) == 0;
}

bool ass_known(const char *text, size_t len)
{
    struct caption_reader r = {.at = text, .end = text + len};
    struct line s = {0};
    while (caption_line(&r, &s) && (line_blank(s) || *line_trim(s).at == ';'))
        ;
    s = line_trim(s);
    return starts_any_case(s, "[Script Info]") || starts_any_case(s, "[Events]") ||
           starts_any_case(s, "Dialogue:");
}

/* --- Text ------------------------------------------------------------------------------------- */

struct ass_text {
    double start_s, end_s; /* of the event */
    double at_s;           /* how far its karaoke has come */
    bool drawing;          /* what follows are lines of a picture, not words */
};

static double number_at(const char *p, const char *end)
{
    double v = 0;
    for (int n = 0; p < end && *p >= '0' && *p <= '9' && n < 9; p++, n++)
        v = v * 10 + (*p - '0');
    return v;
}

/* One override, without its backslash: "k50", "kf50", "K50", "ko50", "kt120", "p1". */
static void read_override(struct caption_reader *r, struct ass_text *t, const char *s,
                          const char *end)
{
    size_t letters = 0;
    while (s + letters < end && ((s[letters] | 32) >= 'a' && (s[letters] | 32) <= 'z'))
        letters++;
    double v = number_at(s + letters, end);
    if (letters == 1 && *s == 'p') {
        t->drawing = v > 0;
    } else if (letters == 2 && s[0] == 'k' && s[1] == 't') {
        t->at_s = t->start_s + v / 100;
    } else if ((letters == 1 && (*s == 'k' || *s == 'K')) ||
               (letters == 2 && s[0] == 'k' && (s[1] == 'f' || s[1] == 'o'))) {
        caption_text_mark(r, fmin(t->at_s, t->end_s));
        t->at_s += v / 100;
    }
}

/* The length of what is in braces at s; 0: the brace is a plain one. */
static size_t read_braces(struct caption_reader *r, struct ass_text *t, const char *s,
                          const char *end)
{
    const char *close = memchr(s, '}', (size_t)(end - s));
    if (!close)
        return 0;
    for (const char *p = s + 1; p < close; p++)
        if (*p == '\\')
            read_override(r, t, p + 1, close);
    return (size_t)(close - s) + 1;
}

/* "\N" and its kin: what they stand for, and their length; NULL: a plain backslash. */
static const char *escape_at(const char *s, const char *end, size_t *len)
{
    *len = 2;
    if (end - s >= 4 && memcmp(s + 1, JOINER, 3) == 0) {
        *len = 4;
        return "\\";
    }
    switch (end - s >= 2 ? s[1] : 0) {
    case 'N':
    case 'n':
        return "\n";
    case 'h':
        return "\xc2\xa0";
    case '{':
        return "{";
    case '}':
        return "}";
    default:
        return NULL;
    }
}

static void read_text(struct caption_reader *r, struct line s, struct ass_text *t)
{
    const char *end = s.at + s.len, *plain;
    size_t n;
    caption_text_begin(r);
    for (const char *p = s.at; p < end; p += n) {
        if (*p == '\\' && (plain = escape_at(p, end, &n))) {
            if (!t->drawing)
                buf_adds(&r->text, plain);
        } else if (*p != '{' || !(n = read_braces(r, t, p, end))) {
            n = 1;
            if (!t->drawing)
                buf_addc(&r->text, *p);
        }
    }
    if (r->marks.len && t->at_s < t->end_s)
        caption_text_mark(r, t->at_s);
}

/* --- Events ----------------------------------------------------------------------------------- */

/* Where in an event its parts stand. */
struct ass_order {
    int start, end, text, count; /* -1: nowhere */
};

static struct line next_field(struct line *rest, bool last)
{
    const char *comma = last || !rest->len ? NULL : memchr(rest->at, ',', rest->len);
    struct line field = {rest->at, comma ? (size_t)(comma - rest->at) : rest->len};
    size_t used = comma ? field.len + 1 : field.len;
    *rest = (struct line){rest->at + used, rest->len - used};
    return field;
}

static bool is_word(struct line s, const char *word)
{
    return s.len == strlen(word) && starts_any_case(s, word);
}

static bool read_order(struct line s, unsigned number, struct ass_order *o, struct err *e)
{
    *o = (struct ass_order){-1, -1, -1, 0};
    while (s.len && o->count < MAX_FIELDS) {
        struct line name = line_trim(next_field(&s, false));
        if (is_word(name, "Start"))
            o->start = o->count;
        else if (is_word(name, "End"))
            o->end = o->count;
        else if (is_word(name, "Text"))
            o->text = o->count;
        o->count++;
    }
    if (o->start < 0 || o->end < 0 || o->text < 0)
        return err_set(e, ERR_INVALID,
                       "line %u: the Format of events must name Start, End and Text", number);
    return true;
}

static bool read_clock(struct line s, const char *what, unsigned number, double *out, struct err *e)
{
    s = line_trim(s);
    const char *p = s.at, *end = s.at + s.len;
    return (s.len && caption_clock(&p, end, false, out) && p == end) ||
           err_set(e, ERR_INVALID, "line %u: %s should look like 0:00:01.50", number, what);
}

static bool read_event(struct caption_reader *r, struct line s, const struct ass_order *o,
                       struct err *e)
{
    struct line start = {0}, end = {0}, text = {0};
    unsigned number = r->number;
    for (int i = 0; i < o->count; i++) {
        if (s.len == 0 && s.at[-1] != ',')
            return err_set(e, ERR_INVALID, "line %u: %d fields, where the Format names %d", number,
                           i, o->count);
        struct line field = next_field(&s, i + 1 == o->count);
        start = i == o->start ? field : start;
        end = i == o->end ? field : end;
        text = i == o->text ? field : text;
    }
    struct ass_text t = {0};
    if (!read_clock(start, "Start", number, &t.start_s, e) ||
        !read_clock(end, "End", number, &t.end_s, e))
        return false;
    if (t.end_s < t.start_s)
        return err_set(e, ERR_INVALID, "line %u: the caption ends before it starts", number);
    t.at_s = t.start_s;
    read_text(r, text, &t);
    return t.end_s == t.start_s || /* never seen; karaoke templates are full of them */
           caption_cue_add(r, t.start_s, t.end_s, number, e);
}

bool ass_read(struct caption_reader *r, struct err *e)
{
    struct ass_order order = {1, 2, 9, 10};
    struct line s;
    bool events = true;
    while (caption_line(r, &s)) {
        s = line_trim(s);
        if (s.len && *s.at == '[')
            events = starts_any_case(s, "[Events]");
        if (events && starts_any_case(s, "Format:") &&
            !read_order((struct line){s.at + 7, s.len - 7}, r->number, &order, e))
            return false;
        if (starts_any_case(s, "Dialogue:") &&
            !read_event(r, line_trim((struct line){s.at + 9, s.len - 9}), &order, e))
            return false;
        /* else: a Comment, a style, an attachment */
    }
    return true;
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* A look that can be read on any picture; players take their own from their users anyway. */
static const char header[] =
    "[Script Info]\nScriptType: v4.00+\nPlayResX: 1080\nPlayResY: 1920\nWrapStyle: 0\n"
    "ScaledBorderAndShadow: yes\n\n[V4+ Styles]\n"
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, "
    "Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, "
    "Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
    "Style: Default,Sans,72,&H00FFFFFF,&H00A0A0A0,&H00000000,&H80000000,-1,0,0,0,100,100,0,0,1,5,0,"
    "2,80,80,480,1\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";

static void write_clock(struct buf *out, int64_t cs)
{
    buf_printf(out, "%lld:%02d:%02d.%02d,", (long long)(cs / 360000), (int)(cs / 6000 % 60),
               (int)(cs / 100 % 60), (int)(cs % 100));
}

static const char *ass_escape(const char *at)
{
    return *at == '\\' ? "\\" JOINER : *at == '{' ? "\\{" : *at == '}' ? "\\}" : NULL;
}

/* A syllable lasts up to the next: what lies between is one without text. */
static void ass_time(struct caption_writer *w, double from_s, double to_s)
{
    int64_t from = llround(from_s * 100), to = llround(to_s * 100);
    from = from < w->at ? w->at : from;
    to = to < from ? from : to > w->end ? w->end : to;
    if (from > w->at)
        buf_printf(w->out, "{\\k%lld}", (long long)(from - w->at));
    buf_printf(w->out, "{\\k%lld}", (long long)(to - from));
    w->at = to;
}

bool ass_write(const struct cue *cues, size_t count, struct buf *out)
{
    struct caption_writer w = {
        .out = out, .newline = "\\N", .escape = ass_escape, .time = ass_time};
    buf_adds(out, header);
    for (size_t i = 0; i < count && !out->failed; i++) {
        struct caption_span cs = caption_round(&cues[i], 100);
        size_t before = out->len;
        buf_adds(out, "Dialogue: 0,");
        write_clock(out, cs.start);
        write_clock(out, cs.end);
        buf_adds(out, "Default,,0,0,0,,");
        w.at = cs.start;
        w.end = cs.end;
        if (caption_write_text(&w, &cues[i]))
            buf_addc(out, '\n');
        else
            out->len = before;
    }
    return !out->failed;
}
