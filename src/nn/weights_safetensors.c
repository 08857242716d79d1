/* SPDX-License-Identifier: GPL-3.0-or-later
 * safetensors: a u64 with the length of a JSON header, the header, the data. The format demands
 * that the tensors cover the data without gaps and without overlaps; whoever does not is refused,
 * as the format's own library does. */
#include "nn/json_err.h"
#include "nn/weights_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX (100u << 20) /* the limit of the format's own library */
#define DEPTH_MAX 8

struct header {
    struct json_reader r;
    const struct weights_bytes *file;
    const uint8_t *data; /* where offsets count from */
    size_t data_size;
};

enum { HAS_DTYPE = 1, HAS_SHAPE = 2, HAS_OFFSETS = 4, HAS_ALL = 7 };

struct entry {
    struct tensor tensor;
    int64_t begin, end;
    int has;
};

/* Numbers of a list: whole, not negative, at most `max` of them; -1: not so. JSON errors too give
 * -1, the reader knows them. */
static int read_whole(struct json_reader *r, int64_t *out, int max)
{
    int n = 0;
    for (json_enter_array(r); json_next_item(r);) {
        double v;
        bool is_int;
        int64_t i;
        if (!json_read_number(r, &v, &is_int, &i) || !is_int || i < 0 || n == max)
            return -1;
        out[n++] = i;
    }
    return json_failed(r) ? -1 : n;
}

static bool read_dtype(struct weights *w, struct header *h, struct tensor *t, struct err *e)
{
    const char *name;
    size_t len;
    if (!json_read_string(&h->r, &w->arena, &name, &len))
        return false; /* the reader keeps what was wrong */
    t->dtype = dtype_from_name(name);
    return t->dtype < DTYPE_Q4_0 || /* those are ggml's alone */
           err_set(e, ERR_INVALID, "its dtype is none of those that are read here (F32, F16, ...)");
}

static bool read_field(struct weights *w, struct header *h, struct entry *entry, const char *key,
                       size_t len, struct err *e)
{
    static const char *const names[] = {"dtype", "shape", "data_offsets"};
    int64_t offsets[2];
    int field = 0;
    while (field < 3 && (strlen(names[field]) != len || memcmp(names[field], key, len) != 0))
        field++;
    if (field == 3)
        return json_skip(&h->r);
    if (entry->has & 1 << field)
        return err_set(e, ERR_INVALID, "it has two fields \"%s\"", names[field]);
    entry->has |= 1 << field;
    if (field == 0)
        return read_dtype(w, h, &entry->tensor, e);
    if (field == 1) {
        entry->tensor.ndim = read_whole(&h->r, entry->tensor.dims, TENSOR_DIMS_MAX);
        return entry->tensor.ndim >= 0 ||
               err_set(e, ERR_INVALID, "its shape is not a list of at most %d whole numbers",
                       TENSOR_DIMS_MAX);
    }
    if (read_whole(&h->r, offsets, 2) != 2)
        return err_set(e, ERR_INVALID, "its data_offsets are not two whole numbers");
    entry->begin = offsets[0];
    entry->end = offsets[1];
    return true;
}

static bool check_place(const struct header *h, struct entry *entry, struct err *e)
{
    struct tensor *t = &entry->tensor;
    if (entry->has != HAS_ALL)
        return err_set(e, ERR_INVALID, "its dtype, shape or data_offsets are missing");
    if (!tensor_measure(t, e))
        return false;
    if (entry->begin > entry->end || (uint64_t)entry->end > h->data_size)
        return err_set(
            e, ERR_INVALID,
            "its data_offsets %lld to %lld are not within the %zu bytes of data; the file "
            "is cut short or damaged",
            (long long)entry->begin, (long long)entry->end, h->data_size);
    if ((uint64_t)(entry->end - entry->begin) != t->bytes)
        return err_set(e, ERR_INVALID, "its shape needs %zu bytes, its data_offsets hold %lld",
                       t->bytes, (long long)(entry->end - entry->begin));
    t->data = h->data + entry->begin;
    return true;
}

/* The value behind a tensor's name. */
static bool read_tensor(struct weights *w, struct header *h, const char *name, struct err *e)
{
    struct entry entry = {.tensor.name = name};
    const char *key;
    size_t len;
    bool ok = json_enter_object(&h->r);
    while (ok && json_next_key_text(&h->r, &key, &len))
        ok = read_field(w, h, &entry, key, len, e);
    if (json_failed(&h->r))
        return json_err(&h->r, "its entry is ", e);
    return ok && check_place(h, &entry, e) && weights_add(w, &entry.tensor, h->file->file, e);
}

/* The name as text in the arena of the weights. */
static const char *read_name(struct weights *w, const char *raw, size_t raw_len, struct err *e)
{
    size_t len = 0;
    char *name =
        raw_len <= 6 * WEIGHTS_NAME_MAX ? json_unescape(&w->arena, raw, raw_len, &len) : NULL;
    if (raw_len > 6 * WEIGHTS_NAME_MAX || (name && !weights_name_ok(name, len))) {
        err_set(e, ERR_INVALID, "the name of tensor number %zu is empty, too long or no plain text",
                w->count + 1);
        return NULL;
    }
    if (!name)
        err_set(e, ERR_NO_MEMORY, "out of memory");
    return name;
}

static bool read_entries(struct weights *w, struct header *h, struct err *e)
{
    const char *raw;
    size_t len;
    json_enter_object(&h->r);
    while (json_next_key_text(&h->r, &raw, &len)) {
        if (len == 12 && memcmp(raw, "__metadata__", len) == 0) {
            json_skip(&h->r);
            continue;
        }
        const char *name = read_name(w, raw, len, e);
        if (!name)
            return false;
        if (!read_tensor(w, h, name, e))
            return err_wrap(e, "tensor \"%.150s\"", name);
    }
    json_at_end(&h->r);
    return !json_failed(&h->r) || json_err(&h->r, "its header is ", e);
}

static int by_place(const void *a, const void *b)
{
    const struct tensor *x = *(const struct tensor *const *)a;
    const struct tensor *y = *(const struct tensor *const *)b;
    if (x->data != y->data)
        return (uintptr_t)x->data < (uintptr_t)y->data ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static bool check_neighbours(const struct header *h, const struct tensor *const *sorted, size_t n,
                             struct err *e)
{
    const uint8_t *at = h->data;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *start = sorted[i]->data;
        if (start < at)
            return err_set(e, ERR_INVALID,
                           "tensor \"%.150s\": its data overlap those of \"%.150s\"",
                           sorted[i]->name, sorted[i - 1]->name);
        if (start > at)
            return err_set(e, ERR_INVALID,
                           "tensor \"%.150s\": %td bytes in front of it belong to none",
                           sorted[i]->name, start - at);
        at = start + sorted[i]->bytes;
    }
    if (at != h->data + h->data_size)
        return err_set(e, ERR_INVALID, "%td bytes behind the last tensor belong to none",
                       h->data + h->data_size - at);
    return true;
}

static bool check_cover(const struct weights *w, size_t first, const struct header *h,
                        struct err *e)
{
    size_t n = w->count - first;
    const struct tensor **sorted = malloc((n ? n : 1) * sizeof *sorted);
    if (!sorted)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++)
        sorted[i] = &w->entries[first + i].tensor;
    qsort(sorted, n, sizeof *sorted, by_place);
    bool ok = check_neighbours(h, sorted, n, e);
    free(sorted);
    return ok;
}

bool safetensors_read(struct weights *w, const struct weights_bytes *b, struct err *e)
{
    uint64_t length = 0;
    if (b->size < 8)
        return err_set(e, ERR_INVALID, "%zu bytes are too short for a safetensors file", b->size);
    for (int i = 7; i >= 0; i--)
        length = length << 8 | b->data[i];
    if (length > HEADER_MAX || length > b->size - 8)
        return err_set(
            e, ERR_INVALID,
            "not a safetensors file, or cut short: its header of %llu bytes does not fit "
            "into it",
            (unsigned long long)length);
    struct header h = {
        .file = b, .data = b->data + 8 + length, .data_size = b->size - 8 - (size_t)length};
    json_reader_init(&h.r, (const char *)b->data + 8, (size_t)length, DEPTH_MAX);
    size_t first = w->count;
    return read_entries(w, &h, e) && check_cover(w, first, &h, e);
}

/* --- The index of shards --- */

static bool check_listed(const struct weights *w, const struct weights_file *files, size_t n,
                         const char *name, const char *file, struct err *e)
{
    const struct weights_entry *entry = weights_entry_of(w, name);
    if (!entry)
        return err_set(e, ERR_INVALID, "tensor \"%.100s\" is in no shard", name);
    if (entry->file >= n || strcmp(files[entry->file].name, file) != 0)
        return err_set(e, ERR_INVALID, "tensor \"%.100s\" is in \"%.100s\", not in \"%.100s\"",
                       name, entry->file < n ? files[entry->file].name : "?", file);
    return true;
}

static bool check_map(const struct weights *w, const struct weights_file *files, size_t n,
                      struct json_reader *r, struct arena *a, struct err *e)
{
    const char *name, *file;
    size_t len;
    for (json_enter_object(r); json_next_key(r, a, &name);)
        if (json_read_string(r, a, &file, &len) && !check_listed(w, files, n, name, file, e))
            return false;
    return true;
}

bool safetensors_check_index(const struct weights *w, const struct weights_file *files, size_t n,
                             const char *index, size_t index_len, struct err *e)
{
    struct json_reader r;
    struct arena a;
    const char *key;
    bool ok = true, found = false;
    arena_init(&a, HEADER_MAX);
    json_reader_init(&r, index, index_len, DEPTH_MAX);
    for (json_enter_object(&r); ok && json_next_key(&r, &a, &key);) {
        bool map = strcmp(key, "weight_map") == 0;
        found = found || map;
        ok = map ? check_map(w, files, n, &r, &a, e) : (json_skip(&r), true);
    }
    if (ok)
        json_at_end(&r);
    if (ok && json_failed(&r))
        ok = json_err(&r, "", e);
    if (ok && !found)
        ok = err_set(e, ERR_INVALID, "it has no \"weight_map\"");
    arena_finish(&a);
    return ok;
}
