/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/job.h"

#include "core/clock.h"
#include "core/utf8.h"
#include "jobs/job_row.h"
#include "queue/queue.h"

#include <stdio.h>
#include <sys/random.h>

#define TO(state) (1u << JOB_##state)

/* The whole life of a job. An empty set of moves: it is over. */
static const struct {
    const char *name;
    unsigned moves;
} states[JOB_STATE_COUNT] = {
    [JOB_QUEUED] = {"queued", TO(STARTED) | TO(CANCELED)},
    [JOB_STARTED] = {"started",
                     TO(RENDERING) | TO(FINISHED) | TO(FAILED) | TO(CANCELED) | TO(QUEUED)},
    [JOB_RENDERING] = {"rendering", TO(FINISHED) | TO(FAILED) | TO(CANCELED) | TO(QUEUED)},
    [JOB_FINISHED] = {"finished", 0},
    [JOB_FAILED] = {"failed", 0},
    [JOB_CANCELED] = {"canceled", 0},
};

const char *job_state_name(enum job_state state)
{
    return (unsigned)state < JOB_STATE_COUNT ? states[state].name : "failed";
}

bool job_state_is_over(enum job_state state)
{
    return (unsigned)state >= JOB_STATE_COUNT || states[state].moves == 0;
}

bool job_may_move(enum job_state from, enum job_state to)
{
    return (unsigned)from < JOB_STATE_COUNT && (unsigned)to < JOB_STATE_COUNT &&
           (states[from].moves & (1u << to)) != 0;
}

static enum job_state state_of(const char *name)
{
    for (int i = 0; i < JOB_STATE_COUNT; i++)
        if (strcmp(states[i].name, name) == 0)
            return (enum job_state)i;
    return JOB_FAILED;
}

void job_new_id(char id[JOB_ID_SIZE])
{
    unsigned char b[16];
    while (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        ; /* up to 256 bytes come whole or, interrupted, not at all */
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    char *o = id;
    for (int i = 0; i < 16; i++)
        o += snprintf(o, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
}

struct job_lease job_lease_of(const struct job *job)
{
    struct job_lease lease = {.attempt = job->attempt};
    memcpy(lease.id, job->id, sizeof lease.id);
    memcpy(lease.owner, job->lease_owner, sizeof lease.owner);
    return lease;
}

void jobs_wake(const struct jobs *js)
{
    queue_wake(js->queue, QUEUE_WORK, NULL);
    queue_wake(js->queue, QUEUE_OVER, NULL);
}

/* --- Rows --- */

void job_read(struct sql *q, struct job *out, struct arena *a)
{
    char word[32];

    *out = (struct job){0};
    sql_get_name(q, 0, out->id, sizeof out->id);
    out->created_us = sql_get_int(q, 1);
    out->updated_us = sql_get_int(q, 2);
    out->started_us = sql_get_int(q, 3);
    out->ended_us = sql_get_int(q, 4);
    out->run_after_us = sql_get_int(q, 5);
    out->kind = sql_get_text(q, 6, a);
    sql_get_name(q, 7, word, sizeof word);
    out->state = state_of(word);
    out->project_id = sql_get_int(q, 8);
    out->asset_id = sql_get_int(q, 9);
    out->attempt = (int)sql_get_int(q, 10);
    out->handed_back = (int)sql_get_int(q, 11);
    out->cancel_requested = sql_get_int(q, 12) != 0;
    sql_get_name(q, 13, out->lease_owner, sizeof out->lease_owner);
    sql_get_name(q, 14, out->lease_boot, sizeof out->lease_boot);
    out->lease_until_ms = sql_get_int(q, 15);
    out->progress = sql_get_real(q, 16);
    out->stage = sql_get_text(q, 17, a);
    out->output_path = sql_get_text(q, 18, a);
    sql_get_name(q, 19, word, sizeof word);
    out->error_code = word[0] ? err_from_name(word) : ERR_NONE;
    out->error = sql_get_text(q, 20, a);
}

bool job_load(struct store *s, const char *id, struct job *out, struct arena *a, struct err *e)
{
    struct sql q;
    bool found = false;
    char key[JOB_ID_SIZE + 1]; /* a copy, since `id` may lie in *out; one longer matches nothing */

    snprintf(key, sizeof key, "%s", id);
    *out = (struct job){0};
    sql_open(&q, s, "SELECT " JOB_COLUMNS ", j.spec, j.result FROM job j WHERE j.id = $1",
             SQL_ARGS(sql_text(key)), e);
    if (sql_next(&q)) {
        found = true;
        job_read(&q, out, a);
        out->spec = sql_get_text(&q, JOB_COLUMN_COUNT, a);
        out->result = sql_get_text(&q, JOB_COLUMN_COUNT + 1, a);
    }
    if (!sql_close(&q))
        return false;
    return found ? true : err_set(e, ERR_NOT_FOUND, "Job not found");
}

void job_drop_lease(struct job *next)
{
    next->lease_owner[0] = '\0';
    next->lease_boot[0] = '\0';
    next->lease_until_ms = 0;
}

const struct job_kind *job_find_kind(const struct jobs *js, const char *name)
{
    for (const struct job_kind *const *k = js->kinds; name && k && *k; k++)
        if (strcmp((*k)->name, name) == 0)
            return *k;
    return NULL;
}

static struct sql_arg word_or_null(const char *word)
{
    return sql_text(word[0] ? word : NULL);
}

bool job_move(const struct jobs *js, const struct job *old, struct job *next, struct err *e)
{
    int64_t changed = 0;

    if (!job_may_move(old->state, next->state))
        return err_set(e, ERR_CONFLICT, "A job that is %s cannot become %s",
                       job_state_name(old->state), job_state_name(next->state));
    next->updated_us = clock_now_us();
    if (job_state_is_over(next->state)) {
        next->ended_us = next->updated_us;
        job_drop_lease(next);
    }
    if (!sql_run(js->store,
                 "UPDATE job SET updated_us = $1, started_us = $2, ended_us = $3,"
                 " run_after_us = $4, state = $5, attempt = $6, handed_back = $7,"
                 " lease_owner = $8, lease_boot = $9, lease_until_ms = $10, progress = $11,"
                 " output_path = $12, error_code = $13, error = $14, result = $15"
                 " WHERE id = $16 AND state = $17 AND attempt = $18",
                 SQL_ARGS(sql_int(next->updated_us), sql_id(next->started_us),
                          sql_id(next->ended_us), sql_int(next->run_after_us),
                          sql_text(job_state_name(next->state)), sql_int(next->attempt),
                          sql_int(next->handed_back), word_or_null(next->lease_owner),
                          word_or_null(next->lease_boot), sql_id(next->lease_until_ms),
                          sql_real(next->progress), sql_text(next->output_path),
                          sql_text(next->error_code ? err_name(next->error_code) : NULL),
                          sql_text(next->error), sql_text(next->result), sql_text(old->id),
                          sql_text(job_state_name(old->state)), sql_int(old->attempt)),
                 &changed, e))
        return false;
    if (!changed)
        return err_set(e, ERR_CONFLICT, "Somebody else has changed the job");

    const struct job_kind *kind = job_find_kind(js, next->kind);
    if (job_state_is_over(next->state) && kind && kind->settle)
        return kind->settle(js->store, next, e);
    return true;
}

/* --- For those who want something done --- */

bool job_create(const struct jobs *js, const struct job_order *order, char id[JOB_ID_SIZE],
                struct err *e)
{
    int64_t now = clock_now_us();

    job_new_id(id);
    if (!store_begin(js->store, e))
        return false;
    bool ok = sql_run(js->store,
                      "INSERT INTO job (id, created_us, updated_us, run_after_us, kind, state,"
                      " project_id, asset_id, attempt, handed_back, cancel_requested, progress,"
                      " stage, spec)"
                      " VALUES ($1, $2, $2, $2, $3, 'queued', $4, $5, 0, 0, 0, 0, '', $6)",
                      SQL_ARGS(sql_text(id), sql_int(now), sql_text(order->kind),
                               sql_id(order->project_id), sql_id(order->asset_id),
                               sql_text(order->spec ? order->spec : "{}")),
                      NULL, e);
    ok = store_end(js->store, ok, e);
    queue_wake(js->queue, QUEUE_WORK, id);
    return ok;
}

bool job_get(const struct jobs *js, const char *id, struct job *out, struct arena *a, struct err *e)
{
    return job_load(js->store, id, out, a, e);
}

bool job_state_get(const struct jobs *js, const char *id, enum job_state *state, struct err *e)
{
    struct sql q;
    char word[32] = "";

    sql_open(&q, js->store, "SELECT state FROM job WHERE id = $1", SQL_ARGS(sql_text(id)), e);
    if (sql_next(&q))
        sql_get_name(&q, 0, word, sizeof word);
    if (!sql_close(&q))
        return false;
    *state = state_of(word);
    return word[0] ? true : err_set(e, ERR_NOT_FOUND, "Job not found");
}

/* Rows of a query with JOB_COLUMNS, after how many there are; both take the same arguments. */
static bool read_rows(const struct jobs *js, const char *count_sql, const char *rows_sql,
                      int64_t key, const char *kind, struct job **rows, size_t *count,
                      struct arena *a, struct err *e)
{
    struct sql q;
    int64_t total;
    const struct sql_arg args[] = {sql_int(key), sql_text(kind)};

    *count = 0;
    if (!sql_value(js->store, count_sql, args, 2, &total, e))
        return false;
    sql_open(&q, js->store, rows_sql, args, 2, e);
    *rows = sql_alloc(&q, a, (size_t)total, sizeof **rows);
    while (*count < (size_t)total && sql_next(&q))
        job_read(&q, &(*rows)[(*count)++], a);
    return sql_close(&q);
}

#define ACTIVE_OF(column)                                                                          \
    " FROM job j WHERE j." column " = $1 AND j.state IN " JOB_ACTIVE                               \
    " AND j.kind = COALESCE($2, j.kind)"
#define OLDEST_FIRST " ORDER BY j.created_us, j.id"

bool job_active_of_asset(const struct jobs *js, int64_t asset_id, const char *kind,
                         struct job **rows, size_t *count, struct arena *a, struct err *e)
{
    return read_rows(js, "SELECT COUNT(*)" ACTIVE_OF("asset_id"),
                     "SELECT " JOB_COLUMNS ACTIVE_OF("asset_id") OLDEST_FIRST, asset_id, kind, rows,
                     count, a, e);
}

bool job_active_of_project(const struct jobs *js, int64_t project_id, const char *kind,
                           struct job **rows, size_t *count, struct arena *a, struct err *e)
{
    return read_rows(js, "SELECT COUNT(*)" ACTIVE_OF("project_id"),
                     "SELECT " JOB_COLUMNS ACTIVE_OF("project_id") OLDEST_FIRST, project_id, kind,
                     rows, count, a, e);
}

bool job_logs(const struct jobs *js, const char *id, const char ***lines, size_t *count,
              struct arena *a, struct err *e)
{
    struct sql q;
    int64_t total;

    *count = 0;
    if (!sql_value(js->store, "SELECT COUNT(*) FROM job_log WHERE job_id = $1",
                   SQL_ARGS(sql_text(id)), &total, e))
        return false;
    sql_open(&q, js->store, "SELECT line FROM job_log WHERE job_id = $1 ORDER BY seq LIMIT $2",
             SQL_ARGS(sql_text(id), sql_int(total)), e);
    *lines = sql_alloc(&q, a, (size_t)total, sizeof **lines);
    while (sql_next(&q))
        (*lines)[(*count)++] = sql_get_text(&q, 0, a);
    return sql_close(&q);
}

bool job_log_add(const struct jobs *js, const char *id, const char *line, struct err *e)
{
    char cut[JOB_LOG_MAX_LINE + 1];

    snprintf(cut, sizeof cut, "%s", line);
    utf8_trim_cut(cut);
    if (!store_begin(js->store, e))
        return false;
    bool ok = sql_run(js->store,
                      "INSERT INTO job_log (job_id, seq, line)"
                      " SELECT $1, COALESCE(MAX(seq), 0) + 1, $2 FROM job_log WHERE job_id = $1"
                      " HAVING COALESCE(MAX(seq), 0) < $3",
                      SQL_ARGS(sql_text(id), sql_text(cut), sql_int(JOB_LOG_MAX_LINES)), NULL, e);
    return store_end(js->store, ok, e);
}

static bool request_cancel(const struct jobs *js, const struct job *job, const char *why,
                           struct err *e)
{
    return sql_run(js->store,
                   "UPDATE job SET cancel_requested = 1, error = $1, updated_us = $2"
                   " WHERE id = $3 AND state IN " JOB_RUNNING,
                   SQL_ARGS(sql_text(why), sql_int(clock_now_us()), sql_text(job->id)), NULL, e);
}

bool job_cancel(const struct jobs *js, const char *id, const char *why, enum job_state *state,
                struct err *e)
{
    struct arena a;
    struct job old, next;

    if (!store_begin(js->store, e))
        return false;
    arena_init(&a, JOB_ARENA_BYTES);
    bool ok = job_load(js->store, id, &old, &a, e);
    if (ok) {
        next = old;
        if (job_state_is_over(old.state)) {
            ok = err_set(e, ERR_CONFLICT, "The job is already %s", job_state_name(old.state));
        } else if (old.state == JOB_QUEUED) {
            next.state = JOB_CANCELED;
            next.error = why;
            ok = job_move(js, &old, &next, e);
        } else {
            ok = request_cancel(js, &old, why, e);
        }
        if (state)
            *state = next.state;
    }
    ok = store_end(js->store, ok, e);
    arena_finish(&a);
    queue_wake(js->queue, QUEUE_OVER, id);
    return ok;
}
