/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/derived.h"

#include "core/files.h"
#include "jobs/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HASH_DIGITS 64
#define NAMES_MAX 4096 /* in one folder */

static bool hash_ok(const char *hash)
{
    return hash && strlen(hash) == HASH_DIGITS &&
           strspn(hash, "0123456789abcdef") == HASH_DIGITS;
}

static bool check(const char *hash, const char *name, struct err *e)
{
    if (!hash_ok(hash))
        return err_set(e, ERR_INVALID, "\"%.80s\" is no hash of a content", hash ? hash : "");
    if (!file_name_ok(name))
        return err_set(e, ERR_INVALID, "\"%.80s\" is no name of a file", name);
    return true;
}

static int open_folder(int root, const char *hash)
{
    return openat(root, hash, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int make_folder(int root, const char *hash, struct err *e)
{
    if (mkdirat(root, hash, 0700) < 0 && errno != EEXIST)
        return err_errno(e, errno, "make a folder for what is derived"), -1;
    int fd = open_folder(root, hash);
    if (fd < 0)
        err_errno(e, errno, "open a folder for what is derived");
    return fd;
}

int derived_open(int root, const char *hash, const char *name, struct err *e)
{
    if (!check(hash, name, e))
        return -1;
    int folder = open_folder(root, hash);
    if (folder < 0)
        return err_set(e, ERR_NOT_FOUND, "%s has not been made", name), -1;
    int fd = file_open_beneath(folder, name, e);
    close(folder);
    return fd;
}

bool derived_exists(int root, const char *hash, const char *name)
{
    struct err ignored;
    int fd = derived_open(root, hash, name, &ignored);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int derived_create(int root, const char *hash, struct err *e)
{
    if (!hash_ok(hash))
        return err_set(e, ERR_INVALID, "\"%.80s\" is no hash of a content", hash ? hash : ""), -1;
    int folder = make_folder(root, hash, e);
    int fd = folder >= 0 ? file_temp(folder, e) : -1;
    if (folder >= 0)
        close(folder);
    return fd;
}

bool derived_publish(int root, const char *hash, int fd, const char *name, struct err *e)
{
    struct err mine;
    if (!check(hash, name, e))
        return false;
    int folder = make_folder(root, hash, e);
    if (folder < 0)
        return false;
    bool ok = file_publish(fd, folder, name, &mine);
    close(folder);
    if (!ok && mine.code != ERR_CONFLICT && e)
        *e = mine;
    return ok || mine.code == ERR_CONFLICT;
}

bool derived_publish_sealed(int root, const char *hash, int fd, const char *name, struct err *e)
{
    return seal_add(fd, e) && derived_publish(root, hash, fd, name, e);
}

int derived_open_sealed(int root, const char *hash, const char *name, bool closely, struct err *e)
{
    int64_t size;
    int fd = derived_open(root, hash, name, e);
    if (fd < 0 || (closely ? seal_holds(fd, &size) : seal_fits(fd, &size)))
        return fd;
    close(fd);
    derived_remove(root, hash, name);
    return err_set(e, ERR_NOT_FOUND, "%s was damaged", name), -1;
}

const char *derived_read(int root, const char *hash, const char *name, size_t max, struct arena *a,
                         size_t *len, struct err *e)
{
    int fd = derived_open(root, hash, name, e);
    const char *text = fd >= 0 ? file_read_text(fd, max, a, len, e) : NULL;
    if (fd >= 0)
        close(fd);
    return text;
}

bool derived_write(int root, const char *hash, const char *name, const void *data, size_t len,
                   struct err *e)
{
    int fd = derived_create(root, hash, e);
    bool ok = fd >= 0 && file_write_all(fd, data, len, e) &&
              derived_publish(root, hash, fd, name, e);
    if (fd >= 0)
        close(fd);
    return ok;
}

void derived_remove(int root, const char *hash, const char *name)
{
    struct err ignored;
    int folder = check(hash, name, &ignored) ? open_folder(root, hash) : -1;
    if (folder < 0)
        return;
    unlinkat(folder, name, 0);
    close(folder);
}

int derived_lock(int root, const char *hash, struct err *e)
{
    if (!check(hash, "lock", e))
        return -1;
    int folder = make_folder(root, hash, e);
    if (folder < 0 || flock(folder, LOCK_EX | LOCK_NB) == 0)
        return folder;
    if (errno == EWOULDBLOCK)
        err_set(e, ERR_BUSY, "somebody else is at work on this content");
    else
        err_errno(e, errno, "lock a folder for what is derived");
    close(folder);
    return -1;
}

/* --- Whole folders ---------------------------------------------------------------------------- */

static DIR *read_folder(int at, const char *name)
{
    int fd = open_folder(at, name);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool derived_list(int root, const char *hash, const char *const **names, size_t *count,
                  struct arena *a, struct err *e)
{
    const char *found[NAMES_MAX];
    size_t n = 0;
    struct dirent *d;
    if (!check(hash, "list", e))
        return false;
    DIR *dir = read_folder(root, hash);
    while (dir && n < NAMES_MAX && (d = readdir(dir)))
        if (file_name_ok(d->d_name) && (found[n] = arena_strdup(a, d->d_name)))
            n++;
    if (dir)
        closedir(dir);
    qsort(found, n, sizeof *found, by_name);
    const char **list = arena_array(a, n + 1, sizeof *list);
    if (!list)
        return err_set(e, ERR_NO_MEMORY, "no memory for a list of files");
    memcpy(list, found, n * sizeof *list);
    *names = list;
    *count = n;
    return true;
}

static bool remove_folder(int root, const char *hash)
{
    DIR *dir = read_folder(root, hash);
    struct dirent *d;
    if (!dir)
        return false;
    while ((d = readdir(dir)))
        unlinkat(dirfd(dir), d->d_name, 0); /* "." and ".." refuse */
    closedir(dir);
    return unlinkat(root, hash, AT_REMOVEDIR) == 0;
}

int derived_sweep(int root, int age_s, derived_known_fn *known, void *user, struct err *e)
{
    DIR *dir = read_folder(root, ".");
    struct dirent *d;
    int count = 0;
    if (!dir)
        return err_errno(e, errno, "read the folder of what is derived"), -1;
    while (count >= 0 && (d = readdir(dir))) {
        struct stat st;
        bool is_known = true;
        if (!hash_ok(d->d_name) || fstatat(root, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISDIR(st.st_mode) || st.st_mtime + age_s > time(NULL))
            continue;
        if (!known(user, d->d_name, &is_known, e))
            count = -1;
        else if (!is_known && remove_folder(root, d->d_name))
            count++;
    }
    closedir(dir);
    return count;
}
