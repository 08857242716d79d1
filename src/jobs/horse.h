/* SPDX-License-Identifier: GPL-3.0-or-later
 * horse.h - the work-horse: a caged child of the same binary that does one job on untrusted media.
 *
 * The parent opens every file and hands over descriptors; the child gets its job as JSON, answers
 * with events as JSON lines, and may ask the parent for further descriptors by name (the broker).
 * Everything the parent reads from the child is untrusted.
 *
 *     struct horse_fd in = {.name = "source", .fd = fd};
 *     struct horse_job job = {.kind = "probe", .spec = "{}", .fds = &in, .fd_count = 1};
 *     char *result = horse_run(&job, &e);          JSON text, free() it; NULL: e says why
 *
 * Descriptors in the child: 0 /dev/null, 1 events, 2 log, 3 job (memfd), 4 broker (SEQPACKET
 * socket), 5.. the `fds` in order.
 * Events, one JSON object a line of at most 64 KiB (a result: 16 MiB):
 *     {"event":"progress","percent":42.5,"stage":"composition"}
 *     {"event":"log","line":"Processed segment intro"}
 *     {"event":"text","text":"a piece of what is being written"}
 *     {"event":"result","result":{...}}                       last line of a job that went well
 *     {"event":"error","code":"unsupported","message":"..."}  last line of one that did not
 *
 * How a child that died is reported: SIGSYS -> ERR_INTERNAL "tried to break out of its cage" (never
 * retried); SIGXCPU, the wall or the silence limit -> ERR_TIMEOUT; SIGSEGV, SIGABRT, SIGFPE,
 * SIGBUS, SIGILL -> ERR_INVALID "the decoder crashed on this file"; SIGKILL not by us ->
 * ERR_NO_MEMORY "killed, probably for memory".
 *
 * Threads: horse_run may be called from any number of threads; it blocks till the child is reaped.
 * When the calling thread or the whole parent dies, the kernel kills the child. The process must
 * neither ignore SIGCHLD nor wait for children it does not know.
 */
#ifndef AIVE_JOBS_HORSE_H
#define AIVE_JOBS_HORSE_H

#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log;

struct horse_fd {
    const char *name; /* what the job calls it: "source", "source:2", "output", ... */
    int fd;           /* shares its file offset with ours: read with pread() */
};

/* 0: no limit, but for file_bytes: 0 lets the child write no file at all. */
struct horse_limits {
    uint64_t memory_bytes; /* address space: count 8 MiB of stack and up to 64 MiB of malloc arena a
                            * thread, and 150 MiB of libraries */
    int cpu_seconds;       /* of all threads together */
    int wall_seconds;
    int silence_seconds; /* no event and no question to the broker for so long -> killed */
    uint64_t file_bytes; /* largest file it may write */
};

struct horse_job {
    const char *kind; /* a row of horse_kinds */
    const char *spec; /* JSON object text */
    const struct horse_fd *fds;
    int fd_count;                      /* at most 64 */
    const struct horse_limits *limits; /* NULL: those of the kind */
    const struct cancel *cancel;       /* SIGKILL within 100 ms of firing -> ERR_CANCELED */
    bool *crashed; /* may be NULL; else set to: the child died of what is the decoder's fault */
    bool seccomp_optional;             /* run even where the kernel refuses seccomp (a setting) */
    const struct log *log;             /* the child's stderr goes here; NULL: our stderr as text */
    const char *const *argv;           /* NULL: this very binary, {"aive", "work-horse", kind} */

    /* All optional, called on the thread that runs horse_run(). */
    void (*on_progress)(void *user, double percent, const char *stage);
    void (*on_log)(void *user, const char *line);
    /* A piece of a text that comes while it is written: UTF-8, no control characters but \n and
     * \t, at most 1 MiB in all. */
    void (*on_text)(void *user, const char *text, size_t len);
    /* The child asks for `name` ("chunk/<64 hex>" ...). `op` is "open" (read what exists), "create"
     * (a new empty file to write; invisible till committed) or "commit" (publish what was created
     * under that name). open and create return a descriptor that horse.c closes after sending it;
     * commit returns 0. -1 with e set: refused, the child gets the error. */
    int (*on_ask)(void *user, const char *op, const char *name, struct err *e);
    void (*on_tick)(void *user); /* about every second while the child runs: heartbeats */
    void *user;
};

char *horse_run(const struct horse_job *job, struct err *e);

/* --- The child's side ----------------------------------------------------------------------- */

struct horse; /* the running job, as the job's function sees it */

/* One kind of job. `prepare` runs before the cage closes (media_init(), fonts, tables; may open
 * files but must not touch media or leave threads behind), `run` inside it. `run` writes its result
 * object to *result. */
struct buf;
struct horse_kind {
    const char *name;
    const char *help;
    struct horse_limits limits;
    bool (*prepare)(struct horse *h, struct err *e); /* may be NULL */
    bool (*run)(struct horse *h, struct buf *result, struct err *e);
};

/* All kinds, ended by NULL: kinds.c (a test program brings its own list). */
extern const struct horse_kind *const horse_kinds[];
const struct horse_kind *horse_kind_find(const struct horse_kind *const *kinds, const char *name);

const char *horse_spec(const struct horse *h, unsigned long *len); /* the job's JSON */
int horse_fd(const struct horse *h, const char *name);             /* -1: none of that name */
void horse_set_user(struct horse *h, void *user);                  /* carried from prepare to run */
void *horse_user(const struct horse *h);
/* Any thread; going back is ignored. Call it more often than silence_seconds: it sends no more than
 * is worth sending. */
void horse_progress(struct horse *h, double percent, const char *stage);
void horse_log(struct horse *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Any thread, at once: whole UTF-8 characters, at most 8 KiB. A life sign too. */
void horse_text(struct horse *h, const char *text, size_t len);
/* Broker, any thread: a descriptor the caller closes, or -1 with e set (ERR_NOT_FOUND: no such). */
int horse_open(struct horse *h, const char *name, struct err *e);
int horse_create(struct horse *h, const char *name, struct err *e);
bool horse_commit(struct horse *h, const char *name, struct err *e);

/* main() of `aive work-horse` (not for people): reads fd 3, closes the cage, runs the kind. Ends
 * the process itself when it was started by horse_run(); returns 2 when it was not. */
int horse_main(const struct horse_kind *const *kinds);

#endif
