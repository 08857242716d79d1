/* SPDX-License-Identifier: GPL-3.0-or-later
 * derived.h - files made from a source's content: its analysis, its waveform, its proxy.
 *
 * They lie in <derived folder>/<content hash>/NAME, so every asset of the same content shares them,
 * and nothing in them is told twice. What a file holds follows from content and name alone; the
 * name carries the version of its maker ("analysis-v2.json"), and a new version makes new files.
 *
 *     fd = derived_open(ws->derived_fd, asset.content_hash, "proxy-v1.mp4", e);
 *     if (fd < 0) {                                          ERR_NOT_FOUND: make it
 *         fd = derived_create(ws->derived_fd, asset.content_hash, e);
 *         ... a work-horse writes to fd ...
 *         derived_publish(ws->derived_fd, asset.content_hash, fd, "proxy-v1.mp4", e);
 *     }
 *
 * A file is whole or not there. All of it can be made again, so it may be removed at any time; the
 * sweep removes the folders of contents that no asset has.
 *
 * `root` is the derived folder's descriptor. A hash that is not 64 hex digits, or a name that is
 * none of file_name_ok(): ERR_INVALID. Threads: any, and any number of processes. Blocking: yes.
 */
#ifndef AIVE_JOBS_DERIVED_H
#define AIVE_JOBS_DERIVED_H

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Read-only descriptor, the caller's. -1: ERR_NOT_FOUND there is none. */
int derived_open(int root, const char *hash, const char *name, struct err *e);
bool derived_exists(int root, const char *hash, const char *name);

/* An empty nameless file to read and write, the caller's to close; gone unless it is published. */
int derived_create(int root, const char *hash, struct err *e);

/* Gives it its name. Where another was faster, that one's file stays: it holds the same. */
bool derived_publish(int root, const char *hash, int fd, const char *name, struct err *e);

/* The same for large files that are read again and again in place: with a seal (jobs/seal.h) behind
 * what fd holds. */
bool derived_publish_sealed(int root, const char *hash, int fd, const char *name, struct err *e);

/* One that was published so; `closely`: all of it is read to see whether it is what it was. -1:
 * ERR_NOT_FOUND there is none. A damaged one, or one without a seal, is removed: it can be made
 * again. */
int derived_open_sealed(int root, const char *hash, const char *name, bool closely, struct err *e);

/* Small files at once: text in the arena (NUL-terminated) or NULL; ERR_NOT_FOUND. */
const char *derived_read(int root, const char *hash, const char *name, size_t max, struct arena *a,
                         size_t *len, struct err *e);
bool derived_write(int root, const char *hash, const char *name, const void *data, size_t len,
                   struct err *e);

/* For one that turned out damaged. A missing one is fine. */
void derived_remove(int root, const char *hash, const char *name);

/* The names in a content's folder, in the arena, by the alphabet; none is fine. */
bool derived_list(int root, const char *hash, const char *const **names, size_t *count,
                  struct arena *a, struct err *e);

/* For who makes several files of one content: a descriptor that holds the content's lock till it is
 * closed, or till the process ends, however it ends. -1: ERR_BUSY somebody else holds it. */
int derived_lock(int root, const char *hash, struct err *e);

/* Removes the folders of contents that `known` denies, untouched for age_s. Returns how many
 * folders, -1 on failure. */
typedef bool derived_known_fn(void *user, const char *hash, bool *known, struct err *e);
int derived_sweep(int root, int age_s, derived_known_fn *known, void *user, struct err *e);

#endif
