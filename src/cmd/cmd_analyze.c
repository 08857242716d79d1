/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_analyze.c - `aive analyze`: a media file -> a timeline, without a server. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "jobs/analyze.h"
#include "jobs/workspace.h"
#include "timeline/timeline.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct analyze_options {
    const char *output;
    bool progress;
};

static const struct option options[] = {
    {.name = "output", .letter = 'o', .kind = OPT_TEXT, .offset = offsetof(struct analyze_options, output),
     .def = "-", .value = "FILE", .group = "Options", .help = "Where the timeline goes; - is stdout."},
    {.name = "progress", .kind = OPT_BOOL, .offset = offsetof(struct analyze_options, progress), .def = "false",
     .help = "Show progress on stderr."},
    {0},
};

static void on_progress(void *user, double percent, const char *stage)
{
    progress_draw(user, percent, stage);
}

static bool write_layout(struct cmd_context *c, const struct asset *asset,
                         const struct analysis_report *report, const char *output, struct err *e)
{
    struct workspace ws = {.config = &c->config, .log = &c->log};
    struct timeline *tl = analyze_layout(&ws, asset, report, c->arena, e);
    struct buf text;
    buf_init(&text, timeline_limits.max_bytes);
    bool ok = tl && timeline_set_asset(tl, asset->path, NULL, c->arena) &&
              timeline_write(tl, &text, e);
    ok = ok && buf_addc(&text, '\n') && output_write(output, text.data, text.len, e);
    buf_finish(&text);
    if (ok)
        fprintf(stderr, "%zu segments, %zu beats%s%s\n", tl->segments.count, report->beats.count,
                strcmp(output, "-") == 0 ? "" : " -> ", strcmp(output, "-") == 0 ? "" : output);
    return ok;
}

static int run_analyze(struct cmd_context *c, const void *opt)
{
    const struct analyze_options *o = opt;
    struct err e = {0};
    struct asset asset;
    struct probe_report *probe;
    struct analysis found;
    int fd;
    if (!input_load(c, c->words[0], &fd, &asset, &probe, &e))
        return cmd_fail(c, &e);
    struct progress_line line = {.show = o->progress};
    struct analyze_order order = {.asset = &asset, .fd = fd, .derived_fd = -1,
                                  .make = ANALYZE_REPORT, .cancel = c->cancel,
                                  .progress = on_progress, .user = &line};
    bool ok = analyze_run(&order, c->arena, &found, &e);
    progress_end(&line);
    close(fd);
    ok = ok && write_layout(c, &asset, found.report, o->output, &e);
    return ok ? 0 : cmd_fail(c, &e);
}

const struct cmd cmd_analyze = {
    .name = "analyze", .words = "FILE", .min_words = 1, .max_words = 1,
    .summary = "Listen to a media file and lay out a timeline.",
    .help = "The timeline is a JSON file to be edited by hand or program, then given to\n"
            "`aive render`. Example:\n  aive analyze clip.mp4 -o timeline.json --template clean",
    .options = options, .options_size = sizeof(struct analyze_options), .settings = true,
    .run = run_analyze,
};
