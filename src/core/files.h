/* SPDX-License-Identifier: GPL-3.0-or-later
 * files.h - files that are either whole or not there, and names that cannot lead elsewhere.
 *
 * Publishing: write to a nameless temporary in a folder (file_temp), then file_publish() it under
 * its name: fsync of the file, link, fsync of the folder. A kill before the link leaves nothing.
 *
 * Names that come from outside are opened with file_open_beneath() only.
 * Threads: all functions are re-entrant. Blocking: yes.
 */
#ifndef AIVE_CORE_FILES_H
#define AIVE_CORE_FILES_H

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes the folder and its parents (0700 for those it makes). */
bool dir_ensure(const char *path, struct err *e);
int dir_open(const char *path, struct err *e); /* O_PATH-like descriptor for the functions below */

/* A temporary without a name in the folder: gone when closed. Read and write. -1 on failure.
 * Where the file system has no O_TMPFILE, a dot-file that file_publish() renames. A folder that may
 * not be written or is gone: ERR_UNAVAILABLE, here and in file_publish(). */
int file_temp(int dir_fd, struct err *e);

/* Gives the temporary its name, durably. A file of that name: ERR_CONFLICT, nothing changed. */
bool file_publish(int fd, int dir_fd, const char *name, struct err *e);

/* Letters, digits, '.', '_', '-'; not empty, not longer than 200, no leading dot. */
bool file_name_ok(const char *name);

/* Opens a regular file of a checked name in the folder: no symlinks, devices, FIFOs or other
 * folders. Read-only. -1: ERR_NOT_FOUND whatever the reason was. */
int file_open_beneath(int dir_fd, const char *name, struct err *e);

bool file_write_all(int fd, const void *data, size_t n, struct err *e);
/* The whole of a small file as text in the arena (NUL-terminated), at most max bytes. */
char *file_read_text(int fd, size_t max, struct arena *a, size_t *len, struct err *e);
/* The same of a regular file by its path, which the error does not name. */
char *file_load(const char *path, size_t max, struct arena *a, size_t *len, struct err *e);
int64_t file_size(int fd); /* -1 on failure */

/* BLAKE2b-256 of a file's content from its start, as 64 hex digits. */
bool file_hash(int fd, char hex[65], struct err *e);

/* n random bytes as 2n hex digits and a NUL. */
void random_hex(char *out, size_t n);

#endif
