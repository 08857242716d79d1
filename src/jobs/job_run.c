/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/job_run.h"

#include "core/clock.h"
#include "store/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_LOG_BYTES (1u << 20)

bool job_run_init(struct job_run *run, const struct worker_options *options, struct err *e)
{
    *run = (struct job_run){.options = options};
    pthread_mutex_init(&run->lock, NULL);
    buf_init(&run->lines, PENDING_LOG_BYTES);
    arena_init(&run->arena, (size_t)options->arena_bytes);
    return cancel_init(&run->cancel, e);
}

void job_run_finish(struct job_run *run)
{
    cancel_finish(&run->cancel);
    arena_finish(&run->arena);
    buf_finish(&run->lines);
    pthread_mutex_destroy(&run->lock);
    free(run->result);
    free(run->output);
}

/* --- What kinds see --- */

const struct job *job_run_job(const struct job_run *run)
{
    return &run->job;
}

const struct jobs *job_run_jobs(const struct job_run *run)
{
    return run->options->jobs;
}

struct arena *job_run_arena(struct job_run *run)
{
    return &run->arena;
}

void *job_run_user(const struct job_run *run)
{
    return run->options->user;
}

const struct cancel *job_run_cancel(const struct job_run *run)
{
    return &run->cancel;
}

struct log job_run_logger(const struct job_run *run)
{
    return run->log;
}

void job_run_progress(struct job_run *run, double percent, const char *stage)
{
    pthread_mutex_lock(&run->lock);
    if (percent > run->progress)
        run->progress = percent < 100 ? percent : 100;
    if (stage)
        snprintf(run->stage, sizeof run->stage, "%s", stage);
    run->changed = true;
    pthread_mutex_unlock(&run->lock);
}

void job_run_log(struct job_run *run, const char *fmt, ...)
{
    char line[JOB_LOG_MAX_LINE + 1];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    log_line(&run->log, LOG_DEBUG, "%s", line);

    pthread_mutex_lock(&run->lock);
    buf_add(&run->lines, line, strlen(line) + 1);
    run->lines.failed = false; /* a flood of lines is cut, what comes after a flush is kept */
    run->changed = true;
    pthread_mutex_unlock(&run->lock);
}

bool job_run_rendering(struct job_run *run, struct err *e)
{
    return job_rendering(run->options->jobs, &run->lease, e);
}

bool job_run_still_mine(struct job_run *run, struct err *e)
{
    if (cancel_fired(&run->cancel))
        return err_set(e, ERR_CANCELED, "The job was stopped");
    return job_lease_check(run->options->jobs, &run->lease, e);
}

static bool keep_text(struct job_run *run, char **slot, const char *text, struct err *e)
{
    char *copy = strdup(text);
    if (!copy)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    pthread_mutex_lock(&run->lock);
    free(*slot);
    *slot = copy;
    pthread_mutex_unlock(&run->lock);
    return true;
}

bool job_run_set_result(struct job_run *run, const char *json, struct err *e)
{
    return keep_text(run, &run->result, json, e);
}

bool job_run_set_output(struct job_run *run, const char *media_path, struct err *e)
{
    return keep_text(run, &run->output, media_path, e);
}

void job_run_stop(struct job_run *run, enum stop_reason reason)
{
    int none = RUN_ON;
    if (atomic_compare_exchange_strong(&run->reason, &none, (int)reason))
        cancel_fire(&run->cancel);
}

enum stop_reason job_run_reason(const struct job_run *run)
{
    return (enum stop_reason)atomic_load(&run->reason);
}

/* --- Flushing: what runs left in memory goes into the rows --- */

struct pending {
    double progress;
    char stage[64];
    char *lines; /* malloc'd copy */
    size_t len;
};

static bool take_pending(struct job_run *run, struct pending *out)
{
    pthread_mutex_lock(&run->lock);
    *out = (struct pending){.progress = run->progress, .len = run->lines.len};
    memcpy(out->stage, run->stage, sizeof out->stage);
    out->lines = malloc(out->len + 1);
    if (out->lines && out->len)
        memcpy(out->lines, run->lines.data, out->len);
    run->changed = false;
    pthread_mutex_unlock(&run->lock);
    return out->lines != NULL;
}

static bool write_pending(struct job_run *run, const struct pending *p, const struct job_end *end,
                          struct err *e)
{
    const struct jobs *js = run->options->jobs;
    if (!store_begin(js->store, e))
        return false;
    bool ok = job_renew(js, &run->lease, run->options->lease_ms, p->progress,
                        p->stage[0] ? p->stage : NULL, e);
    for (size_t at = 0; ok && at < p->len; at += strlen(p->lines + at) + 1)
        ok = job_log_add(js, run->lease.id, p->lines + at, e);
    if (ok && end)
        ok = job_end(js, &run->lease, end, e);
    return store_end(js->store, ok, e);
}

bool job_run_flush(struct job_run *run, const struct job_end *end, struct err *e)
{
    struct pending p;
    int64_t now = clock_mono_ms();

    run->flushed_ms = now;
    if (!take_pending(run, &p))
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    bool ok = write_pending(run, &p, end, e);
    pthread_mutex_lock(&run->lock);
    if (ok && p.len)
        buf_consume(&run->lines, p.len);
    if (!ok)
        run->changed = true;
    pthread_mutex_unlock(&run->lock);
    free(p.lines);
    if (ok)
        run->renewed_ms = now;
    if (ok && end)
        jobs_wake(run->options->jobs);
    return ok;
}

/* --- The end --- */

/* How many tries a failed run gets, by its error: these may pass. All others fail at once. */
static const struct {
    enum err_code code;
    int tries;
} retries[] = {
    {ERR_NO_MEMORY, 2}, /* the machine was full, perhaps only for the moment */
    {ERR_IO, JOB_MAX_TRIES},
    {ERR_BUSY, JOB_MAX_TRIES},
    {ERR_NO_SPACE, JOB_MAX_TRIES},
};

static int tries_of(enum err_code code)
{
    for (size_t i = 0; i < sizeof retries / sizeof *retries; i++)
        if (retries[i].code == code)
            return retries[i].tries;
    return 1;
}

bool job_run_may_pass(enum err_code code)
{
    return tries_of(code) > 1;
}

struct job_end job_run_judge(struct job_run *run, bool ok, const struct err *failure)
{
    enum stop_reason reason = job_run_reason(run);
    int tries = run->job.attempt - run->job.handed_back;
    struct job_end end = {.state = JOB_FAILED, .error_code = failure->code, .error = failure->msg};

    if (reason == STOP_CANCELED) {
        end.state = JOB_CANCELED;
    } else if (ok) {
        end = (struct job_end){
            .state = JOB_FINISHED, .result = run->result, .output_path = run->output};
    } else if (reason == STOP_SHUTDOWN) {
        end.state = JOB_QUEUED;
        end.handed_back = true;
    } else if (tries < tries_of(failure->code)) {
        end.state = JOB_QUEUED;
        end.delay_ms = run->options->retry_delay_ms << (tries - 1);
        job_run_log(run, "Attempt %d failed: %s; trying again", tries, failure->msg);
    } else {
        job_run_log(run, "Failed: %s", failure->msg);
    }
    return end;
}
