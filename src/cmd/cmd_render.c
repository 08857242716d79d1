/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_render.c - `aive render`: a timeline file -> a film, without a server. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/json.h"
#include "jobs/film.h"
#include "jobs/workspace.h"
#include "timeline/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct render_options {
    const char *output, *preset, *format, *title;
    bool progress, no_watermark;
};

static const char *const presets[] = {"", "draft", "standard", "high", NULL};
static const char *const formats[] = {"vertical", "square", "landscape", NULL};

/* clang-format off */
#define AT(member) .offset = offsetof(struct render_options, member)
static const struct option options[] = {
    {.name = "output", .letter = 'o', .kind = OPT_TEXT, AT(output), .def = "film.mp4", .value = "FILE", .group = "Options",
     .help = "The film."},
    {.name = "preset", .kind = OPT_TEXT, AT(preset), .choices = presets, .value = "NAME",
     .help = "draft, standard or high; --render-preset without it."},
    {.name = "format", .kind = OPT_TEXT, AT(format), .def = "vertical", .choices = formats, .value = "NAME",
     .help = "vertical 1080x1920, square 1080x1080 or landscape 1920x1080."},
    {.name = "title", .kind = OPT_TEXT, AT(title), .value = "TEXT", .help = "Title in the film's metadata."},
    {.name = "no-watermark", .kind = OPT_BOOL, AT(no_watermark), .def = "false", .help = "Leave the watermark out."},
    {.name = "progress", .kind = OPT_BOOL, AT(progress), .def = "false", .help = "Show progress on stderr."},
    {0},
};
/* clang-format on */

static void on_progress(void *user, double percent, const char *stage)
{
    progress_draw(user, percent, stage);
}

static void on_log(void *user, const char *line)
{
    struct progress_line *p = user;
    if (p->show && !isatty(STDERR_FILENO))
        fprintf(stderr, "       %s\n", line);
}

/* A relative source in a timeline file is meant from where the file lies. */
static const char *source_path(struct arena *a, const char *timeline_file, const char *name)
{
    if (name[0] == '/' || access(name, F_OK) == 0)
        return name;
    char *copy = arena_strdup(a, timeline_file);
    return copy ? arena_printf(a, "%s/%s", dirname(copy), name) : NULL;
}

struct sources {
    struct film_source_file files[64];
    int count;
};

static bool add_source(struct cmd_context *c, struct sources *s, const char *called,
                       const char *path, struct err *e)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->files[i].path, called) == 0)
            return true;
    if (s->count == (int)(sizeof s->files / sizeof *s->files))
        return err_set(e, ERR_INVALID, "the timeline names more than %d files", s->count);
    struct asset asset;
    struct probe_report *probe;
    int fd;
    if (!path || !input_load(c, path, &fd, &asset, &probe, e))
        return false;
    s->files[s->count++] = film_source_of(&asset, called, fd);
    return true;
}

/* Source 0 is the timeline's asset; sounds with a path follow. */
static bool load_sources(struct cmd_context *c, const struct timeline *tl, struct sources *s,
                         struct err *e)
{
    const char *file = c->words[0];
    if (!tl->asset || !tl->asset->path)
        return err_set(e, ERR_INVALID, "%s names no source: \"asset\": {\"path\": ...} is missing",
                       file);
    if (!add_source(c, s, tl->asset->path, source_path(c->arena, file, tl->asset->path), e))
        return false;
    const struct timeline_segment *seg = timeline_segments(tl);
    for (size_t i = 0; i < tl->segments.count; i++)
        if (seg[i].sfx && seg[i].sfx->path &&
            !add_source(c, s, seg[i].sfx->path, source_path(c->arena, file, seg[i].sfx->path), e))
            return false;
    return true;
}

/* Where chunks are kept: in the data folder if there is one here, else in the user's cache, so that
 * rendering a file leaves nothing but the film beside it. */
static int open_cache(struct cmd_context *c, struct err *e)
{
    const char *dir = c->config.cache_dir, *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (access(c->config.data_dir, F_OK) < 0 && access(dir, F_OK) < 0) {
        if (xdg && *xdg)
            dir = arena_printf(c->arena, "%s/aive", xdg);
        else if (home && *home)
            dir = arena_printf(c->arena, "%s/.cache/aive", home);
    }
    if (!dir)
        return err_set(e, ERR_NO_MEMORY, "no memory for a folder's name"), -1;
    return dir_ensure(dir, e) ? dir_open(dir, e) : -1;
}

/* The film appears under its name only when it is whole. */
static bool render_to(struct cmd_context *c, const struct render_options *o,
                      const struct film_order *order, const struct sources *s, struct err *e)
{
    struct progress_line line = {.show = o->progress};
    struct film_callbacks on = {on_progress, on_log, &line};
    const char *temp = arena_printf(c->arena, "%s.part", o->output);
    if (!temp)
        return err_set(e, ERR_NO_MEMORY, "no memory for a file's name");
    int cache_fd = open_cache(c, e);
    int out_fd = open(temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = cache_fd >= 0;
    if (ok && out_fd < 0)
        ok = err_errno(e, errno, "%s", o->output);
    ok = ok && film_render(&c->config, order, 0, s->files, s->count, cache_fd, out_fd, &on,
                           c->cancel, e);
    if (ok)
        progress_draw(&line, 100, "done");
    progress_end(&line);
    if (ok && (fsync(out_fd) < 0 || rename(temp, o->output) < 0))
        ok = err_errno(e, errno, "%s", o->output);
    if (!ok && out_fd >= 0)
        unlink(temp);
    if (out_fd >= 0)
        close(out_fd);
    if (cache_fd >= 0) {
        struct err ignored;
        sweep_chunks(cache_fd, &ignored);
        close(cache_fd);
    }
    return ok;
}

static int run_render(struct cmd_context *c, const void *opt)
{
    const struct render_options *o = opt;
    struct err e = {0};
    struct sources s = {.count = 0};
    size_t n = 0;
    int64_t begun_ms = clock_mono_ms();
    char *text = file_load(c->words[0], timeline_limits.max_bytes, c->arena, &n, &e);
    struct timeline *tl = text ? timeline_parse_trusted(text, n, c->arena, &e) : NULL;
    bool ok = tl != NULL;
    if (text && !ok)
        err_wrap(&e, "%s", c->words[0]);
    if (ok && tl->segments.count == 0)
        ok = err_set(&e, ERR_INVALID, "%s has no segments: `aive analyze` lays some out",
                     c->words[0]);
    ok = ok && load_sources(c, tl, &s, &e);
    struct film_order order = {
        .title = *o->title ? o->title : "Untitled",
        .watermark = c->config.watermark_enabled && !o->no_watermark ? c->config.watermark_text
                                                                     : NULL,
        .preset = *o->preset ? o->preset : c->config.render_preset,
        .format = o->format,
        .range_start = NAN,
        .range_end = NAN,
        .timeline = {text, n},
    };
    ok = ok && render_to(c, o, &order, &s, &e);
    for (int i = 0; i < s.count; i++)
        close(s.files[i].fd);
    if (!ok)
        return cmd_fail(c, &e);

    double seconds = (double)(clock_mono_ms() - begun_ms) / 1000;
    fprintf(stderr, "%s rendered in %.1f s\n", o->output, seconds);
    struct buf out;
    buf_init(&out, 1 << 16);
    buf_adds(&out, "{\"output\":");
    json_write_string(&out, o->output);
    buf_printf(&out, ",\"seconds\":%.3f}", seconds);
    cmd_print_json(out.data);
    buf_finish(&out);
    return 0;
}

const struct cmd cmd_render = {
    .name = "render", .words = "TIMELINE.json", .min_words = 1, .max_words = 1,
    .summary = "Render a timeline file to a film.",
    .help = "The timeline names its source (\"asset\": {\"path\": \"clip.mp4\"}). Rendered chunks are\n"
            "kept for a week (in the data folder's cache where there is one, else in\n"
            "~/.cache/aive), so a second run after an edit is quick. Example:\n"
            "  aive render timeline.json -o out.mp4 --preset high --progress",
    .options = options, .options_size = sizeof(struct render_options), .settings = true,
    .run = run_render,
};
