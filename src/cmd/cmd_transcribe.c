/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_transcribe.c - `aive transcribe`: what is said in a file, without a server. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "jobs/transcribe.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct transcribe_words {
    const char *model, *language, *prompt;
    bool translate, json, progress;
};

#define AT(member) .offset = offsetof(struct transcribe_words, member)
static const struct option options[] = {
    {.name = "model", .kind = OPT_TEXT, AT(model), .value = "NAME", .group = "Options",
     .help = "A model's name, a folder or a ggml file; AIVE_WHISPER_MODEL without it."},
    {.name = "language", .kind = OPT_TEXT, AT(language), .value = "CODE",
     .help = "Of what is said (en, de, ja, ...); detected without it."},
    {.name = "prompt", .kind = OPT_TEXT, AT(prompt), .value = "TEXT",
     .help = "Names and terms that may come."},
    {.name = "translate", .kind = OPT_BOOL, AT(translate), .def = "false",
     .help = "Into English."},
    {.name = "json", .kind = OPT_BOOL, AT(json), .def = "false",
     .help = "Everything, with the times of words, for programs."},
    {.name = "progress", .kind = OPT_BOOL, AT(progress), .def = "false",
     .help = "Show progress on stderr."},
    {0},
};
#undef AT

static void on_progress(void *user, double percent, const char *stage)
{
    progress_draw(user, percent, stage);
}

/* 1:02:03.45 */
static void print_time(double s)
{
    long long hundredths = llround(s * 100), minutes = hundredths / 6000;
    if (minutes >= 60)
        printf("%lld:%02lld", minutes / 60, minutes % 60);
    else
        printf("%lld", minutes);
    printf(":%02lld.%02lld", hundredths / 100 % 60, hundredths % 100);
}

static void print_segments(const struct transcript *t)
{
    const struct transcript_segment *s = t->segments.items;
    const struct transcript_dropped *d = t->dropped.items;
    for (size_t i = 0; i < t->segments.count; i++) {
        print_time(s[i].start);
        printf(" - ");
        print_time(s[i].end);
        printf("  %s\n", s[i].text);
    }
    if (t->segments.count == 0)
        fputs("Nobody speaks.\n", stderr);
    for (size_t i = 0; i < t->dropped.count; i++)
        fprintf(stderr, "left out at %.1f s (%s): %s\n", d[i].start, d[i].reason, d[i].text);
}

static const char *or_none(const char *text)
{
    return *text ? text : NULL;
}

static int run_transcribe(struct cmd_context *c, const void *opt)
{
    const struct transcribe_words *o = opt;
    struct err e = {0};
    struct asset asset;
    struct probe_report *probe;
    struct heard heard;
    int fd;
    if (!input_load(c, c->words[0], &fd, &asset, &probe, &e))
        return cmd_fail(c, &e);
    struct progress_line line = {.show = o->progress};
    const struct transcribe_order order = {
        .asset = &asset, .fd = fd, .derived_fd = -1, .config = &c->config, .own_model = true,
        .model = or_none(o->model), .language = or_none(o->language),
        .prompt = or_none(o->prompt), .translate = o->translate, .cancel = c->cancel,
        .progress = on_progress, .user = &line,
    };
    bool ok = transcribe_run(&order, c->arena, &heard, &e);
    progress_end(&line);
    close(fd);
    if (ok && !heard.transcript->engine)
        ok = err_set(&e, ERR_UNAVAILABLE, "%s", heard.transcript->reason);
    if (!ok)
        return cmd_fail(c, &e);
    if (o->json)
        cmd_print_json(heard.json);
    else
        print_segments(heard.transcript);
    return 0;
}

const struct cmd cmd_transcribe = {
    .name = "transcribe", .words = "FILE", .min_words = 1, .max_words = 1,
    .summary = "What is said in a sound or film, with times.",
    .help = "Needs a speech model: `aive models pull small.en`. Examples:\n"
            "  aive transcribe talk.mp4 --progress\n"
            "  aive transcribe talk.mp4 --model base --language de --json | jq .segments",
    .options = options, .options_size = sizeof(struct transcribe_words), .settings = true,
    .run = run_transcribe,
};
