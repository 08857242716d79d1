/* SPDX-License-Identifier: GPL-3.0-or-later
 * suggest_effects: which effect, where and why, by rules on the words and on the beats. */
#include "timeline/tools.h"

#include "core/json.h"
#include "timeline/suggest_rules.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_SECONDS 0.75 /* equal effects so close are one suggestion */

static const char *const backends[] = {"stub", NULL};

static const struct wire_field peak_fields[] = {
    {.name = "time", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggest_peak, time), .help = "Seconds."},
    {.name = "score", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggest_peak, score), .help = "0 to 1."},
    {0},
};
static const struct wire_type wire_peak = {.name = "SuggestPeak", .fields = peak_fields,
    .help = "A moment of energy.", .size = sizeof(struct suggest_peak)};

static const struct wire_field drop_fields[] = {
    {.name = "time", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggest_drop, time), .help = "Seconds."},
    {.name = "rise", .kind = WIRE_NUMBER, .def = "0.0",
     .offset = offsetof(struct suggest_drop, rise), .help = "dB louder than before."},
    {0},
};
static const struct wire_type wire_drop = {.name = "SuggestDrop", .fields = drop_fields,
    .help = "Where the music sets in.", .size = sizeof(struct suggest_drop)};

static const struct wire_field pause_fields[] = {
    {.name = "start", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggest_pause, start), .help = "Seconds."},
    {.name = "end", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggest_pause, end), .help = "Seconds."},
    {0},
};
static const struct wire_type wire_pause = {.name = "SuggestPause", .fields = pause_fields,
    .help = "A pause.", .size = sizeof(struct suggest_pause)};

#define HEARD(member, type_, words) \
    {.name = #member, .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = (type_), \
     .max = TIMELINE_MAX_CAPTIONS, .flags = WIRE_NULLABLE, .def = "[]", \
     .offset = offsetof(struct suggest_args, member), .help = (words)}

static const struct wire_field args_fields[] = {
    {.name = "transcript", .kind = WIRE_JSON, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct suggest_args, transcript),
     .help = "What is said: a text, or a list of captions (then suggestions have times)."},
    {.name = "beats", .kind = WIRE_LIST, .item = WIRE_NUMBER, .max = TIMELINE_MAX_CAPTIONS,
     .flags = WIRE_NULLABLE, .offset = offsetof(struct suggest_args, beats), .def = "[]",
     .help = "Beats in seconds."},
    HEARD(energy, &wire_peak, "Moments of energy, as the analysis has them."),
    HEARD(drops, &wire_drop, "Where the music sets in, as the analysis has it."),
    HEARD(pauses, &wire_pause, "Pauses, as the analysis has them."),
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
    {.name = "rule", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct suggestion, rule), .help = "Which rule found it: a stable word."},
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
        suggest_text(f, text, NULL);
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
        const struct caption *captions = list ? list->items : NULL;
        for (size_t i = 0; list && i < list->count; i++)
            suggest_text(f, captions[i].text, &captions[i]);
        if (list)
            suggest_gaps(f, captions, list->count);
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

/* Best first; of equal effects that are close in time only the best. Returns how many are left. */
static size_t rank(struct suggestion *x, size_t n)
{
    size_t kept = 0;
    qsort(x, n, sizeof *x, by_confidence);
    for (size_t i = 0; i < n && kept < SUGGEST_MAX; i++) {
        bool known = false;
        for (size_t k = 0; k < kept && !isnan(x[i].start); k++)
            known = known || (fabs(x[k].start - x[i].start) < NEAR_SECONDS &&
                              strcmp(x[k].effect, x[i].effect) == 0);
        if (!known)
            x[kept++] = x[i];
    }
    return kept;
}

bool tool_suggest_effects(const struct suggest_args *args, struct suggest_result *out,
                          const struct wire_loc *loc, struct arena *a, struct wire_errors *errs)
{
    struct found f = {.arena = a};
    bool ok = false;
    buf_init(&f.list, 32 << 20);

    if (!suggest_transcript(&f, &args->transcript, loc, errs))
        goto out;
    suggest_sound(&f, args);
    size_t count = 0;
    struct suggestion *items = NULL;
    if (suggest_beats(&f, &args->beats) && !f.list.failed) {
        count = f.list.len / sizeof *items;
        items = arena_array(a, count + 1, sizeof *items);
    }
    if (!items) {
        wire_error(errs, loc, "too_large", NULL, 0, NULL, "Too much input");
        goto out;
    }
    if (count)
        memcpy(items, f.list.data, count * sizeof *items);
    *out = (struct suggest_result){.suggestions = {items, rank(items, count)},
                                   .backend = args->backend ? args->backend : "stub"};
    ok = true;

out:
    buf_finish(&f.list);
    return ok;
}
