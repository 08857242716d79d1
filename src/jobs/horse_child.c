/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The child's side. Up to cage_enter() everything in it is our own and trusted; from run() on
 * nothing is. The process ends by _exit(): no destructor of a library runs on a heap that untrusted
 * input may have bent.
 */
#include "core/json.h"
#include "jobs/cage.h"
#include "jobs/horse.h"
#include "jobs/horse_proto.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    NICENESS = 5,
    SPARE_FDS = 64, /* that may be open besides those handed over */
    LOG_LINE_BYTES = 2000,
    LIFE_SIGN_SECONDS = 1, /* progress that stands still is reported this often */
    EXIT_BY_HAND = 2,
};

struct horse {
    struct horse_head head;
    char *spec;
    void *user;

    pthread_mutex_t speak; /* guards the events pipe and what follows */
    double percent;
    char stage[64];
    time_t spoke; /* CLOCK_MONOTONIC, seconds */

    pthread_mutex_t ask; /* guards the broker: one question at a time */
};

/* --- Speaking ------------------------------------------------------------------------------------
 */

/* The parent is gone or has had enough when this fails; it kills us, nobody is left to tell. */
static void write_event(const struct buf *line)
{
    size_t done = 0;
    while (!line->failed && done < line->len) {
        ssize_t n = write(HORSE_FD_EVENTS, line->data + done, line->len - done);
        if (n < 0 && errno != EINTR)
            return;
        done += n > 0 ? (size_t)n : 0;
    }
}

static time_t now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

void horse_progress(struct horse *h, double percent, const char *stage)
{
    pthread_mutex_lock(&h->speak);
    bool forward = percent >= h->percent + 0.1 || (percent >= 100 && h->percent < 100);
    bool other = stage && strncmp(stage, h->stage, sizeof h->stage - 1) != 0;
    if (forward || other || now_seconds() >= h->spoke + LIFE_SIGN_SECONDS) {
        if (percent > h->percent)
            h->percent = percent < 100 ? percent : 100;
        if (other)
            snprintf(h->stage, sizeof h->stage, "%s", stage);
        h->spoke = now_seconds();
        struct buf line;
        buf_init(&line, HORSE_MAX_LINE);
        buf_adds(&line, "{\"event\":\"progress\",\"percent\":");
        json_write_number(&line, h->percent);
        buf_adds(&line, ",\"stage\":");
        json_write_string(&line, h->stage);
        buf_adds(&line, "}\n");
        write_event(&line);
        buf_finish(&line);
    }
    pthread_mutex_unlock(&h->speak);
}

void horse_log(struct horse *h, const char *fmt, ...)
{
    char text[LOG_LINE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);

    struct buf line;
    buf_init(&line, HORSE_MAX_LINE);
    buf_adds(&line, "{\"event\":\"log\",\"line\":");
    json_write_string(&line, text);
    buf_adds(&line, "}\n");
    pthread_mutex_lock(&h->speak);
    write_event(&line);
    pthread_mutex_unlock(&h->speak);
    buf_finish(&line);
}

void horse_text(struct horse *h, const char *text, size_t len)
{
    struct buf line;
    buf_init(&line, HORSE_MAX_LINE);
    buf_adds(&line, "{\"event\":\"text\",\"text\":");
    json_write_string_n(&line, text, len);
    buf_adds(&line, "}\n");
    pthread_mutex_lock(&h->speak);
    write_event(&line);
    pthread_mutex_unlock(&h->speak);
    buf_finish(&line);
}

static void say_error(const struct err *e)
{
    struct buf line;
    buf_init(&line, HORSE_MAX_LINE);
    buf_adds(&line, "{\"event\":\"error\",\"code\":");
    json_write_string(&line, err_name(e->code));
    buf_adds(&line, ",\"message\":");
    json_write_string(&line, e->msg);
    buf_adds(&line, "}\n");
    write_event(&line);
    buf_finish(&line);
}

/* The result goes out as it is: the parent validates it. A line break would end the event early. */
static bool say_result(const struct buf *result, struct err *e)
{
    if (result->failed || result->len == 0 || memchr(result->data, '\n', result->len))
        return err_set(e, ERR_INTERNAL, "the job made no result, or one that is not a line");
    struct buf line;
    buf_init(&line, HORSE_MAX_RESULT);
    buf_adds(&line, HORSE_RESULT_PREFIX);
    buf_add(&line, result->data, result->len);
    bool fits = buf_adds(&line, "}\n");
    if (fits)
        write_event(&line);
    buf_finish(&line);
    return fits || err_set(e, ERR_TOO_LARGE, "the job's result is larger than %d MiB",
                           HORSE_MAX_RESULT >> 20);
}

/* --- Asking --------------------------------------------------------------------------------------
 */

static int descriptor_in(struct msghdr *msg)
{
    int fd = -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

/* One question and its answer; *fd is what came with it, or -1. */
static bool exchange(struct horse_question *q, struct horse_answer *a, int *fd, struct err *e)
{
    struct iovec out = {q, sizeof *q}, in = {a, sizeof *a};
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr send = {.msg_iov = &out, .msg_iovlen = 1};
    struct msghdr recv = {.msg_iov = &in,
                          .msg_iovlen = 1,
                          .msg_control = control.room,
                          .msg_controllen = sizeof control.room};
    ssize_t n;
    while ((n = sendmsg(HORSE_FD_BROKER, &send, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    if (n != (ssize_t)sizeof *q)
        return err_errno(e, errno, "ask for a file");
    while ((n = recvmsg(HORSE_FD_BROKER, &recv, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    if (n != (ssize_t)sizeof *a)
        return err_errno(e, n < 0 ? errno : EPIPE, "ask for a file");
    *fd = descriptor_in(&recv);
    return true;
}

static int ask(struct horse *h, enum horse_op op, const char *name, struct err *e)
{
    struct horse_question q = {.op = op};
    struct horse_answer a = {.code = ERR_NONE};
    int fd = -1;
    if (!horse_name_ok(name)) {
        err_set(e, ERR_INTERNAL, "%s is not a name that can be asked for", name);
        return -1;
    }
    memcpy(q.name, name, strlen(name));
    pthread_mutex_lock(&h->ask);
    bool ok = exchange(&q, &a, &fd, e);
    pthread_mutex_unlock(&h->ask);
    if (ok && a.code != ERR_NONE)
        ok = err_set(e, (enum err_code)a.code, "%s", a.msg);
    else if (ok && fd < 0 && op != HORSE_COMMIT) /* our own table of descriptors was full */
        ok = err_set(e, ERR_IO, "no room for one more open file");
    return !ok ? -1 : op == HORSE_COMMIT ? 0 : fd;
}

int horse_open(struct horse *h, const char *name, struct err *e)
{
    return ask(h, HORSE_OPEN, name, e);
}

int horse_create(struct horse *h, const char *name, struct err *e)
{
    return ask(h, HORSE_CREATE, name, e);
}

bool horse_commit(struct horse *h, const char *name, struct err *e)
{
    return ask(h, HORSE_COMMIT, name, e) == 0;
}

/* --- What the job was given ----------------------------------------------------------------------
 */

const char *horse_spec(const struct horse *h, unsigned long *len)
{
    if (len)
        *len = h->head.spec_len;
    return h->spec;
}

int horse_fd(const struct horse *h, const char *name)
{
    for (uint32_t i = 0; i < h->head.fd_count; i++)
        if (strcmp(h->head.fd_names[i], name) == 0)
            return HORSE_FD_FIRST + (int)i;
    return -1;
}

void horse_set_user(struct horse *h, void *user)
{
    h->user = user;
}

void *horse_user(const struct horse *h)
{
    return h->user;
}

/* --- The life of a child -------------------------------------------------------------------------
 */

static bool read_at(int fd, void *out, size_t n, size_t at)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(fd, (char *)out + done, n - done, (off_t)(at + done));
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool read_job(struct horse *h)
{
    if (!read_at(HORSE_FD_JOB, &h->head, sizeof h->head, 0) || h->head.magic != HORSE_MAGIC)
        return false;
    h->spec = calloc(1, h->head.spec_len + 1);
    return h->spec && read_at(HORSE_FD_JOB, h->spec, h->head.spec_len, sizeof h->head);
}

/* The kernel does not tell of a parent that died before we asked to be told. */
static void die_with_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

/* When memory runs out the kernel should take us and not the server. */
static void offer_for_oom(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "500", 3) < 0) {
        /* then it may take anybody */
    }
    close(fd);
}

static void behave(void)
{
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    setpriority(PRIO_PROCESS, 0, NICENESS);
    offer_for_oom();
    if (chdir("/") != 0) {
        /* no matter: paths are not ours to open */
    }
}

static bool work(struct horse *h, const struct horse_kind *const *kinds, struct buf *result,
                 struct err *e)
{
    const struct horse_limits *l = &h->head.limits;
    const struct cage_limits limits = {.memory_bytes = l->memory_bytes,
                                       .cpu_seconds = l->cpu_seconds,
                                       .file_bytes = l->file_bytes,
                                       .max_fds =
                                           HORSE_FD_FIRST + (int)h->head.fd_count + SPARE_FDS,
                                       .socket_fd = HORSE_FD_BROKER,
                                       .seccomp_optional = h->head.seccomp_optional};
    const struct horse_kind *kind = horse_kind_find(kinds, h->head.kind);
    if (!kind)
        return err_set(e, ERR_INTERNAL, "no kind of job is called %s", h->head.kind);
    if (kind->prepare && !kind->prepare(h, e))
        return err_wrap(e, "prepare %s", kind->name);
    if (!cage_enter(&limits, NULL, e))
        return false;
    if (getppid() != h->head.parent) /* died while the cage closed, which is not told either */
        _exit(EXIT_FAILURE);
    return kind->run(h, result, e);
}

int horse_main(const struct horse_kind *const *kinds)
{
    struct horse h = {.speak = PTHREAD_MUTEX_INITIALIZER, .ask = PTHREAD_MUTEX_INITIALIZER};
    if (!read_job(&h)) {
        fprintf(stderr, "This command is started by aive itself for jobs on media; to look at a "
                        "file, use: aive probe FILE\n");
        return EXIT_BY_HAND;
    }
    die_with_parent(h.head.parent);
    behave();

    struct err e = {.code = ERR_NONE};
    struct buf result;
    buf_init(&result, HORSE_MAX_RESULT);
    bool ok = work(&h, kinds, &result, &e);
    pthread_mutex_lock(&h.speak); /* for good: the last word is spoken once */
    ok = ok && say_result(&result, &e);
    if (!ok)
        say_error(&e);
    _exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
}
