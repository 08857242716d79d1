/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/clock.h"
#include "store/rows.h"

static const char not_found[] = "Project not found";

static const char *const status_names[PROJECT_STATUS_COUNT] = {
    [PROJECT_NEW] = "new",
    [PROJECT_INGESTED] = "ingested",
    [PROJECT_ANALYZING] = "analyzing",
    [PROJECT_ANALYZED] = "analyzed",
    [PROJECT_RENDERING] = "rendering",
    [PROJECT_RENDERED] = "rendered",
    [PROJECT_FAILED] = "failed",
};

const char *project_status_name(enum project_status status)
{
    return (unsigned)status < PROJECT_STATUS_COUNT ? status_names[status] : "failed";
}

static enum project_status status_of(const char *name)
{
    for (int i = 0; i < PROJECT_STATUS_COUNT; i++)
        if (strcmp(status_names[i], name) == 0)
            return (enum project_status)i;
    return PROJECT_FAILED;
}

#define PROJECT_COLUMNS "p.id, p.created_us, p.updated_us, p.asset_id, p.status, p.title"
#define PROJECT_COLUMN_COUNT 6

static void project_read(struct sql *q, int at, struct project *out, struct arena *a)
{
    char status[16];
    out->id = sql_get_int(q, at);
    out->created_us = sql_get_int(q, at + 1);
    out->updated_us = sql_get_int(q, at + 2);
    out->asset_id = sql_get_int(q, at + 3);
    sql_get_name(q, at + 4, status, sizeof status);
    out->status = status_of(status);
    out->title = sql_get_text(q, at + 5, a);
}

bool project_create(struct store *s, const struct project *project, int64_t *id, struct err *e)
{
    if (!store_begin(s, e))
        return false;
    bool ok = sql_value(s,
                        "INSERT INTO project (created_us, updated_us, asset_id, status, title)"
                        " VALUES ($1, $1, $2, $3, $4) RETURNING id",
                        SQL_ARGS(sql_int(clock_now_us()), sql_id(project->asset_id),
                                 sql_text(project_status_name(project->status)),
                                 sql_text(project->title)),
                        id, e);
    return store_end(s, ok, e);
}

bool project_get(struct store *s, int64_t id, struct project_detail *out, struct arena *a,
                 struct err *e)
{
    enum {
        ASSET = PROJECT_COLUMN_COUNT,
        CONSENT = ASSET + ASSET_COLUMN_COUNT,
        TIMELINE = CONSENT + CONSENT_COLUMN_COUNT
    };
    struct sql q;

    *out = (struct project_detail){0};
    sql_open(&q, s,
             "SELECT " PROJECT_COLUMNS ", " ASSET_COLUMNS ", " CONSENT_COLUMNS ", " TIMELINE_COLUMNS
             " FROM project p"
             " LEFT JOIN asset a ON a.id = p.asset_id"
             " LEFT JOIN consent c ON c.asset_id = p.asset_id"
             " LEFT JOIN timeline t ON t.project_id = p.id"
             " LEFT JOIN timeline_revision r"
             " ON r.project_id = t.project_id AND r.revision = t.revision"
             " WHERE p.id = $1",
             SQL_ARGS(sql_int(id)), e);
    if (sql_next(&q)) {
        project_read(&q, 0, &out->project, a);
        asset_read(&q, ASSET, &out->asset, a);
        out->consent.asset_id = out->asset.id;
        consent_read(&q, CONSENT, &out->consent, a);
        timeline_read(&q, TIMELINE, &out->timeline, a);
    }
    if (!sql_close(&q))
        return false;
    return out->project.id ? true : err_set(e, ERR_NOT_FOUND, not_found);
}

bool project_find(struct store *s, int64_t id, struct project *out, struct arena *a, struct err *e)
{
    struct sql q;

    *out = (struct project){0};
    sql_open(&q, s, "SELECT " PROJECT_COLUMNS " FROM project p WHERE p.id = $1",
             SQL_ARGS(sql_int(id)), e);
    if (sql_next(&q))
        project_read(&q, 0, out, a);
    if (!sql_close(&q))
        return false;
    return out->id ? true : err_set(e, ERR_NOT_FOUND, not_found);
}

bool project_list(struct store *s, int64_t skip, int64_t limit, struct project_item **rows,
                  size_t *count, int64_t *total, struct arena *a, struct err *e)
{
    struct sql q;

    *count = 0;
    if (!sql_value(s, "SELECT COUNT(*) FROM project", SQL_NO_ARGS, total, e))
        return false;
    int64_t left = *total > skip ? *total - skip : 0;
    limit = limit < left ? limit : left;
    sql_open(&q, s,
             "SELECT " PROJECT_COLUMNS ", a.thumbnail_path FROM project p"
             " LEFT JOIN asset a ON a.id = p.asset_id ORDER BY p.id DESC LIMIT $1 OFFSET $2",
             SQL_ARGS(sql_int(limit), sql_int(skip)), e);
    *rows = sql_alloc(&q, a, (size_t)limit, sizeof **rows);
    while (sql_next(&q)) {
        struct project_item *row = &(*rows)[(*count)++];
        project_read(&q, 0, &row->project, a);
        row->thumbnail_path = sql_get_text(&q, PROJECT_COLUMN_COUNT, a);
    }
    return sql_close(&q);
}

bool project_set_status(struct store *s, int64_t id, enum project_status status, struct err *e)
{
    int64_t changed = 0;
    if (!store_begin(s, e))
        return false;
    bool ok = sql_run(s, "UPDATE project SET updated_us = $1, status = $2 WHERE id = $3",
                      SQL_ARGS(sql_int(clock_now_us()), sql_text(project_status_name(status)),
                               sql_int(id)),
                      &changed, e) &&
              rows_changed(changed, not_found, e);
    return store_end(s, ok, e);
}
