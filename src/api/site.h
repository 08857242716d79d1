/* SPDX-License-Identifier: GPL-3.0-or-later
 * site.h - everything of a server that is not a socket: the whole route table with the layer's own
 * rows, the OpenAPI document, the open media folders, and the means to name requests.
 *
 * Ownership: points into the config, which must outlive it. Threads: constant after creation, save
 * for the request counter and the cancel, which are safe from anywhere.
 */
#ifndef AIVE_API_SITE_H
#define AIVE_API_SITE_H

#include "api/cors.h"
#include "api/http.h"
#include "core/cancel.h"

#include <stdatomic.h>

#define SITE_ID_SIZE 20

struct site {
    const struct http_config *config;
    struct route *routes; /* the config's, then ours */
    size_t route_count;
    struct cors cors;
    struct buf openapi;
    int *media_dirs; /* like config->media */
    int docs_dir;    /* -1: not installed */
    struct cancel cancel; /* fired at shutdown */
    unsigned id_prefix;
    atomic_uint next_id;
};

/* Checks the table, opens the folders. NULL with *e set. */
struct site *site_create(const struct http_config *c, struct err *e);
void site_destroy(struct site *s); /* accepts NULL */

/* A name for a request: unique in this run, unlikely to meet again in another. */
void site_new_id(struct site *s, char out[SITE_ID_SIZE]);

/* The layer's own rows (own_routes.c). */
extern const struct route own_routes[];
extern const size_t own_route_count;

#endif
