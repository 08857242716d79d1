/* SPDX-License-Identifier: GPL-3.0-or-later
 * The kinds of jobs of test_horse.c: some behave well, most do not. */
#include "core/buf.h"
#include "core/json.h"
#include "jobs/horse_proto.h"
#include "media/encode.h"
#include "media/media.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* The job's function of kind `name`; few need all of its arguments. */
#define RUN(name)                                                                                  \
    static bool run_##name(struct horse *h __attribute__((unused)),                                \
                           struct buf *result __attribute__((unused)),                             \
                           struct err *e __attribute__((unused)))

#define ROOMY                                                                                      \
    {                                                                                              \
        .memory_bytes = 1u << 30, .cpu_seconds = 60, .wall_seconds = 120, .silence_seconds = 60,   \
        .file_bytes = 1 << 20                                                                      \
    }

static const volatile bool for_ever = true;

static void doze(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
}

static void say_raw(const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(HORSE_FD_EVENTS, bytes, n);
        if (done <= 0)
            _exit(1);
        bytes += done;
        n -= (size_t)done;
    }
}

/* --- Good ones -----------------------------------------------------------------------------------
 */

static bool remember(struct horse *h, struct err *e __attribute__((unused)))
{
    static char before[] = "prepared";
    horse_set_user(h, before);
    return true;
}

/* {"spec":.., "source":"first bytes of that descriptor", "user":".."} */
RUN(echo)
{
    char source[16] = "";
    int fd = horse_fd(h, "source");
    if (fd >= 0 && pread(fd, source, sizeof source - 1, 0) < 0)
        return err_errno(e, errno, "read source");
    horse_progress(h, 50, "half");
    horse_log(h, "echo of %lu bytes\tin one line", (unsigned long)strlen(horse_spec(h, NULL)));
    buf_printf(result, "{\"spec\":%s,\"source\":", horse_spec(h, NULL));
    json_write_string(result, source);
    buf_adds(result, ",\"user\":");
    json_write_string(result, horse_user(h));
    return buf_adds(result, "}");
}

/* {"fds":"0 1 2 ..","env":"NAME=.. NAME=.."} */
RUN(inventory)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    for (int fd = 0; fd < 1000; fd++)
        if (fcntl(fd, F_GETFL) >= 0)
            buf_printf(&text, "%d ", fd);
    buf_adds(result, "{\"fds\":");
    json_write_string(result, text.data);
    buf_clear(&text);
    for (char **v = environ; *v; v++)
        buf_printf(&text, "%s ", *v);
    buf_adds(result, ",\"env\":");
    json_write_string(result, text.data);
    buf_finish(&text);
    return buf_adds(result, "}");
}

RUN(big)
{
    size_t n = strtoul(strpbrk(horse_spec(h, NULL), "0123456789"), NULL, 10);
    buf_adds(result, "{\"text\":\"");
    char *room = buf_reserve(result, n);
    if (room) {
        memset(room, 'x', n);
        result->len += n;
    }
    return buf_adds(result, "\"}") || err_set(e, ERR_TOO_LARGE, "too large");
}

RUN(writer)
{
    static const char *const pieces[] = {"Two", " lines:\n", "\tna\xc3\xafve\x01", "\xf0\x9f\x8e\xac", ""};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        horse_text(h, pieces[i], strlen(pieces[i]));
    return buf_adds(result, "{}");
}

struct crowd {
    struct horse *h;
    int number;
    bool ok;
};

static void *crowd_member(void *arg)
{
    struct crowd *c = arg;
    struct err e;
    char name[32], text[8] = "", *memory = malloc(1 << 20);
    snprintf(name, sizeof name, "chunk/%d", c->number);
    int fd = horse_open(c->h, name, &e);
    for (int i = 0; i < 20; i++) {
        horse_progress(c->h, i * 5, "crowd");
        horse_log(c->h, "%d: %d", c->number, i);
    }
    c->ok = memory && fd >= 0 && pread(fd, text, sizeof text - 1, 0) > 0 && atoi(text) == c->number;
    free(memory);
    close(fd);
    return NULL;
}

RUN(crowd)
{
    struct crowd members[8];
    pthread_t threads[8];
    bool ok = true;
    for (int i = 0; i < 8; i++) {
        members[i] = (struct crowd){.h = h, .number = i};
        if (pthread_create(&threads[i], NULL, crowd_member, &members[i]) != 0)
            return err_set(e, ERR_INTERNAL, "no thread");
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        ok = ok && members[i].ok;
    }
    return buf_adds(result, "{}") &&
           (ok || err_set(e, ERR_INTERNAL, "a member of the crowd failed"));
}

/* Opens "chunk/there", copies it to "chunk/new", publishes that. */
RUN(broker)
{
    char text[32] = "";
    int in = horse_open(h, "chunk/there", e);
    if (in < 0 || pread(in, text, sizeof text - 1, 0) < 0)
        return err_wrap(e, "open");
    int out = horse_create(h, "chunk/new", e);
    if (out < 0 || write(out, text, strlen(text)) < 0)
        return err_wrap(e, "create");
    close(in);
    close(out);
    struct err missing = {.code = ERR_NONE};
    if (horse_open(h, "chunk/missing", &missing) >= 0 || missing.code != ERR_NOT_FOUND)
        return err_set(e, ERR_INTERNAL, "a missing chunk was there");
    return horse_commit(h, "chunk/new", e) && buf_adds(result, "{}");
}

/* A second of film, made, joined and read again: all that a render does with libav. */
static const struct h264_settings small_film = {.width = 320,
                                                .height = 180,
                                                .fps_num = 30,
                                                .fps_den = 1,
                                                .preset = "veryfast",
                                                .crf = 23,
                                                .max_bitrate = 2000000,
                                                .lookahead = 10};

static bool prepare_media(struct horse *h __attribute__((unused)),
                          struct err *e __attribute__((unused)))
{
    media_init();
    return true;
}

static bool make_picture(struct horse *h)
{
    struct err e = {.code = ERR_NONE};
    struct picture_pool *pool = picture_pool_create(small_film.width, small_film.height, &e);
    struct chunk_writer *w = chunk_writer_create(&small_film, horse_fd(h, "picture"), &e);
    bool ok = pool && w;
    for (int i = 0; ok && i < 30; i++) {
        struct picture *p = picture_pool_take(pool, &e);
        for (int plane = 0; p && plane < 3; plane++)
            for (int y = 0; y < p->height >> (plane ? 1 : 0); y++)
                memset(p->data[plane] + (ptrdiff_t)y * p->stride[plane], 40 + y + i,
                       (size_t)p->stride[plane]);
        ok = p && chunk_writer_add(w, p, &e);
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, &e);
    chunk_writer_destroy(w);
    picture_pool_destroy(pool);
    if (!ok)
        horse_log(h, "picture: %s", e.msg);
    return ok;
}

static bool make_sound(struct horse *h)
{
    struct err e = {.code = ERR_NONE};
    float samples[2 * 480];
    struct sound_writer *w = sound_writer_create(128000, horse_fd(h, "sound"), &e);
    bool ok = w != NULL;
    for (int i = 0; ok && i < 100; i++) {
        for (int k = 0; k < 480; k++)
            samples[2 * k] = samples[2 * k + 1] = (float)sin(0.06 * (i * 480 + k)) / 2;
        ok = sound_writer_add(w, samples, 480, &e);
    }
    ok = ok && sound_writer_finish(w, &e);
    sound_writer_destroy(w);
    if (!ok)
        horse_log(h, "sound: %s", e.msg);
    return ok;
}

static int only_chunk(void *user, int i, struct err *e)
{
    (void)i;
    return horse_open(user, "chunk/picture", e);
}

RUN(film)
{
    int film = horse_fd(h, "film"), frames = 0;
    const struct film_source src = {
        .chunk_count = 1, .open_chunk = only_chunk, .user = h, .sound_fd = horse_fd(h, "sound")};
    if (!make_picture(h) || !make_sound(h))
        return err_set(e, ERR_INTERNAL, "could not encode");
    if (!film_mux(&src, film, NULL, 0, NULL, NULL, NULL, e))
        return err_wrap(e, "mux");
    struct media_info info;
    if (!media_probe(film, &info, NULL, e))
        return err_wrap(e, "probe");
    struct video_reader *r = video_reader_create(film, NULL, e);
    for (struct picture *p; r && (p = video_reader_next(r, e)); frames++)
        picture_unref(&p);
    video_reader_destroy(r);
    return buf_printf(result, "{\"frames\":%d,\"width\":%d,\"codecs\":\"%s %s\"}", frames,
                      info.width, info.video_codec, info.audio_codec);
}

/* --- Bad ones ------------------------------------------------------------------------------------
 */

RUN(fail)
{
    return err_set(e, ERR_UNSUPPORTED, "this is a \"playlist\", not a film");
}

/* The handlers of sanitizers would turn these into exit codes. */
static bool die_of(int sig)
{
    signal(sig, SIG_DFL);
    raise(sig);
    return false;
}

RUN(segv)
{
    return die_of(SIGSEGV);
}

RUN(fpe)
{
    return die_of(SIGFPE);
}

RUN(killed)
{
    raise(SIGKILL);
    return false;
}

RUN(abort)
{
    signal(SIGABRT, SIG_DFL);
    abort();
}

RUN(stopped)
{
    raise(SIGSTOP);
    return false;
}

RUN(busy)
{
    for (volatile double x = 1; for_ever; x = sin(x))
        horse_progress(h, 1, "busy");
    return false;
}

RUN(silent)
{
    while (for_ever)
        doze();
    return false;
}

/* Tells its process number, then goes on for ever with signs of life. */
RUN(endless)
{
    horse_log(h, "%d", (int)getpid());
    while (for_ever) {
        horse_progress(h, 1, "endless");
        doze();
    }
    return false;
}

RUN(quiet_exit)
{
    _exit(0);
}

RUN(hog)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_AS, &l) == 0 && l.rlim_cur == RLIM_INFINITY)
        return buf_adds(result, "{\"unlimited\":true}");
    while (for_ever) {
        char *p = malloc(16 << 20);
        if (!p)
            return err_set(e, ERR_NO_MEMORY, "not enough memory for this film");
        memset(p, 1, 16 << 20);
        horse_set_user(h, p); /* seen elsewhere, so no compiler may leave it out */
    }
    return false;
}

RUN(large_file)
{
    char block[4096] = {0};
    int fd = horse_create(h, "chunk/new", e);
    if (fd < 0)
        return false;
    while (for_ever)
        if (write(fd, block, sizeof block) < 0)
            return errno == EFBIG ? buf_adds(result, "{}") : err_errno(e, errno, "write");
    return false;
}

RUN(log_flood)
{
    while (for_ever)
        horse_log(h, "and so on");
    return false;
}

RUN(text_flood)
{
    while (for_ever)
        horse_text(h, "and so on and on", 16);
    return false;
}

RUN(stderr_flood)
{
    while (for_ever)
        if (write(HORSE_FD_LOG, "and\x1b so\non", 10) < 0)
            doze();
    return false;
}

RUN(long_line)
{
    while (for_ever)
        say_raw("aaaaaaaaaaaaaaaa", 16);
    return false;
}

/* Says its spec as it stands. */
RUN(raw)
{
    const char *spec = horse_spec(h, NULL);
    say_raw(spec, strlen(spec));
    say_raw("\n", 1);
    while (for_ever)
        doze();
    return false;
}

RUN(bad_result)
{
    return buf_adds(result, "{\"a\":NaN}");
}

RUN(open)
{
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    return fd < 0 && errno == EACCES ? buf_adds(result, "{}") : err_set(e, ERR_INTERNAL, "opened");
}

RUN(fork)
{
    for (int i = 0; i < 100; i++)
        if (fork() >= 0)
            return err_set(e, ERR_INTERNAL, "forked");
    return errno == EPERM && buf_adds(result, "{}");
}

RUN(socket)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    close(fd);
    return err_set(e, ERR_UNSUPPORTED, "lived on after socket()") && buf_adds(result, "{}");
}

RUN(exec)
{
    char *argv[] = {(char[]){"true"}, NULL};
    execve("/bin/true", argv, environ);
    return err_set(e, ERR_UNSUPPORTED, "lived on after execve()");
}

static bool send_question(uint32_t op, const char *name)
{
    struct horse_question q = {.op = op};
    strncpy(q.name, name, sizeof q.name - 1);
    struct iovec part = {&q, sizeof q};
    struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
    return sendmsg(HORSE_FD_BROKER, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof q;
}

/* Sends a name as it is, past the checks of horse_open(); the parent must refuse it by itself. */
RUN(sneak)
{
    static const char *const names[] = {"../etc/passwd", "/etc/passwd", "", "chunk/A", "a b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct horse_answer a = {.code = ERR_NONE};
        struct iovec part = {&a, sizeof a};
        struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
        if (!send_question(HORSE_OPEN, names[i]) ||
            recvmsg(HORSE_FD_BROKER, &msg, 0) != (ssize_t)sizeof a || a.code != ERR_INVALID)
            return err_set(e, ERR_INTERNAL, "\"%s\" was not refused", names[i]);
    }
    return buf_adds(result, "{}");
}

RUN(nonsense_question)
{
    send_question(77, "chunk/there");
    while (for_ever)
        doze();
    return false;
}

/* Asks on and on without reading an answer. */
RUN(deaf)
{
    while (for_ever)
        send_question(HORSE_OPEN, "chunk/there");
    return false;
}

/* --- Preparations --------------------------------------------------------------------------------
 */

static bool refuse(struct horse *h __attribute__((unused)), struct err *e)
{
    return err_set(e, ERR_UNAVAILABLE, "no fonts here");
}

static void *linger(void *arg)
{
    while (for_ever)
        doze();
    return arg;
}

static bool leave_thread(struct horse *h __attribute__((unused)), struct err *e)
{
    pthread_t t;
    return pthread_create(&t, NULL, linger, NULL) == 0 || err_set(e, ERR_INTERNAL, "no thread");
}

#define KIND(n)                                                                                    \
    &(const struct horse_kind)                                                                     \
    {                                                                                              \
        .name = #n, .help = #n, .limits = ROOMY, .run = run_##n                                    \
    }
#define PREPARED(n, how, what)                                                                     \
    &(const struct horse_kind)                                                                     \
    {                                                                                              \
        .name = (n), .help = (n), .limits = ROOMY, .prepare = (how), .run = (what)                 \
    }

const struct horse_kind *const horse_kinds[] = {
    PREPARED("echo", remember, run_echo),
    PREPARED("unprepared", refuse, run_echo),
    PREPARED("threaded", leave_thread, run_echo),
    PREPARED("film", prepare_media, run_film),
    KIND(inventory),
    KIND(big),
    KIND(writer),
    KIND(crowd),
    KIND(broker),
    KIND(fail),
    KIND(segv),
    KIND(fpe),
    KIND(killed),
    KIND(abort),
    KIND(stopped),
    KIND(busy),
    KIND(silent),
    KIND(endless),
    KIND(quiet_exit),
    KIND(hog),
    KIND(large_file),
    KIND(log_flood),
    KIND(text_flood),
    KIND(stderr_flood),
    KIND(long_line),
    KIND(raw),
    KIND(bad_result),
    KIND(open),
    KIND(fork),
    KIND(socket),
    KIND(exec),
    KIND(sneak),
    KIND(nonsense_question),
    KIND(deaf),
    NULL,
};
