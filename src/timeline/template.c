/* SPDX-License-Identifier: GPL-3.0-or-later
 * The fields of a template, and reading one. */
#include "timeline/template.h"

#include "core/files.h"
#include "effects/effect.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define TEMPLATE_MAX_BYTES (64 << 10)

const char *const trait_words[] = {"always", "loud",  "calm",    "speech", "drop",
                                   "pause",  "opening", "ending", "cut",    "jump",
                                   "beat",   "shot",    NULL};

unsigned trait_of_word(const char *word)
{
    for (unsigned i = 0; word && trait_words[i]; i++)
        if (strcmp(word, trait_words[i]) == 0)
            return 1u << i;
    return 0;
}

#define NUMBER(struct_, member, min_, max_, help_) \
    .name = #member, .kind = WIRE_NUMBER, .offset = offsetof(struct_, member), .min = (min_), \
    .max = (max_), .help = (help_)

static const struct wire_field pace_fields[] = {
    {NUMBER(struct template_pace, shortest, TEMPLATE_SHORTEST_SEGMENT, 60,
            "No segment is shorter, in seconds."), .def = "0.6"},
    {NUMBER(struct template_pace, usual, TEMPLATE_SHORTEST_SEGMENT, 600,
            "How long a segment usually is."), .flags = WIRE_REQUIRED},
    {NUMBER(struct template_pace, longest, TEMPLATE_SHORTEST_SEGMENT, 3600,
            "Longer ones are cut, unless somebody is speaking without a gap."),
     .flags = WIRE_REQUIRED},
    {NUMBER(struct template_pace, loud, 0.2, 2,
            "The usual length is multiplied by this in loud parts."), .def = "1.0"},
    {0},
};
static const struct wire_type wire_pace = {.name = "TemplatePace", .fields = pace_fields,
    .help = "How long segments are.", .size = sizeof(struct template_pace)};

static const struct wire_field snap_fields[] = {
    {NUMBER(struct template_snap, beats, 0, 10, "Pull of a beat."), .def = "3.0"},
    {NUMBER(struct template_snap, downbeats, 0, 10, "Pull of a downbeat."), .def = "4.0"},
    {NUMBER(struct template_snap, drops, 0, 10, "Pull of the moment where the music sets in."),
     .def = "6.0"},
    {NUMBER(struct template_snap, shots, 0, 10, "Pull of a shot border."), .def = "3.0"},
    {NUMBER(struct template_snap, pauses, 0, 10, "Pull of a pause."), .def = "2.0"},
    {NUMBER(struct template_snap, captions, 0, 10, "Pull of a gap between captions."),
     .def = "1.0"},
    {0},
};
static const struct wire_type wire_snap = {.name = "TemplateSnap", .fields = snap_fields,
    .help = "How strongly places in the source draw a cut to them.",
    .size = sizeof(struct template_snap)};

static const struct wire_field effect_fields[] = {
    {.name = "effect", .kind = WIRE_JSON, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_effect, effect),
     .help = "A name, or an object with a name and parameters."},
    {NUMBER(struct template_effect, weight, 0, 1000, "Its share among those that fit."),
     .def = "1.0"},
    {.name = "when", .kind = WIRE_STRING, .choices = trait_words, .def = "\"always\"",
     .offset = offsetof(struct template_effect, when), .help = "What must be true of the segment."},
    {.name = "unless", .kind = WIRE_STRING, .choices = trait_words, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct template_effect, unless), .help = "What must not be."},
    {.name = "rest", .kind = WIRE_INT, .min = 1, .max = 1000, .def = "1",
     .offset = offsetof(struct template_effect, rest),
     .help = "So many segments pass before it is used again."},
    {0},
};
static const struct wire_type wire_template_effect = {.name = "TemplateEffect",
    .fields = effect_fields, .help = "When an effect is used.",
    .size = sizeof(struct template_effect)};

static const struct wire_field sfx_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1, .max = 200,
     .offset = offsetof(struct template_sfx, name), .help = "A built-in sound."},
    {NUMBER(struct template_sfx, weight, 0, 1000, "Its share among those that fit."),
     .def = "1.0"},
    {.name = "when", .kind = WIRE_STRING, .choices = trait_words, .def = "\"cut\"",
     .offset = offsetof(struct template_sfx, when), .help = "What must be true of the segment."},
    {.name = "unless", .kind = WIRE_STRING, .choices = trait_words, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct template_sfx, unless), .help = "What must not be."},
    {NUMBER(struct template_sfx, rest, 0, 3600,
            "So many seconds of film pass before it is used again."), .def = "2.0"},
    {0},
};
static const struct wire_type wire_template_sfx = {.name = "TemplateSfx", .fields = sfx_fields,
    .help = "When a sound effect is used.", .size = sizeof(struct template_sfx)};

static const char *const fits[] = {"crop", "blur", "pad", NULL};

static const struct wire_field template_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1, .max = 60,
     .offset = offsetof(struct template, name), .help = "Stable; stored in timelines."},
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1, .max = 100,
     .offset = offsetof(struct template, title), .help = "For people."},
    {.name = "help", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1, .max = 500,
     .offset = offsetof(struct template, help), .help = "What kind of film it makes."},
    {NUMBER(struct template, film_seconds, 1, 36000, "The film is never longer."),
     .def = "60.0"},
    {NUMBER(struct template, passage_seconds, 1, 600,
            "About how much of a long source is taken at once."), .def = "6.0"},
    {.name = "pace", .kind = WIRE_OBJECT, .type = &wire_pace, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template, pace), .help = "How long segments are."},
    {.name = "snap", .kind = WIRE_OBJECT, .type = &wire_snap, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template, snap), .help = "What draws cuts."},
    {.name = "keep_captions", .kind = WIRE_BOOL, .def = "true",
     .offset = offsetof(struct template, keep_captions),
     .help = "Never cut inside a caption; false: only never inside a word."},
    {NUMBER(struct template, longest_pause, 0.3, 600,
            "Longer pauses are taken out; null: none is."), .flags = WIRE_NULLABLE},
    {NUMBER(struct template, plain_effects, 0, 1000,
            "Share of \"no effect\" among the effects that fit a segment."), .def = "1.0"},
    {.name = "effects", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_template_effect,
     .max = 64, .def = "[]", .offset = offsetof(struct template, effects),
     .help = "Effects and when they are used."},
    {NUMBER(struct template, plain_sfx, 0, 1000,
            "Share of \"no sound\" among the sounds that fit a segment."), .def = "1.0"},
    {.name = "sfx", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_template_sfx, .max = 64,
     .def = "[]", .offset = offsetof(struct template, sfx),
     .help = "Sound effects and when they are used."},
    {.name = "fit", .kind = WIRE_STRING, .choices = fits, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct template, fit), .help = "How pictures fill the frame."},
    {0},
};
const struct wire_type wire_template = {.name = "Template", .fields = template_fields,
    .help = "How a film of a certain kind is laid out.", .size = sizeof(struct template)};

static bool check_pace(const struct template *t, const struct wire_loc *root,
                       struct wire_errors *errs)
{
    struct wire_loc pace = {.up = root, .key = "pace"}, usual = {.up = &pace, .key = "usual"},
                    longest = {.up = &pace, .key = "longest"};
    if (t->pace->usual < t->pace->shortest)
        return wire_error(errs, &usual, "value_error", NULL, 0, "{\"error\":{}}",
                          "Value error, usual is below shortest");
    if (t->pace->longest < t->pace->usual)
        return wire_error(errs, &longest, "value_error", NULL, 0, "{\"error\":{}}",
                          "Value error, longest is below usual");
    return true;
}

static bool check_effects(const struct template *t, const struct wire_loc *root, struct arena *a,
                          struct wire_errors *errs)
{
    bool ok = true;
    const struct template_effect *fx = t->effects.items;
    struct wire_loc list = {.up = root, .key = "effects"};
    for (size_t i = 0; i < t->effects.count; i++) {
        struct wire_loc item = {.up = &list, .index = i}, at = {.up = &item, .key = "effect"};
        struct effect_use use;
        struct err e = {0};
        if (!effect_parse(fx[i].effect.text, fx[i].effect.len, a, &use, &e))
            ok = wire_error(errs, &at, "value_error", fx[i].effect.text, fx[i].effect.len,
                            "{\"error\":{}}", "Value error, %s", e.msg);
    }
    return ok;
}

struct template *template_parse(const char *text, size_t len, struct arena *a,
                                struct wire_errors *errs)
{
    static const struct wire_loc root = {.key = "template"};
    static const struct wire_limits limits = {
        .max_bytes = TEMPLATE_MAX_BYTES, .max_depth = 16, .max_values = 10000};
    struct template *t = wire_read(&wire_template, text, len, &limits, &root, a, errs);
    if (!t)
        return NULL;
    bool pace_ok = check_pace(t, &root, errs), effects_ok = check_effects(t, &root, a, errs);
    return pace_ok && effects_ok ? t : NULL;
}

static bool name_ok(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n <= 60 && !name[n];
}

struct template *template_load(const char *dir, const char *name, struct arena *a, struct err *e)
{
    struct template *t = NULL;
    struct wire_errors errs = {0};
    struct err why = {0};
    size_t len;

    if (!name_ok(name)) {
        err_set(e, ERR_NOT_FOUND, "no template of that name");
        goto out;
    }
    const char *path = arena_printf(a, "%s/%s.json", dir, name);
    const char *text = path ? file_load(path, TEMPLATE_MAX_BYTES, a, &len, &why) : NULL;
    if (!text) {
        if (!path)
            err_set(&why, ERR_NO_MEMORY, "out of memory");
        err_set(e, why.code, "template %s: %s", name, why.msg);
        goto out;
    }
    t = template_parse(text, len, a, &errs);
    if (!t) {
        wire_errors_to_err(&errs, e);
        err_wrap(e, "template %s", name);
    }

out:
    wire_errors_finish(&errs);
    return t;
}
