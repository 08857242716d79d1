/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/output.h"

#include "core/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool output_open(struct output *o, const char *path, struct err *e)
{
    struct stat st;
    *o = (struct output){.path = path, .fd = -1};
    o->in_place = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
    if ((size_t)snprintf(o->part, sizeof o->part, "%s.part", path) >= sizeof o->part)
        return err_set(e, ERR_INVALID, "the name %.80s... is too long", path);
    o->fd = o->in_place ? open(path, O_RDWR | O_CLOEXEC)
                        : open(o->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return o->fd >= 0 || err_errno(e, errno, "%s", path);
}

bool output_end(struct output *o, bool ok, struct err *e)
{
    if (o->fd < 0)
        return ok;
    if (ok && !o->in_place && (fsync(o->fd) < 0 || rename(o->part, o->path) < 0))
        ok = err_errno(e, errno, "%s", o->path);
    if (!ok && !o->in_place)
        unlink(o->part);
    close(o->fd);
    o->fd = -1;
    return ok;
}

bool output_write(const char *path, const char *text, size_t n, struct err *e)
{
    struct output o;
    if (strcmp(path, "-") == 0)
        return file_write_all(STDOUT_FILENO, text, n, e);
    bool ok = output_open(&o, path, e) && file_write_all(o.fd, text, n, e);
    return output_end(&o, ok, e);
}
