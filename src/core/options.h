/* SPDX-License-Identifier: GPL-3.0-or-later
 * options.h - settings and command-line options, described once in a table.
 *
 * A row says name, kind, default, range and help; from it derive the flag (--max-upload-bytes), the
 * environment variable (AIVE_MAX_UPLOAD_BYTES), the line of the .env file, `--help` and the page
 * docs/settings.md. The flag wins, then the environment, then .env, then the default.
 *
 * C types behind the kinds: OPT_TEXT const char * (never NULL once loaded, "" when empty),
 * OPT_INT and OPT_BYTES int64_t, OPT_NUMBER double, OPT_BOOL bool.
 */
#ifndef AIVE_CORE_OPTIONS_H
#define AIVE_CORE_OPTIONS_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

enum option_kind { OPT_TEXT = 1, OPT_INT, OPT_BYTES, OPT_NUMBER, OPT_BOOL };

struct option {
    const char *name; /* "max-upload-bytes" */
    char letter;      /* short flag, 0: none */
    enum option_kind kind;
    size_t offset;
    const char *def;  /* as text; NULL: "" or 0 */
    double min, max;  /* both 0: no range */
    const char *const *choices; /* NULL-ended; NULL: anything */
    const char *value; /* what --help calls the value: "FOLDER" */
    const char *group; /* heading in --help; NULL: that of the row before */
    const char *help;
    bool secret;       /* never printed */
};

struct option_set {
    const struct option *rows; /* ended by a row without a name */
    void *target;              /* the struct that `offset` speaks of */
    bool from_environment;     /* AIVE_ variables and .env count, not only flags */
};

/* Fills the targets of all sets. Positional words are left in *words (NULL-ended, in the arena).
 * env_file: path of the .env, missing is fine, NULL: none. Errors name the flag, variable or line
 * and say what is expected; an unknown flag suggests the nearest known one. */
bool options_load(const struct option_set *sets, int set_count, int argc, char **argv,
                  const char *env_file, struct arena *a, const char *const **words, int *word_count,
                  struct err *e);

/* The options part of --help, wrapped for a terminal. */
void options_help(const struct option_set *sets, int set_count, struct buf *out);

/* A Markdown table for the docs. */
void options_markdown(const struct option *rows, struct buf *out);

/* The environment variable of a row: AIVE_MAX_UPLOAD_BYTES. */
void options_env_name(const struct option *row, char *out, size_t size);

#endif
