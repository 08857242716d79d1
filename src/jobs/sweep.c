/* SPDX-License-Identifier: GPL-3.0-or-later
 * sweep.c - removes files that belong to nothing, published just before a kill, what was derived
 * from contents that are gone, and chunks that are too many or too old. */
#include "jobs/workspace.h"

#include "jobs/chunk_store.h"
#include "jobs/derived.h"
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ORPHAN_AGE_S 3600               /* publishing and commit are seconds apart */
#define STILL_PREFIX "still_"           /* made by the thumbnail tool, no row names them */

/* Calls `remove_it` for each file of a folder that is older than age_s; removes it when that says
 * so. Returns how many, -1 on failure. */
static int sweep_folder(int folder, int age_s,
                        bool (*remove_it)(void *user, const char *name, bool *yes, struct err *e),
                        void *user, struct err *e)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        err_errno(e, errno, "read folder");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    int count = 0;
    struct dirent *d;
    while (count >= 0 && (d = readdir(dir))) {
        struct stat st;
        bool yes = false;
        if (fstatat(folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
            st.st_mtime + age_s > time(NULL))
            continue;
        if (!remove_it(user, d->d_name, &yes, e))
            count = -1;
        else if (yes && unlinkat(folder, d->d_name, 0) == 0)
            count++;
    }
    closedir(dir);
    return count;
}

struct owner_check {
    struct store *store;
    enum media_class cls;
};

static bool has_no_row(void *user, const char *name, bool *yes, struct err *e)
{
    const struct owner_check *o = user;
    char path[300];
    bool known = true;
    snprintf(path, sizeof path, "%s/%s", media_class_names[o->cls], name);
    bool still = o->cls == MEDIA_THUMBNAILS &&
                 strncmp(name, STILL_PREFIX, strlen(STILL_PREFIX)) == 0;
    if (!still && !store_knows_media(o->store, path, &known, e))
        return false;
    *yes = !known;
    return true;
}

static bool is_content(void *user, const char *hash, bool *known, struct err *e)
{
    return store_knows_content(user, hash, known, e);
}

int workspace_sweep(struct workspace *ws, struct err *e)
{
    /* Signed documents are never swept: an older one is still evidence. */
    static const enum media_class classes[] = {MEDIA_INGEST, MEDIA_THUMBNAILS, MEDIA_FINAL};
    int total = 0;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        struct owner_check o = {ws->store, classes[i]};
        int n = sweep_folder(ws->media_fd[classes[i]], ORPHAN_AGE_S, has_no_row, &o, e);
        if (n < 0)
            return -1;
        total += n;
    }
    int n = derived_sweep(ws->derived_fd, ORPHAN_AGE_S, is_content, ws->store, e);
    if (n < 0)
        return -1;
    total += n;
    n = chunk_store_tidy(ws->cache_fd, ws->config->cache_bytes, e);
    return n < 0 ? -1 : total + n;
}
