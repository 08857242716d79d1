/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/remote_answer.h"

#include "core/utf8.h"
#include "speech/languages.h"
#include "speech/repeats.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_TEXT_MAX 4000 /* bytes */
#define WORD_TEXT_MAX 200
#define LISTS_MAX_BYTES ((size_t)256 << 20)
#define NO_SPEECH 0.6     /* with ... */
#define UNSURE (-1.0)     /* ... a mean log probability below: nobody speaks (OpenAI's limits) */
#define LETTERS_SHARE 0.6 /* of a text's letters must be in its words */

struct said_word {
    const char *word;
    double start, end, probability;
};

struct said_segment {
    const char *text;
    double start, end, avg_logprob, no_speech_prob, compression_ratio, temperature;
    struct wire_list words; /* struct said_word */
    size_t first, count;    /* of its words among all, in order */
};

struct said {
    const char *language, *text;
    struct wire_list segments, words;
};

/* clang-format off */
#define AT(member) .offset = offsetof(struct said_word, member)
static const struct wire_field word_fields[] = {
    {.name = "word", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(word)},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(start)},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(end)},
    {.name = "probability", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(probability)},
    {0},
};
#undef AT
static const struct wire_type word_type = {
    .name = "SaidWord", .fields = word_fields, .size = sizeof(struct said_word)};

#define AT(member) .offset = offsetof(struct said_segment, member)
static const struct wire_field segment_fields[] = {
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(text)},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(start)},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(end)},
    {.name = "avg_logprob", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(avg_logprob)},
    {.name = "no_speech_prob", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(no_speech_prob)},
    {.name = "compression_ratio", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(compression_ratio)},
    {.name = "temperature", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, AT(temperature)},
    {.name = "words", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &word_type, .flags = WIRE_NULLABLE, AT(words)},
    {0},
};
#undef AT
static const struct wire_type segment_type = {
    .name = "SaidSegment", .fields = segment_fields, .size = sizeof(struct said_segment)};

#define AT(member) .offset = offsetof(struct said, member)
static const struct wire_field fields[] = {
    {.name = "language", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(language)},
    {.name = "text", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(text)},
    {.name = "segments", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &segment_type, .flags = WIRE_NULLABLE, AT(segments)},
    {.name = "words", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &word_type, .flags = WIRE_NULLABLE, AT(words)},
    {0},
};
#undef AT
/* clang-format on */
static const struct wire_type said_type = {
    .name = "Said", .fields = fields, .size = sizeof(struct said)};

void remote_said_init(struct remote_said *s)
{
    *s = (struct remote_said){0};
    buf_init(&s->segments, LISTS_MAX_BYTES);
    buf_init(&s->dropped, LISTS_MAX_BYTES);
    buf_init(&s->text, LISTS_MAX_BYTES);
}

void remote_said_finish(struct remote_said *s)
{
    buf_finish(&s->segments);
    buf_finish(&s->dropped);
    buf_finish(&s->text);
}

/* --- Texts ------------------------------------------------------------------------------------ */

/* One line without blanks at its ends, of at most `max` bytes. NULL: no memory. */
static const char *clean(const char *text, size_t max, struct arena *a)
{
    size_t n = strlen(text), to = 0;
    char *out = arena_alloc(a, (n < max ? n : max) + 1);
    for (size_t i = 0; out && i < n && to < max; i++) {
        bool blank = (unsigned char)text[i] <= ' ' || text[i] == 0x7f;
        if (!blank)
            out[to++] = text[i];
        else if (to && out[to - 1] != ' ')
            out[to++] = ' ';
    }
    if (!out)
        return NULL;
    out[to] = '\0';
    utf8_trim_cut(out);
    for (to = strlen(out); to && out[to - 1] == ' ';)
        out[--to] = '\0';
    return out;
}

static size_t letters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += isalnum((unsigned char)*text) || (unsigned char)*text >= 0x80;
    return n;
}

static size_t blanks(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == ' ';
    return n;
}

/* --- Times ------------------------------------------------------------------------------------ */

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

static int by_start(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_segment_start(const void *a, const void *b)
{
    const struct said_segment *x = a, *y = b;
    int order = by_start(x->start, y->start);
    return order ? order : by_start(x->end, y->end);
}

static int by_word_start(const void *a, const void *b)
{
    const struct said_word *x = a, *y = b;
    int order = by_start(x->start, y->start);
    return order ? order : by_start(x->end, y->end);
}

static double ms(double s)
{
    return round(s * 1000) / 1000;
}

/* --- Words ------------------------------------------------------------------------------------ */

/* All that can be used, in order: the list beside the segments, or else those in them. */
static struct said_word *gather_words(const struct said *s, double length_s, size_t *count,
                                      struct arena *a)
{
    const struct said_segment *seg = s->segments.items;
    size_t all = s->words.count, n = 0;
    for (size_t i = 0; i < s->segments.count; i++)
        all += seg[i].words.count;
    struct said_word *list = arena_array(a, all + 1, sizeof *list);
    for (size_t i = 0; list && i <= s->segments.count; i++) {
        bool beside = i == s->segments.count;
        const struct wire_list *from = beside ? &s->words : &seg[i].words;
        const struct said_word *w = from->items;
        if (beside && n)
            break;
        for (size_t k = 0; k < from->count; k++)
            if (w[k].word && w[k].start < length_s && w[k].end > 0 && w[k].end >= w[k].start)
                list[n++] = w[k];
    }
    if (n)
        qsort(list, n, sizeof *list, by_word_start);
    *count = n;
    return list;
}

/* Each to the segment in which its middle lies, or else to the next one. */
static void deal_words(struct said_segment *seg, size_t segments, const struct said_word *w,
                       size_t count)
{
    size_t k = 0;
    for (size_t i = 0; i < segments; i++) {
        seg[i].first = k;
        while (k < count && (i + 1 == segments || (w[k].start + w[k].end) / 2 < seg[i].end))
            k++;
        seg[i].count = k - seg[i].first;
    }
}

/* The segment's text cut at its blanks gives words with their punctuation, which some servers leave
 * away: as long as they are as many. */
static const char *next_token(const char **text, struct arena *a)
{
    size_t n = strcspn(*text, " ");
    const char *token = arena_strndup(a, *text, n);
    *text += n + ((*text)[n] == ' ');
    return token;
}

static bool take_words(const struct said_segment *s, const struct said_word *from,
                       struct transcript_segment *out, struct arena *a)
{
    struct transcript_word *to = arena_array(a, s->count + 1, sizeof *to);
    const char *text = out->text;
    bool tokens = s->count == blanks(out->text) + 1;
    double at_s = out->start;
    size_t heard = 0, n = 0;
    for (size_t i = 0; to && i < s->count; i++) {
        const struct said_word *w = &from[s->first + i];
        const char *own = clean(w->word, WORD_TEXT_MAX, a);
        const char *word = tokens ? next_token(&text, a) : own;
        if (!own || !word)
            return false;
        if (!*word)
            continue;
        heard += letters(own);
        double start = clamp(w->start, at_s, out->end), end = clamp(w->end, start, out->end);
        to[n++] = (struct transcript_word){
            start, end, word, w->probability >= 0 && w->probability <= 1 ? w->probability : NAN};
        at_s = end;
    }
    if (to && (double)heard >= LETTERS_SHARE * (double)letters(out->text))
        out->words = (struct wire_list){to, n};
    return to != NULL;
}

/* --- Segments --------------------------------------------------------------------------------- */

/* Why a segment is not believed; NULL: it is. */
static const char *doubt(const struct said_segment *s, const struct transcript_segment *t)
{
    if (!(t->end > t->start))
        return "its times lie outside of the sound";
    if (s->no_speech_prob > NO_SPEECH && s->avg_logprob < UNSURE)
        return "the model hears no speech";
    if (t->compression_ratio > COMPRESSION_MAX)
        return "the text runs in circles";
    return NULL;
}

static bool drop(struct remote_said *said, const struct transcript_segment *t, double offset_s,
                 const char *reason)
{
    const struct transcript_dropped d = {ms(offset_s + t->start),
                                         ms(offset_s + fmax(t->start, t->end)), t->text, reason};
    return buf_add(&said->dropped, &d, sizeof d);
}

static bool keep(struct remote_said *said, struct transcript_segment *t, double offset_s)
{
    struct transcript_word *w = t->words.items;
    t->id = (int64_t)(said->segments.len / sizeof *t);
    t->start = ms(offset_s + t->start);
    t->end = ms(offset_s + t->end);
    for (size_t i = 0; i < t->words.count; i++) {
        w[i].start = ms(offset_s + w[i].start);
        w[i].end = ms(offset_s + w[i].end);
    }
    return (!said->text.len || buf_addc(&said->text, ' ')) && buf_adds(&said->text, t->text) &&
           buf_add(&said->segments, t, sizeof *t);
}

/* What of a segment there is, its times from `from_s` on. */
static struct transcript_segment shape(const struct said_segment *s, double from_s, double length_s,
                                       struct arena *a)
{
    const char *text = clean(s->text ? s->text : "", SEGMENT_TEXT_MAX, a);
    bool known = !isnan(s->start) && !isnan(s->end);
    return (struct transcript_segment){
        .start = known ? clamp(s->start, from_s, length_s) : length_s,
        .end = known ? clamp(s->end, 0, length_s) : length_s,
        .text = text,
        .avg_logprob = s->avg_logprob,
        .no_speech_prob = s->no_speech_prob,
        .compression_ratio = text ? compression_ratio(text, strlen(text)) : 0,
        .temperature = s->temperature,
    };
}

static bool take_segments(const struct said *s, double offset_s, double length_s, struct arena *a,
                          struct remote_said *said)
{
    struct said_segment *seg = s->segments.items;
    size_t count = s->segments.count, words = 0;
    double from_s = 0;
    struct said_word *w = gather_words(s, length_s, &words, a);
    if (!w)
        return false;
    if (count)
        qsort(seg, count, sizeof *seg, by_segment_start);
    deal_words(seg, count, w, words);
    for (size_t i = 0; i < count; i++) {
        struct transcript_segment t = shape(&seg[i], from_s, length_s, a);
        if (!t.text)
            return false;
        if (!*t.text)
            continue;
        const char *reason = doubt(&seg[i], &t);
        if (reason ? !drop(said, &t, offset_s, reason) : !take_words(&seg[i], w, &t, a))
            return false;
        if (reason)
            continue;
        from_s = t.end;
        if (!keep(said, &t, offset_s))
            return false;
    }
    return true;
}

/* --- The answer ------------------------------------------------------------------------------- */

/* Text without times is one segment as long as the piece. */
static bool only_text(struct said *s, double length_s, struct arena *a)
{
    struct said_segment *one = arena_alloc(a, sizeof *one);
    if (!one)
        return false;
    *one = (struct said_segment){.text = s->text,
                                 .end = length_s,
                                 .avg_logprob = NAN,
                                 .no_speech_prob = NAN,
                                 .compression_ratio = NAN,
                                 .temperature = NAN};
    s->segments = (struct wire_list){one, 1};
    return true;
}

bool remote_answer_read(const char *json, size_t len, double start_s, double length_s,
                        struct arena *a, struct remote_said *said, struct err *e)
{
    static const struct wire_limits limits = {REMOTE_ANSWER_MAX, 16, 1000000};
    struct wire_errors errs = {0};
    struct said *s = wire_read(&said_type, json, len, &limits, NULL, a, &errs);
    bool readable = s && (s->text || s->segments.items);
    wire_errors_finish(&errs);
    if (!readable)
        return err_set(e, ERR_UNAVAILABLE,
                       "the speech server's answer is not a transcript (AIVE_SPEECH_URL)");
    int language = s->language ? language_find(s->language) : -1;
    if (!said->language && language >= 0)
        said->language = languages[language].code;
    bool ok = (s->segments.count || !s->text || only_text(s, length_s, a)) &&
              take_segments(s, start_s, length_s, a, said);
    return ok || err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
}
