/* SPDX-License-Identifier: GPL-3.0-or-later
 * output.h - what a command writes: a file that appears under its name when it is whole, not before.
 *
 *     struct output out;
 *     bool ok = output_open(&out, path, e) && ... write to out.fd ...;
 *     ok = output_end(&out, ok, e);
 *
 * Until then it grows beside its place, as NAME.part. A device or a pipe that stands under the name
 * is written to, never replaced.
 */
#ifndef AIVE_CMD_OUTPUT_H
#define AIVE_CMD_OUTPUT_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct output {
    const char *path; /* the caller's */
    int fd;           /* to read and write; -1: not open */
    bool in_place;    /* nothing is to be renamed */
    char part[4096];
};

bool output_open(struct output *o, const char *path, struct err *e);

/* Closes it: under its name if `ok`, else as if it had never been. Returns ok, false with words in
 * `e` where that last step failed. An output that did not open is fine. */
bool output_end(struct output *o, bool ok, struct err *e);

/* A text at once; "-" is stdout. */
bool output_write(const char *path, const char *text, size_t n, struct err *e);

#endif
