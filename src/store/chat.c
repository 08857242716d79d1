/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/clock.h"
#include "store/rows.h"

static const char not_found[] = "Chat session not found";

#define SESSION_COLUMNS "c.id, c.created_us, c.updated_us, c.backend, c.hf_model, c.title"

static void session_read(struct sql *q, struct chat_session *out, struct arena *a)
{
    out->id = sql_get_int(q, 0);
    out->created_us = sql_get_int(q, 1);
    out->updated_us = sql_get_int(q, 2);
    out->backend = sql_get_text(q, 3, a);
    out->hf_model = sql_get_text(q, 4, a);
    out->title = sql_get_text(q, 5, a);
}

bool chat_session_create(struct store *s, const struct chat_session *session, int64_t *id,
                         struct err *e)
{
    if (!store_begin(s, e))
        return false;
    bool ok = sql_value(s,
                        "INSERT INTO chat_session (created_us, updated_us, backend, hf_model,"
                        " title) VALUES ($1, $1, $2, $3, $4) RETURNING id",
                        SQL_ARGS(sql_int(clock_now_us()), sql_text(session->backend),
                                 sql_text(session->hf_model), sql_text(session->title)),
                        id, e);
    return store_end(s, ok, e);
}

bool chat_session_get(struct store *s, int64_t id, struct chat_session *out, struct arena *a,
                      struct err *e)
{
    struct sql q;

    *out = (struct chat_session){0};
    sql_open(&q, s, "SELECT " SESSION_COLUMNS " FROM chat_session c WHERE c.id = $1",
             SQL_ARGS(sql_int(id)), e);
    if (sql_next(&q))
        session_read(&q, out, a);
    if (!sql_close(&q))
        return false;
    return out->id ? true : err_set(e, ERR_NOT_FOUND, not_found);
}

bool chat_session_list(struct store *s, int64_t skip, int64_t limit, struct chat_session **rows,
                       size_t *count, struct arena *a, struct err *e)
{
    struct sql q;
    int64_t total;

    *count = 0;
    if (!sql_value(s, "SELECT COUNT(*) FROM chat_session", SQL_NO_ARGS, &total, e))
        return false;
    int64_t left = total > skip ? total - skip : 0;
    limit = limit < left ? limit : left;
    sql_open(&q, s,
             "SELECT " SESSION_COLUMNS " FROM chat_session c ORDER BY c.id DESC LIMIT $1 OFFSET $2",
             SQL_ARGS(sql_int(limit), sql_int(skip)), e);
    *rows = sql_alloc(&q, a, (size_t)limit, sizeof **rows);
    while (sql_next(&q))
        session_read(&q, &(*rows)[(*count)++], a);
    return sql_close(&q);
}

bool chat_messages(struct store *s, int64_t session_id, struct chat_message **rows, size_t *count,
                   struct arena *a, struct err *e)
{
    struct sql q;
    int64_t total;

    *count = 0;
    if (!sql_value(s, "SELECT COUNT(*) FROM chat_message WHERE session_id = $1",
                   SQL_ARGS(sql_int(session_id)), &total, e))
        return false;
    sql_open(&q, s,
             "SELECT id, created_us, role, content FROM chat_message"
             " WHERE session_id = $1 ORDER BY id LIMIT $2",
             SQL_ARGS(sql_int(session_id), sql_int(total)), e);
    *rows = sql_alloc(&q, a, (size_t)total, sizeof **rows);
    while (sql_next(&q)) {
        struct chat_message *row = &(*rows)[(*count)++];
        row->id = sql_get_int(&q, 0);
        row->created_us = sql_get_int(&q, 1);
        row->role = sql_get_text(&q, 2, a);
        row->content = sql_get_text(&q, 3, a);
    }
    return sql_close(&q);
}

bool chat_message_add(struct store *s, int64_t session_id, const char *role, const char *content,
                      int64_t *id, struct err *e)
{
    int64_t changed = 0, now = clock_now_us();
    if (!store_begin(s, e))
        return false;
    bool ok =
        sql_run(s, "UPDATE chat_session SET updated_us = $1 WHERE id = $2",
                SQL_ARGS(sql_int(now), sql_int(session_id)), &changed, e) &&
        rows_changed(changed, not_found, e) &&
        sql_value(s,
                  "INSERT INTO chat_message (session_id, created_us, role, content)"
                  " VALUES ($1, $2, $3, $4) RETURNING id",
                  SQL_ARGS(sql_int(session_id), sql_int(now), sql_text(role), sql_text(content)),
                  id, e);
    return store_end(s, ok, e);
}
