/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/model_shelf.h"
#include "core/files.h"
#include "models/manifest.h"
#include "models/model_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 1000

/* --- Finding ---------------------------------------------------------------------------------- */

/* How a model may lie in the folder: what stands before and after its name. */
static const struct shape {
    const char *before, *after;
} shapes[] = {{"", ""}, {"", ".bin"}, {"ggml-", ".bin"}};

#define SHAPES (sizeof shapes / sizeof *shapes)

static bool find_in_folder(const char *models_dir, const char *name, char *path, size_t size)
{
    char folder[MODEL_NAME_MAX + 2];
    model_folder(name, folder, sizeof folder);
    for (size_t i = 0; i < SHAPES; i++) {
        snprintf(path, size, "%s/%s%s%s", models_dir, shapes[i].before, folder, shapes[i].after);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static bool is_path(const char *name)
{
    return name[0] == '/' || strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0;
}

bool model_shelf_open(const char *models_dir, const char *name, bool paths,
                      struct model_files *out, struct err *e)
{
    char path[4096];
    *out = (struct model_files){0};
    if (paths && is_path(name))
        return model_files_open(name, out, e);
    if (!model_name_ok(name))
        return err_set(e, ERR_INVALID, "\"%.100s\" is not a model's name (small.en, owner/model)",
                       name);
    if (find_in_folder(models_dir, name, path, sizeof path))
        return model_files_open(path, out, e);
    if (!model_repository(name))
        return err_set(e, ERR_UNAVAILABLE, "no model \"%s\" is in the models' folder%s%s; "
                       "`aive models list` says what can be had", name, paths ? " " : "",
                       paths ? models_dir : "");
    return err_set(e, ERR_UNAVAILABLE,
                   "the model \"%s\" is not on this machine yet: fetch it with "
                   "`aive models pull %s`", name, name);
}

/* --- The list --------------------------------------------------------------------------------- */

static int64_t bytes_in(int dir)
{
    struct dirent *d;
    struct stat st;
    int64_t sum = 0;
    DIR *list = fdopendir(dir);
    while (list && (d = readdir(list)))
        if (fstatat(dir, d->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            sum += st.st_size;
    if (list)
        closedir(list);
    else
        close(dir);
    return sum;
}

/* "ggml-small.en.bin" -> "small.en", "owner--model" -> "owner/model" */
static char *name_of(const char *entry, bool folder, struct arena *a)
{
    size_t n = strlen(entry);
    if (!folder) {
        if (n < 5 || strcmp(entry + n - 4, ".bin") != 0)
            return NULL;
        bool ggml = n > 9 && strncmp(entry, "ggml-", 5) == 0;
        return ggml ? arena_strndup(a, entry + 5, n - 9) : arena_strndup(a, entry, n - 4);
    }
    const char *dashes = strstr(entry, "--");
    return dashes ? arena_printf(a, "%.*s/%s", (int)(dashes - entry), entry, dashes + 2)
                  : arena_strdup(a, entry);
}

static void look_at(int models, const char *entry, const char *models_dir, struct arena *a,
                    struct model_entries *out)
{
    struct stat st;
    struct model_files files;
    struct err none = {0};
    if (fstatat(models, entry, &st, 0) < 0)
        return;
    bool folder = S_ISDIR(st.st_mode);
    const char *name = name_of(entry, folder, a);
    const char *path = arena_printf(a, "%s/%s", models_dir, entry);
    if (!name || !path)
        return;
    struct model_entry *m = &out->items[out->count++];
    *m = (struct model_entry){.name = name, .kind = "", .bytes = st.st_size,
                               .modified_s = st.st_mtim.tv_sec};
    if (model_files_open(path, &files, &none))
        m->kind = arena_strdup(a, files.kind);
    model_files_finish(&files);
    int dir = folder ? openat(models, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        return;
    m->fetched = faccessat(dir, MANIFEST_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    m->bytes = bytes_in(dir);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct model_entry *)a)->name, ((const struct model_entry *)b)->name);
}

bool model_shelf_list(const char *models_dir, struct arena *a, struct model_entries *out,
                      struct err *e)
{
    struct dirent *d;
    *out = (struct model_entries){arena_array(a, ENTRIES_MAX, sizeof *out->items), 0};
    if (!out->items)
        return err_set(e, ERR_NO_MEMORY, "no memory for the list of models");
    DIR *list = opendir(models_dir);
    if (!list)
        return errno == ENOENT || err_errno(e, errno, "open folder %s", models_dir);
    while (out->count < ENTRIES_MAX && (d = readdir(list)))
        if (d->d_name[0] != '.')
            look_at(dirfd(list), d->d_name, models_dir, a, out);
    closedir(list);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_name);
    return !a->failed || err_set(e, ERR_NO_MEMORY, "no memory for the list of models");
}

/* --- One model -------------------------------------------------------------------------------- */

static bool verify_file(int dir, const struct manifest_file *f, const struct cancel *cancel,
                        struct err *e)
{
    char hex[65];
    struct err none = {0};
    int fd = file_open_beneath(dir, f->name, &none);
    if (fd < 0)
        return err_set(e, ERR_INVALID, "%s is missing", f->name);
    bool same_size = file_size(fd) == f->size;
    bool ok = !same_size || sha256_of(fd, hex, cancel, e);
    close(fd);
    if (ok && (!same_size || strcmp(hex, f->sha256) != 0))
        return err_set(e, ERR_INVALID, "%s is not what was fetched (%s differs); `aive models rm` "
                       "and `pull` mend that", f->name, same_size ? "its checksum" : "its size");
    return ok;
}

static bool verify_folder(int dir, const struct cancel *cancel, struct arena *a, struct err *e)
{
    const struct manifest *m = manifest_read(dir, a, e);
    if (!m)
        return e->code == ERR_NOT_FOUND
                   ? err_set(e, ERR_UNSUPPORTED, "it was not fetched by aive, so its checksums are "
                                                 "not known")
                   : false;
    const struct manifest_file *f = m->files.items;
    for (size_t i = 0; i < m->files.count; i++)
        if (!verify_file(dir, &f[i], cancel, e))
            return false;
    return true;
}

/* The folder of a model that is there; its path in `path`. */
static bool find_model(const char *models_dir, const char *name, char *path, size_t size,
                       struct err *e)
{
    if (!model_name_ok(name))
        return err_set(e, ERR_INVALID, "\"%.100s\" is not a model's name (small.en, owner/model)",
                       name);
    return find_in_folder(models_dir, name, path, size) ||
           err_set(e, ERR_NOT_FOUND, "no model \"%s\" is in %s", name, models_dir);
}

bool model_verify(const char *models_dir, const char *name, const struct cancel *cancel,
                  struct err *e)
{
    char path[4096];
    struct arena arena;
    if (!find_model(models_dir, name, path, sizeof path, e))
        return false;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOTDIR
                   ? err_set(e, ERR_UNSUPPORTED, "%s was not fetched by aive, so its checksum is "
                                                 "not known", name)
                   : err_errno(e, errno, "open %s", path);
    arena_init(&arena, (size_t)8 << 20);
    bool ok = verify_folder(dir, cancel, &arena, e) || err_wrap(e, "model %s", name);
    arena_finish(&arena);
    close(dir);
    return ok;
}

bool model_folder_remove(int dir, const char *name, struct err *e)
{
    struct dirent *d;
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return err_errno(e, why, "open folder %s", name);
    }
    while ((d = readdir(list)))
        unlinkat(fd, d->d_name, 0); /* "." and ".." refuse, and so do folders */
    closedir(list);
    return unlinkat(dir, name, AT_REMOVEDIR) == 0 || err_errno(e, errno, "remove %s", name);
}

static bool only_files(int dir, const char *name)
{
    struct dirent *d;
    struct stat st;
    bool ok = true;
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    while (list && ok && (d = readdir(list)))
        ok = strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
             fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode);
    if (list)
        closedir(list);
    else if (fd >= 0)
        close(fd);
    return ok;
}

/* Whether somebody is fetching into this folder right now. */
static bool is_fetching(int models, const char *staging)
{
    char path[MODEL_NAME_MAX + 32];
    snprintf(path, sizeof path, "%s/lock", staging);
    int fd = openat(models, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
    if (fd >= 0)
        close(fd);
    return busy;
}

/* Out of sight under another name first: what a kill leaves is no model any more. */
static bool remove_entry(int models, const char *entry, struct err *e)
{
    char away[MODEL_NAME_MAX + 16];
    struct err none = {0};
    struct stat st;
    if (fstatat(models, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_errno(e, errno, "remove %s", entry);
    if (!S_ISDIR(st.st_mode))
        return unlinkat(models, entry, 0) == 0 || err_errno(e, errno, "remove %s", entry);
    if (!only_files(models, entry))
        return err_set(e, ERR_CONFLICT, "%s holds folders that aive did not make; remove it by hand",
                       entry);
    snprintf(away, sizeof away, ".rm-%s", entry);
    model_folder_remove(models, away, &none); /* what a kill left of an earlier one */
    if (renameat(models, entry, models, away) < 0)
        return err_errno(e, errno, "remove %s", entry);
    return model_folder_remove(models, away, e);
}

bool model_remove(const char *models_dir, const char *name, struct err *e)
{
    char path[4096], pulled[MODEL_NAME_MAX + 16], folder[MODEL_NAME_MAX + 2];
    struct err missing = {0}, none = {0};
    bool there = find_model(models_dir, name, path, sizeof path, &missing);
    if (missing.code == ERR_INVALID)
        return err_set(e, missing.code, "%s", missing.msg);
    int models = dir_open(models_dir, e);
    if (models < 0)
        return false;
    model_folder(name, folder, sizeof folder);
    snprintf(pulled, sizeof pulled, ".pull-%s", folder);
    if (is_fetching(models, pulled)) {
        close(models);
        return err_set(e, ERR_BUSY, "the model \"%s\" is being fetched right now", name);
    }
    bool rest = model_folder_remove(models, pulled, &none);
    bool ok = there ? remove_entry(models, strrchr(path, '/') + 1, e)
                    : rest || err_set(e, missing.code, "%s", missing.msg);
    close(models);
    return ok;
}
