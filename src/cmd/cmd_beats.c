/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_beats.c - `aive beats`: the beats of a sound as JSON, or to be heard. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "cmd/output.h"
#include "jobs/listen_beats.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct beats_options {
    const char *click;
    bool progress;
};

static const struct option options[] = {
    {.name = "click", .kind = OPT_TEXT, .offset = offsetof(struct beats_options, click), .def = "",
     .value = "FILE", .group = "Options",
     .help = "Also write the sound as a WAV with a click on each beat, higher on downbeats."},
    {.name = "progress", .kind = OPT_BOOL, .offset = offsetof(struct beats_options, progress),
     .def = "false", .help = "Show progress on stderr."},
    {0},
};

static void on_progress(void *user, double percent, const char *stage)
{
    progress_draw(user, percent, stage);
}

static int run_beats(struct cmd_context *c, const void *opt)
{
    const struct beats_options *o = opt;
    struct err e = {0};
    struct output click = {.fd = -1};
    const char *json = NULL;
    int fd = input_open(c->words[0], &e);
    if (fd < 0)
        return cmd_fail(c, &e);
    struct progress_line line = {.show = o->progress};
    bool ok = !*o->click || output_open(&click, o->click, &e);
    if (ok)
        json = listen_beats_run(fd, click.fd, on_progress, &line, c->cancel, c->arena, &e);
    progress_end(&line);
    if (ok && !json)
        ok = err_wrap(&e, "%s", c->words[0]);
    ok = output_end(&click, ok, &e);
    close(fd);
    if (!ok)
        return cmd_fail(c, &e);
    cmd_print_json(json);
    return 0;
}

const struct cmd cmd_beats = {
    .name = "beats", .words = "FILE", .min_words = 1, .max_words = 1,
    .summary = "Find beats, bars and tempo of a sound, as JSON.",
    .help = "Without a beat (speech, noise, silence) the lists are empty and tempo is null. Example:\n"
            "  aive beats song.mp3 --click click.wav | jq .tempo",
    .options = options, .options_size = sizeof(struct beats_options), .run = run_beats,
};
