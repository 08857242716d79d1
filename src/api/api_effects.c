/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_effects.c - what a timeline can ask for: effects, transitions, caption styles, sounds. A front
 * end builds its menus and sliders from it. */
#include "api/app.h"
#include "effects/caption_style.h"
#include "effects/effect.h"
#include "effects/transition.h"
#include "render/sfx.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct param_model {
    const char *name, *kind;
    double min, max;
    struct wire_raw def;
    struct wire_list choices; /* const char * */
    const char *unit, *help;
};

struct thing_model {
    const char *name, *title, *help;
    struct wire_list params; /* struct param_model */
};

struct catalogue_model {
    struct wire_list effects, transitions, caption_styles, sfx; /* struct thing_model */
};

/* clang-format off */
static const struct wire_field param_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .offset = offsetof(struct param_model, name), .help = "Its key in the object."},
    {.name = "kind", .kind = WIRE_STRING, .offset = offsetof(struct param_model, kind), .help = "number, choice, bool, colour or file."},
    {.name = "min", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .offset = offsetof(struct param_model, min), .help = "Of a number."},
    {.name = "max", .kind = WIRE_NUMBER, .flags = WIRE_NULLABLE, .offset = offsetof(struct param_model, max), .help = "Of a number."},
    {.name = "default", .kind = WIRE_JSON, .flags = WIRE_NULLABLE, .offset = offsetof(struct param_model, def), .help = "What it is when left out; null: nothing, or as the style has it."},
    {.name = "choices", .kind = WIRE_LIST, .item = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct param_model, choices), .help = "Of a choice."},
    {.name = "unit", .kind = WIRE_STRING, .offset = offsetof(struct param_model, unit), .help = "x, s, dB, ...; empty: none."},
    {.name = "help", .kind = WIRE_STRING, .offset = offsetof(struct param_model, help), .help = "One line."},
    {0},
};
static const struct wire_type wire_param = {.name = "Parameter", .help = "Something that may be set.", .fields = param_fields, .size = sizeof(struct param_model)};

static const struct wire_field thing_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .offset = offsetof(struct thing_model, name), .help = "What a timeline calls it."},
    {.name = "title", .kind = WIRE_STRING, .offset = offsetof(struct thing_model, title), .help = "What people call it."},
    {.name = "help", .kind = WIRE_STRING, .offset = offsetof(struct thing_model, help), .help = "One line."},
    {.name = "params", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_param, .offset = offsetof(struct thing_model, params), .help = "What may be set about it."},
    {0},
};
static const struct wire_type wire_thing = {.name = "Effect", .help = "Something that a timeline can ask for.", .fields = thing_fields, .size = sizeof(struct thing_model)};

#define THINGS(member, words) {.name = #member, .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_thing, .offset = offsetof(struct catalogue_model, member), .help = words}
static const struct wire_field catalogue_fields[] = {
    THINGS(effects, "For a segment's effects."),
    THINGS(transitions, "For a segment's transition."),
    THINGS(caption_styles, "For caption_style, and the style of a caption or title."),
    THINGS(sfx, "For the name of a segment's sfx."),
    {0},
};
#undef THINGS
const struct wire_type wire_catalogue = {.name = "Catalogue", .help = "What a timeline can ask for.", .fields = catalogue_fields, .size = sizeof(struct catalogue_model)};
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
static bool show_params(const struct param *params, bool own_defaults, struct arena *a,
                        struct wire_list *out)
{
    size_t n = 0;
    while (params[n].name)
        n++;
    struct param_model *m = arena_array(a, n ? n : 1, sizeof *m);
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
        m[i] = (struct param_model){
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
static struct thing_model *start(struct wire_list *list, size_t n, struct arena *a)
{
    struct thing_model *m = arena_array(a, n ? n : 1, sizeof *m);
    *list = (struct wire_list){m, n};
    return m;
}

static bool show_effects(struct wire_list *out, struct arena *a)
{
    size_t n = 0;
    while (effects[n])
        n++;
    struct thing_model *m = start(out, n, a);
    for (size_t i = 0; m && i < n; i++) {
        m[i] = (struct thing_model){effects[i]->name, effects[i]->title, effects[i]->help, {0}};
        if (!show_params(effects[i]->params, true, a, &m[i].params))
            return false;
    }
    return m != NULL;
}

static bool show_transitions(struct wire_list *out, struct arena *a)
{
    size_t n = 0;
    while (transitions[n])
        n++;
    struct thing_model *m = start(out, n, a);
    for (size_t i = 0; m && i < n; i++) {
        const struct transition *t = transitions[i];
        m[i] = (struct thing_model){t->name, t->title, t->help, {0}};
        if (!show_params(t->params, true, a, &m[i].params))
            return false;
    }
    return m != NULL;
}

static bool show_styles(struct wire_list *out, struct arena *a)
{
    size_t n = 0;
    while (caption_style_name(n))
        n++;
    struct thing_model *m = start(out, n, a);
    for (size_t i = 0; m && i < n; i++) {
        const char *name = caption_style_name(i);
        m[i] = (struct thing_model){name, name, caption_style_help(i), {0}};
        if (!show_params(caption_style_params, false, a, &m[i].params))
            return false;
    }
    return m != NULL;
}

static bool show_sounds(struct wire_list *out, struct arena *a)
{
    static const struct param none[] = {{0}};
    size_t n = 0;
    while (sfx_table[n].name)
        n++;
    struct thing_model *m = start(out, n, a);
    for (size_t i = 0; m && i < n; i++) {
        m[i] = (struct thing_model){sfx_table[i].name, sfx_table[i].title, sfx_table[i].help, {0}};
        if (!show_params(none, true, a, &m[i].params))
            return false;
    }
    return m != NULL;
}

bool effects_get(struct request *req, struct reply *reply, struct err *e)
{
    struct catalogue_model m;
    if (!show_effects(&m.effects, req->arena) || !show_transitions(&m.transitions, req->arena) ||
        !show_styles(&m.caption_styles, req->arena) || !show_sounds(&m.sfx, req->arena))
        return err_set(e, ERR_NO_MEMORY, "no memory for the list of effects");
    return reply_json(reply, &wire_catalogue, &m);
}
