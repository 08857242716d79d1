/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/clock.h"
#include "store/rows.h"

void consent_read(struct sql *q, int at, struct consent *out, struct arena *a)
{
    out->created_us = sql_get_int(q, at + 1);
    if (!out->created_us) /* the empty side of an outer join */
        return;
    out->asset_id = sql_get_int(q, at);
    out->updated_us = sql_get_int(q, at + 2);
    out->has_checkbox = sql_get_int(q, at + 3) != 0;
    out->document_path = sql_get_text(q, at + 4, a);
    out->document_type = sql_get_text(q, at + 5, a);
}

bool consent_get(struct store *s, int64_t asset_id, struct consent *out, struct arena *a,
                 struct err *e)
{
    struct sql q;
    bool found = false;

    *out = (struct consent){.asset_id = asset_id};
    sql_open(&q, s,
             "SELECT " CONSENT_COLUMNS
             " FROM asset a LEFT JOIN consent c ON c.asset_id = a.id WHERE a.id = $1",
             SQL_ARGS(sql_int(asset_id)), e);
    if (sql_next(&q)) {
        found = true;
        consent_read(&q, 0, out, a);
    }
    if (!sql_close(&q))
        return false;
    return found ? true : err_set(e, ERR_NOT_FOUND, "Asset not found");
}

/* A consent for an asset that does not exist breaks the foreign key: say it in our words. */
static bool no_asset(bool ok, struct err *e)
{
    if (!ok && e && e->code == ERR_NOT_FOUND)
        err_set(e, ERR_NOT_FOUND, "Asset not found");
    return ok;
}

bool consent_set_checkbox(struct store *s, int64_t asset_id, bool accepted, struct err *e)
{
    if (!store_begin(s, e))
        return false;
    bool ok =
        sql_run(s,
                "INSERT INTO consent (asset_id, created_us, updated_us, has_checkbox)"
                " VALUES ($1, $2, $2, $3) ON CONFLICT (asset_id) DO UPDATE"
                " SET updated_us = excluded.updated_us, has_checkbox = excluded.has_checkbox",
                SQL_ARGS(sql_int(asset_id), sql_int(clock_now_us()), sql_int(accepted)), NULL, e);
    return store_end(s, no_asset(ok, e), e);
}

bool consent_set_document(struct store *s, int64_t asset_id, const char *path, const char *type,
                          struct err *e)
{
    if (!store_begin(s, e))
        return false;
    bool ok = sql_run(
        s,
        "INSERT INTO consent (asset_id, created_us, updated_us, has_checkbox,"
        " document_path, document_type) VALUES ($1, $2, $2, 0, $3, $4)"
        " ON CONFLICT (asset_id) DO UPDATE SET updated_us = excluded.updated_us,"
        " document_path = excluded.document_path,"
        " document_type = excluded.document_type",
        SQL_ARGS(sql_int(asset_id), sql_int(clock_now_us()), sql_text(path), sql_text(type)), NULL,
        e);
    return store_end(s, no_asset(ok, e), e);
}
