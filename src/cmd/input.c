/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/input.h"

#include "core/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

int input_open(const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(e, errno, "%s", path), -1;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(e, ERR_INVALID, "%s is not a file", path), -1;
    }
    return fd;
}

static bool describe(struct cmd_context *c, const char *path, int fd, struct asset *asset,
                     struct err *e)
{
    char hash[65];
    if (!file_hash(fd, hash, e))
        return err_wrap(e, "%s", path);
    *asset = (struct asset){
        .path = path,
        .content_hash = arena_strdup(c->arena, hash),
        .size_bytes = file_size(fd),
    };
    return asset->content_hash ? true : err_set(e, ERR_NO_MEMORY, "no memory for %s", path);
}

bool input_load(struct cmd_context *c, const char *path, int *fd, struct asset *asset,
                struct probe_report **probe, struct err *e)
{
    *fd = input_open(path, e);
    if (*fd < 0)
        return false;
    *probe = probe_run(*fd, -1, c->cancel, c->arena, e);
    bool ok = *probe ? describe(c, path, *fd, asset, e) : err_wrap(e, "%s", path);
    if (ok) {
        asset_from_probe(*probe, asset);
    } else {
        close(*fd);
        *fd = -1;
    }
    return ok;
}

bool input_load_any(struct cmd_context *c, const char *path, int *fd, struct asset *asset,
                    struct err *e)
{
    struct probe_report *probe;
    const char *dot = strrchr(path, '.');
    if (!dot || strcasecmp(dot, ".cube") != 0)
        return input_load(c, path, fd, asset, &probe, e);
    *fd = input_open(path, e);
    if (*fd < 0)
        return false;
    if (describe(c, path, *fd, asset, e)) {
        asset->kind = "lut";
        return true;
    }
    close(*fd);
    *fd = -1;
    return false;
}

const char *input_user_cache(struct arena *a)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && *xdg)
        return arena_printf(a, "%s/aive", xdg);
    return home && *home ? arena_printf(a, "%s/.cache/aive", home) : NULL;
}

void progress_draw(struct progress_line *p, double percent, const char *text)
{
    if (!p->show || (p->drawn && percent - p->last < 0.5 && percent < 100))
        return;
    p->last = percent;
    if (!isatty(STDERR_FILENO)) {
        fprintf(stderr, "%5.1f%% %s\n", percent, text ? text : "");
    } else {
        int full = (int)(percent * 0.4);
        fprintf(stderr, "\r[%-40.*s] %5.1f%% %-24.24s", full,
                "########################################", percent, text ? text : "");
    }
    p->drawn = true;
}

void progress_end(struct progress_line *p)
{
    if (p->drawn && isatty(STDERR_FILENO))
        fputc('\n', stderr);
    p->drawn = false;
}
