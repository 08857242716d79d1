/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_analyze.c - `aive analyze`: a media file -> a timeline, without a server. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "cmd/output.h"
#include "core/files.h"
#include "jobs/analyze.h"
#include "jobs/derived.h"
#include "jobs/hear.h"
#include "jobs/lay_out.h"
#include "plot/plot.h"
#include "timeline/timeline.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX_BYTES ((size_t)64 << 20)
#define WORDS_MAX_BYTES ((size_t)4 << 20)
#define KEPT_SECONDS (30 * 24 * 3600) /* in the user's cache */

struct analyze_options {
    const char *output, *plot, *length, *script, *captions;
    int64_t seed;
    bool facts, progress;
};

static const struct option options[] = {
    {.name = "output", .letter = 'o', .kind = OPT_TEXT, .offset = offsetof(struct analyze_options, output),
     .def = "-", .value = "FILE", .group = "Options", .help = "Where the timeline goes; - is stdout."},
    {.name = "length", .kind = OPT_TEXT, .offset = offsetof(struct analyze_options, length), .value = "LENGTH",
     .help = "How long the film may be: full, or seconds (15, 30, 60); as the template says without it."},
    {.name = "seed", .kind = OPT_INT, .offset = offsetof(struct analyze_options, seed), .def = "-1",
     .min = -1, .max = 9007199254740991.0, .value = "N",
     .help = "Another number, another cut; -1 gives the same film every time."},
    {.name = "script", .kind = OPT_TEXT, .offset = offsetof(struct analyze_options, script), .def = "", .value = "FILE",
     .help = "A text of what is said, word for word: captions follow from it, without any model."},
    {.name = "captions", .kind = OPT_TEXT, .offset = offsetof(struct analyze_options, captions), .def = "", .value = "FILE",
     .help = "Captions that there are already: .srt, .vtt or .ass."},
    {.name = "facts", .kind = OPT_BOOL, .offset = offsetof(struct analyze_options, facts), .def = "false",
     .help = "Everything that was found, as JSON, in place of the timeline."},
    {.name = "plot", .kind = OPT_TEXT, .offset = offsetof(struct analyze_options, plot), .def = "", .value = "FILE",
     .help = "Draw what was found on one page: a .png or a .svg."},
    {.name = "progress", .kind = OPT_BOOL, .offset = offsetof(struct analyze_options, progress), .def = "false",
     .help = "Show progress on stderr."},
    {0},
};

struct analyze_call {
    struct cmd_context *c;
    const struct analyze_options *o;
    struct progress_line line;
    struct asset asset;
    int derived_fd; /* -1: nothing is kept */
    struct layout_order order;
    struct analysis found;
    struct heard heard;
    struct timeline *timeline;
};

static void on_progress(void *user, double percent, const char *stage)
{
    progress_draw(&((struct analyze_call *)user)->line, percent, stage);
}

static void on_log(void *user, const char *line)
{
    progress_end(&((struct analyze_call *)user)->line);
    fprintf(stderr, "%s\n", line);
}

static bool nobody_knows(void *user, const char *hash, bool *known, struct err *e)
{
    (void)user, (void)hash, (void)e;
    *known = false;
    return true;
}

/* What is known is kept: in the data folder where there is one, else in the user's cache, a month
 * long; a user who has none does without. */
static bool open_derived(struct analyze_call *call, struct err *e)
{
    const struct config *c = &call->c->config;
    const char *dir = c->derived_dir, *users = input_user_cache(call->c->arena);
    bool is_users = access(c->data_dir, F_OK) < 0;
    if (is_users)
        dir = users ? arena_printf(call->c->arena, "%s/derived", users) : NULL;
    call->derived_fd = dir && dir_ensure(dir, e) ? dir_open(dir, e) : -1;
    struct err ignored;
    if (is_users && call->derived_fd >= 0)
        derived_sweep(call->derived_fd, KEPT_SECONDS, nobody_knows, NULL, &ignored);
    return call->derived_fd >= 0 || is_users;
}

static bool find_out(struct analyze_call *call, int fd, struct err *e)
{
    struct analyze_order order = {
        .asset = &call->asset,
        .fd = fd,
        .derived_fd = call->derived_fd,
        .make = ANALYZE_REPORT | (*call->o->plot ? ANALYZE_WAVEFORM | ANALYZE_STORYBOARD : 0),
        .cancel = call->c->cancel,
        .progress = on_progress,
        .log = on_log,
        .user = call,
    };
    call->line.show = call->o->progress;
    bool ok = analyze_run(&order, call->c->arena, &call->found, e);
    progress_end(&call->line);
    return ok;
}

/* The text of a file that an option names; NULL: it names none. */
static bool load_words(const char *path, const char **text, struct arena *a, struct err *e)
{
    size_t len;
    *text = *path ? file_load(path, WORDS_MAX_BYTES, a, &len, e) : NULL;
    return *text || !*path;
}

static bool layout_order_of(struct analyze_call *call, struct err *e)
{
    const struct analyze_options *o = call->o;
    call->order = (struct layout_order){.target_length = *o->length ? o->length : NULL,
                                        .seed = o->seed < 0 ? INT64_MIN : o->seed};
    return load_words(o->script, &call->order.script, call->c->arena, e) &&
           load_words(o->captions, &call->order.captions, call->c->arena, e);
}

/* Before the long work: can the film that is asked for be laid out at all? */
static bool order_ok(struct analyze_call *call, struct err *e)
{
    const char *key;
    if (!layout_order_of(call, e) ||
        !layout_order_template(&call->order, &call->c->config, call->c->arena, &key, e))
        return false;
    return hear_check(call->order.script, call->order.captions, &key, call->c->arena, e) ||
           err_wrap(e, "%s", key);
}

static bool listen(struct analyze_call *call, int fd, struct err *e)
{
    const struct hear_order order = {
        .listen = {.asset = &call->asset, .fd = fd, .derived_fd = call->derived_fd,
                   .config = &call->c->config, .no_fetch = true, .cancel = call->c->cancel,
                   .progress = on_progress, .log = on_log, .user = call},
        .script = call->order.script,
        .captions = call->order.captions,
    };
    bool ok = hear(&order, call->c->arena, &call->heard, e);
    progress_end(&call->line);
    return ok;
}

static bool lay_out(struct analyze_call *call, struct err *e)
{
    call->timeline = layout_from_report(&call->c->config, &call->order, &call->asset,
                                        call->found.report, call->heard.transcript, NULL,
                                        call->c->arena, e);
    return call->timeline && timeline_set_asset(call->timeline, call->asset.path, NULL,
                                                call->c->arena);
}

/* --- Answers ------------------------------------------------------------------------------------ */

static bool write_line(struct buf *text, const char *output, struct err *e)
{
    if (!buf_addc(text, '\n'))
        return err_set(e, ERR_NO_MEMORY, "no memory for the answer");
    return output_write(output, text->data, text->len, e);
}

static bool write_answer(const struct analyze_call *call, struct err *e)
{
    const char *output = call->o->output;
    struct buf text;
    buf_init(&text, ANSWER_MAX_BYTES);
    bool ok = call->o->facts ? buf_add(&text, call->found.json, call->found.json_len)
                             : timeline_write(call->timeline, &text, e);
    ok = ok && write_line(&text, output, e);
    buf_finish(&text);
    if (ok && !call->o->facts)
        fprintf(stderr, "%zu segments, %zu beats%s%s\n", call->timeline->segments.count,
                call->found.report->beats.count, strcmp(output, "-") == 0 ? "" : " -> ",
                strcmp(output, "-") == 0 ? "" : output);
    return ok;
}

/* --- The page ----------------------------------------------------------------------------------- */

static bool plot_format_of(const char *name, enum plot_format *format, struct err *e)
{
    const char *dot = strrchr(name, '.');
    *format = dot && strcmp(dot, ".svg") == 0 ? PLOT_SVG : PLOT_PNG;
    return (dot && (strcmp(dot, ".svg") == 0 || strcmp(dot, ".png") == 0)) ||
           err_set(e, ERR_INVALID, "--plot %s: a page is a .png or a .svg file", name);
}

/* Without one, the page shows the loudness in its place. */
static bool load_waveform(const struct analyze_call *call, struct waveform *w)
{
    struct err ignored;
    size_t len;
    const char *dat = call->derived_fd < 0
                          ? NULL
                          : derived_read(call->derived_fd, call->asset.content_hash, WAVEFORM_FILE,
                                         WAVEFORM_MAX_BYTES, call->c->arena, &len, &ignored);
    return dat && waveform_read_dat(dat, len, w, &ignored);
}

/* Without one, the page has no small pictures. */
static bool load_strip(const struct analyze_call *call, struct strip *strip)
{
    struct err ignored;
    size_t len;
    const char *data = call->derived_fd < 0
                           ? NULL
                           : derived_read(call->derived_fd, call->asset.content_hash, STRIP_FILE,
                                          STRIP_MAX_BYTES, call->c->arena, &len, &ignored);
    return data && strip_read(data, len, strip);
}

static bool write_plot(const struct analyze_call *call, struct err *e)
{
    enum plot_format format;
    struct waveform w = {0};
    struct strip strip;
    struct buf page;
    if (!plot_format_of(call->o->plot, &format, e))
        return false;
    struct plot plot = {.name = call->asset.path, .report = call->found.report,
                        .waveform = load_waveform(call, &w) ? &w : NULL,
                        .strip = load_strip(call, &strip) ? &strip : NULL,
                        .timeline = call->timeline};
    buf_init(&page, PLOT_MAX_BYTES);
    bool ok = plot_draw(&plot, format, &page, e) &&
              output_write(call->o->plot, page.data, page.len, e);
    buf_finish(&page);
    waveform_free(&w);
    return ok;
}

static int run_analyze(struct cmd_context *c, const void *opt)
{
    struct analyze_call call = {.c = c, .o = opt, .derived_fd = -1};
    enum plot_format format;
    struct probe_report *probe;
    struct err e = {0};
    int fd;
    if ((*call.o->plot && !plot_format_of(call.o->plot, &format, &e)) ||
        !order_ok(&call, &e) || !input_load(c, c->words[0], &fd, &call.asset, &probe, &e))
        return cmd_fail(c, &e);
    bool ok = open_derived(&call, &e) && find_out(&call, fd, &e) && listen(&call, fd, &e);
    close(fd);
    ok = ok && lay_out(&call, &e) && (!*call.o->plot || write_plot(&call, &e)) &&
         write_answer(&call, &e);
    if (call.derived_fd >= 0)
        close(call.derived_fd);
    return ok ? 0 : cmd_fail(c, &e);
}

const struct cmd cmd_analyze = {
    .name = "analyze", .words = "FILE", .min_words = 1, .max_words = 1,
    .summary = "Look at a media file, listen to it, and lay out a timeline.",
    .help = "The timeline is a JSON file to be edited by hand or program, then given to\n"
            "`aive render`. What was found is kept in the data folder, or in ~/.cache/aive where there\n"
            "is none, and never looked for twice. Examples:\n"
            "  aive analyze clip.mp4 -o timeline.json --template clean_talk --length 30\n"
            "  aive analyze clip.mp4 --facts > facts.json\n"
            "  aive analyze clip.mp4 --plot page.png -o timeline.json",
    .options = options, .options_size = sizeof(struct analyze_options), .settings = true,
    .run = run_analyze,
};
