/* SPDX-License-Identifier: GPL-3.0-or-later
 * worker.h - threads that claim jobs and run them, and one keeper that holds their leases.
 *
 *     struct worker *w = worker_start(&(struct worker_options){.jobs = &js, .threads = 2}, &e);
 *     ...
 *     worker_stop(w, 30000);
 *
 * Each thread takes the oldest queued job of a kind in js->kinds and calls kind->run(). The keeper
 * renews leases every 5 s, writes progress and log lines twice a second, looks for cancel requests
 * every 300 ms (one query for all running jobs), and reconciles every 5 s.
 *
 * What becomes of a failed run is one table in job_run.c by error code: most errors fail the job at
 * once; ERR_NO_MEMORY is tried twice, ERR_IO, ERR_BUSY and ERR_NO_SPACE three times, with a pause.
 */
#ifndef AIVE_JOBS_WORKER_H
#define AIVE_JOBS_WORKER_H

#include "core/cancel.h"
#include "core/err.h"
#include "core/log.h"
#include "jobs/job.h"

#include <stdbool.h>
#include <stdint.h>

struct worker_options {
    const struct jobs *jobs; /* must outlive the worker */
    int threads;             /* jobs at a time; 0: only the keeper's reconciling */
    const struct log *log;   /* NULL: silent */
    void *user;              /* for job_run_user(): the application's context */
    /* 0: the defaults */
    int64_t lease_ms;       /* JOB_LEASE_MS */
    int64_t retry_delay_ms; /* 2000, doubled with each try */
    int64_t arena_bytes;    /* 256 MiB for each run, at most */
};

struct worker;
struct worker *worker_start(const struct worker_options *options, struct err *e);

/* Claims nothing new, waits up to grace_ms for running jobs, then stops them and hands them back
 * (queued again, not counted as a try). Frees the worker. */
void worker_stop(struct worker *w, int64_t grace_ms);

/* --- The running job, as kind->run() sees it ---------------------------------------------------
 * All of these may be called from any thread the run uses, none blocks on the database. */

const struct job *job_run_job(const struct job_run *run); /* as claimed, with spec */
const struct jobs *job_run_jobs(const struct job_run *run);
struct arena *job_run_arena(struct job_run *run); /* dies with the run; one thread */
void *job_run_user(const struct job_run *run);
/* Fires on a cancel request, on a lost lease and on shutdown. Return ERR_CANCELED soon after. */
const struct cancel *job_run_cancel(const struct job_run *run);
struct log job_run_logger(const struct job_run *run); /* the server's log with the job's id */

void job_run_progress(struct job_run *run, double percent, const char *stage); /* NULL: as it was */
void job_run_log(struct job_run *run, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For the run's own thread; these commit. */
bool job_run_rendering(struct job_run *run, struct err *e);  /* state word `rendering` */
bool job_run_still_mine(struct job_run *run, struct err *e); /* before publishing a file:
                                                              * ERR_CANCELED when not */
/* What the job row shall say once run() has returned true. Copied. */
bool job_run_set_result(struct job_run *run, const char *json, struct err *e);
bool job_run_set_output(struct job_run *run, const char *media_path, struct err *e);

/* --- Waiting for a job --------------------------------------------------------------------------
 * Blocks until the job is over and reads it: at once when it ends in this process, within 200 ms
 * otherwise. ERR_TIMEOUT after timeout_ms (0: never), ERR_CANCELED when `cancel` fired first; the
 * job goes on in both cases. */
bool worker_wait_job(const struct jobs *js, const char *id, int64_t timeout_ms,
                     const struct cancel *cancel, struct job *out, struct arena *a, struct err *e);

#endif
