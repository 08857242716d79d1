/* SPDX-License-Identifier: GPL-3.0-or-later
 * horse_proto.h - what the two sides of the work-horse agree on (see horse.h). Both are the same
 * binary, so the job's head and the broker's messages are plain structs.
 */
#ifndef AIVE_JOBS_HORSE_PROTO_H
#define AIVE_JOBS_HORSE_PROTO_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "jobs/horse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    HORSE_FD_EVENTS = 1,
    HORSE_FD_LOG = 2,
    HORSE_FD_JOB = 3,
    HORSE_FD_BROKER = 4,
    HORSE_FD_FIRST = 5,

    HORSE_MAX_FDS = 64,
    HORSE_NAME_SIZE = 201,        /* of a descriptor or of what the broker is asked for */
    HORSE_MAX_LINE = 64 << 10,    /* bytes of an event */
    HORSE_MAX_RESULT = 16 << 20,  /* bytes of the result event, which may be longer */
    HORSE_MAX_LOG_LINES = 10000,  /* events "log" of one job */
    HORSE_MAX_TEXT = 1 << 20,     /* bytes of text in all events "text" of one job */
    HORSE_MAX_ASKS = 1000000,     /* questions to the broker of one job */
    HORSE_MAX_STDERR_LINES = 500, /* of one job */
};

/* How a result begins; only such a line may be longer than HORSE_MAX_LINE. */
#define HORSE_RESULT_PREFIX "{\"event\":\"result\",\"result\":"

/* --- The job: a memfd with this head, then the spec --------------------------------------------
 */

#define HORSE_MAGIC 0x65766961u

struct horse_head {
    uint32_t magic, fd_count;
    uint64_t spec_len;
    pid_t parent;
    bool seccomp_optional;
    struct horse_limits limits;
    char kind[32];
    char fd_names[HORSE_MAX_FDS][HORSE_NAME_SIZE]; /* descriptor HORSE_FD_FIRST + i */
};

/* --- The broker ----------------------------------------------------------------------------------
 */

enum horse_op { HORSE_OPEN, HORSE_CREATE, HORSE_COMMIT, HORSE_OP_COUNT };
extern const char *const horse_op_names[HORSE_OP_COUNT];

struct horse_question {
    uint32_t op;
    char name[HORSE_NAME_SIZE]; /* NUL-terminated */
};

struct horse_answer {
    uint32_t code; /* enum err_code; ERR_NONE: granted, with a descriptor unless it was a commit */
    char msg[sizeof((struct err *)0)->msg];
};

/* [a-z0-9/_.-], 1..200 characters, no "..", no leading '/'. */
bool horse_name_ok(const char *name);

/* --- Events --------------------------------------------------------------------------------------
 */

struct horse_event {
    enum horse_event_kind { HORSE_PROGRESS = 1, HORSE_LOG, HORSE_RESULT, HORSE_ERROR, HORSE_TEXT } kind;
    double percent; /* 0..100 */
    const char
        *stage;       /* progress; NULL when not given. Texts: valid UTF-8, no control characters */
    const char *line; /* log */
    const char *text; /* text, text_len bytes, NUL-terminated: may hold \n and \t */
    size_t text_len;
    const char *result; /* minified JSON object, result_len bytes, NUL-terminated */
    size_t result_len;
    struct err error; /* never ERR_NONE or ERR_CANCELED: those are not the child's to say */
};

/* Cuts a byte stream into events. Nothing in the bytes is trusted. */
struct horse_stream {
    struct buf line; /* begun and not ended */
};

void horse_stream_init(struct horse_stream *s);
void horse_stream_finish(struct horse_stream *s);

/* Calls on_event for every event that n more bytes complete; its texts live until it returns.
 * False with e set: not a line of ours, or too long a one, or on_event returned false. */
bool horse_stream_feed(struct horse_stream *s, const char *bytes, size_t n,
                       bool (*on_event)(void *user, const struct horse_event *ev, struct err *e),
                       void *user, struct err *e);

/* --- Starting the child (horse_spawn.c) ----------------------------------------------------------
 */

struct horse_child {
    pid_t pid;
    int pidfd;               /* readable once the child is dead */
    int events, log, broker; /* our ends, non-blocking; -1: closed */
};

bool horse_spawn(const struct horse_job *job, const struct horse_limits *limits,
                 struct horse_child *child, struct err *e);
void horse_child_close(struct horse_child *child); /* descriptors only; the caller has reaped it */

#endif
