/* SPDX-License-Identifier: GPL-3.0-or-later
 * urldecode.h - strict percent decoding of the two halves of a request target.
 *
 * The path is the strict one: what could make two programs read it differently (NUL, control
 * characters, an encoded slash or backslash, a bad escape, malformed UTF-8) is an error, so that
 * nothing behind it has to think about encodings again. Pure functions; results live in the arena.
 */
#ifndef AIVE_API_URLDECODE_H
#define AIVE_API_URLDECODE_H

#include "api/request.h"
#include "core/arena.h"
#include "core/err.h"

/* Decodes n bytes of a path. NULL with ERR_BAD_REQUEST (or ERR_NO_MEMORY). */
char *url_decode_path(const char *raw, size_t n, struct arena *a, struct err *e);

/* Decodes "a=1&b=x+y" into pairs. Names and values are valid UTF-8 without NUL; at most
 * URL_MAX_QUERY pairs. */
#define URL_MAX_QUERY 100
bool url_decode_query(const char *raw, struct arena *a, const struct http_pair **pairs,
                      size_t *count, struct err *e);

/* Decodes an RFC 5987 value, charset'lang'percent-encoded, of charset UTF-8; NULL if it is none. */
char *url_decode_ext_value(const char *raw, size_t n, struct arena *a);

/* Writes s for a URL path or an RFC 5987 value: letters, digits and "-._~" stay, the rest becomes
 * %XX. NULL without memory. */
char *url_encode(const char *s, struct arena *a);

#endif
