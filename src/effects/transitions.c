/* SPDX-License-Identifier: GPL-3.0-or-later
 * transitions.c - the list of transitions.
 */
#include "effects/transition.h"

#include <string.h>

extern const struct transition tr_crossfade, tr_whip, tr_slide, tr_zoom_blur, tr_flash,
    tr_dip_to_black;

const struct transition *const transitions[] = {
    &tr_crossfade,
    &tr_whip,
    &tr_slide,
    &tr_zoom_blur,
    &tr_flash,
    &tr_dip_to_black,
    NULL,
};

/* No transition at all has a name too. */
static const struct param cut_params[] = {TRANSITION_DURATION(0), {0}};
static const char cut_name[] = "cut";

static bool find_thing(const char *name, struct param_thing *out)
{
    if (strcmp(name, cut_name) == 0) {
        *out = (struct param_thing){
            .name = cut_name, .params = cut_params, .self_size = sizeof(struct transition_base)};
        return true;
    }
    for (const struct transition *const *t = transitions; *t; t++) {
        if (strcmp((*t)->name, name) == 0) {
            *out = (struct param_thing){.name = (*t)->name,
                                        .params = (*t)->params,
                                        .self_size = (*t)->self_size,
                                        .row = *t};
            return true;
        }
    }
    return false;
}

static const char *name_at(size_t i)
{
    if (i == 0)
        return cut_name;
    return transitions[i - 1] ? transitions[i - 1]->name : NULL;
}

bool transition_parse(const char *json, size_t len, struct arena *a, struct transition_use *out,
                      struct err *e)
{
    static const struct param_kind_of kind = {"transition", find_thing, name_at};
    struct param_thing thing;
    if (!param_read(&kind, json, len, a, &thing, &out->self, e))
        return false;
    out->kind = thing.row;
    return true;
}

void transition_canonical(const struct transition_use *use, struct buf *out)
{
    if (use->kind)
        param_canonical(use->kind->name, use->kind->params, use->self, out);
    else
        buf_adds(out, cut_name);
}
