/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making rows agree again after processes died. Nothing here is special to a crash: every repair is
 * an ordinary move, made in a transaction that looks again before it writes, so any number of
 * processes may repair at the same time.
 */
#include "core/clock.h"
#include "jobs/job_row.h"
#include "queue/queue.h"

#include <stdio.h>

#define AT_ONCE 100 /* repairs in one go; the rest is for the next */

/* --- Leases that ran out --- */

static bool has_expired(const struct job *job, const struct lease_clock *clock)
{
    return (job->state == JOB_STARTED || job->state == JOB_RENDERING) &&
           (strcmp(job->lease_boot, clock->boot) != 0 || job->lease_until_ms < clock->now_ms);
}

static void decide(struct job *next, char words[128], struct jobs_repair *done)
{
    if (next->cancel_requested) {
        next->state = JOB_CANCELED;
        done->canceled++;
    } else if (next->attempt - next->handed_back < JOB_MAX_TRIES) {
        next->state = JOB_QUEUED;
        done->requeued++;
    } else {
        snprintf(words, 128,
                 "abandoned after %d attempts: each time its worker died, or could not write its end",
                 next->attempt - next->handed_back);
        next->state = JOB_FAILED;
        next->error_code = ERR_INTERNAL;
        next->error = words;
        done->abandoned++;
    }
    job_drop_lease(next);
}

static bool end_lease(const struct jobs *js, const char *id, const struct lease_clock *clock,
                      struct jobs_repair *done, struct err *e)
{
    struct arena a;
    struct job old, next;
    struct jobs_repair after = *done;
    char words[128];

    if (!store_begin(js->store, e))
        return false;
    arena_init(&a, JOB_ARENA_BYTES);
    bool ok = job_load(js->store, id, &old, &a, e);
    if (ok && has_expired(&old, clock)) {
        next = old;
        decide(&next, words, &after);
        ok = job_move(js, &old, &next, e) && job_log_add(js, id, "The worker of this job died", e);
    }
    ok = store_end(js->store, ok, e);
    arena_finish(&a);
    if (ok)
        *done = after;
    return ok;
}

static bool find_expired(const struct jobs *js, const struct lease_clock *clock,
                         char ids[AT_ONCE][JOB_ID_SIZE], size_t *count, struct err *e)
{
    struct sql q;

    *count = 0;
    sql_open(&q, js->store,
             "SELECT id FROM job WHERE state IN " JOB_RUNNING
             " AND (lease_boot <> $1 OR lease_until_ms < $2) LIMIT $3",
             SQL_ARGS(sql_text(clock->boot), sql_int(clock->now_ms), sql_int(AT_ONCE)), e);
    while (*count < AT_ONCE && sql_next(&q))
        sql_get_name(&q, 0, ids[(*count)++], JOB_ID_SIZE);
    return sql_close(&q);
}

/* A job that cannot be repaired (its kind's settle() fails) must not keep the others. */
static bool end_leases(const struct jobs *js, struct jobs_repair *done, struct err *e)
{
    char ids[AT_ONCE][JOB_ID_SIZE];
    size_t count;
    struct lease_clock clock;

    if (!store_lease_clock(js->store, &clock, e) || !find_expired(js, &clock, ids, &count, e))
        return false;
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        ok &= end_lease(js, ids[i], &clock, done, e);
    return ok;
}

/* --- Projects that wait for a job which is not there --- */

#define STUCK                                                                                      \
    " FROM project p WHERE p.status IN ('analyzing', 'rendering') AND NOT EXISTS"                  \
    " (SELECT 1 FROM job j WHERE j.project_id = p.id AND j.state IN " JOB_ACTIVE ")"

/* What the newest job of the project says; without one, what the project has. */
static bool right_status(const struct jobs *js, int64_t project_id, bool was_rendering,
                         enum project_status *out, struct err *e)
{
    struct sql q;
    char state[16] = "";
    int64_t revisions;

    if (!sql_value(js->store, "SELECT COUNT(*) FROM timeline WHERE project_id = $1",
                   SQL_ARGS(sql_int(project_id)), &revisions, e))
        return false;
    sql_open(&q, js->store,
             "SELECT state FROM job WHERE project_id = $1 ORDER BY created_us DESC LIMIT 1",
             SQL_ARGS(sql_int(project_id)), e);
    if (sql_next(&q))
        sql_get_name(&q, 0, state, sizeof state);
    *out = revisions ? PROJECT_ANALYZED : PROJECT_INGESTED;
    if (strcmp(state, "failed") == 0)
        *out = PROJECT_FAILED;
    else if (strcmp(state, "finished") == 0 && was_rendering)
        *out = PROJECT_RENDERED;
    return sql_close(&q);
}

struct stuck {
    int64_t id;
    bool rendering;
};

static bool find_stuck(const struct jobs *js, struct stuck *rows, size_t *count, struct err *e)
{
    struct sql q;

    *count = 0;
    sql_open(&q, js->store,
             "SELECT p.id, CASE WHEN p.status = 'rendering' THEN 1 ELSE 0 END" STUCK " LIMIT $1",
             SQL_ARGS(sql_int(AT_ONCE)), e);
    while (*count < AT_ONCE && sql_next(&q)) {
        struct stuck *row = &rows[(*count)++];
        row->id = sql_get_int(&q, 0);
        row->rendering = sql_get_int(&q, 1) != 0;
    }
    return sql_close(&q);
}

static bool free_projects(const struct jobs *js, struct jobs_repair *done, struct err *e)
{
    struct stuck rows[AT_ONCE];
    size_t count;

    if (!find_stuck(js, rows, &count, e))
        return false;
    if (count == 0)
        return true;
    if (!store_begin(js->store, e))
        return false;
    bool ok = find_stuck(js, rows, &count, e); /* again, now that nobody else writes */
    for (size_t i = 0; ok && i < count; i++) {
        enum project_status status;
        ok = right_status(js, rows[i].id, rows[i].rendering, &status, e) &&
             project_set_status(js->store, rows[i].id, status, e);
    }
    ok = store_end(js->store, ok, e);
    if (ok)
        done->projects += (int)count;
    return ok;
}

bool jobs_reconcile(const struct jobs *js, struct jobs_repair *done, struct err *e)
{
    *done = (struct jobs_repair){0};
    bool ok = end_leases(js, done, e);
    if (done->requeued || done->abandoned || done->canceled)
        jobs_wake(js);
    return ok && free_projects(js, done, e);
}
