/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parent's side: one loop that waits for whatever comes first - an event, a line on stderr, a
 * question to the broker, the child's death, cancel, or a limit of time. Each turn reads a bounded
 * amount, so that no flood from the child keeps it from noticing the rest.
 */
#include "jobs/horse.h"

#include "core/clock.h"
#include "core/log.h"
#include "jobs/horse_proto.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TICK_MS = 1000,
    CANCEL_POLL_MS = 100, /* where the cancel has no descriptor */
    READ_BYTES = 64 << 10,
    DRAIN_READS = 16, /* a pipe holds at most 1 MiB */
    STDERR_LINE_BYTES = 400,
    MAX_STAGE_CALLS = 1000, /* on_progress calls for a changed stage alone */
};

struct run {
    const struct horse_job *job;
    struct horse_limits limits;
    struct horse_child child;
    int64_t start_ms, heard_ms, tick_ms; /* monotonic; tick_ms: when the next is due */

    struct horse_stream stream;
    char *result;           /* the child's, malloc'd */
    struct err child_error; /* the child's own, ERR_NONE while it has not failed */
    struct err stop;        /* why we killed it, ERR_NONE while we have not */

    double percent;
    char stage[64];
    int stage_calls, log_lines, asks, stderr_lines;
    size_t text_bytes;
    char stderr_line[STDERR_LINE_BYTES];
    size_t stderr_len;
    char *bytes; /* READ_BYTES of scratch */
};

/* --- What the child says -------------------------------------------------------------------------
 */

static void take_progress(struct run *r, const struct horse_event *ev)
{
    /* In steps of 0.1, so that a child cannot make us write to a database all the time. */
    double percent = (double)(long)(ev->percent * 10) / 10;
    bool forward = percent > r->percent;
    bool other = ev->stage && strncmp(ev->stage, r->stage, sizeof r->stage - 1) != 0 &&
                 r->stage_calls < MAX_STAGE_CALLS;
    if (forward)
        r->percent = percent;
    if (other) {
        r->stage_calls++;
        strncpy(r->stage, ev->stage, sizeof r->stage - 1);
    }
    if ((forward || other) && r->job->on_progress)
        r->job->on_progress(r->job->user, r->percent, r->stage);
}

static void take_log(struct run *r, const char *line)
{
    r->log_lines++;
    if (!r->job->on_log || r->log_lines > HORSE_MAX_LOG_LINES)
        return;
    r->job->on_log(r->job->user, r->log_lines < HORSE_MAX_LOG_LINES
                                     ? line
                                     : "(too many lines: the rest of this log is left out)");
}

static bool take_text(struct run *r, const struct horse_event *ev, struct err *e)
{
    r->text_bytes += ev->text_len;
    if (r->text_bytes > HORSE_MAX_TEXT)
        return err_set(e, ERR_TOO_LARGE, "the work-horse wrote more than %d KiB of text",
                       HORSE_MAX_TEXT >> 10);
    if (r->job->on_text && ev->text_len > 0)
        r->job->on_text(r->job->user, ev->text, ev->text_len);
    return true;
}

static bool on_event(void *user, const struct horse_event *ev, struct err *e)
{
    struct run *r = user;
    if (r->result || r->child_error.code != ERR_NONE)
        return err_set(e, ERR_INTERNAL, "the work-horse went on after its last event");
    switch (ev->kind) {
    case HORSE_PROGRESS:
        take_progress(r, ev);
        break;
    case HORSE_LOG:
        take_log(r, ev->line);
        break;
    case HORSE_TEXT:
        if (!take_text(r, ev, e))
            return false;
        break;
    case HORSE_RESULT:
        r->result = strndup(ev->result, ev->result_len);
        return r->result || err_set(e, ERR_NO_MEMORY, "no memory for the result");
    case HORSE_ERROR:
        r->child_error = ev->error;
        break;
    }
    r->heard_ms = clock_mono_ms(); /* now: the caller's function may have taken its time */
    return true;
}

/* One read. True: there may be more; false: closed, empty or not worth reading on. */
static bool read_events(struct run *r)
{
    ssize_t n = read(r->child.events, r->bytes, READ_BYTES);
    if (n > 0)
        return horse_stream_feed(&r->stream, r->bytes, (size_t)n, on_event, r, &r->stop);
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(r->child.events);
        r->child.events = -1;
    }
    return false;
}

/* --- stderr: whatever libraries print there ------------------------------------------------------
 */

static void print_stderr_line(struct run *r)
{
    static const char *const last = "(too many lines: the rest is left out)";
    const struct log ours = log_make(STDERR_FILENO, "text", "debug");
    r->stderr_line[r->stderr_len] = '\0';
    for (size_t i = 0; i < r->stderr_len; i++)
        if ((unsigned char)r->stderr_line[i] < 0x20 || r->stderr_line[i] == 0x7f)
            r->stderr_line[i] = ' ';
    if (r->stderr_len > 0 && ++r->stderr_lines <= HORSE_MAX_STDERR_LINES)
        log_line(r->job->log ? r->job->log : &ours, LOG_WARN, "work-horse %s %d: %s", r->job->kind,
                 (int)r->child.pid,
                 r->stderr_lines == HORSE_MAX_STDERR_LINES ? last : r->stderr_line);
    r->stderr_len = 0;
}

static bool read_stderr(struct run *r)
{
    ssize_t n = read(r->child.log, r->bytes, READ_BYTES);
    for (ssize_t i = 0; i < n; i++) {
        if (r->bytes[i] != '\n')
            r->stderr_line[r->stderr_len++] = r->bytes[i];
        if (r->bytes[i] == '\n' || r->stderr_len == sizeof r->stderr_line - 1)
            print_stderr_line(r);
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(r->child.log);
        r->child.log = -1;
    }
    return n > 0;
}

/* --- The broker ----------------------------------------------------------------------------------
 */

/* Asks the caller. A descriptor to send, or -1: e tells a refusal from a commit. */
static int ask(struct run *r, const struct horse_question *q, struct err *e)
{
    if (!r->job->on_ask) {
        err_set(e, ERR_FORBIDDEN, "this job has no files to ask for");
        return -1;
    }
    int fd = r->job->on_ask(r->job->user, horse_op_names[q->op], q->name, e);
    if (fd >= 0)
        e->code = ERR_NONE;
    else if (e->code == ERR_NONE)
        err_set(e, ERR_INTERNAL, "refused without a reason");
    return q->op == HORSE_COMMIT ? -1 : fd;
}

static bool send_answer(int broker, const struct err *why, int fd)
{
    struct horse_answer answer = {.code = why->code};
    memcpy(answer.msg, why->msg, sizeof answer.msg);
    struct iovec part = {&answer, sizeof answer};
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        msg.msg_control = control.room;
        msg.msg_controllen = sizeof control.room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        *c = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    return sendmsg(broker, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof answer;
}

/* One question. recv() without room for control data makes the kernel drop descriptors that the
 * child may have attached. */
static void answer_question(struct run *r)
{
    struct horse_question q;
    ssize_t n = recv(r->child.broker, &q, sizeof q, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close(r->child.broker);
        r->child.broker = -1;
        return;
    }
    if (n != (ssize_t)sizeof q || q.op >= HORSE_OP_COUNT || ++r->asks > HORSE_MAX_ASKS) {
        err_set(&r->stop, ERR_INTERNAL, "the work-horse asked for files in a way we do not know");
        return;
    }
    struct err why = {.code = ERR_NONE};
    int fd = -1;
    if (!horse_name_ok(q.name))
        err_set(&why, ERR_INVALID, "not a name that can be asked for");
    else
        fd = ask(r, &q, &why);
    bool sent = send_answer(r->child.broker, &why, fd);
    r->heard_ms = clock_mono_ms();
    if (fd >= 0)
        close(fd);
    if (!sent && errno != EPIPE && errno != ECONNRESET) /* it asks on without reading answers */
        err_set(&r->stop, ERR_INTERNAL, "the work-horse does not read what it asked for");
}

/* --- The loop ------------------------------------------------------------------------------------
 */

static bool over(int64_t now_ms, int64_t since_ms, int limit_seconds)
{
    return limit_seconds > 0 && now_ms - since_ms >= (int64_t)limit_seconds * 1000;
}

/* Sets r->stop when it is time to kill the child. */
static void check_limits(struct run *r, int64_t now_ms)
{
    if (cancel_fired(r->job->cancel))
        err_set(&r->stop, ERR_CANCELED, "canceled");
    else if (over(now_ms, r->start_ms, r->limits.wall_seconds))
        err_set(&r->stop, ERR_TIMEOUT,
                "the job took longer than the %d s it may; try a shorter piece or raise the limit",
                r->limits.wall_seconds);
    else if (over(now_ms, r->heard_ms, r->limits.silence_seconds))
        err_set(&r->stop, ERR_TIMEOUT, "the job made no progress for %d s and was stopped",
                r->limits.silence_seconds);
}

static int poll_timeout_ms(const struct run *r, int64_t now_ms)
{
    int64_t until = r->tick_ms - now_ms;
    if (r->limits.wall_seconds > 0 &&
        r->start_ms + r->limits.wall_seconds * 1000ll - now_ms < until)
        until = r->start_ms + r->limits.wall_seconds * 1000ll - now_ms;
    if (r->limits.silence_seconds > 0 &&
        r->heard_ms + r->limits.silence_seconds * 1000ll - now_ms < until)
        until = r->heard_ms + r->limits.silence_seconds * 1000ll - now_ms;
    if (r->job->cancel && r->job->cancel->fd < 0 && until > CANCEL_POLL_MS)
        until = CANCEL_POLL_MS;
    return until < 0 ? 0 : (int)until;
}

static void tick(struct run *r, int64_t now_ms)
{
    if (now_ms < r->tick_ms)
        return;
    r->tick_ms = now_ms + TICK_MS;
    if (r->job->on_tick)
        r->job->on_tick(r->job->user);
}

/* Runs until the child is dead by itself or r->stop says why it has to be. */
static void watch(struct run *r)
{
    enum { EVENTS, LOG, BROKER, CANCEL, DEATH, COUNT };
    struct pollfd fds[COUNT];
    bool dead = false;

    while (!dead && r->stop.code == ERR_NONE) {
        int64_t now_ms = clock_mono_ms();
        fds[EVENTS] = (struct pollfd){.fd = r->child.events, .events = POLLIN};
        fds[LOG] = (struct pollfd){.fd = r->child.log, .events = POLLIN};
        fds[BROKER] = (struct pollfd){.fd = r->child.broker, .events = POLLIN};
        fds[CANCEL] =
            (struct pollfd){.fd = r->job->cancel ? r->job->cancel->fd : -1, .events = POLLIN};
        fds[DEATH] = (struct pollfd){.fd = r->child.pidfd, .events = POLLIN};
        if (poll(fds, COUNT, poll_timeout_ms(r, now_ms)) < 0) {
            if (errno != EINTR)
                err_errno(&r->stop, errno, "watch the work-horse");
            continue;
        }
        dead = fds[DEATH].revents != 0;
        if (fds[EVENTS].revents)
            read_events(r);
        if (fds[LOG].revents)
            read_stderr(r);
        if (fds[BROKER].revents && r->stop.code == ERR_NONE)
            answer_question(r);
        now_ms = clock_mono_ms();
        if (r->stop.code == ERR_NONE && !dead)
            check_limits(r, now_ms);
        tick(r, now_ms);
    }
}

/* What a dead child left in its pipes: at most what a pipe holds. */
static void drain(struct run *r)
{
    for (int i = 0; i < DRAIN_READS && r->child.events >= 0 && r->stop.code == ERR_NONE; i++)
        if (!read_events(r))
            break;
    for (int i = 0; i < DRAIN_READS && r->child.log >= 0 && read_stderr(r); i++)
        ;
    print_stderr_line(r);
}

/* --- The end -------------------------------------------------------------------------------------
 */

static const struct {
    int sig;
    enum err_code code;
    const char *words;
} deaths[] = {
    {SIGSYS, ERR_INTERNAL,
     "the job tried to break out of its cage and was stopped; its input may be an attack"},
    {SIGXCPU, ERR_TIMEOUT,
     "the job used up the processor time it may; try a shorter piece or raise the limit"},
    {SIGKILL, ERR_NO_MEMORY, "the job was killed, probably because the machine ran out of memory"},
    {SIGSEGV, ERR_INVALID, "the decoder crashed on this file; convert it anew and try again"},
    {SIGABRT, ERR_INVALID, "the decoder crashed on this file; convert it anew and try again"},
    {SIGBUS, ERR_INVALID, "the decoder crashed on this file; convert it anew and try again"},
    {SIGFPE, ERR_INVALID, "the decoder crashed on this file; convert it anew and try again"},
    {SIGILL, ERR_INVALID, "the decoder crashed on this file; convert it anew and try again"},
};

static bool judge_signal(const struct run *r, int sig, struct err *e)
{
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
        if (deaths[i].sig != sig)
            continue;
        if (r->job->crashed)
            *r->job->crashed = deaths[i].code == ERR_INVALID;
        return err_set(e, deaths[i].code, "%s", deaths[i].words);
    }
    return err_set(e, ERR_INTERNAL, "the work-horse was ended by signal %d", sig);
}

static bool judge(const struct run *r, const siginfo_t *how, struct err *e)
{
    bool exited = how->si_code == CLD_EXITED;
    if (r->stop.code != ERR_NONE)
        return err_set(e, r->stop.code, "%s", r->stop.msg);
    if (!exited && (how->si_status == SIGSYS || r->child_error.code == ERR_NONE))
        return judge_signal(r, how->si_status, e);
    if (r->child_error.code != ERR_NONE)
        return err_set(e, r->child_error.code, "%s", r->child_error.msg);
    if (how->si_status != 0 || !r->result)
        return err_set(e, ERR_INTERNAL, "the work-horse ended without an answer (exit status %d)",
                       how->si_status);
    return true;
}

static void reap(struct run *r, siginfo_t *how)
{
    memset(how, 0, sizeof *how);
    if (r->stop.code != ERR_NONE)
        pidfd_send_signal(r->child.pidfd, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t)r->child.pidfd, how, WEXITED) < 0 && errno == EINTR)
        ;
}

static bool find_limits(const struct horse_job *job, struct horse_limits *limits, struct err *e)
{
    const struct horse_kind *kind = horse_kind_find(horse_kinds, job->kind);
    if (!kind && !job->limits)
        return err_set(e, ERR_INTERNAL, "no kind of job is called %s", job->kind);
    *limits = job->limits ? *job->limits : kind->limits;
    return true;
}

const struct horse_kind *horse_kind_find(const struct horse_kind *const *kinds, const char *name)
{
    for (; *kinds; kinds++)
        if (strcmp((*kinds)->name, name) == 0)
            return *kinds;
    return NULL;
}

char *horse_run(const struct horse_job *job, struct err *e)
{
    struct run r = {.job = job};
    siginfo_t how;
    bool ok = false;

    if (job->crashed)
        *job->crashed = false;
    horse_stream_init(&r.stream);
    r.bytes = malloc(READ_BYTES);
    if (!r.bytes) {
        err_set(e, ERR_NO_MEMORY, "no memory for a job");
        goto out;
    }
    if (cancel_fired(job->cancel)) {
        err_set(e, ERR_CANCELED, "canceled");
        goto out;
    }
    if (!find_limits(job, &r.limits, e) || !horse_spawn(job, &r.limits, &r.child, e))
        goto out;
    r.start_ms = r.heard_ms = clock_mono_ms();
    r.tick_ms = r.start_ms + TICK_MS;
    watch(&r);
    reap(&r, &how);
    drain(&r);
    horse_child_close(&r.child);
    ok = judge(&r, &how, e);

out:
    horse_stream_finish(&r.stream);
    free(r.bytes);
    if (ok)
        return r.result;
    free(r.result);
    return NULL;
}
