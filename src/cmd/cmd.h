/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd.h - the subcommands of aive, one file each; main.c holds their table.
 *
 * JSON goes to stdout, people's words to stderr. Exit codes: 0 done; 1 failed; 2 wrong use of the
 * command line; 3 the input is not usable (unsupported, broken, too large); 4 something is missing
 * (a model, a server, a setting, a file); 130 interrupted.
 */
#ifndef AIVE_CMD_CMD_H
#define AIVE_CMD_CMD_H

#include "core/arena.h"
#include "core/cancel.h"
#include "core/config.h"
#include "core/err.h"
#include "core/log.h"
#include "core/options.h"

/* What every subcommand gets: settings are loaded, positional words separated. */
struct cmd_context {
    const struct cmd *cmd;
    struct config config;
    struct log log;
    struct arena *arena; /* lives as long as the program */
    const char *const *words;
    int word_count;
    struct cancel *cancel; /* fired by the first SIGINT or SIGTERM; a second one ends at once */
};

struct cmd {
    const char *name;
    const char *words;   /* "FILE" as in `aive probe FILE`, "" for none */
    int min_words, max_words;
    const char *summary; /* one line */
    const char *help;    /* more, with an example; may be NULL */
    const struct option *options; /* its own; may be NULL */
    size_t options_size;          /* of the struct they fill */
    bool settings;                /* reads the settings table too */
    int (*run)(struct cmd_context *c, const void *options);
};

extern const struct cmd cmd_serve, cmd_worker, cmd_render, cmd_analyze, cmd_beats, cmd_probe, cmd_migrate,
    cmd_doctor, cmd_frame, cmd_validate, cmd_effects,
    cmd_templates, cmd_models, cmd_transcribe;

/* Prints "aive NAME: message" (in red on a terminal) and gives the exit code of the error. */
int cmd_fail(const struct cmd_context *c, const struct err *e);

/* Prints one line of JSON to stdout. */
void cmd_print_json(const char *text);

#endif
