/* SPDX-License-Identifier: GPL-3.0-or-later
 * The Nth write or sync of the database fails, for N = 1, 2, ... until a session gets through
 * without meeting the fault: once only, and from then on; as a full disk and as a bad one. What
 * was acknowledged is there afterwards, the database is whole, and once the disk works again so
 * does the store, without being reopened.
 *
 * Then the process is killed at the Nth of them instead, from an empty database on: afterwards the
 * next migration finishes what was begun, and nothing acknowledged is missing.
 *
 * The functions below take the place of libc's for the SQLite library in this process.
 */
#include "check.h"
#include "scratch.h"
#include "store/sql.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* --- Faults --- */

static struct {
    long countdown; /* calls until the fault; 0: none is set */
    bool stays;
    int errnum; /* 0: kills the process */
    long fired;
} fault;

static bool faulty(void)
{
    if (fault.countdown == 0)
        return false;
    if (fault.countdown > 1) {
        fault.countdown--;
        return false;
    }
    if (!fault.stays)
        fault.countdown = 0;
    if (!fault.errnum)
        kill(getpid(), SIGKILL);
    fault.fired++;
    errno = fault.errnum;
    return true;
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at);
ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
    return faulty() ? -1 : syscall(SYS_pwrite64, fd, data, n, at);
}

/* No real ones: killing power is not what is tested here, and they take most of the time. */
int fdatasync(int fd)
{
    (void)fd;
    return faulty() ? -1 : 0;
}

int fsync(int fd)
{
    (void)fd;
    return faulty() ? -1 : 0;
}

int ftruncate64(int fd, off64_t size)
{
    return faulty() ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

/* --- The session --- */

enum { STEPS = 3 };

static bool commit_one(struct store *s, int step, int64_t *project, struct err *e)
{
    int64_t asset;
    char path[32], text[6000];
    snprintf(path, sizeof path, "ingest/%d.mp4", step);
    memset(text, 'a' + step, sizeof text);
    if (!store_begin(s, e))
        return false;
    bool ok = asset_create(s, &(struct asset){.path = path}, &asset, e) &&
              project_create(s, &(struct project){.title = "t", .asset_id = asset}, project, e) &&
              timeline_doc_put(s, *project, 0, "user", text, sizeof text, NULL, e);
    return store_end(s, ok, e);
}

static bool is_whole(struct store *s, int64_t project, struct arena *a)
{
    struct project_detail d;
    struct err e = {0};
    return project_get(s, project, &d, a, &e) && d.timeline.text_len == 6000 && d.asset.path;
}

/* A full disk is named as such, except when it shows in a sync: SQLite does not keep that errno. */
static int full_disks;

static void note_error(enum err_code code)
{
    full_disks += code == ERR_NO_SPACE;
    CHECK(code == ERR_IO || (code == ERR_NO_SPACE && fault.errnum == ENOSPC));
}

/* One session with the fault already set; false: it did not get to it. */
static bool session(const char *url, struct arena *a)
{
    int64_t acked[STEPS + 1];
    int count = 0;
    struct err e = {0};
    struct store *s = store_open(url, &e);

    for (int step = 0; s && step < STEPS; step++) {
        if (commit_one(s, step, &acked[count], &e))
            count++;
        else
            note_error(e.code);
        if (step == 1)
            store_tidy(s); /* the checkpoint meets the fault as well */
    }
    bool fired = fault.fired > 0;
    fault.countdown = 0;
    if (s) {
        CHECK(commit_one(s, STEPS, &acked[count], &e));
        count++;
    }
    store_close(s);

    s = store_open(url, &e);
    CHECK(s && store_check(s, &e));
    for (int i = 0; s && i < count; i++)
        CHECK(is_whole(s, acked[i], a));
    store_close(s);
    return fired;
}

static void test_faults(const char *dir, int errnum, bool stays)
{
    struct err e = {0};
    bool fired = true;
    long n = 0;

    while (fired && n < 2000) {
        struct arena a;
        const char *url = scratch_url(dir, "faults.db");
        arena_init(&a, 1 << 20);
        memset(&fault, 0, sizeof fault);
        CHECK(store_migrate(url, NULL, NULL, &e));
        fault.countdown = ++n;
        fault.stays = stays;
        fault.errnum = errnum;
        fired = session(url, &a);
        arena_finish(&a);
        scratch_empty(dir);
    }
    CHECK(n > 20 && !fired); /* there was something to fail, and an end of it */
}

/* Migrating meets the fault: afterwards a second try does it. */
static void test_migration_faults(const char *dir)
{
    bool fired = true;
    long n = 0;
    while (fired && n < 2000) {
        struct err e = {0};
        const char *url = scratch_url(dir, "migrate.db");
        fault.countdown = ++n;
        fault.stays = true;
        fault.errnum = EIO;
        fault.fired = 0;
        bool ok = store_migrate(url, NULL, NULL, &e);
        fired = fault.fired > 0;
        fault.countdown = 0;
        CHECK(ok || e.code == ERR_IO);
        CHECK(store_migrate(url, NULL, NULL, &e));
        struct store *s = store_open(url, &e);
        CHECK(s && store_check(s, &e));
        store_close(s);
        scratch_empty(dir);
    }
    CHECK(n > 5 && !fired);
}

/* --- Kills --- */

static void session_to_be_killed(const char *url, int fd)
{
    struct err e = {0};
    struct store *s = store_migrate(url, NULL, NULL, &e) ? store_open(url, &e) : NULL;
    int64_t project;
    if (!s)
        _exit(1);
    for (int step = 0; step < STEPS; step++)
        if (!commit_one(s, step, &project, &e) ||
            write(fd, &project, sizeof project) != sizeof project)
            _exit(1);
    store_close(s);
    _exit(0);
}

static void check_after_kill(const char *url, const int64_t *acked, int count)
{
    struct err e = {0};
    struct arena a;
    int64_t half = -1;

    arena_init(&a, 1 << 20);
    CHECK(store_migrate(url, NULL, NULL, &e));
    struct store *s = store_open(url, &e);
    CHECK(s && store_check(s, &e));
    for (int i = 0; s && i < count; i++)
        CHECK(is_whole(s, acked[i], &a));
    CHECK(s && sql_value(s, "SELECT (SELECT COUNT(*) FROM asset) - (SELECT COUNT(*) FROM timeline)",
                         SQL_NO_ARGS, &half, &e));
    CHECK(half == 0);
    store_close(s);
    arena_finish(&a);
}

static void test_kills(const char *dir)
{
    int status = -1, acked_at_all = 0;
    long n = 0;

    while (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) && n < 2000) {
        const char *url = scratch_url(dir, "kill.db");
        int64_t acked[STEPS];
        int fds[2], count = 0;
        n++;
        CHECK(pipe(fds) == 0);
        pid_t child = fork();
        if (child == 0) {
            fault.countdown = n;
            session_to_be_killed(url, fds[1]);
        }
        close(fds[1]);
        while (count < STEPS && read(fds[0], &acked[count], sizeof *acked) == sizeof *acked)
            count++;
        close(fds[0]);
        waitpid(child, &status, 0);
        CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
              (WIFEXITED(status) && WEXITSTATUS(status) == 0 && count == STEPS));
        check_after_kill(url, acked, count);
        acked_at_all += count;
        scratch_empty(dir);
    }
    CHECK(n > 20 && n < 2000 && acked_at_all > STEPS);
}

int main(void)
{
    char dir[SCRATCH_SIZE];

    if (!scratch_make(dir))
        return 1;
    test_kills(dir);
    test_faults(dir, EIO, false);
    test_faults(dir, EIO, true);
    test_faults(dir, ENOSPC, false);
    test_faults(dir, ENOSPC, true);
    CHECK(full_disks > 20);
    test_migration_faults(dir);
    scratch_remove(dir);
    return check_done();
}
