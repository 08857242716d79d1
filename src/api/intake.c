/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/intake.h"

#include "core/files.h"
#include "jobs/probe.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#define LUT_MAX_BYTES (8 << 20) /* what an effect reads */
#define LUT_HEAD_BYTES 65536

/* --- Tables of colours ------------------------------------------------------------------------ */

/* A .cube file is text that says its size; whoever applies it reads it in the cage. */
static bool looks_like_cube(int fd)
{
    char head[LUT_HEAD_BYTES + 1];
    ssize_t n = pread(fd, head, LUT_HEAD_BYTES, 0);
    if (n <= 0 || memchr(head, '\0', (size_t)n))
        return false;
    head[n] = '\0';
    return strstr(head, "LUT_3D_SIZE") || strstr(head, "LUT_1D_SIZE");
}

static bool is_cube_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && strcasecmp(dot, ".cube") == 0;
}

static bool take_cube(struct request *req, const struct upload *up, struct asset *asset,
                      struct err *e)
{
    const char *name;
    struct workspace *ws = app_workspace(req);
    if (up->size > LUT_MAX_BYTES)
        return err_set(e, ERR_TOO_LARGE, "a .cube file may have %d MiB", LUT_MAX_BYTES >> 20);
    if (!looks_like_cube(up->fd))
        return err_set(e, ERR_UNSUPPORTED, "this is no .cube file: LUT_3D_SIZE is missing");
    asset->kind = "lut";
    return workspace_new_name(MEDIA_INGEST, ".cube", req->arena, &name, &asset->path, e) &&
           file_publish(up->fd, ws->media_fd[MEDIA_INGEST], name, e);
}

/* --- Media ------------------------------------------------------------------------------------ */

/* Gives file and thumbnail their names. */
static bool publish(struct workspace *ws, const struct upload *up, int thumb_fd,
                    const struct probe_report *p, struct asset *asset, struct arena *a,
                    struct err *e)
{
    const char *name, *thumb_name, *thumb_path;
    if (!workspace_new_name(MEDIA_INGEST, probe_extension(p), a, &name, &asset->path, e) ||
        !file_publish(up->fd, ws->media_fd[MEDIA_INGEST], name, e))
        return err_wrap(e, "store the upload");
    if (p->has_thumbnail != 1)
        return true;
    if (!workspace_new_name(MEDIA_THUMBNAILS, ".jpg", a, &thumb_name, &thumb_path, e) ||
        !file_publish(thumb_fd, ws->media_fd[MEDIA_THUMBNAILS], thumb_name, e))
        return err_wrap(e, "store the thumbnail");
    asset->thumbnail_path = thumb_path;
    return true;
}

static bool keep_probe(const struct probe_report *p, struct asset *asset, struct arena *a,
                       struct err *e)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    wire_write(&wire_probe, p, &text);
    asset->probe = text.failed ? NULL : arena_strndup(a, text.data, text.len);
    buf_finish(&text);
    return asset->probe || err_set(e, ERR_NO_MEMORY, "no memory for the upload");
}

static bool take_media(struct request *req, const struct upload *up, enum intake_kind kind,
                       int thumb_fd, struct asset *asset, struct err *e)
{
    struct probe_report *p = probe_run(up->fd, thumb_fd, req->cancel, req->arena, e);
    if (!p)
        return false;
    asset_from_probe(p, asset);
    if (kind == INTAKE_FILM && p->is_image == 1)
        return err_set(e, ERR_UNSUPPORTED,
                       "an image alone makes no film: POST /api/assets takes it for overlays and "
                       "b-roll");
    return keep_probe(p, asset, req->arena, e) &&
           publish(app_workspace(req), up, thumb_fd, p, asset, req->arena, e);
}

bool intake(struct request *req, struct upload *up, enum intake_kind kind, struct asset *asset,
            struct err *e)
{
    struct workspace *ws = app_workspace(req);
    *asset = (struct asset){.size_bytes = (int64_t)up->size, .content_hash = up->hash};
    if (up->size == 0)
        return err_set(e, ERR_INVALID, "the file is empty: nothing was uploaded");
    bool ok;
    if (kind == INTAKE_ANY && is_cube_name(up->filename)) {
        ok = take_cube(req, up, asset, e);
    } else {
        int thumb_fd = file_temp(ws->media_fd[MEDIA_THUMBNAILS], e);
        ok = thumb_fd >= 0 && take_media(req, up, kind, thumb_fd, asset, e);
        if (thumb_fd >= 0)
            close(thumb_fd);
    }
    if (!ok)
        intake_undo(ws, asset);
    return ok;
}

void intake_undo(const struct workspace *ws, const struct asset *asset)
{
    workspace_remove(ws, asset->path);
    workspace_remove(ws, asset->thumbnail_path);
}

bool intake_refused(struct reply *reply, const struct err *e)
{
    static const struct wire_loc body = {.key = "body"}, file = {.up = &body, .key = "file"};
    return e->code == ERR_INVALID && reply_invalid(reply, &file, e->msg);
}
