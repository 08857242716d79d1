/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_list.c - what a timeline can ask for.
 */
#include "effects/effect_list.h"

#include "effects/caption_style.h"
#include "effects/effect.h"
#include "effects/transition.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* clang-format off */
static const struct wire_field param_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .offset = offsetof(struct listed_param, name), .help = "Its key in the object."},
    {.name = "kind", .kind = WIRE_STRING, .offset = offsetof(struct listed_param, kind), .help = "number, choice, bool, colour or file."},
    {.name = "min", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .offset = offsetof(struct listed_param, min), .help = "Of a number."},
    {.name = "max", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .offset = offsetof(struct listed_param, max), .help = "Of a number."},
    {.name = "default", .kind = WIRE_JSON, .flags = WIRE_NULLABLE, .offset = offsetof(struct listed_param, def), .help = "What it is when left out; null: nothing, or as the style has it."},
    {.name = "choices", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct listed_param, choices), .help = "Of a choice."},
    {.name = "unit", .kind = WIRE_STRING, .offset = offsetof(struct listed_param, unit), .help = "x, s, dB, ...; empty: none."},
    {.name = "help", .kind = WIRE_STRING, .offset = offsetof(struct listed_param, help), .help = "One line."},
    {0},
};
static const struct wire_type wire_param = {.name = "Parameter", .help = "Something that may be set.", .fields = param_fields, .size = sizeof(struct listed_param)};

static const struct wire_field thing_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .offset = offsetof(struct listed_thing, name), .help = "What a timeline calls it."},
    {.name = "title", .kind = WIRE_STRING, .offset = offsetof(struct listed_thing, title), .help = "What people call it."},
    {.name = "help", .kind = WIRE_STRING, .offset = offsetof(struct listed_thing, help), .help = "One line."},
    {.name = "params", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_param, .offset = offsetof(struct listed_thing, params), .help = "What may be set about it."},
    {0},
};
static const struct wire_type wire_thing = {.name = "Effect", .help = "Something that a timeline can ask for.", .fields = thing_fields, .size = sizeof(struct listed_thing)};

#define THINGS(member, words) {.name = #member, .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_thing, .offset = offsetof(struct effect_list, member), .help = words}
static const struct wire_field list_fields[] = {
    THINGS(effects, "For a segment's effects."),
    THINGS(transitions, "For a segment's transition."),
    THINGS(caption_styles, "For caption_style, and the style of a caption or title."),
    THINGS(sfx, "For the name of a segment's sfx."),
    {0},
};
#undef THINGS
const struct wire_type wire_effect_list = {.name = "EffectList", .help = "What a timeline can ask for.", .fields = list_fields, .size = sizeof(struct effect_list)};
/* clang-format on */

static const char *kind_word(enum param_kind kind)
{
    static const char *const words[] = {
        [PARAM_NUMBER] = "number", [PARAM_CHOICE] = "choice", [PARAM_BOOL] = "bool",
        [PARAM_COLOUR] = "colour", [PARAM_FILE] = "file"};
    return words[kind];
}

static const char *default_text(const struct param *p, struct arena *a)
{
    switch (p->kind) {
    case PARAM_NUMBER:
        return arena_printf(a, "%.10g", p->def);
    case PARAM_CHOICE:
        return arena_printf(a, "\"%s\"", p->choices[(int)p->def]);
    case PARAM_BOOL:
        return p->def != 0 ? "true" : "false";
    case PARAM_COLOUR:
        return arena_printf(a, "\"#%06" PRIx32 "\"", (uint32_t)p->def);
    case PARAM_FILE:
        break;
    }
    return "null";
}

/* `own_defaults`: the table's; a caption style has numbers of its own. */
static bool list_params(const struct param *params, bool own_defaults, struct arena *a,
                        struct wire_list *out)
{
    size_t n = 0;
    while (params[n].name)
        n++;
    struct listed_param *m = arena_array(a, n ? n : 1, sizeof *m);
    if (!m)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct param *p = &params[i];
        const char *def = own_defaults ? default_text(p, a) : "null";
        size_t choices = 0;
        while (p->choices && p->choices[choices])
            choices++;
        if (!def)
            return false;
        m[i] = (struct listed_param){
            .name = p->name,
            .kind = kind_word(p->kind),
            .min = p->kind == PARAM_NUMBER ? p->min : NAN,
            .max = p->kind == PARAM_NUMBER ? p->max : NAN,
            .def = {def, strlen(def)},
            .choices = {(void *)p->choices, choices},
            .unit = p->unit ? p->unit : "",
            .help = p->help,
        };
    }
    *out = (struct wire_list){m, n};
    return true;
}

/* Room for `n` things. */
static struct listed_thing *start(struct wire_list *list, size_t n, struct arena *a)
{
    struct listed_thing *m = arena_array(a, n ? n : 1, sizeof *m);
    *list = (struct wire_list){m, n};
    return m;
}

static bool list_effects(struct wire_list *out, struct arena *a)
{
    size_t n = 0;
    while (effects[n])
        n++;
    struct listed_thing *m = start(out, n, a);
    for (size_t i = 0; m && i < n; i++) {
        m[i] = (struct listed_thing){effects[i]->name, effects[i]->title, effects[i]->help, {0}};
        if (!list_params(effects[i]->params, true, a, &m[i].params))
            return false;
    }
    return m != NULL;
}

static bool list_transitions(struct wire_list *out, struct arena *a)
{
    size_t n = 0;
    while (transitions[n])
        n++;
    struct listed_thing *m = start(out, n, a);
    for (size_t i = 0; m && i < n; i++) {
        const struct transition *t = transitions[i];
        m[i] = (struct listed_thing){t->name, t->title, t->help, {0}};
        if (!list_params(t->params, true, a, &m[i].params))
            return false;
    }
    return m != NULL;
}

static bool list_styles(struct wire_list *out, struct arena *a)
{
    size_t n = 0;
    while (caption_style_name(n))
        n++;
    struct listed_thing *m = start(out, n, a);
    for (size_t i = 0; m && i < n; i++) {
        const char *name = caption_style_name(i);
        m[i] = (struct listed_thing){name, name, caption_style_help(i), {0}};
        if (!list_params(caption_style_params, false, a, &m[i].params))
            return false;
    }
    return m != NULL;
}

struct effect_list *effect_list(struct arena *a)
{
    struct effect_list *l = arena_alloc(a, sizeof *l);
    if (!l)
        return NULL;
    l->sfx = (struct wire_list){0};
    return list_effects(&l->effects, a) && list_transitions(&l->transitions, a) &&
                   list_styles(&l->caption_styles, a)
               ? l
               : NULL;
}

/* --- Text ----------------------------------------------------------------------------------- */

static void text_range(const struct listed_param *p, struct buf *out)
{
    bool has_unit = p->unit[0] && strcmp(p->unit, "0..1") != 0;
    buf_printf(out, " %g to %g%s%s", p->min, p->max, has_unit ? " " : "", has_unit ? p->unit : "");
}

static void text_param(const struct listed_param *p, struct buf *out)
{
    const char *const *choices = p->choices.items;
    buf_printf(out, "    %-12s %s", p->name, p->help);
    if (!isnan(p->min))
        text_range(p, out);
    for (size_t i = 0; i < p->choices.count; i++)
        buf_printf(out, "%s%s%s", i ? ", " : " (", choices[i], i + 1 == p->choices.count ? ")" : "");
    if (strcmp(p->def.text, "null") != 0)
        buf_printf(out, " [%.*s]", (int)p->def.len, p->def.text);
    buf_addc(out, '\n');
}

static bool text_things(const struct wire_list *list, const char *noun, const char *only,
                        struct buf *out)
{
    const struct listed_thing *t = list->items;
    bool any = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct listed_param *params = t[i].params.items;
        if (only && strcmp(only, t[i].name) != 0)
            continue;
        buf_printf(out, "%s %s - %s\n", noun, t[i].name, t[i].help);
        for (size_t k = 0; k < t[i].params.count; k++)
            text_param(&params[k], out);
        any = true;
    }
    return any;
}

bool effect_list_text(const struct effect_list *list, const char *only, struct buf *out)
{
    bool effect = text_things(&list->effects, "effect", only, out);
    return text_things(&list->transitions, "transition", only, out) || effect;
}
