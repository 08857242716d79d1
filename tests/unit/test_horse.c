/* SPDX-License-Identifier: GPL-3.0-or-later
 * The work-horse: this program is its own child (`test_horse work-horse KIND`; horse_fixture.c has
 * the list of kinds, which behave well, badly and worst) and, as `test_horse parent`, a parent that
 * can be killed.
 */
#include "check.h"
#include "core/cancel.h"
#include "core/clock.h"
#include "core/log.h"
#include "jobs/horse_proto.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- What a parent notes down --------------------------------------------------------------------
 */

struct notes {
    double percent;
    bool backwards;
    int progress_calls, logs, asks, ticks, commits;
    char stage[64], log[256], text[256];
    int texts;
    int made; /* what "create" handed out */
    struct cancel *cancel_on_progress;
};

static void note_progress(void *user, double percent, const char *stage)
{
    struct notes *n = user;
    n->progress_calls++;
    n->backwards = n->backwards || percent < n->percent || percent > 100;
    n->percent = percent;
    snprintf(n->stage, sizeof n->stage, "%s", stage);
    if (n->cancel_on_progress)
        cancel_fire(n->cancel_on_progress);
}

static void note_log(void *user, const char *line)
{
    struct notes *n = user;
    n->logs++;
    snprintf(n->log, sizeof n->log, "%s", line);
}

static void note_text(void *user, const char *text, size_t len)
{
    struct notes *n = user;
    size_t at = strlen(n->text);
    n->texts++;
    if (at + len < sizeof n->text)
        memcpy(n->text + at, text, len);
}

static void note_tick(void *user)
{
    ((struct notes *)user)->ticks++;
}

static int text_fd(const char *text)
{
    int fd = memfd_create("text", MFD_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) >= 0 ? fd : -1;
}

/* Knows "chunk/<number>", whose content is that number, "chunk/there" and "chunk/new". */
static int answer(void *user, const char *op, const char *name, struct err *e)
{
    struct notes *n = user;
    n->asks++;
    if (strcmp(op, "open") == 0 && strcmp(name, "chunk/there") == 0)
        return text_fd("content");
    if (strcmp(op, "open") == 0 && name[6] >= '0' && name[6] <= '9')
        return text_fd(name + 6);
    if (strcmp(op, "create") == 0 && strcmp(name, "chunk/new") == 0) {
        n->made = text_fd("");
        return dup(n->made);
    }
    if (strcmp(op, "commit") == 0 && strcmp(name, "chunk/new") == 0) {
        n->commits++;
        return 0;
    }
    err_set(e, ERR_NOT_FOUND, "no %s", name);
    return -1;
}

static struct horse_job job_of(const char *kind, struct notes *n)
{
    static const struct log nowhere = {.fd = -1, .level = LOG_ERROR};
    memset(n, 0, sizeof *n);
    n->made = -1;
    return (struct horse_job){.kind = kind,
                              .spec = "{}",
                              .log = &nowhere,
                              .on_progress = note_progress,
                              .on_log = note_log,
                              .on_text = note_text,
                              .on_ask = answer,
                              .on_tick = note_tick,
                              .user = n};
}

/* --- Jobs that go well ---------------------------------------------------------------------------
 */

static void test_echo(void)
{
    CHECK_CASE("echo");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("echo", &n);
    struct horse_fd in = {.name = "source", .fd = text_fd("seven")};
    job.spec = "{\"a\": [1, 2]}";
    job.fds = &in;
    job.fd_count = 1;
    char *result = horse_run(&job, &e);
    CHECK_STR(result, "{\"spec\":{\"a\":[1,2]},\"source\":\"seven\",\"user\":\"prepared\"}");
    CHECK_STR(n.log, "echo of 13 bytes in one line");
    CHECK_STR(n.stage, "half");
    CHECK_NEAR(n.percent, 50, 0);
    free(result);
    close(in.fd);
}

static void test_text(void)
{
    CHECK_CASE("writer");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("writer", &n);
    char *result = horse_run(&job, &e);
    CHECK_STR(result, "{}");
    CHECK_STR(n.text, "Two lines:\n\tna\xc3\xafve \xf0\x9f\x8e\xac");
    CHECK(n.texts == 4);
    free(result);

    CHECK_CASE("a writer nobody listens to");
    job = job_of("writer", &n);
    job.on_text = NULL;
    result = horse_run(&job, &e);
    CHECK_STR(result, "{}");
    free(result);

    CHECK_CASE("text_flood");
    job = job_of("text_flood", &n);
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_TOO_LARGE);
}

static void test_inventory(void)
{
    CHECK_CASE("inventory");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("inventory", &n);
    int text = text_fd("x");
    struct horse_fd in[] = {{"a", text}, {"b", text}};
    job.fds = in;
    job.fd_count = 2;
    setenv("AIVE_API_KEY", "secret", 1);
    char *result = horse_run(&job, &e);
    if (CHECK(result != NULL)) {
        CHECK(strstr(result, "\"fds\":\"0 1 2 3 4 5 6 \"") != NULL);
        CHECK(strstr(result, "TZ=UTC") != NULL);
        CHECK(strstr(result, "secret") == NULL);
    }
    free(result);
    close(text);
}

static void test_sizes(void)
{
    static const struct {
        const char *spec;
        enum err_code code;
        size_t len;
    } cases[] = {
        {"{\"n\":10}", ERR_NONE, 10},
        {"{\"n\":70000}", ERR_NONE, 70000}, /* longer than other events may be */
        {"{\"n\":10000000}", ERR_NONE, 10000000},
        {"{\"n\":16777180}", ERR_TOO_LARGE, 0}, /* fits the buffer but not with its event around */
        {"{\"n\":20000000}", ERR_TOO_LARGE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].spec);
        struct notes n;
        struct err e = {.code = ERR_NONE};
        struct horse_job job = job_of("big", &n);
        job.spec = cases[i].spec;
        char *result = horse_run(&job, &e);
        CHECK(e.code == cases[i].code);
        CHECK((result ? strlen(result) - strlen("{\"text\":\"\"}") : 0) == cases[i].len);
        free(result);
    }
}

static void test_broker(void)
{
    CHECK_CASE("broker");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("broker", &n);
    char *result = horse_run(&job, &e), text[16] = "";
    CHECK_STR(result, "{}");
    CHECK(n.commits == 1 && n.asks == 4);
    CHECK(n.made >= 0 && pread(n.made, text, sizeof text - 1, 0) == 7);
    CHECK_STR(text, "content");
    free(result);
    close(n.made);

    CHECK_CASE("crowd");
    job = job_of("crowd", &n);
    result = horse_run(&job, &e);
    CHECK_STR(result, "{}");
    CHECK(n.asks == 8 && n.logs == 160 && !n.backwards);
    free(result);

    CHECK_CASE("sneak");
    job = job_of("sneak", &n);
    result = horse_run(&job, &e);
    CHECK_STR(result, "{}");
    CHECK(n.asks == 0);
    free(result);

    CHECK_CASE("large_file");
    job = job_of("large_file", &n);
    result = horse_run(&job, &e);
    CHECK_STR(result, "{}");
    CHECK(n.made >= 0 && lseek(n.made, 0, SEEK_END) == 1 << 20);
    free(result);
    close(n.made);

    CHECK_CASE("nothing to ask for");
    job = job_of("broker", &n);
    job.on_ask = NULL;
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_FORBIDDEN);
}

static int answer_film(void *user, const char *op, const char *name, struct err *e)
{
    const struct notes *n = user;
    if (strcmp(op, "open") == 0 && strcmp(name, "chunk/picture") == 0)
        return dup(n->made);
    err_set(e, ERR_NOT_FOUND, "no %s", name);
    return -1;
}

/* libav, x264 and their threads live with what the cage allows. */
static void test_film(void)
{
    CHECK_CASE("film");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("film", &n);
    struct horse_fd files[] = {
        {"picture", text_fd("")}, {"sound", text_fd("")}, {"film", text_fd("")}};
    job.fds = files;
    job.fd_count = 3;
    job.on_ask = answer_film;
    n.made = files[0].fd;
    char *result = horse_run(&job, &e);
    if (!CHECK_STR(result, "{\"frames\":30,\"width\":320,\"codecs\":\"h264 aac\"}"))
        fprintf(stderr, "   %s; %s\n", e.msg, n.log);
    free(result);
    for (int i = 0; i < 3; i++)
        close(files[i].fd);
}

/* --- Jobs that do not ----------------------------------------------------------------------------
 */

/* Caged: the attempt fails and the job knows. */
static void test_refused_inside(void)
{
    static const char *const kinds[] = {"open", "fork"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        CHECK_CASE(kinds[i]);
        struct notes n;
        struct err e = {.code = ERR_NONE};
        struct horse_job job = job_of(kinds[i], &n);
        char *result = horse_run(&job, &e);
        CHECK_STR(result, "{}");
        free(result);
    }
}

static void test_failures(void)
{
    static const struct {
        const char *kind, *spec;
        enum err_code code;
        const char *words;          /* in the message */
        struct horse_limits limits; /* all 0: those of the kind */
    } cases[] = {
        {"fail", "{}", ERR_UNSUPPORTED, "this is a \"playlist\", not a film", {0}},
        {"unprepared", "{}", ERR_UNAVAILABLE, "prepare unprepared: no fonts here", {0}},
        {"segv", "{}", ERR_INVALID, "crashed", {0}},
        {"fpe", "{}", ERR_INVALID, "crashed", {0}},
        {"abort", "{}", ERR_INVALID, "crashed", {0}},
        {"killed", "{}", ERR_NO_MEMORY, "memory", {0}},
        {"socket", "{}", ERR_INTERNAL, "cage", {0}},
        {"exec", "{}", ERR_INTERNAL, "cage", {0}},
        {"busy", "{}", ERR_TIMEOUT, "processor", {.cpu_seconds = 1, .wall_seconds = 100}},
        {"silent", "{}", ERR_TIMEOUT, "no progress", {.silence_seconds = 1, .wall_seconds = 100}},
        {"silent", "{}", ERR_TIMEOUT, "longer", {.wall_seconds = 1}},
        {"endless", "{}", ERR_TIMEOUT, "longer", {.wall_seconds = 2, .silence_seconds = 60}},
        {"stopped", "{}", ERR_TIMEOUT, "longer", {.wall_seconds = 1}},
        {"log_flood", "{}", ERR_TIMEOUT, "longer", {.wall_seconds = 1}},
        {"stderr_flood", "{}", ERR_TIMEOUT, "longer", {.wall_seconds = 1}},
        {"long_line", "{}", ERR_INTERNAL, "longer than 64 KiB", {0}},
        {"quiet_exit", "{}", ERR_INTERNAL, "without an answer", {0}},
        {"bad_result", "{}", ERR_INTERNAL, "not an event", {0}},
        {"raw", "hello", ERR_INTERNAL, "not an event", {0}},
        {"raw", "{\"event\":\"dance\"}", ERR_INTERNAL, "not an event", {0}},
        {"raw",
         "{\"event\":\"result\",\"result\":{}}\n{\"event\":\"log\",\"line\":\"x\"}",
         ERR_INTERNAL,
         "after its last event",
         {0}},
        {"raw", "{\"event\":\"result\",\"result\":{}}", ERR_TIMEOUT, "longer", {.wall_seconds = 1}},
        {"nonsense_question", "{}", ERR_INTERNAL, "do not know", {0}},
        {"deaf", "{}", ERR_INTERNAL, "does not read", {0}},
        {"no_such_kind", "{}", ERR_INTERNAL, "no_such_kind", {0}},
        {"no_such_kind", "{}", ERR_INTERNAL, "no_such_kind", {.wall_seconds = 100}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].kind);
        struct notes n;
        struct err e = {.code = ERR_NONE};
        struct horse_job job = job_of(cases[i].kind, &n);
        bool crashed = true, crash = strcmp(cases[i].words, "crashed") == 0;
        job.spec = cases[i].spec;
        job.crashed = &crashed;
        if (cases[i].limits.wall_seconds)
            job.limits = &cases[i].limits;
        CHECK(horse_run(&job, &e) == NULL);
        CHECK(e.code == cases[i].code);
        CHECK(crashed == crash);
        CHECK(n.logs <= HORSE_MAX_LOG_LINES);
        CHECK(!n.backwards);
        if (!CHECK(strstr(e.msg, cases[i].words) != NULL))
            fprintf(stderr, "   got: %s: %s\n", err_name(e.code), e.msg);
    }
}

/* What depends on the build: a sanitizer has threads of its own and needs terabytes of addresses.
 */
static void test_memory_and_threads(void)
{
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("hog", &n);
    char *result = horse_run(&job, &e);
    if (result) {
        printf("memory limit and threads before the cage: skipped in a build with a sanitizer\n");
        free(result);
        return;
    }
    CHECK_CASE("hog");
    CHECK(e.code == ERR_NO_MEMORY);
    CHECK_STR(e.msg, "not enough memory for this film");

    CHECK_CASE("threaded");
    job = job_of("threaded", &n);
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_INTERNAL);
    CHECK(strstr(e.msg, "thread") != NULL);
}

static void test_cannot_start(void)
{
    CHECK_CASE("cannot start");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("echo", &n);
    job.argv = (const char *const[]){"/nonexistent/aive", "work-horse", NULL};
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_NOT_FOUND);

    job = job_of("echo", &n);
    job.fds = &(struct horse_fd){"source", -1};
    job.fd_count = 1;
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_IO);

    job.fd_count = HORSE_MAX_FDS + 1;
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_TOO_LARGE);
}

/* Not a work-horse: ends without having spoken. */
static void test_other_program(void)
{
    CHECK_CASE("other program");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("echo", &n);
    job.argv = (const char *const[]){"/bin/false", NULL};
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_INTERNAL);
    CHECK(strstr(e.msg, "exit status 1") != NULL);
}

/* --- Cancel, death of the parent, leaks ----------------------------------------------------------
 */

static void test_cancel(bool with_fd)
{
    CHECK_CASE(with_fd ? "cancel by descriptor" : "cancel by flag");
    struct notes n;
    struct err e = {.code = ERR_NONE};
    struct horse_job job = job_of("endless", &n);
    struct cancel c = {.fd = -1};
    if (with_fd)
        CHECK(cancel_init(&c, &e));
    job.cancel = &c;
    n.cancel_on_progress = &c;
    int64_t start_ms = clock_mono_ms();
    CHECK(horse_run(&job, &e) == NULL);
    CHECK(e.code == ERR_CANCELED);
    CHECK(clock_mono_ms() - start_ms < 30000); /* its own limits are 60 s and more */
    CHECK(horse_run(&job, &e) == NULL && e.code == ERR_CANCELED); /* not even started */
    if (with_fd)
        cancel_finish(&c);
}

static void print_log(void *user, const char *line)
{
    (void)user;
    printf("%s\n", line);
    fflush(stdout);
}

/* `test_horse parent`: tells the process number of its work-horse and waits for it, for ever. */
static int be_parent(void)
{
    struct notes n;
    struct err e;
    struct horse_job job = job_of("endless", &n);
    job.on_log = print_log;
    free(horse_run(&job, &e));
    return 0;
}

static void test_parent_dies(void)
{
    CHECK_CASE("parent dies");
    int ends[2];
    char line[32] = "";
    pid_t parent = 0;
    char *argv[] = {(char[]){"test_horse"}, (char[]){"parent"}, NULL};
    posix_spawn_file_actions_t files;
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], 1);
    CHECK(posix_spawn(&parent, "/proc/self/exe", &files, NULL, argv, environ) == 0);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
    CHECK(read(ends[0], line, sizeof line - 1) > 0);
    pid_t horse = (pid_t)atoi(line);
    int pidfd = pidfd_open(horse, 0);
    struct pollfd gone = {.fd = pidfd, .events = POLLIN};
    CHECK(horse > 0 && pidfd >= 0 && poll(&gone, 1, 0) == 0); /* it lives */
    kill(parent, SIGKILL);
    CHECK(waitpid(parent, NULL, 0) == parent);
    CHECK(poll(&gone, 1, 30000) == 1);
    close(pidfd);
    close(ends[0]);
}

static int open_fds(void)
{
    int count = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        count++;
    if (d)
        closedir(d);
    return count;
}

static void test_leaks(void)
{
    static const char *const kinds[] = {"echo", "fail", "segv", "raw", "broker"};
    CHECK_CASE("leaks");
    int before = open_fds();
    for (int i = 0; i < 100; i++) {
        struct notes n;
        struct err e;
        struct horse_job job = job_of(kinds[i % 5], &n);
        free(horse_run(&job, &e));
        if (n.made >= 0)
            close(n.made);
    }
    CHECK(open_fds() == before);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void *run_some(void *arg)
{
    int *good = arg;
    for (int i = 0; i < 5; i++) {
        struct notes n;
        struct err e = {.code = ERR_NONE};
        struct horse_job job = job_of(i % 2 ? "crowd" : "echo", &n);
        char *result = horse_run(&job, &e);
        *good += result != NULL;
        if (!result)
            fprintf(stderr, "   %s: %s\n", err_name(e.code), e.msg);
        free(result);
    }
    return NULL;
}

static void test_many_at_once(void)
{
    CHECK_CASE("many at once");
    pthread_t threads[8];
    int good[8] = {0};
    for (int i = 0; i < 8; i++)
        CHECK(pthread_create(&threads[i], NULL, run_some, &good[i]) == 0);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        CHECK(good[i] == 5);
    }
}

/* --- Events, without a process -------------------------------------------------------------------
 */

static bool keep_event(void *user, const struct horse_event *ev, struct err *e)
{
    (void)e;
    char *text = user;
    if (ev->kind == HORSE_TEXT) {
        snprintf(text, 256, "%zu %s", ev->text_len, ev->text);
        return true;
    }
    snprintf(text, 256, "%d %.4g %s %s %s %s", (int)ev->kind, ev->percent,
             ev->stage ? ev->stage : "-", ev->line ? ev->line : "-", ev->result ? ev->result : "-",
             ev->error.code ? err_name(ev->error.code) : "-");
    return true;
}

static void test_events(void)
{
    static const struct {
        const char *line, *want; /* NULL: refused */
    } cases[] = {
        {"{\"event\":\"progress\",\"percent\":42.5,\"stage\":\"mix\"}", "1 42.5 mix - - -"},
        {"{\"percent\":1,\"event\":\"progress\"}", "1 1 - - - -"},
        {"{\"event\":\"progress\",\"percent\":-3}", "1 0 - - - -"},
        {"{\"event\":\"progress\",\"percent\":1e300}", "1 100 - - - -"},
        {"{\"event\":\"progress\",\"percent\":1e999}", NULL},
        {"{\"event\":\"progress\",\"percent\":\"1\"}", NULL},
        {"{\"event\":\"progress\"}", NULL},
        {"{\"event\":\"log\",\"line\":\"a\\nb\\u001b\\u0000c\"}", "2 0 - a b  c - -"},
        {"{\"event\":\"log\"}", NULL},
        {"{\"event\":\"log\",\"line\":7}", NULL},
        {"{\"event\":\"result\",\"result\":{ \"a\" : [ ] }}", "3 0 - - {\"a\":[]} -"},
        {"{\"event\":\"result\",\"result\":[]}", NULL},
        {"{\"event\":\"result\",\"result\":{\"a\":NaN}}", NULL},
        {"{\"event\":\"result\",\"result\":{}} {}", NULL},
        {"{\"event\":\"error\",\"code\":\"unsupported\",\"message\":\"m\"}",
         "4 0 - - - unsupported"},
        {"{\"event\":\"error\",\"code\":\"none\",\"message\":\"m\"}", "4 0 - - - internal"},
        {"{\"event\":\"error\",\"code\":\"canceled\",\"message\":\"m\"}", "4 0 - - - internal"},
        {"{\"event\":\"error\",\"message\":\"m\"}", "4 0 - - - internal"},
        {"{\"event\":\"text\",\"text\":\"a\\n\\u0000\\t\\u00e9\"}", "6 a\n \t\xc3\xa9"},
        {"{\"event\":\"text\",\"text\":\"\"}", "0 "},
        {"{\"event\":\"text\"}", NULL},
        {"{\"event\":\"text\",\"text\":\"\\ud800\"}", NULL},
        {"{\"event\":\"log\",\"line\":\"\xff\"}", NULL},
        {"{\"event\":null}", NULL},
        {"[]", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].line);
        char got[256] = "";
        struct err e = {.code = ERR_NONE};
        struct horse_stream s;
        horse_stream_init(&s);
        bool ok = true; /* byte by byte: where a read ends must not matter */
        for (const char *p = cases[i].line; *p; p++)
            ok = ok && horse_stream_feed(&s, p, 1, keep_event, got, &e);
        CHECK_STR(got, "");
        ok = ok && horse_stream_feed(&s, "\n", 1, keep_event, got, &e);
        CHECK(ok == (cases[i].want != NULL));
        CHECK_STR(got, cases[i].want ? cases[i].want : "");
        horse_stream_finish(&s);
    }
}

static void test_names(void)
{
    static const struct {
        const char *name;
        bool ok;
    } cases[] = {
        {"chunk/0a", true}, {"a.b_c-d", true}, {"", false},    {"/a", false},   {"a/../b", false},
        {"..", false},      {"A", false},      {"a b", false}, {"a\nb", false}, {"a:b", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        CHECK(horse_name_ok(cases[i].name) == cases[i].ok);
    }
    CHECK_CASE("long name");
    char name[HORSE_NAME_SIZE + 1];
    memset(name, 'a', sizeof name);
    CHECK(!horse_name_ok(name)); /* no NUL within */
    name[HORSE_NAME_SIZE - 1] = '\0';
    CHECK(horse_name_ok(name));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "work-horse") == 0)
        return horse_main(horse_kinds);
    if (argc > 1 && strcmp(argv[1], "parent") == 0)
        return be_parent();

    test_events();
    test_names();
    test_echo();
    test_text();
    test_inventory();
    test_sizes();
    test_broker();
    test_film();
    test_refused_inside();
    test_failures();
    test_memory_and_threads();
    test_cannot_start();
    test_other_program();
    test_cancel(true);
    test_cancel(false);
    test_parent_dies();
    test_leaks();
    test_many_at_once();
    return check_done();
}
