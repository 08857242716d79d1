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

bool request_prefers(const struct request *req, const char *token)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, "Prefer") == 0 &&
            list_has(req->headers[i].value, token))
            return true;
    return false;
}
