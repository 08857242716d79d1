/* SPDX-License-Identifier: GPL-3.0-or-later
 * cors.h - cross-origin answers, word for word those of Starlette's CORSMiddleware with all
 * methods and headers allowed.  Pure functions on request and reply.
 */
#ifndef AIVE_API_CORS_H
#define AIVE_API_CORS_H

#include "api/reply.h"
#include "api/request.h"

struct cors {
    const char *const *origins; /* NULL-ended; {"*"}: everybody; NULL or empty: CORS is off */
    bool credentials;
};

bool cors_enabled(const struct cors *c);

/* An OPTIONS request that a browser sends ahead? Then the reply is made and true returned. */
bool cors_preflight(const struct cors *c, const struct request *req, struct reply *reply);

/* Adds the headers to an ordinary answer. */
void cors_simple(const struct cors *c, const struct request *req, struct reply *reply);

#endif
