/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a POST makes of the stored timeline, key by key. */
#include "core/json.h"
#include "timeline/timeline.h"

#include <stdlib.h>
#include <string.h>

/* Copies the value of field f, whatever its kind: wire.h fixes the C type behind each kind. */
static void copy_field(const struct wire_field *f, struct timeline *to, const struct timeline *from)
{
    static const size_t size[] = {
        [WIRE_BOOL] = sizeof(int8_t),        [WIRE_INT] = sizeof(int64_t),
        [WIRE_NUMBER] = sizeof(double),      [WIRE_STRING] = sizeof(char *),
        [WIRE_OBJECT] = sizeof(void *),      [WIRE_LIST] = sizeof(struct wire_list),
        [WIRE_JSON] = sizeof(struct wire_raw),
    };
    memcpy((char *)to + f->offset, (const char *)from + f->offset, size[f->kind]);
}

/* A list that was sent as null is stored empty: front ends loop over it. */
static bool null_list_to_empty(struct wire_list *l, struct arena *a)
{
    if (!l->items)
        *l = (struct wire_list){.items = arena_alloc(a, 1)};
    return l->items != NULL;
}

/* --- Unknown keys: `"a":1,"b":2`, merged by key ------------------------------------------- */

static bool extra_open(struct json_reader *r, const struct wire_raw *x, struct arena *a)
{
    char *object = arena_printf(a, "{%.*s}", (int)x->len, x->text ? x->text : "");
    if (!object)
        return false;
    json_reader_init(r, object, x->len + 2, 63);
    return json_enter_object(r);
}

static int compare_keys(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The keys of x, sorted, as an array of const char *; a front end may keep very many. */
static bool extra_keys(struct buf *keys, const struct wire_raw *x, struct arena *a)
{
    struct json_reader r;
    const char *key;
    if (!x->len)
        return true;
    if (!extra_open(&r, x, a))
        return false;
    while (json_next_key(&r, a, &key))
        if (!buf_add(keys, &key, sizeof key) || !json_skip(&r))
            return false;
    if (keys->len)
        qsort(keys->data, keys->len / sizeof key, sizeof key, compare_keys);
    return !json_failed(&r);
}

static bool key_in(const struct buf *keys, const char *key)
{
    return keys->len && bsearch(&key, keys->data, keys->len / sizeof key, sizeof key, compare_keys);
}

/* Adds `old`'s pairs whose key `update` does not have in front of update's. */
static bool extra_merge(struct wire_raw *out, const struct wire_raw *old,
                        const struct wire_raw *update, struct arena *a)
{
    bool ok = false;
    struct json_reader r;
    const char *key, *text;
    size_t len;
    struct buf b, keys;
    buf_init(&b, old->len + update->len + 2);
    buf_init(&keys, update->len * sizeof key); /* a pair takes more than one byte */

    if (!old->len) {
        *out = *update;
        ok = true;
        goto out;
    }
    if (!extra_keys(&keys, update, a) || !extra_open(&r, old, a))
        goto out;
    while (json_next_key(&r, a, &key)) {
        if (!json_read_raw(&r, a, &text, &len))
            goto out;
        if (key_in(&keys, key))
            continue;
        if (b.len)
            buf_addc(&b, ',');
        json_write_string(&b, key);
        buf_addc(&b, ':');
        buf_add(&b, text, len);
    }
    if (b.len && update->len)
        buf_addc(&b, ',');
    if (update->len)
        buf_add(&b, update->text, update->len);
    if (b.failed || json_failed(&r))
        goto out;
    *out = (struct wire_raw){.len = b.len, .text = b.len ? arena_strndup(a, b.data, b.len) : NULL};
    ok = b.len == 0 || out->text;

out:
    buf_finish(&keys);
    buf_finish(&b);
    return ok;
}

struct timeline *timeline_merge(const struct timeline *old, const struct timeline *update,
                                struct arena *a)
{
    struct timeline *tl = arena_alloc(a, sizeof *tl);
    if (!tl)
        return NULL;
    *tl = *update;
    for (size_t i = 0; old && wire_timeline.fields[i].name; i++)
        if (!(update->present >> i & 1))
            copy_field(&wire_timeline.fields[i], tl, old);
    if (old && !extra_merge(&tl->extra, &old->extra, &update->extra, a))
        return NULL;
    if (!null_list_to_empty(&tl->beats, a) || !null_list_to_empty(&tl->captions, a))
        return NULL;
    return tl;
}

bool timeline_set_asset(struct timeline *tl, const char *path, const char *url, struct arena *a)
{
    struct timeline_asset *asset = arena_alloc(a, sizeof *asset);
    if (!asset)
        return false;
    if (tl->asset)
        *asset = *tl->asset;
    asset->path = arena_strdup(a, path);
    asset->url = url ? arena_strdup(a, url) : NULL;
    tl->asset = asset;
    return asset->path && (!url || asset->url);
}
