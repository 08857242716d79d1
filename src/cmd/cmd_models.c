/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_models.c - `aive models`: what models there are, and fetching them. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "core/json.h"
#include "models/model_names.h"
#include "models/model_shelf.h"
#include "models/pull.h"

#include <stdio.h>
#include <string.h>

struct models_options {
    bool json;
};

static const struct option options[] = {
    {.name = "json", .kind = OPT_BOOL, .offset = offsetof(struct models_options, json),
     .group = "Options", .help = "The list as JSON, for programs."},
    {0},
};

/* --- list ------------------------------------------------------------------------------------- */

static const struct model_entry *find_entry(const struct model_entries *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].name, name) == 0)
            return &all->items[i];
    return NULL;
}

static void print_list(const struct config *c, const struct model_entries *here)
{
    printf("In %s:\n", c->models_dir);
    if (!here->count)
        puts("  nothing yet");
    for (size_t i = 0; i < here->count; i++) {
        const struct model_entry *m = &here->items[i];
        printf("  %-28s %-8s %6lld MB  %s\n", m->name, *m->kind ? m->kind : "?",
               (long long)m->bytes / 1000000,
               !*m->kind ? "not a model that aive can read"
               : m->fetched ? "fetched" : "put there by hand");
    }
    puts("\nTo be had with `aive models pull NAME`:");
    for (const struct model_name *m = model_names; m->name; m++)
        if (!find_entry(here, m->name))
            printf("  %-28s %-8s %6d MB  %s\n", m->name, model_kind_name(m->kind), m->megabytes,
                   m->help);
    puts("  OWNER/MODEL                                 any Whisper or GPT-2 model of the hub");
}

static void print_json(const struct model_entries *here)
{
    struct buf out;
    buf_init(&out, 1 << 22);
    buf_adds(&out, "{\"models\":[");
    for (size_t i = 0; i < here->count; i++) {
        const struct model_entry *m = &here->items[i];
        buf_adds(&out, i ? ",{\"name\":" : "{\"name\":");
        json_write_string(&out, m->name);
        buf_adds(&out, ",\"kind\":");
        json_write_string(&out, *m->kind ? m->kind : NULL);
        buf_printf(&out, ",\"bytes\":%lld,\"fetched\":%s}", (long long)m->bytes,
                   m->fetched ? "true" : "false");
    }
    buf_adds(&out, "]}");
    if (!out.failed)
        cmd_print_json(out.data);
    buf_finish(&out);
}

static bool list(struct cmd_context *c, const struct models_options *o, struct err *e)
{
    struct model_entries here;
    if (!model_shelf_list(c->config.models_dir, c->arena, &here, e))
        return false;
    if (o->json)
        print_json(&here);
    else
        print_list(&c->config, &here);
    return true;
}

/* --- pull, verify, rm ------------------------------------------------------------------------- */

static void on_progress(void *user, const char *file, int64_t done, int64_t all)
{
    char text[200];
    snprintf(text, sizeof text, "%s (%lld of %lld MB)", file, (long long)done / 1000000,
             (long long)all / 1000000);
    progress_draw(user, all > 0 ? 100.0 * (double)done / (double)all : 100, text);
}

static bool pull(struct cmd_context *c, const struct models_options *o, struct err *e)
{
    struct progress_line line = {.show = true};
    const struct pull p = {
        .hub = {c->config.hub_url, c->config.hub_token},
        .models_dir = c->config.models_dir,
        .name = c->words[1],
        .cancel = c->cancel,
        .on_progress = on_progress,
        .user = &line,
    };
    (void)o;
    if (c->config.offline)
        return err_set(e, ERR_UNAVAILABLE, "AIVE_OFFLINE is set, so no model is fetched");
    bool ok = model_pull(&p, e);
    progress_end(&line);
    if (ok)
        printf("%s is in %s\n", p.name, p.models_dir);
    return ok;
}

static bool verify(struct cmd_context *c, const struct models_options *o, struct err *e)
{
    (void)o;
    if (!model_verify(c->config.models_dir, c->words[1], c->cancel, e))
        return false;
    printf("%s is as it was fetched\n", c->words[1]);
    return true;
}

static bool rm(struct cmd_context *c, const struct models_options *o, struct err *e)
{
    (void)o;
    if (!model_remove(c->config.models_dir, c->words[1], e))
        return false;
    printf("%s is removed\n", c->words[1]);
    return true;
}

/* --- The command ------------------------------------------------------------------------------ */

static const struct verb {
    const char *name;
    int words; /* after it */
    bool (*run)(struct cmd_context *c, const struct models_options *o, struct err *e);
} verbs[] = {
    {"list", 0, list},
    {"pull", 1, pull},
    {"verify", 1, verify},
    {"rm", 1, rm},
};

static int run_models(struct cmd_context *c, const void *opt)
{
    const char *name = c->word_count ? c->words[0] : "list";
    int words = c->word_count ? c->word_count - 1 : 0;
    struct err e = {0};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        if (words == verbs[i].words)
            return verbs[i].run(c, opt, &e) ? 0 : cmd_fail(c, &e);
        fprintf(stderr, "aive models %s: %s\n", name,
                verbs[i].words ? "which model? (`aive models list` names some)"
                               : "takes no more words");
        return 2;
    }
    fprintf(stderr, "aive models: \"%s\" is none of list, pull, verify, rm\n", name);
    return 2;
}

const struct cmd cmd_models = {
    .name = "models", .words = "list | pull NAME | verify NAME | rm NAME", .max_words = 2,
    .summary = "List, fetch, check and remove models for speech and text.",
    .help = "Models lie in AIVE_MODELS_DIR. A folder of Hugging Face's layout or a ggml file that you\n"
            "put there yourself is a model, too. An interrupted pull goes on where it stopped.\n"
            "Examples:\n  aive models pull small.en\n  aive models pull openai/whisper-base",
    .options = options, .options_size = sizeof(struct models_options), .settings = true,
    .run = run_models,
};
