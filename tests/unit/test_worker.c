/* SPDX-License-Identifier: GPL-3.0-or-later
 * Workers with real threads and made-up kinds of jobs: ends, retries, cancel, shutdown, a lost
 * lease, a killed process. Nothing here sleeps; every wait ends with what it waits for.
 */
#include "check.h"
#include "jobs/worker.h"
#include "queue/queue.h"
#include "scratch.h"
#include "store/sql.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#define LONG_MS 60000 /* only a hung test waits so long */

static struct arena arena;

/* What the kinds share with the test, by job_run_user(). */
struct context {
    int started_fd;   /* a byte for each run of "forever" */
    atomic_int runs;  /* of "count" */
    atomic_int stale; /* runs of "forever" that could still have published */
};

/* --- Kinds --- */

static bool run_film(struct job_run *run, struct err *e)
{
    job_run_log(run, "Starting %s", job_run_job(run)->spec);
    job_run_progress(run, 5, "set-up");
    if (!job_run_rendering(run, e))
        return false;
    job_run_progress(run, 85, "export");
    job_run_progress(run, 40, NULL); /* never backwards */
    job_run_log(run, "Done");
    return job_run_still_mine(run, e) && job_run_set_output(run, "final/a.mp4", e) &&
           job_run_set_result(run, "{\"frames\":42}", e);
}

static bool settle_film(struct store *s, const struct job *job, struct err *e)
{
    return project_set_status(s, job->project_id,
                              job->state == JOB_FINISHED ? PROJECT_RENDERED : PROJECT_FAILED, e);
}

/* Fails with the code that the job's spec names; from attempt `fine_from` on it works. */
static bool fail_until(struct job_run *run, enum err_code code, int fine_from, struct err *e)
{
    if (job_run_job(run)->attempt >= fine_from)
        return true;
    return err_set(e, code, "attempt %d failed", job_run_job(run)->attempt);
}

static bool run_fail(struct job_run *run, struct err *e)
{
    const char *spec = job_run_job(run)->spec;
    char name[32];
    int fine_from = 0;
    CHECK(sscanf(spec, "%31s %d", name, &fine_from) == 2);
    return fail_until(run, err_from_name(name), fine_from, e);
}

static bool run_forever(struct job_run *run, struct err *e)
{
    struct context *c = job_run_user(run);
    struct pollfd p = {.fd = job_run_cancel(run)->fd, .events = POLLIN};
    job_run_progress(run, 10, "waiting");
    if (write(c->started_fd, "s", 1) != 1)
        return err_set(e, ERR_INTERNAL, "pipe");
    poll(&p, 1, -1);
    if (job_run_still_mine(run, NULL))
        atomic_fetch_add(&c->stale, 1);
    return err_set(e, ERR_CANCELED, "stopped");
}

static bool run_count(struct job_run *run, struct err *e)
{
    struct context *c = job_run_user(run);
    (void)e;
    atomic_fetch_add(&c->runs, 1);
    return true;
}

static const struct job_kind film = {.name = "film", .run = run_film, .settle = settle_film};
static const struct job_kind fail = {.name = "fail", .run = run_fail};
static const struct job_kind forever = {.name = "forever", .run = run_forever};
static const struct job_kind counting = {.name = "count", .run = run_count};
static const struct job_kind *const kinds[] = {&film, &fail, &forever, &counting, NULL};

/* --- Helpers --- */

static struct context context;
static int started; /* reading end of context.started_fd */

static struct worker *start(const struct jobs *js, int threads)
{
    struct err e = {0};
    struct worker_options o = {
        .jobs = js, .threads = threads, .user = &context, .retry_delay_ms = 1};
    struct worker *w = worker_start(&o, &e);
    CHECK(w != NULL);
    return w;
}

static void order(const struct jobs *js, const char *kind, int64_t project, const char *spec,
                  char id[JOB_ID_SIZE])
{
    struct err e = {0};
    struct job_order o = {.kind = kind, .project_id = project, .spec = spec};
    CHECK(job_create(js, &o, id, &e));
}

static struct job wait_for(const struct jobs *js, const char *id)
{
    struct err e = {0};
    struct job job = {0};
    CHECK(worker_wait_job(js, id, LONG_MS, NULL, &job, &arena, &e));
    return job;
}

static void wait_started(void)
{
    char c;
    CHECK(read(started, &c, 1) == 1);
}

static void write_sql(const struct jobs *js, const char *text)
{
    struct err e = {0};
    CHECK(store_begin(js->store, &e));
    bool ok = sql_run(js->store, text, SQL_NO_ARGS, NULL, &e);
    CHECK(store_end(js->store, ok, &e));
}

/* --- Tests --- */

static void test_film(const struct jobs *js)
{
    struct err e = {0};
    struct project project = {.title = "t", .status = PROJECT_RENDERING};
    char id[JOB_ID_SIZE];
    const char **lines;
    size_t count;

    CHECK(project_create(js->store, &project, &project.id, &e));
    order(js, "film", project.id, "{\"x\":1}", id);
    struct job job = wait_for(js, id);
    CHECK(job.state == JOB_FINISHED && job.attempt == 1);
    CHECK_NEAR(job.progress, 100, 0);
    CHECK_STR(job.stage, "export");
    CHECK_STR(job.result, "{\"frames\":42}");
    CHECK_STR(job.output_path, "final/a.mp4");
    CHECK(job_logs(js, id, &lines, &count, &arena, &e) && count == 2);
    CHECK_STR(lines[0], "Starting {\"x\":1}");
    CHECK_STR(lines[1], "Done");
    CHECK(project_find(js->store, project.id, &project, &arena, &e));
    CHECK(project.status == PROJECT_RENDERED);
}

static void test_failures(const struct jobs *js)
{
    static const struct {
        const char *spec; /* error code, first attempt that works */
        enum job_state state;
        int attempts;
    } cases[] = {
        {"invalid 9", JOB_FAILED, 1},     {"unsupported 9", JOB_FAILED, 1},
        {"timeout 9", JOB_FAILED, 1},     {"internal 9", JOB_FAILED, 1},
        {"canceled 9", JOB_FAILED, 1},    {"no_memory 9", JOB_FAILED, 2},
        {"no_memory 2", JOB_FINISHED, 2}, {"io 9", JOB_FAILED, 3},
        {"busy 3", JOB_FINISHED, 3},      {"no_space 9", JOB_FAILED, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[JOB_ID_SIZE], code[32];
        CHECK_CASE(cases[i].spec);
        order(js, "fail", 0, cases[i].spec, id);
        struct job job = wait_for(js, id);
        CHECK(job.state == cases[i].state && job.attempt == cases[i].attempts);
        CHECK(sscanf(cases[i].spec, "%31s", code) == 1);
        if (job.state == JOB_FAILED) {
            CHECK_STR(err_name(job.error_code), code);
            CHECK(job.error && strstr(job.error, "failed"));
        }
    }
    CHECK_CASE("");
}

static void test_cancel(const struct jobs *js)
{
    struct err e = {0};
    char id[JOB_ID_SIZE];
    enum job_state state;
    struct job job;

    order(js, "forever", 0, "{}", id);
    wait_started();
    CHECK(!worker_wait_job(js, id, 1, NULL, &job, &arena, &e) && e.code == ERR_TIMEOUT);
    struct cancel c;
    CHECK(cancel_init(&c, &e));
    cancel_fire(&c);
    CHECK(!worker_wait_job(js, id, LONG_MS, &c, &job, &arena, &e) && e.code == ERR_CANCELED);
    cancel_finish(&c);
    CHECK(!worker_wait_job(js, "nothing", 0, NULL, &job, &arena, &e) && e.code == ERR_NOT_FOUND);

    CHECK(job_cancel(js, id, "by the user", &state, &e) && state == JOB_STARTED);
    job = wait_for(js, id);
    CHECK(job.state == JOB_CANCELED && job.attempt == 1);
    CHECK_STR(job.error, "by the user");
}

/* Somebody else has the job now: the run is told to stop and its end changes nothing. */
static void test_lost_lease(const struct jobs *js)
{
    struct err e = {0};
    char id[JOB_ID_SIZE];
    struct job job = {0};

    order(js, "forever", 0, "{}", id);
    wait_started();
    write_sql(js, "UPDATE job SET attempt = 2, lease_owner = 'another' WHERE state = 'started'");
    jobs_wake(js);
    /* The thread is free for other work again. */
    char next[JOB_ID_SIZE];
    order(js, "fail", 0, "invalid 9", next);
    wait_for(js, next);
    CHECK(job_get(js, id, &job, &arena, &e));
    CHECK(job.state == JOB_STARTED && job.attempt == 2);
    CHECK_STR(job.lease_owner, "another");
    CHECK(atomic_load(&context.stale) == 0);
    write_sql(js, "UPDATE job SET state = 'failed' WHERE state IN ('queued', 'started')");
}

static void test_shutdown(const struct jobs *js)
{
    struct err e = {0};
    char id[JOB_ID_SIZE];
    struct job job;

    struct worker *w = start(js, 1);
    order(js, "forever", 0, "{}", id);
    wait_started();
    worker_stop(w, 1);
    CHECK(job_get(js, id, &job, &arena, &e));
    CHECK(job.state == JOB_QUEUED && job.attempt == 1 && job.handed_back == 1);
    CHECK(!job.lease_owner[0]);

    w = start(js, 1);
    wait_started();
    CHECK(job_cancel(js, id, "enough", NULL, &e));
    CHECK(wait_for(js, id).state == JOB_CANCELED);
    worker_stop(w, LONG_MS);
}

static void test_many(const struct jobs *js)
{
    enum { JOBS = 200 };
    struct err e = {0};
    static char ids[JOBS][JOB_ID_SIZE];
    int64_t finished = 0;

    struct worker *a = start(js, 4), *b = start(js, 3);
    CHECK(store_begin(js->store, &e));
    bool ok = true;
    for (int i = 0; i < JOBS; i++)
        ok = ok && job_create(js, &(struct job_order){.kind = "count"}, ids[i], &e);
    CHECK(store_end(js->store, ok, &e));
    jobs_wake(js);
    for (int i = 0; i < JOBS; i++)
        CHECK(wait_for(js, ids[i]).state == JOB_FINISHED);
    worker_stop(a, LONG_MS);
    worker_stop(b, LONG_MS);
    CHECK(sql_value(js->store,
                    "SELECT COUNT(*) FROM job WHERE kind = 'count' AND state = 'finished'"
                    " AND attempt = 1",
                    SQL_NO_ARGS, &finished, &e));
    CHECK(finished == JOBS);
    CHECK(atomic_load(&context.runs) == JOBS);
}

/* --- A worker in another process, killed at work --- */

static void child_worker(const char *url)
{
    struct err e = {0};
    struct jobs js = {.store = store_open(url, &e), .queue = queue_open(NULL, &e), .kinds = kinds};
    struct worker_options o = {.jobs = &js, .threads = 1, .user = &context};
    if (!js.store || !worker_start(&o, &e))
        _exit(1);
    for (;;)
        pause();
}

static void test_killed_process(const char *url)
{
    struct err e = {0};
    struct jobs_repair done;
    char id[JOB_ID_SIZE];
    pid_t child = fork();
    if (child == 0)
        child_worker(url);
    struct jobs js = {.store = store_open(url, &e), .queue = queue_open(NULL, &e), .kinds = kinds};
    if (!CHECK(js.store && js.queue))
        return;
    order(&js, "forever", 0, "{}", id);
    wait_started(); /* the other process has found it by polling */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);

    CHECK(jobs_reconcile(&js, &done, &e) && done.requeued == 0); /* its lease still holds */
    write_sql(&js, "UPDATE job SET lease_until_ms = 1 WHERE state = 'started'");
    CHECK(jobs_reconcile(&js, &done, &e) && done.requeued == 1);
    struct worker *w = start(&js, 1);
    wait_started();
    CHECK(job_cancel(&js, id, "enough", NULL, &e));
    struct job job = wait_for(&js, id);
    CHECK(job.state == JOB_CANCELED && job.attempt == 2 && job.handed_back == 0);
    worker_stop(w, LONG_MS);
    store_close(js.store);
    queue_close(js.queue);
}

int main(void)
{
    char dir[SCRATCH_SIZE];
    int fds[2];
    struct err e = {0};

    arena_init(&arena, 64 << 20);
    if (!scratch_make(dir) || pipe(fds) != 0)
        return 1;
    context.started_fd = fds[1];
    started = fds[0];
    const char *url = scratch_url(dir, "aive.db");
    CHECK(store_migrate(url, NULL, NULL, &e));
    test_killed_process(url); /* forks, so before any thread */

    struct jobs js = {.store = store_open(url, &e), .queue = queue_open(NULL, &e), .kinds = kinds};
    if (CHECK(js.store && js.queue)) {
        struct worker *w = start(&js, 1);
        test_film(&js);
        test_failures(&js);
        test_cancel(&js);
        test_lost_lease(&js);
        worker_stop(w, LONG_MS);
        test_shutdown(&js);
        test_many(&js);
        CHECK(store_check(js.store, &e));
    }
    store_close(js.store);
    queue_close(js.queue);
    scratch_remove(dir);
    arena_finish(&arena);
    return check_done();
}
