/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/err.h"

#include "core/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int http;
} codes[ERR_CODE_COUNT] = {
    [ERR_NONE] = {"none", 200},
    [ERR_INVALID] = {"invalid", 422},
    [ERR_BAD_REQUEST] = {"bad_request", 400},
    [ERR_FORBIDDEN] = {"forbidden", 403},
    [ERR_NOT_FOUND] = {"not_found", 404},
    [ERR_CONFLICT] = {"conflict", 409},
    [ERR_STALE] = {"stale", 412},
    [ERR_TOO_LARGE] = {"too_large", 413},
    [ERR_UNSUPPORTED] = {"unsupported", 415},
    [ERR_BUSY] = {"busy", 503},
    [ERR_UNAVAILABLE] = {"unavailable", 503},
    [ERR_TIMEOUT] = {"timeout", 504},
    [ERR_CANCELED] = {"canceled", 409},
    [ERR_NO_SPACE] = {"no_space", 507},
    [ERR_NO_MEMORY] = {"no_memory", 500},
    [ERR_IO] = {"io", 500},
    [ERR_INTERNAL] = {"internal", 500},
};

static const struct {
    int errnum;
    enum err_code code;
} errnos[] = {
    {ENOENT, ERR_NOT_FOUND},   {ENOTDIR, ERR_NOT_FOUND},  {EACCES, ERR_FORBIDDEN},
    {EPERM, ERR_FORBIDDEN},    {ENOSPC, ERR_NO_SPACE},    {EDQUOT, ERR_NO_SPACE},
    {EFBIG, ERR_TOO_LARGE},    {ENOMEM, ERR_NO_MEMORY},   {ECANCELED, ERR_CANCELED},
    {ETIMEDOUT, ERR_TIMEOUT},  {EEXIST, ERR_CONFLICT},
};

__attribute__((format(printf, 3, 0))) static void set_v(struct err *e, enum err_code code,
                                                        const char *fmt, va_list ap)
{
    char text[sizeof e->msg];
    vsnprintf(text, sizeof text, fmt, ap); /* arguments may point into e->msg */
    e->code = code;
    memcpy(e->msg, text, sizeof text);
    utf8_trim_cut(e->msg);
}

/* The names stand in brackets because err.h has macros of these names for the analyser. */
bool (err_set)(struct err *e, enum err_code code, const char *fmt, ...)
{
    if (!e)
        return false;
    va_list ap;
    va_start(ap, fmt);
    set_v(e, code, fmt, ap);
    va_end(ap);
    return false;
}

bool (err_wrap)(struct err *e, const char *fmt, ...)
{
    if (!e)
        return false;
    char text[sizeof e->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(e, e->code, "%s: %s", text, e->msg);
}

bool (err_errno)(struct err *e, int errnum, const char *fmt, ...)
{
    if (!e)
        return false;
    char text[sizeof e->msg];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);

    enum err_code code = ERR_IO;
    for (size_t i = 0; i < sizeof errnos / sizeof *errnos; i++)
        if (errnos[i].errnum == errnum)
            code = errnos[i].code;
    return err_set(e, code, "%s: %s", text, strerror(errnum));
}

const char *err_name(enum err_code code)
{
    return (unsigned)code < ERR_CODE_COUNT ? codes[code].name : "internal";
}

int err_http_status(enum err_code code)
{
    return (unsigned)code < ERR_CODE_COUNT ? codes[code].http : 500;
}

enum err_code err_from_name(const char *name)
{
    for (int i = 0; i < ERR_CODE_COUNT; i++)
        if (name && strcmp(codes[i].name, name) == 0)
            return (enum err_code)i;
    return ERR_INTERNAL;
}
