/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_render.c - `aive render`: a timeline file -> a film, without a server. */
#include "cmd/cmd.h"
#include "cmd/film_input.h"
#include "cmd/input.h"
#include "cmd/output.h"
#include "core/json.h"
#include "jobs/film_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct render_options {
    const char *output;
    struct film_options film;
    bool progress, json;
};

/* clang-format off */
#define AT(member) .offset = offsetof(struct render_options, member)
static const struct option options[] = {
    {.name = "output", .letter = 'o', .kind = OPT_TEXT, AT(output), .def = "film.mp4", .value = "FILE", .group = "Options",
     .help = "The film."},
    FILM_OPTIONS(struct render_options, film),
    {.name = "progress", .kind = OPT_BOOL, AT(progress), .def = "false", .help = "Show progress on stderr."},
    {.name = "json", .kind = OPT_BOOL, AT(json), .def = "false", .help = "Print the whole report as JSON, and no words about it."},
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

/* The film appears under its name only when it is whole. */
static bool render_to(struct cmd_context *c, const struct render_options *o, struct film_job *job,
                      const char **report, struct err *e)
{
    struct progress_line line = {.show = o->progress};
    struct output out;
    job->on = (struct film_callbacks){on_progress, on_log, &line};
    bool ok = output_open(&out, o->output, e) && film_render(job, out.fd, c->arena, report, e);
    if (ok)
        progress_draw(&line, 100, "done");
    progress_end(&line);
    return output_end(&out, ok, e);
}

/* The report in words. */
static void tell(const char *output, const struct film_report *r)
{
    fprintf(stderr, "%s: %.1f s of film rendered in %.1f s (%.1f s of CPU, %.0f frames/s, %lld MB)\n",
            output, r->duration, r->wall, r->cpu, r->frames_per_second,
            (long long)r->peak_memory_bytes / 1000000);
    fprintf(stderr, "  chunks: %lld encoded, %lld reused; sound: %s\n",
            (long long)r->chunks->encoded, (long long)r->chunks->reused,
            r->sound_reused == 1 ? "reused" : "made");
    if (r->sound && !isnan(r->sound->loudness))
        fprintf(stderr, "  loudness %.1f LUFS, true peak %.1f dBTP\n", r->sound->loudness,
                r->sound->true_peak);
    if (r->audio_offset && !isnan(r->audio_offset->first_cut))
        fprintf(stderr, "  sound is %.1f ms late at the first cut, %.1f ms at the last\n",
                r->audio_offset->first_cut * 1e3, r->audio_offset->last_cut * 1e3);
    const struct film_stage *s = r->stages.items;
    for (size_t i = 0; i < r->stages.count; i++)
        fprintf(stderr, "  %-12s %7.2f s, CPU %7.2f s\n", s[i].name, s[i].wall, s[i].cpu);
    film_findings_tell("  warning", &r->warnings);
}

static int run_render(struct cmd_context *c, const void *opt)
{
    const struct render_options *o = opt;
    struct err e = {0};
    struct film_input in;
    const char *text = "";
    bool ok = film_input_load(c, &o->film, &in, &e) && render_to(c, o, &in.job, &text, &e);
    film_input_close(&in);
    struct film_report *report =
        ok ? wire_read_trusted(&wire_film_report, text, strlen(text), c->arena, &e) : NULL;
    if (!report)
        return cmd_fail(c, &e);
    if (!o->json)
        tell(o->output, report);

    struct buf out;
    buf_init(&out, 1 << 22);
    buf_adds(&out, "{\"output\":");
    json_write_string(&out, o->output);
    buf_printf(&out, ",\"seconds\":%.3f", report->wall);
    if (o->json) {
        buf_adds(&out, ",\"report\":");
        buf_adds(&out, text);
    }
    buf_adds(&out, "}");
    cmd_print_json(out.data);
    buf_finish(&out);
    return 0;
}

const struct cmd cmd_render = {
    .name = "render", .words = "[FILE] TIMELINE.json", .min_words = 1, .max_words = 2,
    .summary = "Render a timeline file to a film.",
    .help = "The timeline names its source (\"asset\": {\"path\": \"clip.mp4\"}), or FILE is taken in its\n"
            "place; other files by \"path\", relative to the timeline. Rendered chunks are kept (in\n"
            "--cache-dir, else the data folder's cache where there is one, else ~/.cache/aive), so\n"
            "that a second run after an edit is quick. Example:\n"
            "  aive render timeline.json -o out.mp4 --preset high --progress",
    .options = options, .options_size = sizeof(struct render_options), .settings = true,
    .run = run_render,
};
