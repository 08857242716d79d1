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
 * socket), 5.. the `fds` in order. Events, one JSON object a line of at most 64 KiB:
 *     {"event":"progress","percent":42.5,"stage":"composition"}
 *     {"event":"log","line":"Processed segment intro"}
 *     {"event":"result","result":{...}}                       last line of a job that went well
 *     {"event":"error","code":"unsupported","message":"..."}  last line of one that did not
 *
 * How a child that died is reported: SIGSYS -> ERR_INTERNAL "broke out of its cage" (never retried);
 * SIGXCPU or the wall limit -> ERR_TIMEOUT; SIGSEGV, SIGABRT, SIGFPE, SIGBUS -> ERR_INVALID "the
 * decoder crashed on this file"; SIGKILL not by us -> ERR_NO_MEMORY "killed, probably for memory".
 * Threads: horse_run may be called from any number of threads; it blocks till the child is reaped.
 */
#ifndef AIVE_JOBS_HORSE_H
#define AIVE_JOBS_HORSE_H

#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

struct horse_fd {
    const char *name; /* what the job calls it: "source", "source:2", "output", ... */
    int fd;
};

struct horse_limits {
    uint64_t memory_bytes; /* address space */
    int cpu_seconds;
    int wall_seconds;
    int silence_seconds; /* no event for so long -> killed */
    uint64_t file_bytes; /* largest file it may write */
};

struct horse_job {
    const char *kind; /* a row of horse_kinds */
    const char *spec; /* JSON object text */
    const struct horse_fd *fds;
    int fd_count;
    const struct horse_limits *limits; /* NULL: those of the kind */
    const struct cancel *cancel;       /* SIGKILL within 100 ms of firing -> ERR_CANCELED */

    /* All optional, called on the thread that runs horse_run(). */
    void (*on_progress)(void *user, double percent, const char *stage);
    void (*on_log)(void *user, const char *line);
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

/* One kind of job. `prepare` runs before the cage closes (fonts, tables; may open files but must not
 * touch media), `run` inside it. `run` writes its result object to *result. */
struct buf;
struct horse_kind {
    const char *name;
    const char *help;
    struct horse_limits limits;
    bool (*prepare)(struct horse *h, struct err *e); /* may be NULL */
    bool (*run)(struct horse *h, struct buf *result, struct err *e);
};

const char *horse_spec(const struct horse *h, unsigned long *len); /* the job's JSON */
int horse_fd(const struct horse *h, const char *name);            /* -1: none of that name */
void horse_set_user(struct horse *h, void *user); /* carried from prepare to run */
void *horse_user(const struct horse *h);
void horse_progress(struct horse *h, double percent, const char *stage); /* any thread; never back */
void horse_log(struct horse *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Broker, any thread: a descriptor the caller closes, or -1 with e set (ERR_NOT_FOUND: no such). */
int horse_open(struct horse *h, const char *name, struct err *e);
int horse_create(struct horse *h, const char *name, struct err *e);
bool horse_commit(struct horse *h, const char *name, struct err *e);

/* main() of `aive work-horse` (not for people): reads fd 3, closes the cage, runs the kind. */
int horse_main(const struct horse_kind *const *kinds);

#endif
