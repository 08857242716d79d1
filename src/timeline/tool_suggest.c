/* SPDX-License-Identifier: GPL-3.0-or-later
 * suggest_effects: which effect, where and why, by rules on the words and on the beats. */
#include "timeline/tools.h"

#include "core/json.h"
#include "core/words.h"
#include "timeline/timeline.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTE_MAX 60 /* characters of a sentence that a reason quotes */

static const char *const backends[] = {"stub", NULL};

static const struct wire_field args_fields[] = {
    {.name = "transcript", .kind = WIRE_JSON, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct suggest_args, transcript),
     .help = "What is said: a text, or a list of captions (then suggestions have times)."},
    {.name = "beats", .kind = WIRE_LIST, .item = WIRE_NUMBER, .max = TIMELINE_MAX_CAPTIONS,
     .flags = WIRE_NULLABLE, .offset = offsetof(struct suggest_args, beats), .def = "[]",
     .help = "Beats in seconds."},
    {.name = "backend", .kind = WIRE_STRING, .choices = backends, .def = "\"stub\"",
     .offset = offsetof(struct suggest_args, backend), .help = "stub: rules, no model."},
    {0},
};
const struct wire_type wire_suggest_args = {.name = "SuggestEffectsArgs", .fields = args_fields,
    .help = "Arguments of suggest_effects.", .size = sizeof(struct suggest_args)};

static const struct wire_field suggestion_fields[] = {
    {.name = "effect", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggestion, effect), .help = "Name of an effect."},
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct suggestion, start),
     .help = "Where, in seconds; null when the transcript has no times."},
    {.name = "reason", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggestion, reason), .help = "Why."},
    {.name = "confidence", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED, .min = 0, .max = 1,
     .offset = offsetof(struct suggestion, confidence), .help = "0 to 1."},
    {0},
};
const struct wire_type wire_suggestion = {.name = "EffectSuggestion", .fields = suggestion_fields,
    .help = "An effect, where and why.", .size = sizeof(struct suggestion)};

static const struct wire_field result_fields[] = {
    {.name = "suggestions", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_suggestion,
     .flags = WIRE_REQUIRED, .offset = offsetof(struct suggest_result, suggestions),
     .help = "Best first."},
    {.name = "backend", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggest_result, backend), .help = "What made them."},
    {0},
};
const struct wire_type wire_suggest_result = {.name = "SuggestEffectsResult",
    .fields = result_fields, .help = "Result of suggest_effects.",
    .size = sizeof(struct suggest_result)};

struct found {
    struct buf list; /* struct suggestion */
    struct arena *arena;
};

static void add(struct found *f, const char *effect, double start, double confidence,
                const char *reason)
{
    struct suggestion s = {effect, start, reason, confidence};
    if (reason)
        buf_add(&f->list, &s, sizeof s);
    else
        f->list.failed = true;
}

/* --- Words ------------------------------------------------------------------------------------ */

static const struct word_rule {
    const char *words; /* separated by blanks, lower case */
    const char *effect;
    double confidence;
    const char *why;
} word_rules[] = {
    {"amazing incredible wow unbelievable insane huge best worst never secret finally crazy",
     "zoom", 0.7, "strong word"},
    {"important remember listen exactly because truth", "zoom", 0.6, "word of weight"},
    {"slow slowly moment imagine breathe calm watch wait beautiful gently", "slowmo", 0.65,
     "word that takes its time"},
    {"first second third finally step one", "zoom", 0.45, "a point of a list"},
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

/* The best rule for one sentence; at most one suggestion each, so that they stay readable. */
static void suggest_sentence(struct found *f, const char *s, size_t n, double start)
{
    const struct word_rule *best = NULL;
    const char *word = s;
    size_t word_len = 0;
    char quoted[QUOTE_MAX * 4 + 4];

    for (size_t i = 0; i < n;) {
        size_t len = 0;
        while (i + len < n && (isalpha((unsigned char)s[i + len]) || (s[i + len] & 0x80)))
            len++;
        for (size_t k = 0; len && k < sizeof word_rules / sizeof *word_rules; k++)
            if (words_contain(word_rules[k].words, s + i, len) &&
                (!best || word_rules[k].confidence > best->confidence)) {
                best = &word_rules[k];
                word = s + i;
                word_len = len;
            }
        i += len ? len : 1;
    }
    quote(quoted, s, n);
    if (best)
        add(f, best->effect, start, best->confidence,
            arena_printf(f->arena, "%s \"%.*s\" in \"%s\"", best->why, (int)word_len, word,
                         quoted));
    else if (n && s[n - 1] == '!')
        add(f, "zoom", start, 0.55, arena_printf(f->arena, "exclamation: \"%s\"", quoted));
    else if (n && s[n - 1] == '?')
        add(f, "zoom", start, 0.5, arena_printf(f->arena, "question: \"%s\"", quoted));
}

static void suggest_text(struct found *f, const char *text, double start)
{
    for (const char *p = text; *p;) {
        p += strspn(p, " \t\r\n");
        size_t n = strcspn(p, ".!?\n");
        size_t with_end = n + strspn(p + n, ".!?");
        if (n)
            suggest_sentence(f, p, with_end, start);
        p += with_end ? with_end : (*p != '\0');
    }
}

/* --- Beats ------------------------------------------------------------------------------------ */

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

/* Where the beat pauses, and the starts of phrases: music of our time goes in eights. */
static bool suggest_beats(struct found *f, const struct wire_list *list)
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
            add(f, "zoom", beats[i], i ? 0.4 : 0.35,
                arena_printf(f->arena, "beat %zu begins a phrase of eight", i + 1));
        if (gap > 3 * period) {
            add(f, "slowmo", beats[i], 0.6,
                arena_printf(f->arena, "the beat pauses for %.1f s", gap));
            phrase = (size_t)-1; /* it begins anew behind the pause */
        }
    }
    return true;
}

/* --- Together --------------------------------------------------------------------------------- */

static bool suggest_transcript(struct found *f, const struct wire_raw *raw,
                               const struct wire_loc *loc, struct wire_errors *errs)
{
    struct json_reader r;
    const char *text;
    size_t len;
    struct wire_loc at = {.up = loc, .key = "transcript"};
    if (!raw->text)
        return true;
    json_reader_init(&r, raw->text, raw->len, 32);
    switch (json_peek(&r)) {
    case JSON_NULL:
        return true;
    case JSON_STRING:
        if (!json_read_string(&r, f->arena, &text, &len))
            break;
        suggest_text(f, text, NAN);
        return true;
    case JSON_ARRAY: {
        /* The one row makes a list of captions readable with its own errors. */
        static const struct wire_field rows[] = {
            {.name = "transcript", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_caption,
             .max = TIMELINE_MAX_CAPTIONS, .flags = WIRE_REQUIRED},
            {0},
        };
        static const struct wire_type type = {.name = "Transcript", .fields = rows,
            .size = sizeof(struct wire_list)};
        const char *object = arena_printf(f->arena, "{\"transcript\":%.*s}", (int)raw->len,
                                          raw->text);
        struct wire_list *list = object ? wire_read(&type, object, strlen(object), &timeline_limits,
                                                    loc, f->arena, errs)
                                        : NULL;
        for (size_t i = 0; list && i < list->count; i++) {
            const struct caption *c = (const struct caption *)list->items + i;
            suggest_text(f, c->text, c->start);
        }
        return list != NULL;
    }
    default:
        break;
    }
    return wire_error(errs, &at, "string_type", raw->text, raw->len, NULL,
                      "Input should be a valid string or a list of captions");
}

static int by_confidence(const void *x, const void *y)
{
    const struct suggestion *a = x, *b = y;
    if (a->confidence != b->confidence)
        return a->confidence > b->confidence ? -1 : 1;
    double ta = isnan(a->start) ? INFINITY : a->start, tb = isnan(b->start) ? INFINITY : b->start;
    if (ta != tb)
        return ta < tb ? -1 : 1;
    return strcmp(a->reason, b->reason);
}

bool tool_suggest_effects(const struct suggest_args *args, struct suggest_result *out,
                          const struct wire_loc *loc, struct arena *a, struct wire_errors *errs)
{
    struct found f = {.arena = a};
    bool ok = false;
    buf_init(&f.list, 32 << 20);

    if (!suggest_transcript(&f, &args->transcript, loc, errs))
        goto out;
    if (!suggest_beats(&f, &args->beats) || f.list.failed) {
        wire_error(errs, loc, "too_large", NULL, 0, NULL, "Too much input");
        goto out;
    }
    size_t count = f.list.len / sizeof(struct suggestion);
    if (count)
        qsort(f.list.data, count, sizeof(struct suggestion), by_confidence);
    count = count < SUGGEST_MAX ? count : SUGGEST_MAX;
    struct suggestion *items = arena_array(a, count + 1, sizeof *items);
    if (!items) {
        wire_error(errs, loc, "too_large", NULL, 0, NULL, "Too much input");
        goto out;
    }
    if (count)
        memcpy(items, f.list.data, count * sizeof *items);
    *out = (struct suggest_result){.suggestions = {items, count},
                                   .backend = args->backend ? args->backend : "stub"};
    ok = true;

out:
    buf_finish(&f.list);
    return ok;
}
