/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/cors.h"

#include <string.h>

#define METHODS "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
#define EXPOSED                                                                                    \
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Location, Retry-After, "             \
    "X-Request-Id, X-Total-Count"

bool cors_enabled(const struct cors *c)
{
    return c->origins && c->origins[0];
}

static bool listed(const struct cors *c, const char *origin)
{
    for (const char *const *o = c->origins; *o; o++)
        if (strcmp(*o, origin) == 0)
            return true;
    return false;
}

static bool method_known(const char *method)
{
    size_t n = strlen(method);
    for (const char *p = METHODS; *p; p += strcspn(p, ","), p += strspn(p, ", "))
        if (strncmp(p, method, n) == 0 && (p[n] == ',' || p[n] == '\0'))
            return true;
    return false;
}

bool cors_preflight(const struct cors *c, const struct request *req, struct reply *reply)
{
    const char *origin = request_header(req, "Origin");
    const char *method = request_header(req, "Access-Control-Request-Method");
    const char *headers = request_header(req, "Access-Control-Request-Headers");
    if (!cors_enabled(c) || strcmp(req->method, "OPTIONS") != 0 || !origin || !method)
        return false;

    bool all = listed(c, "*"), origin_ok = all || listed(c, origin);
    bool method_ok = method_known(method);
    reply_reset(reply);
    reply->status = origin_ok && method_ok ? 200 : 400;
    if (!all || c->credentials) {
        reply_header(reply, "Vary", "Origin");
        if (origin_ok)
            reply_header(reply, "Access-Control-Allow-Origin", origin);
    } else {
        reply_header(reply, "Access-Control-Allow-Origin", "*");
    }
    reply_header(reply, "Access-Control-Allow-Methods", METHODS);
    reply_header(reply, "Access-Control-Max-Age", "600");
    if (c->credentials)
        reply_header(reply, "Access-Control-Allow-Credentials", "true");
    if (headers)
        reply_header(reply, "Access-Control-Allow-Headers", headers);
    const char *text = origin_ok && method_ok ? "OK"
                       : origin_ok            ? "Disallowed CORS method"
                       : method_ok            ? "Disallowed CORS origin"
                                              : "Disallowed CORS origin, method";
    return reply_text(reply, "text/plain; charset=utf-8", text);
}

void cors_simple(const struct cors *c, const struct request *req, struct reply *reply)
{
    const char *origin = request_header(req, "Origin");
    if (!cors_enabled(c) || !origin)
        return;
    bool all = listed(c, "*");
    if (all)
        reply_header(reply, "Access-Control-Allow-Origin", "*");
    if (c->credentials)
        reply_header(reply, "Access-Control-Allow-Credentials", "true");
    reply_header(reply, "Access-Control-Expose-Headers", EXPOSED);
    bool cookie = request_header(req, "Cookie") != NULL;
    if (all ? cookie : listed(c, origin)) {
        reply_header(reply, "Access-Control-Allow-Origin", origin);
        reply_header(reply, "Vary", "Origin");
    }
}
