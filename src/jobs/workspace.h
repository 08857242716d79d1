/* SPDX-License-Identifier: GPL-3.0-or-later
 * workspace.h - what handlers and jobs share: settings, the media folders, database and queue.
 *
 * One for each process that works on the data folder (`aive serve`, `aive worker`). Media is named
 * by its path below the media root, "ingest/20251122_061221_ab12.mp4"; the class before the slash
 * is a row of media_classes, and files are opened through that folder's descriptor only.
 * Threads: read-only after workspace_open(); the store and the queue take care of themselves.
 */
#ifndef AIVE_JOBS_WORKSPACE_H
#define AIVE_JOBS_WORKSPACE_H

#include "core/arena.h"
#include "core/config.h"
#include "core/err.h"
#include "core/log.h"
#include "jobs/job.h"

#include <stdbool.h>

enum media_class { MEDIA_INGEST, MEDIA_THUMBNAILS, MEDIA_FINAL, MEDIA_CONSENT, MEDIA_CLASS_COUNT };
extern const char *const media_class_names[MEDIA_CLASS_COUNT]; /* "ingest", ... */

struct workspace {
    const struct config *config;
    const struct log *log;
    struct store *store;
    struct jobs jobs;
    int media_fd[MEDIA_CLASS_COUNT];
    int derived_fd; /* jobs/derived.h */
    int cache_fd;   /* chunks */
};

/* Makes the folders, migrates and opens the database, opens the queue. config and log must outlive
 * the workspace. */
bool workspace_open(struct workspace *ws, const struct config *config, const struct log *log,
                    struct err *e);
void workspace_close(struct workspace *ws);

/* "ingest/NAME" -> a readable descriptor; ERR_NOT_FOUND for anything that is not exactly that. */
int workspace_open_media(const struct workspace *ws, const char *path, struct err *e);

/* A new file name: "20251122_061221_<32 hex>EXT", with the media path "ingest/..." before it. */
bool workspace_new_name(enum media_class cls, const char *ext, struct arena *a, const char **name,
                        const char **path, struct err *e);

/* "/media/" and the path, NULL for NULL. NULL also without memory. */
const char *workspace_url(const char *path, struct arena *a);

/* Removes a published file; a missing one is fine. */
void workspace_remove(const struct workspace *ws, const char *path);

/* Deletes media files that no row knows and that are older than an hour (left by a kill between
 * publishing and commit), what was made from contents that no asset has any more, and chunks that are
 * too many or too old. Returns how many, -1 on failure. */
int workspace_sweep(struct workspace *ws, struct err *e);

#endif
