/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/site.h"

#include "api/openapi.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPENAPI_MAX ((size_t)4 << 20)

static bool open_folders(struct site *s, struct err *e)
{
    const struct http_media_class *media = s->config->media;
    size_t n = 0;
    while (media && media[n].name)
        n++;
    s->media_dirs = calloc(n + 1, sizeof *s->media_dirs);
    if (!s->media_dirs)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i <= n; i++)
        s->media_dirs[i] = -1;
    for (size_t i = 0; i < n; i++) {
        s->media_dirs[i] = open(media[i].dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s->media_dirs[i] < 0)
            return err_errno(e, errno, "open the media folder %s", media[i].dir);
    }
    if (s->config->docs_dir)
        s->docs_dir = open(s->config->docs_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return true; /* without the docs folder the page says how to get it */
}

static bool join_routes(struct site *s, struct err *e)
{
    size_t own = own_route_count, given = s->config->route_count;
    s->routes = calloc(given + own, sizeof *s->routes);
    if (!s->routes)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    if (given)
        memcpy(s->routes, s->config->routes, given * sizeof *s->routes);
    memcpy(s->routes + given, own_routes, own * sizeof *s->routes);
    s->route_count = given + own;
    return route_table_check(s->routes, s->route_count, e);
}

struct site *site_create(const struct http_config *c, struct err *e)
{
    struct site *s = calloc(1, sizeof *s);
    if (!s || sodium_init() < 0) {
        free(s);
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    s->config = c;
    s->cors = (struct cors){c->cors_origins, c->cors_credentials};
    s->docs_dir = s->cancel.fd = -1;
    s->id_prefix = randombytes_random();
    buf_init(&s->openapi, OPENAPI_MAX);
    if (!cancel_init(&s->cancel, e) || !join_routes(s, e) || !open_folders(s, e))
        goto fail;
    if (!openapi_write(s->routes, s->route_count, c->title, c->version, c->description,
                       &s->openapi)) {
        err_set(e, ERR_INTERNAL, "the OpenAPI document could not be made");
        goto fail;
    }
    return s;

fail:
    site_destroy(s);
    return NULL;
}

void site_destroy(struct site *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->media_dirs && s->config->media && s->config->media[i].name; i++)
        if (s->media_dirs[i] >= 0)
            close(s->media_dirs[i]);
    if (s->docs_dir >= 0)
        close(s->docs_dir);
    cancel_finish(&s->cancel);
    buf_finish(&s->openapi);
    free(s->media_dirs);
    free(s->routes);
    free(s);
}

void site_new_id(struct site *s, char out[SITE_ID_SIZE])
{
    snprintf(out, SITE_ID_SIZE, "%08x-%08x", s->id_prefix, atomic_fetch_add(&s->next_id, 1u));
}
