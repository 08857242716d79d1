/* SPDX-License-Identifier: GPL-3.0-or-later
 * hub.h - asks a model hub what a model consists of.
 *
 * The hub speaks Hugging Face's protocol: GET /api/models/OWNER/MODEL?blobs=true lists the files of
 * a repository with sizes and, of the large ones, SHA-256; GET /OWNER/MODEL/resolve/REVISION/FILE
 * is a file, with ranges. Of all that is in a repository only what aive reads is listed here:
 * configuration, tokenizer, and the weights as safetensors.
 * What a hub says is not trusted: names, counts and sizes are checked.
 */
#ifndef AIVE_MODELS_HUB_H
#define AIVE_MODELS_HUB_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/cancel.h"
#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

struct hub {
    const char *url;   /* "https://..." without a slash at its end */
    const char *token; /* for models that want an account; "": none */
};

struct hub_file {
    const char *name;   /* a plain file name */
    int64_t size;       /* bytes */
    const char *sha256; /* 64 hex digits; NULL: the hub does not say (small files) */
};

struct hub_model {
    const char *revision;   /* of the repository, 40 hex digits */
    struct hub_file *files; /* in the order they are worth fetching: small ones first */
    size_t count;
    int64_t bytes; /* of all files */
};

/* In the arena. ERR_NOT_FOUND: no such model, or not without an account; ERR_UNSUPPORTED: nothing
 * in it that aive can read; ERR_UNAVAILABLE: no hub. */
bool hub_model(const struct hub *hub, const char *repository, struct arena *a,
               const struct cancel *cancel, struct hub_model *out, struct err *e);

/* The same from the hub's JSON. */
bool hub_model_read(const char *text, size_t len, struct arena *a, struct hub_model *out,
                    struct err *e);

/* Where a file is. NULL: no memory. */
char *hub_file_url(const struct hub *hub, const char *repository, const char *revision,
                   const char *file, struct arena *a);

/* The header that names the token, NULL without one. */
const char *const *hub_headers(const struct hub *hub, struct arena *a);

#endif
