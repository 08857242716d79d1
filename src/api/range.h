/* SPDX-License-Identifier: GPL-3.0-or-later
 * range.h - conditional and partial answers (RFC 9110, sections 13 and 14).
 *
 * Of several ranges we send the whole representation instead (14.2 allows a server to ignore
 * Range): players ask for one at a time, and thousands of overlapping ones are an attack.
 * Pure functions.
 */
#ifndef AIVE_API_RANGE_H
#define AIVE_API_RANGE_H

#include "api/reply.h"
#include "api/request.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum range_result {
    RANGE_NONE,          /* send everything: no range, malformed, other unit, or several */
    RANGE_ONE,           /* *first..*last are set, both inside the size */
    RANGE_UNSATISFIABLE, /* 416 */
};

enum range_result range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *last);

/* Does a list of entity tags ("*", "\"a\", W/\"b\"") name this one? `weak`: W/ makes no
 * difference (If-None-Match); otherwise a weak tag never matches (If-Match, If-Range). */
bool etag_listed(const char *list, const char *etag, bool weak);

/* Writes an HTTP date (IMF-fixdate) of 29 characters; reads one, (time_t)-1 if it is none. */
void http_date(time_t t, char out[30]);
time_t http_date_parse(const char *text);

/* Makes a finished 200 answer of GET or HEAD what its conditions ask for: 304, 206, 416 or as it
 * is; sets ETag, Last-Modified, Accept-Ranges and Content-Range. A buffer with an ETag header gets
 * If-None-Match, a file everything. */
void range_apply(const struct request *req, struct reply *reply);

#endif
