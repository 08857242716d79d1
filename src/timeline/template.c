/* SPDX-License-Identifier: GPL-3.0-or-later
 * The fields of a template, and reading one. */
#include "timeline/template.h"

#include "core/json.h"
#include "core/number.h"
#include "effects/caption_style.h"
#include "effects/transition.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define TEMPLATE_MAX_BYTES (64 << 10)
#define FILM_MAX_SECONDS 36000

const char *const trait_words[] = {
    "always", "loud",    "calm",   "speech", "wordless", "peak", "drop",     "stress",  "pause",
    "opening", "ending", "cut",    "jump",   "beat",     "downbeat", "section", "shot", "long",
    "short",  "rhythm", NULL};

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
#define PULL(member, def_, help_) \
    {NUMBER(struct template_snap, member, 0, 10, help_), .def = (def_)}
#define WORTH(member, def_, help_) \
    {NUMBER(struct template_choose, member, 0, 10, help_), .def = (def_)}
#define TYPE(var, c_type, wire_name, words, rows) \
    const struct wire_type var = {.name = wire_name, .help = words, .fields = rows, \
        .size = sizeof(c_type), .extra_offset = offsetof(c_type, extra)}

static const struct wire_field pace_fields[] = {
    {NUMBER(struct template_pace, shortest, TEMPLATE_SHORTEST_SEGMENT, 60,
            "No segment is shorter, in seconds."), .def = "0.6"},
    {NUMBER(struct template_pace, usual, TEMPLATE_SHORTEST_SEGMENT, 600,
            "How long a segment usually is."), .flags = WIRE_REQUIRED},
    {NUMBER(struct template_pace, longest, TEMPLATE_SHORTEST_SEGMENT, 3600,
            "Longer ones are cut, unless there is no place where a cut may be."),
     .flags = WIRE_REQUIRED},
    {NUMBER(struct template_pace, loud, 0.2, 2,
            "The usual length is multiplied by this where it is loud."), .def = "1.0"},
    {NUMBER(struct template_pace, vary, 0, 0.9,
            "Share of the usual length by which chance changes it."), .def = "0.25"},
    {0},
};
static TYPE(wire_pace, struct template_pace, "TemplatePace", "How long segments are.",
            pace_fields);

static const struct wire_field snap_fields[] = {
    PULL(beats, "3.0", "Pull of a beat."),
    PULL(downbeats, "4.0", "Pull of a downbeat, the first beat of a bar."),
    PULL(drops, "6.0", "Pull of the moment where the music sets in."),
    PULL(sections, "4.0", "Pull of the moment where another part of the music begins."),
    PULL(peaks, "2.0", "Pull of an energy peak: a bang, a shout."),
    PULL(shots, "3.0", "Pull of a shot border of the source."),
    PULL(pauses, "2.0", "Pull of a pause."),
    PULL(captions, "1.0", "Pull of a gap between captions."),
    PULL(stress, "0.0", "Pull of the start of a stressed word."),
    {0},
};
static TYPE(wire_snap, struct template_snap, "TemplateSnap",
            "How strongly places in the source draw a cut to them, 0 to 10.", snap_fields);

static const struct wire_field choose_fields[] = {
    WORTH(highlights, "1.0", "Worth of what the analysis found to be a highlight."),
    WORTH(loud, "1.0", "Worth of loudness, compared with the rest of the source."),
    WORTH(peaks, "0.5", "Worth of energy peaks."),
    WORTH(drops, "0.5", "Worth of a drop and what follows it."),
    WORTH(speech, "0.5", "Worth of speech."),
    WORTH(shots, "0.3", "Worth of shot borders: something happens."),
    WORTH(spread, "0.3", "Worth of showing something of every part of the source."),
    {0},
};
static TYPE(wire_choose, struct template_choose, "TemplateChoose",
            "What makes a passage worth showing when not all of them can be.", choose_fields);

static const struct wire_field rule_fields[] = {
    {.name = "use", .kind = WIRE_JSON, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template_rule, use),
     .help = "What is used: a name, or an object with a name and parameters; of effects also a "
             "list of up to four that go together."},
    {NUMBER(struct template_rule, weight, 0, 1000, "Its share among those that fit."),
     .def = "1.0"},
    {.name = "when", .kind = WIRE_LIST, .item = WIRE_STRING, .choices = trait_words, .max = 8,
     .def = "[]", .offset = offsetof(struct template_rule, when),
     .help = "What must be true of the segment: all of them."},
    {.name = "unless", .kind = WIRE_LIST, .item = WIRE_STRING, .choices = trait_words, .max = 8,
     .def = "[]", .offset = offsetof(struct template_rule, unless),
     .help = "What must not be true of it: none of them."},
    {NUMBER(struct template_rule, rest, 0, 3600,
            "So many seconds of film pass before the same is used again."), .def = "0.0"},
    {0},
};
static TYPE(wire_rule, struct template_rule, "TemplateRule", "What is used, and when.",
            rule_fields);

static const struct wire_field draw_fields[] = {
    {NUMBER(struct template_draw, plain, 0, 1000,
            "Share of using nothing among the rules that fit a segment."), .def = "1.0"},
    {NUMBER(struct template_draw, gap, 0, 3600,
            "Seconds of film at least between any two of them."), .def = "0.0"},
    {.name = "rules", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_rule,
     .max = TEMPLATE_MAX_RULES, .def = "[]", .offset = offsetof(struct template_draw, rules),
     .help = "Of those that fit a segment one is drawn, by weight."},
    {0},
};
static TYPE(wire_draw, struct template_draw, "TemplateDraw",
            "Rules of which one is drawn for each segment.", draw_fields);

static const struct wire_field music_fields[] = {
    {NUMBER(struct template_music, gain_db, -60, 20, "Its level, against its own."),
     .def = "-14.0"},
    {NUMBER(struct template_music, duck_db, -60, 0,
            "How much lower it is while somebody speaks."), .def = "-10.0"},
    {0},
};
static TYPE(wire_music, struct template_music, "TemplateMusic",
            "How music that a film has been given is mixed.", music_fields);

static const char *const fits[] = {"crop", "blur", "pad", NULL};

static const struct wire_field template_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1, .max = 60,
     .offset = offsetof(struct template, name),
     .help = "Stable, stored in timelines; the file is called the same."},
    {.name = "title", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1, .max = 100,
     .offset = offsetof(struct template, title), .help = "For people."},
    {.name = "help", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .min = 1, .max = 500,
     .offset = offsetof(struct template, help), .help = "What kind of film it makes."},
    {NUMBER(struct template, film_seconds, 1, FILM_MAX_SECONDS, "The film is never longer."),
     .def = "60.0"},
    {NUMBER(struct template, passage_seconds, 1, 600,
            "About how much of a long source is taken at once."), .def = "6.0"},
    {NUMBER(struct template, hook_seconds, 0.5, 20,
            "The best moment is shown in front of a long source, at most so long; null: it is not."),
     .flags = WIRE_NULLABLE},
    {.name = "pace", .kind = WIRE_OBJECT, .type = &wire_pace, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct template, pace), .help = "How long segments are."},
    {.name = "snap", .kind = WIRE_OBJECT, .type = &wire_snap, .def = "{}",
     .offset = offsetof(struct template, snap), .help = "What draws cuts."},
    {.name = "choose", .kind = WIRE_OBJECT, .type = &wire_choose, .def = "{}",
     .offset = offsetof(struct template, choose), .help = "What is worth showing."},
    {.name = "keep_captions", .kind = WIRE_BOOL, .def = "true",
     .offset = offsetof(struct template, keep_captions),
     .help = "Never cut inside a caption; false: only never inside a word."},
    {NUMBER(struct template, longest_pause, 0.3, 600,
            "Longer pauses are taken out; null: none is."), .flags = WIRE_NULLABLE},
    {.name = "look", .kind = WIRE_LIST, .item = WIRE_JSON, .max = TEMPLATE_MAX_LOOK, .def = "[]",
     .offset = offsetof(struct template, look),
     .help = "Effects of every segment: colours, grain; none that changes the speed."},
    {.name = "effects", .kind = WIRE_OBJECT, .type = &wire_draw, .def = "{}",
     .offset = offsetof(struct template, effects), .help = "Effects and when they are used."},
    {.name = "transitions", .kind = WIRE_OBJECT, .type = &wire_draw, .def = "{}",
     .offset = offsetof(struct template, transitions),
     .help = "Transitions, used only where something of the source was left out."},
    {.name = "sfx", .kind = WIRE_OBJECT, .type = &wire_draw, .def = "{}",
     .offset = offsetof(struct template, sfx), .help = "Sound effects and when they are used."},
    {.name = "caption_style", .kind = WIRE_JSON, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct template, caption_style),
     .help = "How captions look: a style's name, or an object with a name and parameters."},
    {.name = "caption_words", .kind = WIRE_INT, .min = 0, .max = 40, .def = "0",
     .offset = offsetof(struct template, caption_words),
     .help = "Captions with word times are shown in pages of so many words; 0: as they are."},
    {.name = "music", .kind = WIRE_OBJECT, .type = &wire_music, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct template, music),
     .help = "How music that the film has been given is mixed; null: as it was."},
    {.name = "fit", .kind = WIRE_STRING, .choices = fits, .flags = WIRE_NULLABLE,
     .offset = offsetof(struct template, fit), .help = "How pictures fill the frame."},
    {0},
};
TYPE(wire_template, struct template, "Template", "How a film of a certain kind is laid out.",
     template_fields);

/* --- Checking --------------------------------------------------------------------------------- */

struct checker {
    template_sound_fn *sound;
    struct arena *arena;
    struct wire_errors *errs;
    bool ok;
};

static void fault(struct checker *c, const struct wire_loc *at, const struct wire_raw *input,
                  const char *words)
{
    c->ok = wire_error(c->errs, at, "value_error", input ? input->text : NULL,
                       input ? input->len : 0, "{\"error\":{}}", "Value error, %s", words);
}

/* What a parser said of a value: its fault, unless memory was. */
static void refuse(struct checker *c, const struct wire_loc *at, const struct wire_raw *input,
                   const struct err *e)
{
    c->ok = false;
    if (e->code == ERR_NO_MEMORY)
        c->errs->no_memory = true;
    else
        fault(c, at, input, e->msg);
}

/* Keys that a type does not have would do nothing; a typing mistake must not pass for one. */
static void check_known(struct checker *c, const struct wire_loc *at, const struct wire_type *type,
                        const void *obj)
{
    const struct wire_raw *extra = (const void *)((const char *)obj + type->extra_offset);
    char words[600];
    size_t n = 0;
    if (!extra->len)
        return;
    const char *end = memchr(extra->text + 1, '"', extra->len - 1);
    int len = end ? (int)(end + 1 - extra->text) : (int)extra->len;
    n += (size_t)snprintf(words, sizeof words, "unknown key %.*s; there are: ",
                          len < 80 ? len : 80, extra->text);
    for (const struct wire_field *f = type->fields; f->name && n < sizeof words; f++)
        n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", f == type->fields ? "" : ", ",
                              f->name);
    fault(c, at, NULL, words);
}

static void check_pace(struct checker *c, const struct wire_loc *root, const struct template *t)
{
    struct wire_loc pace = {.up = root, .key = "pace"}, usual = {.up = &pace, .key = "usual"},
                    longest = {.up = &pace, .key = "longest"};
    check_known(c, &pace, &wire_pace, t->pace);
    if (t->pace->usual < t->pace->shortest)
        fault(c, &usual, NULL, "usual is below shortest");
    if (t->pace->longest < t->pace->usual)
        fault(c, &longest, NULL, "longest is below usual");
}

static void check_uses(struct checker *c, const struct wire_loc *at, const struct wire_raw *use)
{
    struct template_uses uses;
    struct err e = {0};
    if (!template_uses(use, c->arena, &uses, &e))
        refuse(c, at, use, &e);
}

static void check_transition(struct checker *c, const struct wire_loc *at,
                             const struct wire_raw *use)
{
    struct transition_use t;
    struct err e = {0};
    if (!transition_parse(use->text, use->len, c->arena, &t, &e))
        refuse(c, at, use, &e);
}

/* The text of a JSON string; NULL: it is something else. */
static const char *json_text(const struct wire_raw *raw, struct arena *a)
{
    struct json_reader r;
    const char *s;
    size_t len;
    json_reader_init(&r, raw->text, raw->len, 2);
    return json_peek(&r) == JSON_STRING && json_read_string(&r, a, &s, &len) ? s : NULL;
}

static void check_sound(struct checker *c, const struct wire_loc *at, const struct wire_raw *use)
{
    const char *name = json_text(use, c->arena);
    if (!name || !*name)
        fault(c, at, use, "a sound effect is given by its name");
    else if (c->sound && !c->sound(name))
        fault(c, at, use, "no such sound effect; `aive effects --json` and GET /api/effects list them");
}

typedef void check_use_fn(struct checker *c, const struct wire_loc *at, const struct wire_raw *use);

static void check_draw(struct checker *c, const struct wire_loc *root, const char *key,
                       const struct template_draw *d, check_use_fn *check_use)
{
    const struct template_rule *rules = d->rules.items;
    struct wire_loc at = {.up = root, .key = key}, list = {.up = &at, .key = "rules"};
    check_known(c, &at, &wire_draw, d);
    for (size_t i = 0; i < d->rules.count; i++) {
        struct wire_loc item = {.up = &list, .index = i}, use = {.up = &item, .key = "use"};
        check_known(c, &item, &wire_rule, &rules[i]);
        check_use(c, &use, &rules[i].use);
    }
}

static void check_look(struct checker *c, const struct wire_loc *root, const struct template *t)
{
    const struct wire_raw *look = t->look.items;
    struct wire_loc list = {.up = root, .key = "look"};
    for (size_t i = 0; i < t->look.count; i++) {
        struct wire_loc at = {.up = &list, .index = i};
        struct effect_use use;
        struct err e = {0};
        if (!effect_parse(look[i].text, look[i].len, c->arena, &use, &e))
            refuse(c, &at, &look[i], &e);
        else if (use.effect->rate || use.effect->picture_time)
            fault(c, &at, &look[i], "the look of a film cannot change its speed");
    }
}

static void check_caption_style(struct checker *c, const struct wire_loc *root,
                                const struct template *t)
{
    struct caption_style style;
    struct err e = {0};
    struct wire_loc at = {.up = root, .key = "caption_style"};
    if (t->caption_style.text &&
        !caption_style_parse(t->caption_style.text, t->caption_style.len, c->arena, &style, &e))
        refuse(c, &at, &t->caption_style, &e);
}

struct template *template_parse(const char *text, size_t len, template_sound_fn *sound,
                                struct arena *a, struct wire_errors *errs)
{
    static const struct wire_loc root = {.key = "template"};
    static const struct wire_limits limits = {
        .max_bytes = TEMPLATE_MAX_BYTES, .max_depth = 16, .max_values = 10000};
    struct wire_loc snap = {.up = &root, .key = "snap"}, choose = {.up = &root, .key = "choose"},
                    music = {.up = &root, .key = "music"};
    struct checker c = {sound, a, errs, true};
    struct template *t = wire_read(&wire_template, text, len, &limits, &root, a, errs);
    if (!t)
        return NULL;
    check_known(&c, &root, &wire_template, t);
    check_pace(&c, &root, t);
    check_known(&c, &snap, &wire_snap, t->snap);
    check_known(&c, &choose, &wire_choose, t->choose);
    check_look(&c, &root, t);
    check_draw(&c, &root, "effects", t->effects, check_uses);
    check_draw(&c, &root, "transitions", t->transitions, check_transition);
    check_draw(&c, &root, "sfx", t->sfx, check_sound);
    check_caption_style(&c, &root, t);
    if (t->music)
        check_known(&c, &music, &wire_music, t->music);
    return c.ok ? t : NULL;
}

/* --- Parts ------------------------------------------------------------------------------------ */

static bool add_use(struct template_uses *out, struct wire_raw raw, struct arena *a, struct err *e)
{
    if (out->count == TEMPLATE_MAX_USES)
        return err_set(e, ERR_INVALID, "at most %d effects go together", TEMPLATE_MAX_USES);
    out->raw[out->count] = raw;
    return effect_parse(raw.text, raw.len, a, &out->use[out->count++], e);
}

bool template_uses(const struct wire_raw *json, struct arena *a, struct template_uses *out,
                   struct err *e)
{
    struct json_reader r;
    struct effect_rate rate;
    *out = (struct template_uses){0};
    json_reader_init(&r, json->text, json->len, 16);
    if (json_peek(&r) != JSON_ARRAY)
        return add_use(out, *json, a, e);
    for (json_enter_array(&r); json_next_item(&r);) {
        struct wire_raw raw;
        if (!json_read_raw(&r, a, &raw.text, &raw.len))
            return err_set(e, ERR_NO_MEMORY, "no memory for an effect");
        if (!add_use(out, raw, a, e))
            return false;
    }
    if (out->count == 0)
        return err_set(e, ERR_INVALID, "an empty list of effects");
    return effect_total_rate(out->use, out->count, &rate, e);
}

bool template_length(const char *text, double *seconds, struct err *e)
{
    if (strcmp(text, "full") == 0) {
        *seconds = TEMPLATE_FULL;
        return true;
    }
    if (!number_parse(text, strlen(text), seconds) || !(*seconds >= 1) || *seconds > FILM_MAX_SECONDS)
        return err_set(e, ERR_INVALID,
                       "target_length is \"full\" or 1 to %d seconds: 15, 30, 60, 47.5",
                       FILM_MAX_SECONDS);
    return true;
}
