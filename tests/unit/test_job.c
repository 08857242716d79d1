/* SPDX-License-Identifier: GPL-3.0-or-later
 * The life of a job without threads: moves, leases, repair; then many threads of two processes
 * racing for the same jobs.
 */
#include "check.h"
#include "jobs/job.h"
#include "queue/queue.h"
#include "scratch.h"
#include "store/sql.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

static struct arena arena;

/* --- The table --- */

static void test_moves(void)
{
    /* Row: from; column: to; in the order of enum job_state. */
    static const char *const allowed[JOB_STATE_COUNT] = {
        [JOB_QUEUED] = ".s...c",   [JOB_STARTED] = "q.rffc", [JOB_RENDERING] = "q..ffc",
        [JOB_FINISHED] = "......", [JOB_FAILED] = "......",  [JOB_CANCELED] = "......",
    };
    for (int from = 0; from < JOB_STATE_COUNT; from++) {
        CHECK_CASE(job_state_name((enum job_state)from));
        for (int to = 0; to < JOB_STATE_COUNT; to++)
            CHECK(job_may_move((enum job_state)from, (enum job_state)to) ==
                  (allowed[from][to] != '.'));
        CHECK(job_state_is_over((enum job_state)from) == (strcmp(allowed[from], "......") == 0));
    }
    CHECK_CASE("");
    static const char *const words[] = {"queued",   "started", "rendering",
                                        "finished", "failed",  "canceled"};
    for (int i = 0; i < JOB_STATE_COUNT; i++)
        CHECK_STR(job_state_name((enum job_state)i), words[i]);
}

static void test_ids(void)
{
    char a[JOB_ID_SIZE], b[JOB_ID_SIZE];
    job_new_id(a);
    job_new_id(b);
    CHECK(strlen(a) == 36 && strcmp(a, b) != 0);
    CHECK(a[8] == '-' && a[13] == '-' && a[14] == '4' && a[18] == '-' && a[23] == '-');
    CHECK(strchr("89ab", a[19]) != NULL && strspn(a, "0123456789abcdef-") == 36);
}

/* --- A store with kinds whose settle() is watched --- */

static bool settle_fails;

static bool settle_render(struct store *s, const struct job *job, struct err *e)
{
    if (settle_fails)
        return err_set(e, ERR_IO, "as ordered");
    return project_set_status(s, job->project_id,
                              job->state == JOB_FINISHED ? PROJECT_RENDERED : PROJECT_FAILED, e);
}

static const struct job_kind render_kind = {.name = "render", .settle = settle_render};
static const struct job_kind analyze_kind = {.name = "analyze"};
static const struct job_kind *const kinds[] = {&render_kind, &analyze_kind, NULL};
static const struct job_kind *const no_kinds[] = {NULL};

static int64_t project_of(struct store *s, enum project_status status)
{
    struct err e = {0};
    int64_t asset = 0, project = 0;
    char path[64];
    static int count;
    snprintf(path, sizeof path, "ingest/%d.mp4", ++count);
    CHECK(asset_create(s, &(struct asset){.path = path}, &asset, &e));
    CHECK(project_create(s, &(struct project){.title = "t", .status = status, .asset_id = asset},
                         &project, &e));
    return project;
}

static struct job add_job(const struct jobs *js, const char *kind, int64_t project)
{
    struct err e = {0};
    struct job job = {0};
    struct job_order order = {
        .kind = kind, .project_id = project, .asset_id = project, .spec = "{\"a\":1}"};
    CHECK(job_create(js, &order, job.id, &e));
    CHECK(job_get(js, job.id, &job, &arena, &e));
    return job;
}

static struct job claim(const struct jobs *js, const char *owner, int64_t lease_ms)
{
    struct err e = {0};
    struct job job = {0};
    CHECK(job_claim(js, owner, lease_ms, &job, &arena, &e));
    return job;
}

static struct job get(const struct jobs *js, const char *id)
{
    struct err e = {0};
    struct job job = {0};
    CHECK(job_get(js, id, &job, &arena, &e));
    return job;
}

static enum project_status status_of(const struct jobs *js, int64_t project)
{
    struct err e = {0};
    struct project p = {0};
    CHECK(project_find(js->store, project, &p, &arena, &e));
    return p.status;
}

static bool end(const struct jobs *js, const struct job *job, const struct job_end *how,
                struct err *e)
{
    struct job_lease lease = job_lease_of(job);
    return job_end(js, &lease, how, e);
}

static void write_sql(const struct jobs *js, const char *text)
{
    struct err e = {0};
    CHECK(store_begin(js->store, &e));
    bool ok = sql_run(js->store, text, SQL_NO_ARGS, NULL, &e);
    CHECK(store_end(js->store, ok, &e));
}

/* --- One by one --- */

static void test_good_life(const struct jobs *js)
{
    struct err e = {0};
    struct job none;
    int64_t project = project_of(js->store, PROJECT_RENDERING);

    CHECK(!job_claim(js, "w", 1000, &none, &arena, &e) && e.code == ERR_NONE);
    struct job first = add_job(js, "render", project), second = add_job(js, "analyze", 0);
    CHECK(first.state == JOB_QUEUED && first.attempt == 0 && first.started_us == 0);
    CHECK_STR(first.spec, "{\"a\":1}");
    struct jobs others = {.store = js->store, .queue = js->queue, .kinds = no_kinds};
    CHECK(!job_claim(&others, "w", 1000, &none, &arena, &e) && e.code == ERR_NONE);

    struct job job = claim(js, "w1", 30000);
    CHECK_STR(job.id, first.id);
    CHECK(job.state == JOB_STARTED && job.attempt == 1 && job.started_us >= job.created_us);
    CHECK_STR(get(js, job.id).lease_owner, "w1");

    struct job_lease lease = job_lease_of(&job);
    CHECK(job_renew(js, &lease, 30000, 40, "composition", &e));
    CHECK(job_renew(js, &lease, 30000, 25, NULL, &e)); /* never backwards */
    CHECK(job_rendering(js, &lease, &e) && job_rendering(js, &lease, &e));
    job = get(js, job.id);
    CHECK(job.state == JOB_RENDERING && job.updated_us > first.updated_us);
    CHECK_NEAR(job.progress, 40, 0);
    CHECK_STR(job.stage, "composition");
    CHECK(job_lease_check(js, &lease, &e));

    CHECK(end(js, &job,
              &(struct job_end){
                  .state = JOB_FINISHED, .result = "{\"ok\":true}", .output_path = "final/a.mp4"},
              &e));
    job = get(js, job.id);
    CHECK(job.state == JOB_FINISHED && job.ended_us >= job.started_us && !job.lease_owner[0]);
    CHECK_NEAR(job.progress, 100, 0);
    CHECK_STR(job.result, "{\"ok\":true}");
    CHECK_STR(job.output_path, "final/a.mp4");
    CHECK(status_of(js, project) == PROJECT_RENDERED);

    CHECK(!job_renew(js, &lease, 1, 50, NULL, &e) && e.code == ERR_CONFLICT);
    CHECK(!job_rendering(js, &lease, &e) && e.code == ERR_CONFLICT);
    CHECK(!job_lease_check(js, &lease, &e) && e.code == ERR_CANCELED);
    CHECK(!job_cancel(js, job.id, "why", NULL, &e) && e.code == ERR_CONFLICT);
    CHECK(!job_get(js, "nothing", &none, &arena, &e) && e.code == ERR_NOT_FOUND);

    job = claim(js, "w1", 30000);
    CHECK_STR(job.id, second.id);
    CHECK(
        end(js, &job,
            &(struct job_end){.state = JOB_FAILED, .error_code = ERR_TIMEOUT, .error = "too slow"},
            &e));
    job = get(js, job.id);
    CHECK(job.state == JOB_FAILED && job.error_code == ERR_TIMEOUT);
    CHECK_STR(job.error, "too slow");
}

static void test_retry(const struct jobs *js)
{
    struct err e = {0};
    struct job none, added = add_job(js, "analyze", 0), job = claim(js, "w1", 30000);
    struct job_end again = {.state = JOB_QUEUED, .delay_ms = 600000};

    CHECK(end(js, &job, &again, &e));
    CHECK(!job_claim(js, "w1", 30000, &none, &arena, &e) && e.code == ERR_NONE); /* not yet */
    /* A wait that is far too long is a clock that was set back. */
    write_sql(js, "UPDATE job SET run_after_us = run_after_us + 86400000000 "
                  "WHERE state = 'queued'");
    job = claim(js, "w2", 30000);
    CHECK_STR(job.id, added.id);
    CHECK(job.attempt == 2);
    CHECK(end(js, &job, &(struct job_end){.state = JOB_QUEUED, .handed_back = true}, &e));
    job = claim(js, "w3", 30000);
    CHECK(job.attempt == 3 && job.handed_back == 1);
    CHECK(end(js, &job, &(struct job_end){.state = JOB_FINISHED}, &e));
}

static void test_cancel(const struct jobs *js)
{
    struct err e = {0};
    enum job_state state;
    int64_t project = project_of(js->store, PROJECT_RENDERING);
    struct job queued = add_job(js, "render", project);

    CHECK(job_cancel(js, queued.id, "consent withdrawn", &state, &e) && state == JOB_CANCELED);
    CHECK_STR(get(js, queued.id).error, "consent withdrawn");
    CHECK(status_of(js, project) == PROJECT_FAILED); /* settled */

    struct job running = add_job(js, "render", project);
    running = claim(js, "w1", 30000);
    struct job_lease lease = job_lease_of(&running);
    CHECK(job_cancel(js, running.id, "by the user", &state, &e) && state == JOB_STARTED);
    struct job_watch rows[4];
    size_t count;
    CHECK(job_watch(js, "w1", rows, 4, &count, &e) && count == 1);
    CHECK(rows[0].cancel_requested && rows[0].attempt == 1);
    CHECK_STR(rows[0].id, running.id);
    CHECK(!job_lease_check(js, &lease, &e) && e.code == ERR_CANCELED);
    /* A success that comes too late is none: whoever canceled was told so. */
    CHECK(end(js, &running, &(struct job_end){.state = JOB_FINISHED, .output_path = "x"}, &e));
    running = get(js, running.id);
    CHECK(running.state == JOB_CANCELED && !running.output_path);
    CHECK_STR(running.error, "by the user");
    CHECK(!job_cancel(js, "nothing", "why", NULL, &e) && e.code == ERR_NOT_FOUND);
}

static void test_dead_workers(const struct jobs *js)
{
    struct err e = {0};
    struct jobs_repair done;
    int64_t project = project_of(js->store, PROJECT_RENDERING);
    struct job added = add_job(js, "render", project), stale = {0};

    CHECK(jobs_reconcile(js, &done, &e));
    CHECK(!done.requeued && !done.abandoned && !done.canceled && !done.projects);
    for (int attempt = 1; attempt <= JOB_MAX_TRIES; attempt++) {
        struct job job = claim(js, "dead", attempt == 2 ? 30000 : -1000);
        CHECK(job.attempt == attempt);
        if (attempt == 1)
            stale = job;
        if (attempt == 2) /* the machine was started anew */
            write_sql(js, "UPDATE job SET lease_boot = 'another boot' WHERE state = 'started'");
        CHECK(jobs_reconcile(js, &done, &e));
        CHECK(done.requeued == (attempt < JOB_MAX_TRIES));
        CHECK(done.abandoned == (attempt == JOB_MAX_TRIES));
    }
    added = get(js, added.id);
    CHECK(added.state == JOB_FAILED && strstr(added.error, "abandoned after 3 attempts"));
    CHECK(status_of(js, project) == PROJECT_FAILED);

    /* The first of them wakes up while a later one works: it must not write. */
    struct job next = add_job(js, "render", project);
    stale = claim(js, "same worker", -1000);
    CHECK(jobs_reconcile(js, &done, &e) && done.requeued == 1);
    next = claim(js, "same worker", 30000);
    CHECK(next.attempt == 2);
    struct job_lease lease = job_lease_of(&stale);
    CHECK(!job_renew(js, &lease, 30000, 99, "stale", &e) && e.code == ERR_CONFLICT);
    CHECK(!end(js, &stale, &(struct job_end){.state = JOB_FINISHED}, &e) && e.code == ERR_CONFLICT);
    CHECK(get(js, next.id).state == JOB_STARTED);
    CHECK(end(js, &next, &(struct job_end){.state = JOB_FINISHED}, &e));

    add_job(js, "render", project);
    next = claim(js, "dead", -1000);
    CHECK(job_cancel(js, next.id, "why", NULL, &e));
    CHECK(jobs_reconcile(js, &done, &e) && done.canceled == 1 && done.requeued == 0);
    CHECK(get(js, next.id).state == JOB_CANCELED);
}

static void test_settle_is_atomic(const struct jobs *js)
{
    struct err e = {0};
    struct jobs_repair done;
    int64_t project = project_of(js->store, PROJECT_RENDERING);
    add_job(js, "render", project);
    struct job job = claim(js, "w1", -1000);

    settle_fails = true;
    CHECK(!end(js, &job, &(struct job_end){.state = JOB_FINISHED}, &e) && e.code == ERR_IO);
    CHECK(get(js, job.id).state == JOB_STARTED && status_of(js, project) == PROJECT_RENDERING);
    settle_fails = false;
    CHECK(end(js, &job, &(struct job_end){.state = JOB_FINISHED}, &e));
    CHECK(get(js, job.id).state == JOB_FINISHED && status_of(js, project) == PROJECT_RENDERED);
    CHECK(jobs_reconcile(js, &done, &e) && done.projects == 0);
}

static void test_stuck_projects(const struct jobs *js)
{
    static const struct {
        const char *name;
        enum project_status before, after;
        const char *job_state; /* of its newest job; NULL: none */
        bool has_timeline;
    } cases[] = {
        {"render done", PROJECT_RENDERING, PROJECT_RENDERED, "finished", true},
        {"render failed", PROJECT_RENDERING, PROJECT_FAILED, "failed", true},
        {"render canceled", PROJECT_RENDERING, PROJECT_ANALYZED, "canceled", true},
        {"render never came", PROJECT_RENDERING, PROJECT_INGESTED, NULL, false},
        {"analysis done", PROJECT_ANALYZING, PROJECT_ANALYZED, "finished", true},
        {"analysis never came", PROJECT_ANALYZING, PROJECT_INGESTED, NULL, false},
        {"at work", PROJECT_ANALYZING, PROJECT_ANALYZING, "started", false},
        {"waiting", PROJECT_RENDERING, PROJECT_RENDERING, "queued", true},
        {"not stuck", PROJECT_RENDERED, PROJECT_RENDERED, NULL, false},
    };
    struct err e = {0};
    struct jobs_repair done;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        int64_t project = project_of(js->store, cases[i].before);
        if (cases[i].has_timeline)
            CHECK(timeline_doc_put(js->store, project, -1, "user", "{}", 2, NULL, &e));
        if (cases[i].job_state) {
            struct job job = add_job(js, "analyze", project);
            struct lease_clock clock;
            CHECK(store_lease_clock(js->store, &clock, &e));
            CHECK(store_begin(js->store, &e));
            bool ok = sql_run(js->store,
                              "UPDATE job SET state = $1, lease_boot = $2, lease_until_ms = $3"
                              " WHERE id = $4",
                              SQL_ARGS(sql_text(cases[i].job_state), sql_text(clock.boot),
                                       sql_int(clock.now_ms + 600000), sql_text(job.id)),
                              NULL, &e);
            CHECK(store_end(js->store, ok, &e));
        }
        CHECK(jobs_reconcile(js, &done, &e));
        CHECK(done.projects == (cases[i].before != cases[i].after));
        CHECK(status_of(js, project) == cases[i].after);
    }
    CHECK_CASE("");
    write_sql(js, "UPDATE job SET state = 'canceled' WHERE state IN ('queued', 'started')");
}

static void test_lists_and_logs(const struct jobs *js)
{
    struct err e = {0};
    int64_t project = project_of(js->store, PROJECT_INGESTED);
    struct job *rows, a = add_job(js, "analyze", project), b = add_job(js, "render", project);
    size_t count;

    CHECK(job_active_of_project(js, project, NULL, &rows, &count, &arena, &e) && count == 2);
    CHECK_STR(rows[0].id, a.id);
    CHECK_STR(rows[1].id, b.id);
    CHECK(rows[0].spec == NULL);
    CHECK(job_active_of_asset(js, project, "render", &rows, &count, &arena, &e) && count == 1);
    CHECK(job_cancel(js, a.id, "why", NULL, &e) && job_cancel(js, b.id, "why", NULL, &e));
    CHECK(job_active_of_asset(js, project, NULL, &rows, &count, &arena, &e) && count == 0);

    const char **lines;
    char text[3 * JOB_LOG_MAX_LINE];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text + JOB_LOG_MAX_LINE - 1, "\xc3\xa9", 2); /* cut in the middle of a character */
    CHECK(job_log_add(js, a.id, "first", &e) && job_log_add(js, a.id, text, &e));
    CHECK(job_logs(js, a.id, &lines, &count, &arena, &e) && count == 2);
    CHECK_STR(lines[0], "first");
    CHECK(strlen(lines[1]) == JOB_LOG_MAX_LINE - 1);
    CHECK(job_logs(js, b.id, &lines, &count, &arena, &e) && count == 0);

    CHECK(store_begin(js->store, &e));
    bool ok = true;
    for (int i = 0; i < JOB_LOG_MAX_LINES + 10; i++)
        ok = ok && job_log_add(js, b.id, "flood", &e);
    CHECK(store_end(js->store, ok, &e));
    CHECK(job_logs(js, b.id, &lines, &count, &arena, &e) && count == JOB_LOG_MAX_LINES);
}

/* --- The race ---
 * Two processes of eight threads claim the same jobs. Some leases are born dead, so that jobs are
 * taken over while their first worker still tries to write. Every claim and every end that was
 * accepted goes to the parent, which checks the history knowing nothing of how it was made. */

enum { RACE_JOBS = 500, RACE_PROCESSES = 2, RACE_THREADS = 8 };

struct event {
    char id[JOB_ID_SIZE];
    int attempt;
    bool is_end;
};

struct racer {
    const struct jobs *js;
    int fd;
    unsigned seed;
};

static void tell(const struct racer *r, const struct job *job, bool is_end)
{
    struct event event = {.attempt = job->attempt, .is_end = is_end};
    memcpy(event.id, job->id, sizeof event.id);
    if (write(r->fd, &event, sizeof event) != sizeof event)
        _exit(1);
}

static void *race(void *arg)
{
    struct racer *r = arg;
    int64_t left = 1;
    while (left) {
        struct arena a;
        struct job job;
        struct jobs_repair done;
        struct err e = {0};
        char owner[JOB_ID_SIZE];
        arena_init(&a, 1 << 20);
        job_new_id(owner);
        bool dead = rand_r(&r->seed) % 4 == 0;
        if (job_claim(r->js, owner, dead ? -1 : 600000, &job, &a, &e)) {
            tell(r, &job, false);
            if (dead && rand_r(&r->seed) % 2 && !jobs_reconcile(r->js, &done, &e))
                _exit(1);
            struct job_lease lease = job_lease_of(&job);
            if (job_end(r->js, &lease, &(struct job_end){.state = JOB_FINISHED}, &e))
                tell(r, &job, true);
            else if (e.code != ERR_CONFLICT)
                _exit(1);
        } else if (e.code != ERR_NONE || !jobs_reconcile(r->js, &done, &e)) {
            _exit(1);
        }
        arena_finish(&a);
        if (!sql_value(r->js->store,
                       "SELECT COUNT(*) FROM job WHERE state IN ('queued', 'started')", SQL_NO_ARGS,
                       &left, &e))
            _exit(1);
    }
    return NULL;
}

static void race_process(const char *url, int fd, unsigned seed)
{
    struct err e = {0};
    struct jobs js = {.store = store_open(url, &e), .queue = queue_open(NULL, &e), .kinds = kinds};
    pthread_t threads[RACE_THREADS];
    struct racer racers[RACE_THREADS];
    if (!js.store)
        _exit(2);
    for (unsigned i = 0; i < RACE_THREADS; i++) {
        racers[i] = (struct racer){.js = &js, .fd = fd, .seed = seed * 100 + i};
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < RACE_THREADS; i++)
        pthread_join(threads[i], NULL);
    store_close(js.store);
    queue_close(js.queue);
    _exit(0);
}

/* One row for each job: which attempts were claimed and how often its end was accepted. */
struct history {
    char id[JOB_ID_SIZE];
    unsigned claimed; /* bit: attempt */
    int ends, end_attempt;
    bool twice;
};

static void note(struct history *rows, const struct event *event)
{
    for (int i = 0; i < RACE_JOBS; i++) {
        struct history *h = &rows[i];
        if (strcmp(h->id, event->id) != 0)
            continue;
        if (event->is_end) {
            h->ends++;
            h->end_attempt = event->attempt;
        } else {
            h->twice = h->twice || (h->claimed & (1u << event->attempt));
            h->claimed |= 1u << event->attempt;
        }
    }
}

static void judge(const char *url, const struct history *rows)
{
    struct err e = {0};
    struct store *s = store_open(url, &e);
    struct jobs js = {.store = s, .kinds = kinds};
    int twice = 0, wrong = 0, finished = 0, taken_over = 0;
    for (int i = 0; s && i < RACE_JOBS; i++) {
        struct job job = get(&js, rows[i].id);
        bool fine =
            job.state == JOB_FINISHED
                ? rows[i].ends == 1 && rows[i].end_attempt == job.attempt
                : job.state == JOB_FAILED && rows[i].ends == 0 && job.attempt == JOB_MAX_TRIES;
        wrong += !fine || rows[i].claimed != (2u << job.attempt) - 2;
        twice += rows[i].twice;
        finished += job.state == JOB_FINISHED;
        taken_over += job.attempt > 1;
    }
    CHECK(twice == 0);
    CHECK(wrong == 0);
    CHECK(finished > RACE_JOBS / 2);
    CHECK(taken_over > 0); /* or the race has tested nothing */
    CHECK(s && store_check(s, &e));
    store_close(s);
}

static void test_race(const char *url)
{
    static struct history rows[RACE_JOBS];
    struct err e = {0};
    int fds[2];

    CHECK(store_migrate(url, NULL, NULL, &e));
    struct jobs js = {.store = store_open(url, &e), .queue = queue_open(NULL, &e), .kinds = kinds};
    CHECK(js.store && store_begin(js.store, &e));
    bool ok = true;
    for (int i = 0; i < RACE_JOBS; i++)
        ok = ok && job_create(&js, &(struct job_order){.kind = "analyze"}, rows[i].id, &e);
    CHECK(store_end(js.store, ok, &e));
    store_close(js.store);
    queue_close(js.queue);

    CHECK(pipe(fds) == 0);
    pid_t children[RACE_PROCESSES];
    for (unsigned i = 0; i < RACE_PROCESSES; i++)
        if ((children[i] = fork()) == 0)
            race_process(url, fds[1], i + 1);
    close(fds[1]);
    struct event event;
    while (read(fds[0], &event, sizeof event) == sizeof event)
        note(rows, &event);
    close(fds[0]);
    for (int i = 0; i < RACE_PROCESSES; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    judge(url, rows);
}

int main(void)
{
    char dir[SCRATCH_SIZE];
    struct err e = {0};

    arena_init(&arena, 64 << 20);
    if (!scratch_make(dir))
        return 1;
    test_race(scratch_url(dir, "race.db")); /* forks, so before any thread */
    test_moves();
    test_ids();

    const char *url = scratch_url(dir, "aive.db");
    CHECK(store_migrate(url, NULL, NULL, &e));
    struct jobs js = {.store = store_open(url, &e), .queue = queue_open("", &e), .kinds = kinds};
    if (CHECK(js.store && js.queue)) {
        test_good_life(&js);
        test_retry(&js);
        test_cancel(&js);
        test_dead_workers(&js);
        test_settle_is_atomic(&js);
        test_stuck_projects(&js);
        test_lists_and_logs(&js);
    }
    CHECK(!queue_open("redis://localhost:6379/0", &e) && e.code == ERR_UNAVAILABLE);
    store_close(js.store);
    queue_close(js.queue);
    scratch_remove(dir);
    arena_finish(&arena);
    return check_done();
}
