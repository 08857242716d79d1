/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Each worker thread claims a job, runs it and ends it. One keeper thread does everything
 * that must go on while the others are busy in kind->run(): it renews leases, writes progress and
 * log lines that runs have left in memory, and fires a run's `cancel` when the row says so, when
 * the lease is gone, or when it could not be renewed in time (the database may be out of reach).
 *
 * Locks: worker->lock guards the list of runs; the keeper holds it for a whole round and a worker
 * thread for the last flush of its run, so a log line is never written twice. Order: worker->lock,
 * then the store's writer, then run->lock.
 */
#include "jobs/worker.h"

#include "core/clock.h"
#include "jobs/job_row.h"
#include "jobs/job_run.h"
#include "queue/queue.h"

#include <stdlib.h>

#define MAX_THREADS 64
#define POLL_MS 500      /* idle threads: other processes queue jobs too */
#define WATCH_MS 300     /* keeper: cancel requests */
#define FLUSH_MS 500     /* keeper: progress and log lines, at most this often */
#define REPAIR_MS 5000   /* keeper: leases of workers that died */
#define TIDY_MS 60000    /* keeper: the store's journal */
#define END_RETRY_MS 500 /* the end of a job that could not be written */
#define WAIT_POLL_MS 200 /* worker_wait_job: jobs of other processes */

struct slot {
    struct worker *worker;
    pthread_t thread;
    struct job_run *run; /* NULL: idle; guarded by worker->lock */
};

struct worker {
    struct worker_options options;
    struct queue *queue;
    char owner[JOB_ID_SIZE];
    struct log log;
    atomic_bool stopping;     /* claim nothing new */
    atomic_bool handing_back; /* what still runs shall stop */
    atomic_bool closing;      /* all threads are done: the keeper ends too */

    pthread_mutex_t lock;
    struct slot slots[MAX_THREADS];
    int slot_count;
    pthread_t keeper;
    int64_t repaired_ms, tidied_ms; /* the keeper's own */
};

/* --- The keeper --- */

static void obey_row(struct job_run *run, const struct job_watch *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].id, run->lease.id) != 0 || rows[i].attempt != run->lease.attempt)
            continue;
        if (rows[i].cancel_requested)
            job_run_stop(run, STOP_CANCELED);
        return;
    }
    job_run_stop(run, STOP_LOST);
}

static void keep_run(struct worker *w, struct job_run *run)
{
    struct err e = {0};
    int64_t now = clock_mono_ms();
    int64_t lease_ms = w->options.lease_ms;

    pthread_mutex_lock(&run->lock);
    bool wants = run->changed && now - run->flushed_ms >= FLUSH_MS;
    pthread_mutex_unlock(&run->lock);
    bool is_due = now - run->renewed_ms >= lease_ms / 6;
    if ((wants || is_due) && !job_run_flush(run, NULL, &e)) {
        log_line(&run->log, LOG_WARN, "lease not renewed: %s", e.msg);
        if (e.code == ERR_CONFLICT)
            job_run_stop(run, STOP_LOST);
    }
    /* A little before others may take the job over. */
    if (clock_mono_ms() - run->renewed_ms >= lease_ms - lease_ms / 10)
        job_run_stop(run, STOP_LOST);
}

static bool is_busy(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool busy = false;
    for (int i = 0; i < w->slot_count; i++)
        busy = busy || w->slots[i].run;
    pthread_mutex_unlock(&w->lock);
    return busy;
}

static void keep_runs(struct worker *w)
{
    struct job_watch rows[MAX_THREADS];
    struct err e = {0};
    size_t count;

    pthread_mutex_lock(&w->lock);
    bool known = job_watch(w->options.jobs, w->owner, rows, MAX_THREADS, &count, &e);
    if (!known)
        log_line(&w->log, LOG_WARN, "cannot look for cancel requests: %s", e.msg);
    for (int i = 0; i < w->slot_count; i++) {
        struct job_run *run = w->slots[i].run;
        if (!run)
            continue;
        if (known)
            obey_row(run, rows, count);
        if (atomic_load(&w->handing_back))
            job_run_stop(run, STOP_SHUTDOWN);
        keep_run(w, run);
    }
    pthread_mutex_unlock(&w->lock);
}

static void repair(struct worker *w)
{
    struct jobs_repair done;
    struct err e = {0};

    if (!jobs_reconcile(w->options.jobs, &done, &e))
        log_line(&w->log, LOG_WARN, "cannot repair: %s", e.msg);
    if (done.requeued || done.abandoned || done.canceled || done.projects)
        log_line(&w->log, LOG_WARN,
                 "repaired after a crash: %d jobs queued again, %d abandoned, %d canceled, "
                 "%d projects",
                 done.requeued, done.abandoned, done.canceled, done.projects);
}

static void *keep(void *arg)
{
    struct worker *w = arg;

    while (!atomic_load(&w->closing)) {
        uint64_t mark = queue_mark(w->queue, QUEUE_OVER);
        if (is_busy(w))
            keep_runs(w);
        int64_t now = clock_mono_ms();
        if (now - w->repaired_ms >= REPAIR_MS) {
            repair(w);
            w->repaired_ms = now;
        }
        if (now - w->tidied_ms >= TIDY_MS) {
            store_tidy(w->options.jobs->store);
            w->tidied_ms = now;
        }
        if (!atomic_load(&w->closing))
            queue_wait(w->queue, QUEUE_OVER, mark, WATCH_MS);
    }
    return NULL;
}

/* --- The worker threads --- */

/* Goes on until the row says it (true) or the lease is gone: the database may be busy or full. */
static bool write_end(struct worker *w, struct job_run *run, const struct job_end *end)
{
    while (job_run_reason(run) != STOP_LOST) {
        struct err e = {0};
        uint64_t mark = queue_mark(w->queue, QUEUE_OVER);
        pthread_mutex_lock(&w->lock);
        bool ok = job_run_flush(run, end, &e);
        pthread_mutex_unlock(&w->lock);
        if (ok)
            return true;
        log_line(&run->log, LOG_WARN, "the end of the job is not written: %s", e.msg);
        if (e.code == ERR_CONFLICT)
            job_run_stop(run, STOP_LOST);
        if (!job_run_may_pass(e.code) || atomic_load(&w->handing_back))
            return false; /* its lease will run out */
        queue_wait(w->queue, QUEUE_OVER, mark, END_RETRY_MS);
    }
    return false;
}

static void run_job(struct worker *w, struct job_run *run)
{
    const struct job_kind *kind = job_find_kind(w->options.jobs, run->job.kind);
    struct err failure = {0};
    int64_t start = clock_mono_ms();

    log_line(&run->log, LOG_INFO, "%s: started, attempt %d", run->job.kind, run->job.attempt);
    bool ok = kind->run(run, &failure);
    if (!ok && failure.code == ERR_NONE)
        err_set(&failure, ERR_INTERNAL, "the job failed without saying why");

    struct job_end end = job_run_judge(run, ok, &failure);
    bool written = write_end(w, run, &end);
    log_line(&run->log, LOG_INFO, "%s: %s after %.1f s%s%s", run->job.kind,
             written ? job_state_name(end.state) : "left to another worker",
             (double)(clock_mono_ms() - start) / 1000, ok ? "" : ": ", ok ? "" : failure.msg);
}

static void set_run(struct slot *slot, struct job_run *run)
{
    pthread_mutex_lock(&slot->worker->lock);
    slot->run = run;
    pthread_mutex_unlock(&slot->worker->lock);
    if (!run)
        queue_wake(slot->worker->queue, QUEUE_OVER, NULL); /* worker_stop() may wait for it */
}

/* Claims and runs one job; false: there was none. */
static bool work_once(struct slot *slot)
{
    struct worker *w = slot->worker;
    struct job_run run;
    struct err e = {0};

    bool ready = job_run_init(&run, &w->options, &e);
    int64_t now = clock_mono_ms(); /* before the claim: the lease ends no earlier than we think */
    bool claimed = ready && job_claim(w->options.jobs, w->owner, w->options.lease_ms, &run.job,
                                      &run.arena, &e);
    if (claimed) {
        run.lease = job_lease_of(&run.job);
        run.renewed_ms = run.flushed_ms = now;
        run.log = w->log;
        run.log.job = run.lease.id;
        set_run(slot, &run);
        run_job(w, &run);
        set_run(slot, NULL);
    } else if (e.code != ERR_NONE) {
        log_line(&w->log, LOG_WARN, "cannot claim a job: %s", e.msg);
    }
    job_run_finish(&run);
    return claimed;
}

static void *work(void *arg)
{
    struct slot *slot = arg;
    struct worker *w = slot->worker;

    while (!atomic_load(&w->stopping)) {
        uint64_t mark = queue_mark(w->queue, QUEUE_WORK);
        if (!work_once(slot) && !atomic_load(&w->stopping))
            queue_wait(w->queue, QUEUE_WORK, mark, POLL_MS);
    }
    return NULL;
}

/* --- Start and stop --- */

static void set_options(struct worker *w, const struct worker_options *options)
{
    struct worker_options *o = &w->options;
    *o = *options;
    if (!o->lease_ms)
        o->lease_ms = JOB_LEASE_MS;
    if (!o->retry_delay_ms)
        o->retry_delay_ms = 2000;
    if (!o->arena_bytes)
        o->arena_bytes = 256 << 20;
    if (o->threads > MAX_THREADS)
        o->threads = MAX_THREADS;
    w->queue = o->jobs->queue;
    w->log = o->log ? *o->log : (struct log){.fd = -1, .level = LOG_ERROR + 1};
}

struct worker *worker_start(const struct worker_options *options, struct err *e)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    set_options(w, options);
    job_new_id(w->owner);
    w->repaired_ms = clock_mono_ms() - REPAIR_MS; /* at start, too */
    w->tidied_ms = clock_mono_ms();
    pthread_mutex_init(&w->lock, NULL);

    int rc = 0;
    for (int i = 0; rc == 0 && i < w->options.threads; i++) {
        w->slots[i].worker = w;
        rc = pthread_create(&w->slots[i].thread, NULL, work, &w->slots[i]);
        if (rc == 0) {
            pthread_mutex_lock(&w->lock);
            w->slot_count++;
            pthread_mutex_unlock(&w->lock);
        }
    }
    bool has_keeper = rc == 0 && (rc = pthread_create(&w->keeper, NULL, keep, w)) == 0;
    if (has_keeper)
        return w;

    err_errno(e, rc, "worker thread");
    atomic_store(&w->stopping, true);
    queue_wake(w->queue, QUEUE_WORK, NULL);
    for (int i = 0; i < w->slot_count; i++)
        pthread_join(w->slots[i].thread, NULL);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void worker_stop(struct worker *w, int64_t grace_ms)
{
    if (!w)
        return;
    int64_t end = clock_mono_ms() + grace_ms;
    atomic_store(&w->stopping, true);
    queue_wake(w->queue, QUEUE_WORK, NULL);
    for (int64_t left; (left = end - clock_mono_ms()) > 0;) {
        uint64_t mark = queue_mark(w->queue, QUEUE_OVER);
        if (!is_busy(w))
            break;
        queue_wait(w->queue, QUEUE_OVER, mark, (int)(left < WATCH_MS ? left : WATCH_MS));
    }
    /* The keeper stops what still runs, also what was claimed at the very last moment. */
    atomic_store(&w->handing_back, true);
    queue_wake(w->queue, QUEUE_OVER, NULL);
    for (int i = 0; i < w->slot_count; i++)
        pthread_join(w->slots[i].thread, NULL);
    atomic_store(&w->closing, true);
    queue_wake(w->queue, QUEUE_OVER, NULL);
    pthread_join(w->keeper, NULL);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* --- Waiting for a job --- */

static bool wait_until_over(const struct jobs *js, const char *id, int64_t timeout_ms,
                            const struct cancel *cancel, struct err *e)
{
    int64_t end = clock_mono_ms() + timeout_ms;

    for (;;) {
        uint64_t mark = queue_mark(js->queue, QUEUE_OVER);
        enum job_state state;
        if (!job_state_get(js, id, &state, e))
            return false;
        if (job_state_is_over(state))
            return true;
        if (cancel_fired(cancel))
            return err_set(e, ERR_CANCELED, "No longer waiting for the job");
        int64_t left = timeout_ms ? end - clock_mono_ms() : WAIT_POLL_MS;
        if (left <= 0)
            return err_set(e, ERR_TIMEOUT, "The job is still %s", job_state_name(state));
        queue_wait(js->queue, QUEUE_OVER, mark, (int)(left < WAIT_POLL_MS ? left : WAIT_POLL_MS));
    }
}

bool worker_wait_job(const struct jobs *js, const char *id, int64_t timeout_ms,
                     const struct cancel *cancel, struct job *out, struct arena *a, struct err *e)
{
    return wait_until_over(js, id, timeout_ms, cancel, e) && job_get(js, id, out, a, e);
}
