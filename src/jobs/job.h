/* SPDX-License-Identifier: GPL-3.0-or-later
 * job.h - a job is a row: its states, its lease, its log. The whole life is one table of allowed
 * moves in job.c, and one function there is the only writer of the column `state`.
 *
 *     queued -> started -> rendering -> finished          (analysis stays in `started`)
 *        ^         |           |
 *        +---------+-----------+   handed back, to be retried, or its worker died
 *     queued, started and rendering may become canceled; started and rendering failed
 *
 * Lease: who claims a job owns it for JOB_LEASE_MS and must renew. The claim raises `attempt`,
 * which never goes back: it is the fencing token. Every later write of the worker names worker and
 * attempt, so one that slept through its lease writes nothing any more (ERR_CONFLICT).
 * A job that was started JOB_MAX_TRIES times without coming to an end is failed ("abandoned").
 * A cancel request wins over everything else that a running job may come to, also over success.
 * Leases count on the store's lease clock, which clock jumps do not move (store/sql.h).
 *
 * A `struct jobs` is a plain value that the caller fills and keeps; see worker.h for running them.
 * Transactions: each function is one, or joins the one open on this thread (store.h). Inside a
 * transaction of yours call jobs_wake() after it has ended.
 * Threads: any. Ownership: what is read lives in the arena.
 */
#ifndef AIVE_JOBS_JOB_H
#define AIVE_JOBS_JOB_H

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOB_ID_SIZE 37 /* uuid4 text and its NUL */
#define JOB_LEASE_MS 30000
#define JOB_MAX_TRIES 3
#define JOB_MAX_KINDS 8
#define JOB_LOG_MAX_LINE 2000  /* bytes; longer lines are cut */
#define JOB_LOG_MAX_LINES 5000 /* of one job; further ones are dropped */

struct store;
struct queue;
struct job_run;

enum job_state {
    JOB_QUEUED,
    JOB_STARTED,
    JOB_RENDERING,
    JOB_FINISHED,
    JOB_FAILED,
    JOB_CANCELED,
    JOB_STATE_COUNT
};
const char *job_state_name(enum job_state state);
bool job_state_is_over(enum job_state state);
bool job_may_move(enum job_state from, enum job_state to);

struct job {
    char id[JOB_ID_SIZE];
    const char *kind;             /* "render", "analyze", ... */
    int64_t project_id, asset_id; /* 0: none */
    enum job_state state;
    double progress;   /* 0..100, never backwards */
    const char *stage; /* what it is doing now, a word; "" before it started */
    int attempt;       /* times claimed; the fencing token */
    int handed_back;   /* of these: given back by a worker that shut down */
    bool cancel_requested;
    enum err_code error_code;      /* ERR_NONE unless failed */
    const char *error;             /* words for people; NULL */
    const char *output_path;       /* below the media root; NULL */
    char lease_owner[JOB_ID_SIZE]; /* "" while nobody has it */
    char lease_boot[JOB_ID_SIZE];
    int64_t lease_until_ms; /* on the lease clock of that boot */
    int64_t run_after_us;   /* not claimed before */
    int64_t created_us;
    int64_t updated_us;           /* the heartbeat */
    int64_t started_us, ended_us; /* 0: not yet */
    const char *spec;             /* JSON text that says what to do */
    const char *result;           /* JSON text; NULL until finished */
};

/* One kind of job: a row of the caller's table. */
struct job_kind {
    const char *name;
    /* Does the work on a worker's thread; see job_run_* in worker.h. May run again after a crash:
     * what it leaves behind must be found or replaced by the next attempt. */
    bool (*run)(struct job_run *run, struct err *e);
    /* Called with the job as it ends - finished, failed or canceled, by whomever - inside the
     * transaction that ends it, to change other rows with it (the project's status). May be NULL.
     * Returning false undoes the whole and is tried again later, so fail only if the store does. */
    bool (*settle)(struct store *s, const struct job *job, struct err *e);
};

struct jobs {
    struct store *store;
    struct queue *queue;
    const struct job_kind *const *kinds; /* ended by NULL; at most JOB_MAX_KINDS */
};

/* --- For those who want something done -------------------------------------------------------- */

struct job_order {
    const char *kind;
    int64_t project_id, asset_id; /* 0: none */
    const char *spec;             /* JSON text; NULL: "{}" */
};

bool job_create(const struct jobs *js, const struct job_order *order, char id[JOB_ID_SIZE],
                struct err *e);
void jobs_wake(const struct jobs *js); /* after the commit of a job_create() or job_cancel() */

/* With spec and result. */
bool job_get(const struct jobs *js, const char *id, struct job *out, struct arena *a,
             struct err *e);
/* The state only; cheap enough to ask often. */
bool job_state_get(const struct jobs *js, const char *id, enum job_state *state, struct err *e);
/* Jobs of an asset (or of a project) that are not over, oldest first. kind NULL: of all kinds.
 * spec and result are not read (NULL). */
bool job_active_of_asset(const struct jobs *js, int64_t asset_id, const char *kind,
                         struct job **rows, size_t *count, struct arena *a, struct err *e);
bool job_active_of_project(const struct jobs *js, int64_t project_id, const char *kind,
                           struct job **rows, size_t *count, struct arena *a, struct err *e);
/* All log lines, in order. */
bool job_logs(const struct jobs *js, const char *id, const char ***lines, size_t *count,
              struct arena *a, struct err *e);
bool job_log_add(const struct jobs *js, const char *id, const char *line, struct err *e);

/* Queued: over at once. Running: its worker sees it within a second; the state changes when the
 * work has stopped. Over already: ERR_CONFLICT. `state` (may be NULL): after the call. */
bool job_cancel(const struct jobs *js, const char *id, const char *why, enum job_state *state,
                struct err *e);

/* --- For workers (worker.c) ------------------------------------------------------------------- */

/* Who holds a job: what every write of a worker must match. */
struct job_lease {
    char id[JOB_ID_SIZE];
    char owner[JOB_ID_SIZE];
    int attempt;
};
struct job_lease job_lease_of(const struct job *job);

void job_new_id(char id[JOB_ID_SIZE]); /* a random uuid4 */

/* Takes the oldest queued job whose kind is in js->kinds for lease_ms. false with ERR_NONE: there
 * is none. */
bool job_claim(const struct jobs *js, const char *owner, int64_t lease_ms, struct job *out,
               struct arena *a, struct err *e);
/* Prolongs the lease, moves progress (never back), stage and updated_us. */
bool job_renew(const struct jobs *js, const struct job_lease *lease, int64_t lease_ms,
               double progress, const char *stage, struct err *e);
/* started -> rendering; true also when it is there already. */
bool job_rendering(const struct jobs *js, const struct job_lease *lease, struct err *e);

/* How a run ended. */
struct job_end {
    enum job_state state;     /* FINISHED, FAILED or CANCELED; QUEUED: another try */
    enum err_code error_code; /* with FAILED; with QUEUED the reason for the log */
    const char *error;
    const char *result;      /* JSON text, with FINISHED; may be NULL */
    const char *output_path; /* with FINISHED; may be NULL */
    int64_t delay_ms;        /* with QUEUED: earliest next try */
    bool handed_back;        /* with QUEUED: does not count as a try */
};
/* Wakes nobody: jobs_wake() after the commit. */
bool job_end(const struct jobs *js, const struct job_lease *lease, const struct job_end *end,
             struct err *e);

/* Is the job still mine and wanted? ERR_CANCELED: no. */
bool job_lease_check(const struct jobs *js, const struct job_lease *lease, struct err *e);

/* What the keeper asks for all jobs of its worker at once: up to max rows. */
struct job_watch {
    char id[JOB_ID_SIZE];
    bool cancel_requested;
    int attempt;
};
bool job_watch(const struct jobs *js, const char *owner, struct job_watch *rows, size_t max,
               size_t *count, struct err *e);

/* --- After crashes ---------------------------------------------------------------------------- */

struct jobs_repair {
    int requeued;  /* their worker died; another may take them */
    int abandoned; /* failed: started too often without coming to an end */
    int canceled;  /* cancel was asked for and the worker died */
    int projects;  /* status said analyzing or rendering and no such job was active */
};
/* Ends leases that ran out and corrects project states. At start and every few seconds, in any
 * process; costs two indexed reads when there is nothing to do. A project may therefore be set to
 * analyzing or rendering only in the transaction that creates its job. */
bool jobs_reconcile(const struct jobs *js, struct jobs_repair *done, struct err *e);

#endif
