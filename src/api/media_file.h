/* SPDX-License-Identifier: GPL-3.0-or-later
 * media_file.h - opens published files by name, and only those.
 *
 * A name is one path component of [A-Za-z0-9._-] without a leading dot. The folder is opened once;
 * files are opened beneath it without following any link, and must be regular files: a planted
 * symlink, FIFO or device is "not found". Threads: any.
 */
#ifndef AIVE_API_MEDIA_FILE_H
#define AIVE_API_MEDIA_FILE_H

#include "core/err.h"

#include <stdbool.h>

bool media_name_ok(const char *name);

/* Read-only descriptor of the file, or -1 with ERR_NOT_FOUND (or what else went wrong). */
int media_open(int dir_fd, const char *name, struct err *e);

/* By the name's extension; "application/octet-stream" for what is not in the table. Never a type
 * that runs scripts in our origin (html, svg, xml), except for the docs page's own assets. */
const char *media_type(const char *name);

#endif
