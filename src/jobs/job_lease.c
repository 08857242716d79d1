/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a worker does to a job row. Every write but the claim names the lease, so that a worker
 * which lost it - it slept, it was stopped, its machine went away - changes nothing any more.
 */
#include "core/clock.h"
#include "jobs/job_row.h"
#include "queue/queue.h"

#include <stdio.h>

/* Waits are never this long: a run_after further ahead means that the wall clock was set back. */
#define LONGEST_DELAY_US INT64_C(3600000000)

static bool lost(struct err *e)
{
    return err_set(e, ERR_CONFLICT, "The job was taken over by another worker");
}

/* --- Claim --- */

/* "" in id: there is none. */
static bool find_queued(const struct jobs *js, char id[JOB_ID_SIZE], struct err *e)
{
    struct sql q;
    const char *names[JOB_MAX_KINDS] = {NULL}; /* NULL is IN no list */
    const char **k = names;
    int64_t now = clock_now_us();

    for (int i = 0; i < JOB_MAX_KINDS && js->kinds[i]; i++)
        names[i] = js->kinds[i]->name;
    id[0] = '\0';
    sql_open(&q, js->store,
             "SELECT id FROM job WHERE state = 'queued'"
             " AND (run_after_us <= $1 OR run_after_us > $2)"
             " AND kind IN ($3, $4, $5, $6, $7, $8, $9, $10) ORDER BY created_us, id LIMIT 1",
             SQL_ARGS(sql_int(now), sql_int(now + LONGEST_DELAY_US), sql_text(k[0]), sql_text(k[1]),
                      sql_text(k[2]), sql_text(k[3]), sql_text(k[4]), sql_text(k[5]),
                      sql_text(k[6]), sql_text(k[7])),
             e);
    if (sql_next(&q))
        sql_get_name(&q, 0, id, JOB_ID_SIZE);
    return sql_close(&q);
}

static bool take(const struct jobs *js, const char *id, const char *owner, int64_t lease_ms,
                 struct job *out, struct arena *a, struct err *e)
{
    struct job old;
    struct lease_clock clock;

    if (!job_load(js->store, id, &old, a, e) || !store_lease_clock(js->store, &clock, e))
        return false;
    *out = old;
    out->state = JOB_STARTED;
    out->attempt++;
    if (!out->started_us)
        out->started_us = clock_now_us();
    snprintf(out->lease_owner, sizeof out->lease_owner, "%s", owner);
    memcpy(out->lease_boot, clock.boot, sizeof out->lease_boot);
    out->lease_until_ms = clock.now_ms + lease_ms;
    return job_move(js, &old, out, e);
}

bool job_claim(const struct jobs *js, const char *owner, int64_t lease_ms, struct job *out,
               struct arena *a, struct err *e)
{
    char id[JOB_ID_SIZE];

    if (e)
        e->code = ERR_NONE;
    /* A look without the right to write first: idle workers look often. */
    if (!find_queued(js, id, e) || !id[0])
        return false;
    if (!store_begin(js->store, e))
        return false;
    bool ok = find_queued(js, id, e);
    bool found = ok && id[0];
    if (found)
        ok = take(js, id, owner, lease_ms, out, a, e);
    return store_end(js->store, ok, e) && found;
}

/* --- While it runs --- */

bool job_renew(const struct jobs *js, const struct job_lease *lease, int64_t lease_ms,
               double progress, const char *stage, struct err *e)
{
    struct lease_clock clock;
    int64_t changed = 0;

    if (!store_lease_clock(js->store, &clock, e) || !store_begin(js->store, e))
        return false;
    bool ok =
        sql_run(js->store,
                "UPDATE job SET updated_us = $1, lease_until_ms = $2,"
                " progress = CASE WHEN progress < $3 THEN $3 ELSE progress END,"
                " stage = COALESCE($4, stage)"
                " WHERE id = $5 AND lease_owner = $6 AND attempt = $7 AND state IN " JOB_RUNNING,
                SQL_ARGS(sql_int(clock_now_us()), sql_int(clock.now_ms + lease_ms),
                         sql_real(progress), sql_text(stage), sql_text(lease->id),
                         sql_text(lease->owner), sql_int(lease->attempt)),
                &changed, e);
    if (ok && !changed)
        ok = lost(e);
    return store_end(js->store, ok, e);
}

bool job_lease_check(const struct jobs *js, const struct job_lease *lease, struct err *e)
{
    struct sql q;
    bool mine = false, wanted = false;

    sql_open(&q, js->store,
             "SELECT cancel_requested FROM job"
             " WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND state IN " JOB_RUNNING,
             SQL_ARGS(sql_text(lease->id), sql_text(lease->owner), sql_int(lease->attempt)), e);
    if (sql_next(&q)) {
        mine = true;
        wanted = sql_get_int(&q, 0) == 0;
    }
    if (!sql_close(&q))
        return false;
    if (!mine)
        return err_set(e, ERR_CANCELED, "The job was taken over by another worker");
    return wanted ? true : err_set(e, ERR_CANCELED, "The job was canceled");
}

bool job_watch(const struct jobs *js, const char *owner, struct job_watch *rows, size_t max,
               size_t *count, struct err *e)
{
    struct sql q;

    *count = 0;
    sql_open(&q, js->store,
             "SELECT id, attempt, cancel_requested FROM job"
             " WHERE lease_owner = $1 AND state IN " JOB_RUNNING,
             SQL_ARGS(sql_text(owner)), e);
    while (*count < max && sql_next(&q)) {
        struct job_watch *row = &rows[(*count)++];
        sql_get_name(&q, 0, row->id, sizeof row->id);
        row->attempt = (int)sql_get_int(&q, 1);
        row->cancel_requested = sql_get_int(&q, 2) != 0;
    }
    return sql_close(&q);
}

/* --- Moves --- */

/* The row, if this lease still holds it. */
static bool load_mine(const struct jobs *js, const struct job_lease *lease, struct job *out,
                      struct arena *a, struct err *e)
{
    if (!job_load(js->store, lease->id, out, a, e))
        return false;
    if (job_state_is_over(out->state) || out->state == JOB_QUEUED ||
        out->attempt != lease->attempt || strcmp(out->lease_owner, lease->owner) != 0)
        return lost(e);
    return true;
}

bool job_rendering(const struct jobs *js, const struct job_lease *lease, struct err *e)
{
    struct arena a;
    struct job old, next;

    if (!store_begin(js->store, e))
        return false;
    arena_init(&a, JOB_ARENA_BYTES);
    bool ok = load_mine(js, lease, &old, &a, e);
    if (ok && old.state != JOB_RENDERING) {
        next = old;
        next.state = JOB_RENDERING;
        ok = job_move(js, &old, &next, e);
    }
    arena_finish(&a);
    return store_end(js->store, ok, e);
}

/* Who asked for the end was told that it will be canceled, so that is what it becomes. */
static void apply_end(struct job *next, const struct job_end *end)
{
    next->state = next->cancel_requested ? JOB_CANCELED : end->state;
    switch (next->state) {
    case JOB_FINISHED:
        next->progress = 100;
        next->result = end->result;
        next->output_path = end->output_path;
        break;
    case JOB_FAILED:
        next->error_code = end->error_code;
        next->error = end->error;
        break;
    case JOB_QUEUED:
        next->handed_back += end->handed_back;
        next->run_after_us = clock_now_us() + end->delay_ms * 1000;
        job_drop_lease(next);
        break;
    default:
        if (!next->error)
            next->error = end->error;
        break;
    }
}

bool job_end(const struct jobs *js, const struct job_lease *lease, const struct job_end *end,
             struct err *e)
{
    struct arena a;
    struct job old, next;

    if (!store_begin(js->store, e))
        return false;
    arena_init(&a, JOB_ARENA_BYTES);
    bool ok = load_mine(js, lease, &old, &a, e);
    if (ok) {
        next = old;
        apply_end(&next, end);
        ok = job_move(js, &old, &next, e);
    }
    ok = store_end(js->store, ok, e);
    arena_finish(&a);
    return ok;
}
