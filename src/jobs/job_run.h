/* SPDX-License-Identifier: GPL-3.0-or-later
 * job_run.h - a job at work: what its run leaves in memory, and how that gets into the rows.
 * Between worker.c, whose threads own runs, and job_run.c; kinds see it through worker.h only.
 */
#ifndef AIVE_JOBS_JOB_RUN_H
#define AIVE_JOBS_JOB_RUN_H

#include "core/buf.h"
#include "jobs/worker.h"

#include <pthread.h>
#include <stdatomic.h>

enum stop_reason { RUN_ON, STOP_CANCELED, STOP_LOST, STOP_SHUTDOWN };

struct job_run {
    const struct worker_options *options;
    struct job job; /* as claimed */
    struct job_lease lease;
    struct arena arena;
    struct cancel cancel;
    struct log log;
    _Atomic int reason; /* enum stop_reason; the first one stays */

    pthread_mutex_t lock; /* guards the following; held for memory operations only */
    double progress;
    char stage[64];
    bool changed;     /* since the last flush */
    struct buf lines; /* for the log, each ended by its NUL */
    char *result, *output;

    int64_t flushed_ms, renewed_ms; /* guarded by the worker's lock, as flushing is */
};

bool job_run_init(struct job_run *run, const struct worker_options *options, struct err *e);
void job_run_finish(struct job_run *run);

/* Tells the run to end; the first reason counts. Any thread. */
void job_run_stop(struct job_run *run, enum stop_reason reason);
enum stop_reason job_run_reason(const struct job_run *run);

/* One commit: renews the lease, writes progress, stage and log lines and, when `end` is given, the
 * end of the job. ERR_CONFLICT: the lease is gone. */
bool job_run_flush(struct job_run *run, const struct job_end *end, struct err *e);

/* What becomes of the job now that run() has returned `ok`, or failed with `failure`. */
struct job_end job_run_judge(struct job_run *run, bool ok, const struct err *failure);

/* Is this the kind of failure that another try may not meet again? */
bool job_run_may_pass(enum err_code code);

#endif
