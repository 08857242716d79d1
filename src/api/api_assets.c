/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_assets.c - files that films are made of besides a project's own: b-roll, music, logos, LUTs. */
#include "api/app.h"
#include "api/intake.h"

static bool reply_asset(struct reply *reply, const struct asset *asset, struct arena *a,
                        struct err *e)
{
    struct asset_model m;
    if (!show_asset(asset, &m, a))
        return err_set(e, ERR_NO_MEMORY, "no memory for the asset");
    return reply_json(reply, &wire_asset, &m);
}

bool assets_post(struct request *req, struct reply *reply, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    struct upload *up = request_upload(req, "file");
    struct asset asset, stored;
    int64_t id = 0;
    if (!intake(req, up, INTAKE_ANY, &asset, e))
        return intake_refused(reply, e);
    if (!asset_create(ws->store, &asset, &id, e)) {
        intake_undo(ws, &asset);
        return false;
    }
    return asset_get(ws->store, id, &stored, req->arena, e) &&
           reply_asset(reply, &stored, req->arena, e);
}

bool assets_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct page_query *page = req->query;
    struct asset *rows;
    size_t count;
    int64_t total;
    if (!asset_list(app_workspace(req)->store, page->skip, page->limit, &rows, &count, &total,
                    req->arena, e))
        return false;
    struct asset_model *models = arena_array(req->arena, count + 1, sizeof *models);
    bool ok = models != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = show_asset(&rows[i], &models[i], req->arena);
    if (!ok)
        return err_set(e, ERR_NO_MEMORY, "no memory for the list of assets");
    reply_header(reply, "X-Total-Count", arena_printf(req->arena, "%lld", (long long)total));
    return reply_json_list(reply, &wire_asset, models, count);
}

bool asset_get_one(struct request *req, struct reply *reply, struct err *e)
{
    const struct id_param *p = req->params;
    struct asset asset;
    return find_asset(app_workspace(req), NULL, p->id, &asset, req->arena, e) &&
           reply_asset(reply, &asset, req->arena, e);
}
