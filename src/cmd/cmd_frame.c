/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_frame.c - `aive frame`: one frame of the film that a timeline file makes. */
#include "cmd/cmd.h"
#include "cmd/film_input.h"
#include "cmd/output.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct frame_options {
    const char *output, *time;
    struct film_options film;
    int64_t width;
};

/* clang-format off */
#define AT(member) .offset = offsetof(struct frame_options, member)
static const struct option options[] = {
    {.name = "time", .letter = 't', .kind = OPT_TEXT, AT(time), .def = "0", .value = "SECONDS", .group = "Options",
     .help = "When, in seconds of the film."},
    {.name = "output", .letter = 'o', .kind = OPT_TEXT, AT(output), .def = "frame.jpg", .value = "FILE",
     .help = "The picture: .jpg, .webp or .png."},
    {.name = "width", .kind = OPT_INT, AT(width), .def = "0", .min = 0, .max = 8192, .value = "PIXELS",
     .help = "At most so wide; 0: the film's width."},
    FILM_OPTIONS(struct frame_options, film),
    {0},
};
/* clang-format on */

static const char *kind_of(const char *name)
{
    static const struct {
        const char *ext, *kind;
    } kinds[] = {{".jpg", "jpeg"}, {".jpeg", "jpeg"}, {".webp", "webp"}, {".png", "png"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(dot, kinds[i].ext) == 0)
            return kinds[i].kind;
    return NULL;
}

static bool draw(struct cmd_context *c, const struct frame_options *o, struct err *e)
{
    struct film_input in;
    char *end;
    struct film_still still = {strtod(o->time, &end), kind_of(o->output), o->width};
    if (end == o->time || *end || !(still.time_s >= 0))
        return err_set(e, ERR_INVALID, "--time \"%.40s\" is no number of seconds", o->time);
    if (!still.kind)
        return err_set(e, ERR_INVALID, "%s: a picture's name ends in .jpg, .webp or .png",
                       o->output);
    bool ok = film_input_load(c, &o->film, &in, e);
    if (ok) {
        struct output out;
        ok = output_open(&out, o->output, e) && film_frame(&in.job, &still, out.fd, e);
        ok = output_end(&out, ok, e);
    }
    film_input_close(&in);
    return ok;
}

static int run_frame(struct cmd_context *c, const void *opt)
{
    struct err e = {0};
    return draw(c, opt, &e) ? 0 : cmd_fail(c, &e);
}

const struct cmd cmd_frame = {
    .name = "frame", .words = "[FILE] TIMELINE.json", .min_words = 1, .max_words = 2,
    .summary = "Draw one frame of a film as a picture.",
    .help = "As `aive render` would draw it. Example:\n"
            "  aive frame timeline.json -t 1.5 -o cover.png",
    .options = options, .options_size = sizeof(struct frame_options), .settings = true,
    .run = run_frame,
};
