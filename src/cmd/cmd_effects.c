/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_effects.c - `aive effects`: what effects there are, and what can be set on them. */
#include "cmd/cmd.h"
#include "effects/effect_list.h"

#include <stdio.h>

struct effects_options {
    bool json;
};

static const struct option options[] = {
    {.name = "json", .kind = OPT_BOOL, .offset = offsetof(struct effects_options, json),
     .help = "All of them as JSON, for programs."},
    {0},
};

static int run_effects(struct cmd_context *c, const void *opt)
{
    const struct effects_options *o = opt;
    struct err e = {0};
    struct arena a;
    struct buf out;
    arena_init(&a, 1 << 20);
    buf_init(&out, 1 << 20);
    bool found = true;
    const struct effect_list *list = effect_list(&a);
    if (list && o->json)
        wire_write(&wire_effect_list, list, &out);
    else if (list)
        found = effect_list_text(list, c->word_count ? c->words[0] : NULL, &out);
    found = found && list;
    if (!list)
        err_set(&e, ERR_NO_MEMORY, "no memory for the list of effects");
    else if (!found)
        err_set(&e, ERR_NOT_FOUND, "there is no effect or transition %s; aive effects lists them",
                c->words[0]);
    else if (o->json)
        cmd_print_json(out.data);
    else
        fputs(out.data, stdout);
    buf_finish(&out);
    arena_finish(&a);
    return found ? 0 : cmd_fail(c, &e);
}

const struct cmd cmd_effects = {
    .name = "effects", .words = "[NAME]", .max_words = 1,
    .summary = "List effects and transitions with their parameters.",
    .help = "Pictures of all of them are in docs/effects.md. Example:\n"
            "  aive effects zoom",
    .options = options, .options_size = sizeof(struct effects_options), .run = run_effects,
};
