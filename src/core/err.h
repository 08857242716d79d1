/* SPDX-License-Identifier: GPL-3.0-or-later
 * err.h - errors: a code for programs, words for people, context added on the way out.
 *
 * A function that can fail returns bool (or NULL) and takes a `struct err *` as its last
 * parameter. The failing spot says what happened with err_set(); callers on the way up add where
 * with err_wrap():
 *
 *     if (!media_probe(fd, &info, e))
 *         return err_wrap(e, "probe %s", name);       -> "probe clip.mp4: open: not a media file"
 *
 * The message is a fixed buffer, so running out of memory is reportable too; it is cut at a UTF-8
 * character because it travels in JSON. `e` may be NULL where the caller does not care.
 * Threads: a struct err belongs to one thread.
 */
#ifndef AIVE_CORE_ERR_H
#define AIVE_CORE_ERR_H

#include <stdbool.h>

enum err_code {
    ERR_NONE = 0,
    ERR_INVALID,      /* the caller's input is wrong                                 422 */
    ERR_BAD_REQUEST,  /* the request cannot even be read                             400 */
    ERR_FORBIDDEN,    /* understood, and not allowed                                 403 */
    ERR_NOT_FOUND,    /* no such thing, or not yours                                 404 */
    ERR_CONFLICT,     /* the thing is in another state than the request supposes     409 */
    ERR_STALE,        /* If-Match names an older revision                            412 */
    ERR_TOO_LARGE,    /* over a limit                                                413 */
    ERR_UNSUPPORTED,  /* not a kind of content we take                               415 */
    ERR_BUSY,         /* come back later                                             503 */
    ERR_UNAVAILABLE,  /* a model, server or setting is missing                       503 */
    ERR_TIMEOUT,      /* a limit of time ran out                                     504 */
    ERR_CANCELED,     /* somebody asked us to stop                                   409 */
    ERR_NO_SPACE,     /* disk full                                                   507 */
    ERR_NO_MEMORY,    /*                                                             500 */
    ERR_IO,           /* the machine failed us                                       500 */
    ERR_INTERNAL,     /* our own bug                                                 500 */
    ERR_CODE_COUNT
};

struct err {
    enum err_code code;
    char msg[512];
};

/* Sets code and message; always returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the message; keeps the code; always returns false. */
bool err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* err_set() from errno: the code follows errnum (ENOENT -> not found, ENOSPC -> no space, ...),
 * the message is "context: strerror". Always returns false. */
bool err_errno(struct err *e, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __clang_analyzer__ /* it reads one file at a time and must be told what "always" means */
#define err_set(...) ((err_set)(__VA_ARGS__), false)
#define err_wrap(...) ((err_wrap)(__VA_ARGS__), false)
#define err_errno(...) ((err_errno)(__VA_ARGS__), false)
#endif

/* Stable word of a code ("not_found"); its HTTP status; the code of a word (ERR_INTERNAL if
 * unknown). */
const char *err_name(enum err_code code);
int err_http_status(enum err_code code);
enum err_code err_from_name(const char *name);

#endif
