/* SPDX-License-Identifier: GPL-3.0-or-later
 * Input: a request target. Decoding and matching must keep their promises: a decoded path is valid
 * UTF-8 without control characters or backslashes, and a parameter is one whole segment of it.
 */
#include "api/route.h"
#include "api/urldecode.h"
#include "core/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct route routes[] = {
    {.method = "GET", .path = "/"},
    {.method = "GET", .path = "/api/things"},
    {.method = "GET", .path = "/api/things/{id}"},
    {.method = "POST", .path = "/api/things/{id}"},
    {.method = "GET", .path = "/api/things/status"},
    {.method = "GET", .path = "/api/{a}/{b}/{c}"},
    {.method = "GET", .path = "/media/{class}/{name}"},
};

static void check_path(const char *path, struct arena *a)
{
    size_t n = strlen(path);
    if (!utf8_valid(path, n))
        abort();
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f || path[i] == '\\')
            abort();
    struct route_match m;
    size_t count = sizeof routes / sizeof *routes;
    if (!route_find(routes, count, "GET", path, a, &m))
        return;
    if (m.path_known != route_path_known(routes, count, path) || (m.route && !m.path_known))
        abort();
    for (size_t i = 0; i < m.param_count; i++)
        if (!*m.params[i].value || strchr(m.params[i].value, '/'))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct err e;
    const struct http_pair *pairs;
    size_t count;
    arena_init(&a, 1 << 22);
    char *target = arena_strndup(&a, (const char *)data, size);
    if (target) {
        size_t n = strcspn(target, "?");
        char *path = url_decode_path(target, n, &a, &e);
        if (path)
            check_path(path, &a);
        if (url_decode_query(target[n] ? target + n + 1 : "", &a, &pairs, &count, &e))
            for (size_t i = 0; i < count; i++)
                if (!utf8_valid(pairs[i].value, strlen(pairs[i].value)))
                    abort();
    }
    arena_finish(&a);
    return 0;
}
