/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_effects.c - what a timeline can ask for. A front end builds its menus and sliders from it. */
#include "api/app.h"
#include "render/sfx.h"

/* The sounds have nothing to set. */
static bool add_sounds(struct effect_list *list, struct arena *a)
{
    size_t n = 0;
    while (sfx_table[n].name)
        n++;
    struct listed_thing *t = arena_array(a, n ? n : 1, sizeof *t);
    for (size_t i = 0; t && i < n; i++)
        t[i] = (struct listed_thing){
            .name = sfx_table[i].name, .title = sfx_table[i].title, .help = sfx_table[i].help};
    list->sfx = (struct wire_list){t, n};
    return t != NULL;
}

bool effects_get(struct request *req, struct reply *reply, struct err *e)
{
    struct effect_list *list = effect_list(req->arena);
    if (!list || !add_sounds(list, req->arena))
        return err_set(e, ERR_NO_MEMORY, "no memory for the list of effects");
    return reply_json(reply, &wire_effect_list, list);
}
