/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_consent.c - the creator's agreement: the gate before every render. */
#include "api/app.h"
#include "core/files.h"
#include "core/log.h"
#include "jobs/job.h"

#include <string.h>
#include <unistd.h>

static bool reply_consent(struct reply *reply, struct workspace *ws, int64_t asset_id,
                          struct arena *a, struct err *e)
{
    struct consent c;
    if (!consent_get(ws->store, asset_id, &c, a, e))
        return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Asset not found") : false;
    struct consent_model m;
    show_consent(&c, &m, a);
    return reply_json(reply, &wire_consent, &m);
}

bool consent_status_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *p = req->params;
    return reply_consent(reply, app_workspace(req), p->id, req->arena, e);
}

/* Withdrawn consent ends what is being rendered of the asset. Inside the withdrawing transaction, so
 * that nothing is queued in between. */
static bool cancel_renders(struct workspace *ws, int64_t asset_id, struct arena *a, struct err *e)
{
    struct job *rows;
    size_t count;
    if (!job_active_of_asset(&ws->jobs, asset_id, "render", &rows, &count, a, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct err why = {0};
        if (!job_cancel(&ws->jobs, rows[i].id, "consent was withdrawn", NULL, &why) &&
            why.code != ERR_CONFLICT) { /* over in the meantime */
            *e = why;
            return false;
        }
    }
    return true;
}

bool consent_checkbox_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    const struct consent_checkbox *body = req->body;
    if (!store_begin(ws->store, e))
        return false;
    bool ok = consent_set_checkbox(ws->store, p->id, body->accepted == 1, e) &&
              (body->accepted == 1 || cancel_renders(ws, p->id, req->arena, e));
    ok = store_end(ws->store, ok, e);
    jobs_wake(&ws->jobs);
    if (!ok)
        return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Asset not found") : false;
    return reply_consent(reply, ws, p->id, req->arena, e);
}

int open_consent_upload(void *app, const char *field, struct err *e)
{
    (void)field;
    return file_temp(((struct app *)app)->ws->media_fd[MEDIA_CONSENT], e);
}

/* Content decides, not the name: a page or a script must never be stored as a document. */
static const struct document_kind {
    const char *magic, *type, *ext;
    size_t n;
} document_kinds[] = {
    {"%PDF-", "application/pdf", ".pdf", 5},
    {"\x89PNG\r\n\x1a\n", "image/png", ".png", 8},
    {"\xff\xd8\xff", "image/jpeg", ".jpg", 3},
};

static const struct document_kind *sniff(int fd)
{
    char head[8] = {0};
    ssize_t n = pread(fd, head, sizeof head, 0);
    for (size_t i = 0; i < sizeof document_kinds / sizeof *document_kinds; i++)
        if (n >= (ssize_t)document_kinds[i].n &&
            memcmp(head, document_kinds[i].magic, document_kinds[i].n) == 0)
            return &document_kinds[i];
    return NULL;
}

bool consent_upload_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    const struct id_param *p = req->params;
    struct upload *up = request_upload(req, "file");
    const struct document_kind *kind = up ? sniff(up->fd) : NULL;
    struct consent before;
    if (!consent_get(ws->store, p->id, &before, req->arena, e))
        return e->code == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "Asset not found") : false;
    if (!kind)
        return err_set(e, ERR_UNSUPPORTED,
                       "A consent document must be a PDF, PNG or JPEG file; this is none of them");

    const char *name, *path;
    if (!workspace_new_name(MEDIA_CONSENT, kind->ext, req->arena, &name, &path, e) ||
        !file_publish(up->fd, ws->media_fd[MEDIA_CONSENT], name, e))
        return err_wrap(e, "store the document");
    if (!consent_set_document(ws->store, p->id, path, kind->type, e)) {
        workspace_remove(ws, path);
        return false;
    }
    return reply_consent(reply, ws, p->id, req->arena, e);
}
