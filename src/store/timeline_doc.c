/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Revisions are only ever added; the row in `timeline` says which of them is the head. Undo follows
 * `parent`. Redo goes to the newest child: since every edit numbers higher than all before it, an
 * edit made after an undo hides the branch that was undone, and nothing has to be marked.
 */
#include "core/clock.h"
#include "core/files.h"
#include "store/rows.h"

void timeline_read(struct sql *q, int at, struct timeline_doc *out, struct arena *a)
{
    out->revision = sql_get_int(q, at);
    if (!out->revision)
        return;
    sql_get_name(q, at + 1, out->etag, sizeof out->etag);
    out->text = sql_get_text_n(q, at + 2, a, &out->text_len);
}

bool timeline_doc_get(struct store *s, int64_t project_id, struct timeline_doc *out,
                      struct arena *a, struct err *e)
{
    struct sql q;
    bool found = false;

    *out = (struct timeline_doc){0};
    sql_open(&q, s,
             "SELECT " TIMELINE_COLUMNS " FROM project p"
             " LEFT JOIN timeline t ON t.project_id = p.id"
             " LEFT JOIN timeline_revision r"
             " ON r.project_id = t.project_id AND r.revision = t.revision WHERE p.id = $1",
             SQL_ARGS(sql_int(project_id)), e);
    if (sql_next(&q)) {
        found = true;
        timeline_read(&q, 0, out, a);
    }
    if (!sql_close(&q))
        return false;
    return found ? true : err_set(e, ERR_NOT_FOUND, "Project not found");
}

bool timeline_doc_at(struct store *s, int64_t project_id, int64_t revision,
                     struct timeline_doc *out, struct arena *a, struct err *e)
{
    struct sql q;

    *out = (struct timeline_doc){0};
    sql_open(&q, s,
             "SELECT " TIMELINE_COLUMNS " FROM timeline_revision r"
             " WHERE r.project_id = $1 AND r.revision = $2",
             SQL_ARGS(sql_int(project_id), sql_int(revision)), e);
    if (sql_next(&q))
        timeline_read(&q, 0, out, a);
    if (!sql_close(&q))
        return false;
    return out->revision ? true : err_set(e, ERR_NOT_FOUND, "No such revision");
}

/* What a change is made from. */
struct head {
    int64_t revision, parent; /* 0: no timeline yet */
    int64_t newest;           /* highest number given so far */
    char etag[33];
    bool same_text;
};

static bool read_head(struct store *s, int64_t project_id, int64_t expected, const char *text,
                      size_t text_len, struct head *out, struct err *e)
{
    struct sql q;
    bool found = false;

    *out = (struct head){0};
    sql_open(&q, s,
             "SELECT r.revision, r.parent, r.etag,"
             " (SELECT MAX(n.revision) FROM timeline_revision n WHERE n.project_id = p.id),"
             " CASE WHEN r.text = $2 THEN 1 ELSE 0 END FROM project p"
             " LEFT JOIN timeline t ON t.project_id = p.id"
             " LEFT JOIN timeline_revision r"
             " ON r.project_id = t.project_id AND r.revision = t.revision WHERE p.id = $1",
             SQL_ARGS(sql_int(project_id), sql_text_n(text, text_len)), e);
    if (sql_next(&q)) {
        found = true;
        out->revision = sql_get_int(&q, 0);
        out->parent = sql_get_int(&q, 1);
        sql_get_name(&q, 2, out->etag, sizeof out->etag);
        out->newest = sql_get_int(&q, 3);
        out->same_text = sql_get_int(&q, 4) != 0;
    }
    if (!sql_close(&q))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "Project not found");
    if (expected >= 0 && expected != out->revision)
        return err_set(e, ERR_STALE,
                       "The timeline was changed meanwhile: revision %lld is current, not %lld",
                       (long long)out->revision, (long long)expected);
    return true;
}

static bool move_head(struct store *s, int64_t project_id, int64_t revision, struct err *e)
{
    return sql_run(s,
                   "INSERT INTO timeline (project_id, revision) VALUES ($1, $2)"
                   " ON CONFLICT (project_id) DO UPDATE SET revision = excluded.revision",
                   SQL_ARGS(sql_int(project_id), sql_int(revision)), NULL, e) &&
           sql_run(s, "UPDATE project SET updated_us = $1 WHERE id = $2",
                   SQL_ARGS(sql_int(clock_now_us()), sql_int(project_id)), NULL, e);
}

static bool add_revision(struct store *s, int64_t project_id, struct head *head, const char *who,
                         const char *text, size_t text_len, struct err *e)
{
    int64_t revision = head->newest + 1;
    random_hex(head->etag, 16);
    bool ok = sql_run(s,
                      "INSERT INTO timeline_revision"
                      " (project_id, revision, parent, created_us, who, etag, text)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      SQL_ARGS(sql_int(project_id), sql_int(revision), sql_int(head->revision),
                               sql_int(clock_now_us()), sql_text(who), sql_text(head->etag),
                               sql_text_n(text, text_len)),
                      NULL, e) &&
              move_head(s, project_id, revision, e);
    head->revision = revision;
    return ok;
}

bool timeline_doc_put(struct store *s, int64_t project_id, int64_t expected, const char *who,
                      const char *text, size_t text_len, struct timeline_doc *out, struct err *e)
{
    struct head head;

    if (!store_begin(s, e))
        return false;
    bool ok = read_head(s, project_id, expected, text, text_len, &head, e);
    if (ok && !head.same_text)
        ok = add_revision(s, project_id, &head, who, text, text_len, e);
    if (ok && out) {
        *out = (struct timeline_doc){.revision = head.revision};
        memcpy(out->etag, head.etag, sizeof out->etag);
    }
    return store_end(s, ok, e);
}

bool timeline_revisions(struct store *s, int64_t project_id, int64_t skip, int64_t limit,
                        struct timeline_revision **rows, size_t *count, struct arena *a,
                        struct err *e)
{
    struct sql q;
    int64_t total, head;

    *count = 0;
    if (!sql_value(s, "SELECT id FROM project WHERE id = $1", SQL_ARGS(sql_int(project_id)), &head,
                   e))
        return err_set(e, e ? e->code : ERR_NOT_FOUND, "Project not found");
    if (!sql_value(s, "SELECT COUNT(*) FROM timeline_revision WHERE project_id = $1",
                   SQL_ARGS(sql_int(project_id)), &total, e))
        return false;
    int64_t left = total > skip ? total - skip : 0;
    limit = limit < left ? limit : left;
    sql_open(&q, s,
             "SELECT r.revision, r.parent, r.created_us, r.who,"
             " CASE WHEN r.revision = t.revision THEN 1 ELSE 0 END"
             " FROM timeline_revision r JOIN timeline t ON t.project_id = r.project_id"
             " WHERE r.project_id = $1 ORDER BY r.revision DESC LIMIT $2 OFFSET $3",
             SQL_ARGS(sql_int(project_id), sql_int(limit), sql_int(skip)), e);
    *rows = sql_alloc(&q, a, (size_t)limit, sizeof **rows);
    while (sql_next(&q)) {
        struct timeline_revision *row = &(*rows)[(*count)++];
        row->revision = sql_get_int(&q, 0);
        row->parent = sql_get_int(&q, 1);
        row->created_us = sql_get_int(&q, 2);
        row->who = sql_get_text(&q, 3, a);
        row->is_head = sql_get_int(&q, 4) != 0;
    }
    return sql_close(&q);
}

static bool newest_child(struct store *s, int64_t project_id, int64_t parent, int64_t *revision,
                         struct err *e)
{
    return sql_value(s,
                     "SELECT COALESCE(MAX(revision), 0) FROM timeline_revision"
                     " WHERE project_id = $1 AND parent = $2",
                     SQL_ARGS(sql_int(project_id), sql_int(parent)), revision, e);
}

static bool step(struct store *s, int64_t project_id, int64_t expected, bool forward,
                 struct timeline_doc *out, struct arena *a, struct err *e)
{
    struct head head;
    int64_t to = 0;

    if (!store_begin(s, e))
        return false;
    bool ok = read_head(s, project_id, expected, NULL, 0, &head, e);
    if (ok && forward && head.revision)
        ok = newest_child(s, project_id, head.revision, &to, e);
    else if (ok)
        to = head.parent;
    if (ok && !to)
        ok = err_set(e, ERR_CONFLICT, forward ? "Nothing to redo" : "Nothing to undo");
    ok = ok && move_head(s, project_id, to, e) && timeline_doc_get(s, project_id, out, a, e);
    return store_end(s, ok, e);
}

bool timeline_undo(struct store *s, int64_t project_id, int64_t expected, struct timeline_doc *out,
                   struct arena *a, struct err *e)
{
    return step(s, project_id, expected, false, out, a, e);
}

bool timeline_redo(struct store *s, int64_t project_id, int64_t expected, struct timeline_doc *out,
                   struct arena *a, struct err *e)
{
    return step(s, project_id, expected, true, out, a, e);
}
