/* SPDX-License-Identifier: GPL-3.0-or-later
 * scratch.h - a folder for the files of one test, and database URLs in it.
 */
#ifndef AIVE_TESTS_SCRATCH_H
#define AIVE_TESTS_SCRATCH_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_SIZE 128

static inline bool scratch_make(char dir[SCRATCH_SIZE])
{
    const char *base = getenv("TMPDIR");
    snprintf(dir, SCRATCH_SIZE, "%s/aive-test-XXXXXX", base ? base : "/tmp");
    if (mkdtemp(dir))
        return true;
    perror(dir);
    return false;
}

/* Removes the files in it (no folders below). */
static inline void scratch_empty(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char path[SCRATCH_SIZE + sizeof entry->d_name + 1];
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
}

static inline void scratch_remove(const char *dir)
{
    scratch_empty(dir);
    rmdir(dir);
}

/* sqlite:///DIR/NAME, in one of a few static buffers. */
static inline const char *scratch_url(const char *dir, const char *name)
{
    static char urls[4][SCRATCH_SIZE + 80];
    static unsigned next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof urls[0], "sqlite:///%s/%s", dir, name);
    return url;
}

#endif
