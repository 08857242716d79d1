/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/workspace.h"

#include "core/clock.h"
#include "core/files.h"
#include "jobs/kinds.h"
#include "queue/queue.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>


const char *const media_class_names[MEDIA_CLASS_COUNT] = {
    [MEDIA_INGEST] = "ingest",
    [MEDIA_THUMBNAILS] = "thumbnails",
    [MEDIA_FINAL] = "final",
    [MEDIA_CONSENT] = "consent",
};

static const char *class_dir(const struct config *c, enum media_class cls)
{
    switch (cls) {
    case MEDIA_INGEST:
        return c->ingest_dir;
    case MEDIA_THUMBNAILS:
        return c->thumbnails_dir;
    case MEDIA_FINAL:
        return c->final_dir;
    default:
        return c->consent_dir;
    }
}

static bool open_folders(struct workspace *ws, struct err *e)
{
    for (int i = 0; i < MEDIA_CLASS_COUNT; i++) {
        ws->media_fd[i] = dir_open(class_dir(ws->config, (enum media_class)i), e);
        if (ws->media_fd[i] < 0)
            return false;
    }
    ws->derived_fd = dir_open(ws->config->derived_dir, e);
    ws->cache_fd = ws->derived_fd >= 0 ? dir_open(ws->config->cache_dir, e) : -1;
    return ws->cache_fd >= 0;
}

bool workspace_open(struct workspace *ws, const struct config *config, const struct log *log,
                    struct err *e)
{
    *ws = (struct workspace){.config = config, .log = log, .derived_fd = -1, .cache_fd = -1};
    for (int i = 0; i < MEDIA_CLASS_COUNT; i++)
        ws->media_fd[i] = -1;

    int from = 0, to = 0;
    bool ok = config_make_folders(config, e) && open_folders(ws, e) &&
              store_migrate(config->database_url, &from, &to, e);
    if (ok && from != to)
        log_line(log, LOG_INFO, "database schema brought from version %d to %d", from, to);
    ok = ok && (ws->store = store_open(config->database_url, e)) != NULL;
    struct queue *queue = ok ? queue_open(config->redis_url, e) : NULL;
    ws->jobs = (struct jobs){.store = ws->store, .queue = queue, .kinds = job_kinds};
    if (!queue)
        workspace_close(ws);
    return queue != NULL;
}

void workspace_close(struct workspace *ws)
{
    queue_close(ws->jobs.queue);
    store_close(ws->store);
    for (int i = 0; i < MEDIA_CLASS_COUNT; i++)
        if (ws->media_fd[i] >= 0)
            close(ws->media_fd[i]);
    if (ws->derived_fd >= 0)
        close(ws->derived_fd);
    if (ws->cache_fd >= 0)
        close(ws->cache_fd);
    *ws = (struct workspace){.derived_fd = -1, .cache_fd = -1};
}

/* "ingest/NAME" -> class and NAME. */
static const char *split_path(const char *path, enum media_class *cls)
{
    for (int i = 0; i < MEDIA_CLASS_COUNT; i++) {
        size_t n = strlen(media_class_names[i]);
        if (strncmp(path, media_class_names[i], n) == 0 && path[n] == '/') {
            *cls = (enum media_class)i;
            return path + n + 1;
        }
    }
    return NULL;
}

int workspace_open_media(const struct workspace *ws, const char *path, struct err *e)
{
    enum media_class cls;
    const char *name = split_path(path, &cls);
    if (!name)
        return err_set(e, ERR_NOT_FOUND, "no such file"), -1;
    return file_open_beneath(ws->media_fd[cls], name, e);
}

bool workspace_new_name(enum media_class cls, const char *ext, struct arena *a, const char **name,
                        const char **path, struct err *e)
{
    char stamp[16], random[33];
    clock_stamp(clock_now_us(), stamp);
    random_hex(random, 16);
    *name = arena_printf(a, "%s_%s%s", stamp, random, ext);
    *path = *name ? arena_printf(a, "%s/%s", media_class_names[cls], *name) : NULL;
    return *path ? true : err_set(e, ERR_NO_MEMORY, "no memory for a file name");
}

const char *workspace_url(const char *path, struct arena *a)
{
    return path ? arena_printf(a, "/media/%s", path) : NULL;
}

void workspace_remove(const struct workspace *ws, const char *path)
{
    enum media_class cls;
    const char *name = path ? split_path(path, &cls) : NULL;
    if (name && file_name_ok(name))
        unlinkat(ws->media_fd[cls], name, 0);
}
