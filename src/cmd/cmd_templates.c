/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_templates.c - `aive templates`: what templates there are, and whether a file is one. */
#include "cmd/cmd.h"
#include "jobs/lay_out.h"

#include <stdio.h>

struct templates_options {
    const char *check;
    bool json;
};

static const struct option options[] = {
    {.name = "check", .kind = OPT_TEXT, .offset = offsetof(struct templates_options, check),
     .value = "FILE", .group = "Options", .help = "Read one file and say what is wrong with it."},
    {.name = "json", .kind = OPT_BOOL, .offset = offsetof(struct templates_options, json),
     .help = "The list as JSON, for programs."},
    {0},
};

static void print_names(const char *heading, const struct wire_list *list)
{
    const char *const *names = list->items;
    if (list->count)
        printf("    %s: ", heading);
    for (size_t i = 0; i < list->count; i++)
        printf("%s%s", names[i], i + 1 < list->count ? ", " : "\n");
}

static void print_catalog(const struct template_catalog *cat)
{
    const struct template_card *cards = cat->templates.items;
    const struct template_fault *faults = cat->faults.items;
    for (size_t i = 0; i < cat->templates.count; i++) {
        printf("%s - %s (%s, up to %.0f s)\n    %s\n", cards[i].name, cards[i].title,
               cards[i].source, cards[i].film_seconds, cards[i].help);
        print_names("effects", &cards[i].effects);
        print_names("transitions", &cards[i].transitions);
        print_names("sounds", &cards[i].sfx);
        if (cards[i].caption_style)
            printf("    captions: %s\n", cards[i].caption_style);
    }
    for (size_t i = 0; i < cat->faults.count; i++)
        fprintf(stderr, "%s: %s\n", faults[i].file, faults[i].error);
}

static int list_templates(struct cmd_context *c, bool json)
{
    struct err e = {0};
    struct buf out;
    const struct template_shelf shelf = template_shelf_of(&c->config, c->arena);
    const struct template_catalog *cat = template_catalog(&shelf, c->arena, &e);
    if (!cat)
        return cmd_fail(c, &e);
    buf_init(&out, 1 << 20);
    if (json)
        wire_write(&wire_template_catalog, cat, &out);
    else
        print_catalog(cat);
    if (out.len)
        cmd_print_json(out.data);
    buf_finish(&out);
    return cat->faults.count ? 3 : 0;
}

static int run_templates(struct cmd_context *c, const void *opt)
{
    const struct templates_options *o = opt;
    struct err e = {0};
    if (!*o->check)
        return list_templates(c, o->json);
    const struct template_shelf shelf = template_shelf_of(&c->config, c->arena);
    const struct template *t = template_read_file(o->check, shelf.sound, c->arena, &e);
    if (!t)
        return cmd_fail(c, &e);
    printf("%s: template %s is right\n", o->check, t->name);
    return 0;
}

const struct cmd cmd_templates = {
    .name = "templates", .words = "",
    .summary = "List the templates that lay out films, or check one of your own.",
    .help = "Templates of your own lie in the folder of AIVE_TEMPLATES_DIR. docs/templates.md says\n"
            "how to write one. Example:\n  aive templates --check my_style.json",
    .options = options, .options_size = sizeof(struct templates_options), .settings = true,
    .run = run_templates,
};
