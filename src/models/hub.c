/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/hub.h"
#include "core/files.h"
#include "core/wire.h"
#include "net/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTING_MAX ((size_t)8 << 20)
#define FILE_MAX ((int64_t)64 << 30)
#define SHARDS_MAX 64
#define WEIGHTS "model.safetensors"
#define INDEX "model.safetensors.index.json"

/* --- What the hub says ------------------------------------------------------------------------ */

struct said_lfs {
    const char *sha256;
    int64_t size;
};

struct said_file {
    const char *name;
    int64_t size;
    struct said_lfs *lfs;
};

struct said {
    const char *revision;
    struct wire_list files;
};

/* clang-format off */
static const struct wire_field lfs_fields[] = {
    {.name = "sha256", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, .offset = offsetof(struct said_lfs, sha256)},
    {.name = "size", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct said_lfs, size)},
    {0},
};
static const struct wire_type lfs_type = {.name = "HubLfs", .fields = lfs_fields, .size = sizeof(struct said_lfs)};
static const struct wire_field file_fields[] = {
    {.name = "rfilename", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct said_file, name)},
    {.name = "size", .kind = WIRE_INT, .flags = WIRE_NULLABLE, .offset = offsetof(struct said_file, size)},
    {.name = "lfs", .kind = WIRE_OBJECT, .flags = WIRE_NULLABLE, .offset = offsetof(struct said_file, lfs), .type = &lfs_type},
    {0},
};
static const struct wire_type file_type = {.name = "HubFile", .fields = file_fields, .size = sizeof(struct said_file)};
static const struct wire_field said_fields[] = {
    {.name = "sha", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = offsetof(struct said, revision)},
    {.name = "siblings", .kind = WIRE_LIST, .flags = WIRE_REQUIRED, .item = WIRE_OBJECT, .type = &file_type,
     .offset = offsetof(struct said, files)},
    {0},
};
static const struct wire_type said_type = {.name = "HubModel", .fields = said_fields, .size = sizeof(struct said)};
/* clang-format on */

static bool is_hex(const char *s, size_t len)
{
    return s && strlen(s) == len && strspn(s, "0123456789abcdef") == len;
}

/* --- What of it is fetched -------------------------------------------------------------------- */

static const char *const small_files[] = {
    "config.json",       "generation_config.json", "preprocessor_config.json",
    "tokenizer.json",    "vocab.json",             "merges.txt",
    "added_tokens.json",
};

static const struct said_file *find_file(const struct said *said, const char *name)
{
    const struct said_file *f = said->files.items;
    for (size_t i = 0; i < said->files.count; i++)
        if (strcmp(f[i].name, name) == 0)
            return &f[i];
    return NULL;
}

static bool take(struct hub_model *m, const struct said_file *f, struct err *e)
{
    const char *sha256 = f->lfs ? f->lfs->sha256 : NULL;
    int64_t size = f->size != INT64_MIN ? f->size : f->lfs ? f->lfs->size : -1;
    if (size < 0 || size > FILE_MAX || (sha256 && !is_hex(sha256, 64)))
        return err_set(e, ERR_UNAVAILABLE, "the hub's list is broken: no right size or checksum of "
                       "%.80s", f->name);
    m->files[m->count++] = (struct hub_file){f->name, size, sha256};
    m->bytes += size;
    return true;
}

/* model-00001-of-00004.safetensors and so on; their number is in the name of the first. */
static bool take_shards(struct hub_model *m, const struct said *said, struct err *e)
{
    char name[64];
    int shards = 0;
    const struct said_file *f = said->files.items;
    for (size_t i = 0; i < said->files.count && !shards; i++)
        if (sscanf(f[i].name, "model-00001-of-%5d.safetensors", &shards) != 1)
            shards = 0;
    if (shards < 1 || shards > SHARDS_MAX)
        return err_set(e, ERR_UNSUPPORTED, "it has no weights that aive can read "
                       "(model.safetensors, or its parts)");
    for (int i = 1; i <= shards; i++) {
        snprintf(name, sizeof name, "model-%05d-of-%05d.safetensors", i, shards);
        f = find_file(said, name);
        if (!f)
            return err_set(e, ERR_UNSUPPORTED, "of its weights, the part %s is missing", name);
        if (!take(m, f, e))
            return false;
    }
    return true;
}

static bool choose(struct hub_model *m, const struct said *said, struct err *e)
{
    if (!find_file(said, "config.json"))
        return err_set(e, ERR_UNSUPPORTED, "it has no config.json");
    for (size_t i = 0; i < sizeof small_files / sizeof *small_files; i++) {
        const struct said_file *f = find_file(said, small_files[i]);
        if (f && !take(m, f, e))
            return false;
    }
    const struct said_file *whole = find_file(said, WEIGHTS), *index = find_file(said, INDEX);
    if (whole)
        return take(m, whole, e);
    return (!index || take(m, index, e)) && take_shards(m, said, e);
}

bool hub_model_read(const char *text, size_t len, struct arena *a, struct hub_model *out,
                    struct err *e)
{
    struct wire_limits limits = {.max_bytes = LISTING_MAX, .max_depth = 32, .max_values = 1000000};
    struct wire_errors errs = {0};
    const struct said *said = wire_read(&said_type, text, len, &limits, NULL, a, &errs);
    *out = (struct hub_model){0};
    if (!said) {
        struct err why = {0};
        wire_errors_to_err(&errs, &why);
        err_set(e, ERR_UNAVAILABLE, "the hub's list is broken: %s", why.msg);
    }
    wire_errors_finish(&errs);
    if (!said)
        return false;
    if (!is_hex(said->revision, 40))
        return err_set(e, ERR_UNAVAILABLE, "the hub's list is broken: no revision");
    out->revision = said->revision;
    out->files = arena_array(a, sizeof small_files / sizeof *small_files + 2 + SHARDS_MAX,
                             sizeof *out->files);
    return out->files ? choose(out, said, e) : err_set(e, ERR_NO_MEMORY, "no memory for the list");
}

/* --- Asking ----------------------------------------------------------------------------------- */

const char *const *hub_headers(const struct hub *hub, struct arena *a)
{
    const char **list = *hub->token ? arena_array(a, 2, sizeof *list) : NULL;
    if (list) {
        list[0] = arena_printf(a, "Authorization: Bearer %s", hub->token);
        list[1] = NULL;
    }
    return list;
}

char *hub_file_url(const struct hub *hub, const char *repository, const char *revision,
                   const char *file, struct arena *a)
{
    return arena_printf(a, "%s/%s/resolve/%s/%s", hub->url, repository, revision, file);
}

static bool explain(int status, const struct hub *hub, const char *repository, struct err *e)
{
    if (status == 401 || status == 403 || status == 404)
        return err_set(e, ERR_NOT_FOUND,
                       "the hub has no model \"%s\", or only for those with an account%s", repository,
                       *hub->token ? "" : " (AIVE_HUB_TOKEN)");
    if (status == 429)
        return err_set(e, ERR_BUSY, "the hub asks us to come back later");
    return err_set(e, ERR_UNAVAILABLE, "the hub answers %d for \"%s\"", status, repository);
}

bool hub_model(const struct hub *hub, const char *repository, struct arena *a,
               const struct cancel *cancel, struct hub_model *out, struct err *e)
{
    struct http_ask ask = {.url = arena_printf(a, "%s/api/models/%s?blobs=true", hub->url, repository),
                           .headers = hub_headers(hub, a), .seconds = 60, .cancel = cancel};
    struct http_answer answer;
    struct buf text;
    if (!ask.url)
        return err_set(e, ERR_NO_MEMORY, "no memory to ask the hub");
    buf_init(&text, LISTING_MAX);
    bool ok = http_ask_text(&ask, &answer, &text, e) &&
              (answer.status == 200 || explain(answer.status, hub, repository, e)) &&
              hub_model_read(text.data, text.len, a, out, e);
    if (!ok && e->code != ERR_CANCELED)
        err_wrap(e, "model hub");
    buf_finish(&text);
    return ok;
}
