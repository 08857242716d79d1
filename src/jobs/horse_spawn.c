/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * posix_spawn() and not fork(): the parent has threads, and between fork and exec of such a process
 * hardly anything may be called. What posix_spawn cannot set, the child sets itself before it
 * touches anything (horse_child.c).
 */
#include "core/files.h"
#include "jobs/horse_proto.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENV_MAX = 24 };

/* All that a work-horse may know of the parent's environment: no secrets, nothing of the user. HOME
 * and XDG_CACHE_HOME are where fontconfig keeps its cache, without which it scans every font. */
static const char *const env_passed[] = {
    "AIVE_LOG_LEVEL", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "HOME",         "XDG_CACHE_HOME",
    "ASAN_OPTIONS", "LSAN_OPTIONS",    "UBSAN_OPTIONS",   "TSAN_OPTIONS",
};
static const char *const env_fixed[] = {"TZ=UTC", "LANG=C.UTF-8", "PATH=/usr/bin:/bin"};

/* --- The job's memfd -----------------------------------------------------------------------------
 */

static bool fill_head(struct horse_head *h, const struct horse_job *job,
                      const struct horse_limits *limits, struct err *e)
{
    if (strlen(job->kind) >= sizeof h->kind)
        return err_set(e, ERR_INTERNAL, "the job kind %s has too long a name", job->kind);
    *h = (struct horse_head){.magic = HORSE_MAGIC,
                             .fd_count = (uint32_t)job->fd_count,
                             .spec_len = strlen(job->spec),
                             .parent = getpid(),
                             .seccomp_optional = job->seccomp_optional,
                             .limits = *limits};
    memcpy(h->kind, job->kind, strlen(job->kind));
    for (int i = 0; i < job->fd_count; i++) {
        if (strlen(job->fds[i].name) >= HORSE_NAME_SIZE)
            return err_set(e, ERR_INTERNAL, "the name of descriptor %d is too long", i);
        memcpy(h->fd_names[i], job->fds[i].name, strlen(job->fds[i].name));
    }
    return true;
}

static int job_memfd(const struct horse_job *job, const struct horse_limits *limits, struct err *e)
{
    struct horse_head *head = calloc(1, sizeof *head);
    int fd = memfd_create("job", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool ok = false;
    if (!head || fd < 0)
        err_errno(e, errno, "make the job's file");
    else
        ok = fill_head(head, job, limits, e) && file_write_all(fd, head, sizeof *head, e) &&
             file_write_all(fd, job->spec, strlen(job->spec), e);
    free(head);
    if (ok && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        ok = err_errno(e, errno, "seal the job's file");
    if (!ok && fd >= 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* --- Descriptors ---------------------------------------------------------------------------------
 */

/* The child's table while it is built: entry i becomes descriptor i. `own` are closed afterwards.
 */
struct table {
    int fd[HORSE_FD_FIRST + HORSE_MAX_FDS];
    bool own[HORSE_FD_FIRST + HORSE_MAX_FDS];
    int count;
};

static void table_finish(struct table *t)
{
    for (int i = 0; i < t->count; i++)
        if (t->own[i] && t->fd[i] >= 0)
            close(t->fd[i]);
}

static void table_set(struct table *t, int at, int fd)
{
    t->fd[at] = fd;
    t->own[at] = true;
}

static bool make_pipe(struct table *t, int at, int *our_end, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(e, errno, "make a pipe");
    *our_end = ends[0];
    table_set(t, at, ends[1]);
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 || err_errno(e, errno, "make a pipe");
}

static bool make_broker(struct table *t, int *our_end, struct err *e)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return err_errno(e, errno, "make a socket pair");
    *our_end = ends[0];
    table_set(t, HORSE_FD_BROKER, ends[1]);
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 || err_errno(e, errno, "make a socket pair");
}

/* dup2() onto 0..count-1 would overwrite sources that lie there: move those out of the way first.
 */
static bool table_lift(struct table *t, struct err *e)
{
    for (int i = 0; i < t->count; i++) {
        if (t->fd[i] >= t->count)
            continue;
        int up = fcntl(t->fd[i], F_DUPFD_CLOEXEC, t->count);
        if (up < 0)
            return err_errno(e, errno, "copy descriptor %d", t->fd[i]);
        if (t->own[i])
            close(t->fd[i]);
        table_set(t, i, up);
    }
    return true;
}

static bool table_fill(struct table *t, const struct horse_job *job,
                       const struct horse_limits *limits, struct horse_child *c, struct err *e)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, errno, "open /dev/null");
    table_set(t, 0, fd);
    if (!make_pipe(t, HORSE_FD_EVENTS, &c->events, e) || !make_pipe(t, HORSE_FD_LOG, &c->log, e))
        return false;
    fd = job_memfd(job, limits, e);
    if (fd < 0)
        return false;
    table_set(t, HORSE_FD_JOB, fd);
    if (!make_broker(t, &c->broker, e))
        return false;
    for (int i = 0; i < job->fd_count; i++)
        t->fd[HORSE_FD_FIRST + i] = job->fds[i].fd;
    return table_lift(t, e);
}

/* --- The process ---------------------------------------------------------------------------------
 */

/* Points into `own` and into the parent's environment; own[] is freed by the caller. */
static bool make_env(char *envp[ENV_MAX], char *own[ENV_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof env_fixed / sizeof *env_fixed; i++)
        if (!(own[n++] = strdup(env_fixed[i])))
            return false;
    for (size_t i = 0; i < sizeof env_passed / sizeof *env_passed; i++) {
        const char *value = getenv(env_passed[i]);
        if (!value)
            continue;
        if (asprintf(&own[n], "%s=%s", env_passed[i], value) < 0) {
            own[n] = NULL;
            return false;
        }
        n++;
    }
    memcpy(envp, own, n * sizeof *own);
    envp[n] = NULL;
    return true;
}

static int spawn_with(const struct horse_job *job, const struct table *t, char *const envp[],
                      posix_spawn_file_actions_t *files, posix_spawnattr_t *attr, pid_t *pid)
{
    const char *const own_argv[] = {"aive", "work-horse", job->kind, NULL};
    const char *const *argv = job->argv ? job->argv : own_argv;
    const char *program = job->argv ? job->argv[0] : "/proc/self/exe";
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);

    int rc = posix_spawnattr_setsigmask(attr, &none);
    if (rc == 0) /* signals ignored here would be ignored there too */
        rc = posix_spawnattr_setsigdefault(attr, &all);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                POSIX_SPAWN_SETSID);
    for (int i = 0; rc == 0 && i < t->count; i++)
        rc = posix_spawn_file_actions_adddup2(files, t->fd[i], i);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(files, t->count);
    return rc ? rc : posix_spawn(pid, program, files, attr, (char *const *)argv, envp);
}

static bool start(const struct horse_job *job, const struct table *t, struct horse_child *c,
                  struct err *e)
{
    char *envp[ENV_MAX], *own[ENV_MAX] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    pid_t pid = 0;
    posix_spawn_file_actions_init(&files); /* neither can fail in glibc */
    posix_spawnattr_init(&attr);
    int rc = make_env(envp, own) ? spawn_with(job, t, envp, &files, &attr, &pid) : ENOMEM;
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    for (size_t i = 0; i < ENV_MAX; i++)
        free(own[i]);
    if (rc != 0)
        return err_errno(e, rc, "start the work-horse");

    c->pid = pid;
    c->pidfd = pidfd_open(pid, 0);
    if (c->pidfd >= 0)
        return true;
    err_errno(e, errno, "watch the work-horse");
    kill(pid, SIGKILL); /* ours and not reaped, so the number is still its own */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return false;
}

bool horse_spawn(const struct horse_job *job, const struct horse_limits *limits,
                 struct horse_child *child, struct err *e)
{
    struct table t = {.count = HORSE_FD_FIRST + job->fd_count};
    *child = (struct horse_child){.pidfd = -1, .events = -1, .log = -1, .broker = -1};
    if (job->fd_count < 0 || job->fd_count > HORSE_MAX_FDS)
        return err_set(e, ERR_TOO_LARGE, "the job uses %d files; at most %d are possible",
                       job->fd_count, HORSE_MAX_FDS);
    for (int i = 0; i < t.count; i++)
        t.fd[i] = -1;

    bool ok = table_fill(&t, job, limits, child, e) && start(job, &t, child, e);
    table_finish(&t);
    if (!ok)
        horse_child_close(child);
    return ok;
}

void horse_child_close(struct horse_child *child)
{
    int *fds[] = {&child->pidfd, &child->events, &child->log, &child->broker};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}
