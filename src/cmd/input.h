/* SPDX-License-Identifier: GPL-3.0-or-later
 * input.h - media files named on the command line.
 */
#ifndef AIVE_CMD_INPUT_H
#define AIVE_CMD_INPUT_H

#include "cmd/cmd.h"
#include "jobs/probe.h"
#include "store/store.h"

/* Opens a regular file for reading; -1 with words. */
int input_open(const char *path, struct err *e);

/* Opens, probes and hashes a file: an asset as the server would store it, without a database. */
bool input_load(struct cmd_context *c, const char *path, int *fd, struct asset *asset,
                 struct probe_report **probe, struct err *e);

/* The same for what a timeline may name besides media: a .cube table, told by its name, is not
 * probed. */
bool input_load_any(struct cmd_context *c, const char *path, int *fd, struct asset *asset,
                    struct err *e);

/* Where a command keeps what it would have to make again, when there is no data folder:
 * ~/.cache/aive, or below XDG_CACHE_HOME. NULL: the user has no home. */
const char *input_user_cache(struct arena *a);

/* A line of progress on stderr, redrawn in place on a terminal; silent where `show` is false.
 * `text` may be NULL. progress_end() leaves the line. */
struct progress_line {
    bool show, drawn;
    double last;
};
void progress_draw(struct progress_line *p, double percent, const char *text);
void progress_end(struct progress_line *p);

#endif
