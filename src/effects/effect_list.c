/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_list.c - what effects and transitions there are.
 */
#include "effects/effect_list.h"

#include "core/json.h"
#include "effects/transition.h"

#include <string.h>

/* What effects and transitions have in common. */
struct thing {
    const char *name, *title, *help;
    const struct param *params;
};

static bool effect_thing(size_t i, struct thing *t)
{
    const struct effect *fx = effects[i];
    if (fx)
        *t = (struct thing){fx->name, fx->title, fx->help, fx->params};
    return fx != NULL;
}

static bool transition_thing(size_t i, struct thing *t)
{
    const struct transition *tr = transitions[i];
    if (tr)
        *t = (struct thing){tr->name, tr->title, tr->help, tr->params};
    return tr != NULL;
}

static const struct {
    const char *name; /* in JSON */
    const char *noun;
    bool (*at)(size_t i, struct thing *t);
} lists[] = {
    {"effects", "effect", effect_thing},
    {"transitions", "transition", transition_thing},
};

#define LISTS (sizeof lists / sizeof lists[0])

/* --- JSON ----------------------------------------------------------------------------------- */

static void json_text(const char *key, const char *text, struct buf *out)
{
    buf_printf(out, "\"%s\":", key);
    json_write_string(out, text);
}

static void json_choices(const struct param *p, struct buf *out)
{
    buf_adds(out, ",\"choices\":[");
    for (int i = 0; p->choices[i]; i++) {
        buf_adds(out, i ? "," : "");
        json_write_string(out, p->choices[i]);
    }
    buf_adds(out, "]");
}

static void json_kind(const struct param *p, struct buf *out)
{
    switch (p->kind) {
    case PARAM_NUMBER:
        buf_adds(out, "\"type\":\"number\",\"default\":");
        json_write_number(out, p->def);
        buf_adds(out, ",\"min\":");
        json_write_number(out, p->min);
        buf_adds(out, ",\"max\":");
        json_write_number(out, p->max);
        break;
    case PARAM_CHOICE:
        buf_adds(out, "\"type\":\"choice\",\"default\":");
        json_write_string(out, p->choices[(int)p->def]);
        json_choices(p, out);
        break;
    case PARAM_BOOL:
        buf_adds(out, "\"type\":\"bool\",\"default\":");
        json_write_bool(out, p->def != 0);
        break;
    case PARAM_COLOUR:
        buf_printf(out, "\"type\":\"color\",\"default\":\"#%06x\"", (unsigned)p->def);
        break;
    case PARAM_FILE:
        buf_adds(out, "\"type\":\"file\",\"default\":null");
        break;
    }
}

static void json_param(const struct param *p, struct buf *out)
{
    buf_adds(out, "{");
    json_text("name", p->name, out);
    buf_adds(out, ",");
    json_kind(p, out);
    buf_adds(out, ",");
    json_text("unit", p->unit, out);
    buf_adds(out, ",");
    json_text("help", p->help, out);
    buf_adds(out, "}");
}

static void json_thing(const struct thing *t, struct buf *out)
{
    buf_adds(out, "{");
    json_text("name", t->name, out);
    buf_adds(out, ",");
    json_text("title", t->title, out);
    buf_adds(out, ",");
    json_text("help", t->help, out);
    buf_adds(out, ",\"params\":[");
    for (const struct param *p = t->params; p->name; p++) {
        buf_adds(out, p == t->params ? "" : ",");
        json_param(p, out);
    }
    buf_adds(out, "]}");
}

void effect_list_json(struct buf *out)
{
    for (size_t k = 0; k < LISTS; k++) {
        struct thing t;
        buf_printf(out, "%s\"%s\":[", k ? "," : "{", lists[k].name);
        for (size_t i = 0; lists[k].at(i, &t); i++) {
            buf_adds(out, i ? "," : "");
            json_thing(&t, out);
        }
        buf_adds(out, "]");
    }
    buf_adds(out, "}");
}

/* --- Text ----------------------------------------------------------------------------------- */

static void text_param(const struct param *p, struct buf *out)
{
    buf_printf(out, "    %-12s %s", p->name, p->help);
    bool has_unit = p->unit[0] && strcmp(p->unit, "0..1") != 0;
    if (p->kind == PARAM_NUMBER)
        buf_printf(out, " %g to %g%s%s [%g]\n", p->min, p->max, has_unit ? " " : "",
                   has_unit ? p->unit : "", p->def);
    else if (p->kind == PARAM_CHOICE)
        for (int i = 0; p->choices[i]; i++)
            buf_printf(out, "%s%s%s%s", i ? ", " : " (", p->choices[i],
                       i == (int)p->def ? " [default]" : "", p->choices[i + 1] ? "" : ")\n");
    else if (p->kind == PARAM_BOOL)
        buf_printf(out, " true or false [%s]\n", p->def != 0 ? "true" : "false");
    else if (p->kind == PARAM_COLOUR)
        buf_printf(out, " [#%06x]\n", (unsigned)p->def);
    else
        buf_adds(out, "\n");
}

bool effect_list_text(const char *only, struct buf *out)
{
    bool any = false;
    for (size_t k = 0; k < LISTS; k++) {
        struct thing t;
        for (size_t i = 0; lists[k].at(i, &t); i++) {
            if (only && strcmp(only, t.name) != 0)
                continue;
            buf_printf(out, "%s %s - %s\n", lists[k].noun, t.name, t.help);
            for (const struct param *p = t.params; p->name; p++)
                text_param(p, out);
            any = true;
        }
    }
    return any;
}
