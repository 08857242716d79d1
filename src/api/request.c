/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/request.h"

#include <string.h>
#include <strings.h>

const char *request_header(const struct request *req, const char *name)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, name) == 0)
            return req->headers[i].value;
    return NULL;
}

const char *request_query(const struct request *req, const char *name)
{
    for (size_t i = req->query_count; i > 0; i--)
        if (strcmp(req->queries[i - 1].name, name) == 0)
            return req->queries[i - 1].value;
    return NULL;
}

struct upload *request_upload(const struct request *req, const char *field)
{
    for (size_t i = 0; i < req->upload_count; i++)
        if (strcmp(req->uploads[i].field, field) == 0)
            return &req->uploads[i];
    return NULL;
}

static bool list_has(const char *list, const char *token)
{
    size_t len = strlen(token);
    for (const char *p = list; *p;) {
        p += strspn(p, " \t,");
        size_t word = strcspn(p, " \t,;=");
        if (word == len && strncasecmp(p, token, len) == 0)
            return true;
        p += strcspn(p, ",");
    }
    return false;
}

/* "text/html;q=0.5, text/event-stream": is `type` among them, and wanted? */
static bool range_wanted(const char *range, size_t len, const char *type)
{
    size_t name = strcspn(range, " \t,;");
    if (name != strlen(type) || strncasecmp(range, type, name) != 0)
        return false;
    const char *q = memmem(range, len, "q=", 2);
    return !q || strspn(q + 2, "0.") < strcspn(q + 2, " \t,;");
}

bool request_accepts(const struct request *req, const char *type)
{
    for (size_t i = 0; i < req->header_count; i++) {
        if (strcasecmp(req->headers[i].name, "Accept") != 0)
            continue;
        for (const char *p = req->headers[i].value; *p;) {
            p += strspn(p, " \t,");
            size_t len = strcspn(p, ",");
            if (range_wanted(p, len, type))
                return true;
            p += len;
        }
    }
    return false;
}

bool request_prefers(const struct request *req, const char *token)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, "Prefer") == 0 &&
            list_has(req->headers[i].value, token))
            return true;
    return false;
}
