/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/clock.h"
#include "store/rows.h"

static const char not_found[] = "Asset not found";

bool rows_changed(int64_t changed, const char *what, struct err *e)
{
    return changed ? true : err_set(e, ERR_NOT_FOUND, "%s", what);
}

void asset_read(struct sql *q, int at, struct asset *out, struct arena *a)
{
    out->id = sql_get_int(q, at);
    if (!out->id) /* the empty side of an outer join */
        return;
    out->created_us = sql_get_int(q, at + 1);
    out->updated_us = sql_get_int(q, at + 2);
    out->kind = sql_get_text(q, at + 3, a);
    out->size_bytes = sql_get_int(q, at + 4);
    out->duration_ticks = sql_get_int(q, at + 5);
    out->width = (int)sql_get_int(q, at + 6);
    out->height = (int)sql_get_int(q, at + 7);
    out->fps_num = (int)sql_get_int(q, at + 8);
    out->fps_den = (int)sql_get_int(q, at + 9);
    out->has_video = sql_get_int(q, at + 10) != 0;
    out->has_audio = sql_get_int(q, at + 11) != 0;
    out->path = sql_get_text(q, at + 12, a);
    out->thumbnail_path = sql_get_text(q, at + 13, a);
    out->content_hash = sql_get_text(q, at + 14, a);
}

bool asset_create(struct store *s, const struct asset *asset, int64_t *id, struct err *e)
{
    if (!store_begin(s, e))
        return false;
    bool ok = sql_value(
        s,
        "INSERT INTO asset (created_us, updated_us, kind, size_bytes, duration_ticks, width,"
        " height, fps_num, fps_den, has_video, has_audio, path, thumbnail_path, content_hash,"
        " probe)"
        " VALUES ($1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id",
        SQL_ARGS(sql_int(clock_now_us()), sql_text(asset->kind ? asset->kind : ""),
                 sql_int(asset->size_bytes), sql_int(asset->duration_ticks), sql_int(asset->width),
                 sql_int(asset->height), sql_int(asset->fps_num), sql_int(asset->fps_den),
                 sql_int(asset->has_video), sql_int(asset->has_audio), sql_text(asset->path),
                 sql_text(asset->thumbnail_path),
                 sql_text(asset->content_hash ? asset->content_hash : ""), sql_text(asset->probe)),
        id, e);
    return store_end(s, ok, e);
}

static bool read_one(struct sql *q, struct asset *out, struct arena *a)
{
    *out = (struct asset){0};
    if (sql_next(q)) {
        asset_read(q, 0, out, a);
        out->probe = sql_get_text(q, ASSET_COLUMN_COUNT, a);
    }
    struct err *e = q->e;
    if (!sql_close(q))
        return false;
    return out->id ? true : err_set(e, ERR_NOT_FOUND, not_found);
}

bool asset_get(struct store *s, int64_t id, struct asset *out, struct arena *a, struct err *e)
{
    struct sql q;
    sql_open(&q, s, "SELECT " ASSET_COLUMNS ", a.probe FROM asset a WHERE a.id = $1",
             SQL_ARGS(sql_int(id)), e);
    return read_one(&q, out, a);
}

bool asset_by_path(struct store *s, const char *path, struct asset *out, struct arena *a,
                   struct err *e)
{
    struct sql q;
    sql_open(&q, s, "SELECT " ASSET_COLUMNS ", a.probe FROM asset a WHERE a.path = $1",
             SQL_ARGS(sql_text(path)), e);
    return read_one(&q, out, a);
}

bool asset_list(struct store *s, int64_t skip, int64_t limit, struct asset **rows, size_t *count,
                int64_t *total, struct arena *a, struct err *e)
{
    struct sql q;

    *count = 0;
    if (!sql_value(s, "SELECT COUNT(*) FROM asset", SQL_NO_ARGS, total, e))
        return false;
    int64_t left = *total > skip ? *total - skip : 0;
    limit = limit < left ? limit : left;
    sql_open(&q, s, "SELECT " ASSET_COLUMNS " FROM asset a ORDER BY a.id DESC LIMIT $1 OFFSET $2",
             SQL_ARGS(sql_int(limit), sql_int(skip)), e);
    *rows = sql_alloc(&q, a, (size_t)limit, sizeof **rows);
    while (sql_next(&q)) {
        struct asset *row = &(*rows)[(*count)++];
        *row = (struct asset){0};
        asset_read(&q, 0, row, a);
    }
    return sql_close(&q);
}

bool asset_set_probe(struct store *s, int64_t id, const struct asset *facts, struct err *e)
{
    int64_t changed = 0;
    if (!store_begin(s, e))
        return false;
    bool ok = sql_run(s,
                      "UPDATE asset SET updated_us = $1, kind = $2, duration_ticks = $3,"
                      " width = $4, height = $5, fps_num = $6, fps_den = $7, has_video = $8,"
                      " has_audio = $9, probe = $10 WHERE id = $11",
                      SQL_ARGS(sql_int(clock_now_us()), sql_text(facts->kind),
                               sql_int(facts->duration_ticks), sql_int(facts->width),
                               sql_int(facts->height), sql_int(facts->fps_num),
                               sql_int(facts->fps_den), sql_int(facts->has_video),
                               sql_int(facts->has_audio), sql_text(facts->probe), sql_int(id)),
                      &changed, e) &&
              rows_changed(changed, not_found, e);
    return store_end(s, ok, e);
}

bool asset_set_thumbnail(struct store *s, int64_t id, const char *path, struct err *e)
{
    int64_t changed = 0;
    if (!store_begin(s, e))
        return false;
    bool ok =
        sql_run(s, "UPDATE asset SET updated_us = $1, thumbnail_path = $2 WHERE id = $3",
                SQL_ARGS(sql_int(clock_now_us()), sql_text(path), sql_int(id)), &changed, e) &&
        rows_changed(changed, not_found, e);
    return store_end(s, ok, e);
}
