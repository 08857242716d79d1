/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_validate.c - `aive validate`: what is wrong with a timeline file, without rendering it. */
#include "cmd/cmd.h"
#include "cmd/film_input.h"
#include "jobs/film_report.h"

#include <string.h>

#define NOT_USABLE 3 /* exit code, as in cmd.h */

struct validate_options {
    struct film_options film;
};

static const struct option options[] = {
    FILM_OPTIONS(struct validate_options, film),
    {0},
};

static int run_validate(struct cmd_context *c, const void *opt)
{
    struct err e = {0};
    struct film_input in;
    const char *text = NULL;
    const struct validate_options *o = opt;
    bool ok = film_input_load(c, &o->film, &in, &e) && film_validate(&in.job, c->arena, &text, &e);
    film_input_close(&in);
    struct film_findings *f =
        ok ? wire_read_trusted(&wire_film_findings, text, strlen(text), c->arena, &e) : NULL;
    if (!f)
        return cmd_fail(c, &e);
    film_findings_tell("error", &f->errors);
    film_findings_tell("warning", &f->warnings);
    cmd_print_json(text);
    return f->ok == 1 ? 0 : NOT_USABLE;
}

const struct cmd cmd_validate = {
    .name = "validate", .words = "[FILE] TIMELINE.json", .min_words = 1, .max_words = 2,
    .summary = "Say what is wrong with a timeline file.",
    .help = "Errors and warnings as JSON on stdout, in words on stderr. Exit code 3: it cannot be\n"
            "rendered. Example:\n"
            "  aive validate timeline.json | jq .warnings",
    .options = options, .options_size = sizeof(struct validate_options), .settings = true,
    .run = run_validate,
};
