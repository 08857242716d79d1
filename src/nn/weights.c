/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/weights.h"

#include "core/utf8.h"
#include "nn/weights_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define ARENA_MAX (96u << 20) /* names of 65 536 tensors, a vocabulary of a million */
#define TENSORS_MAX 65536

struct weights_mapping {
    void *data;
    size_t size;
};

/* What people have in place of a weight file, by its first bytes. */
static const struct {
    const char *magic;
    size_t len;
    const char *words;
} lookalikes[] = {
    {"GGUF", 4,
     "a GGUF file, as llama.cpp uses them; a ggml Whisper file or safetensors is needed"},
    {"PK\3\4", 4,
     "a PyTorch file, which can run code when it is loaded; convert it to safetensors"},
    {"\x80\2", 2,
     "a Python pickle, which can run code when it is loaded; convert it to safetensors"},
    {"version https://git-lfs", 23, "a Git LFS pointer, not the file itself; run git lfs pull"},
    {"<!DOCTYPE", 9, "a web page, not weights; the download went wrong"},
    {"<html", 5, "a web page, not weights; the download went wrong"},
};

bool weights_name_ok(const char *name, size_t len)
{
    if (len == 0 || len > WEIGHTS_NAME_MAX || !utf8_valid(name, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    return true;
}

bool tensor_measure(struct tensor *t, struct err *e)
{
    size_t count = 1, block = dtype_block(t->dtype);
    bool ok = true, empty = false;
    for (int i = 0; i < t->ndim; i++) { /* a dimension of 0 hides no overflow of the others */
        empty = empty || t->dims[i] == 0;
        ok = ok && !__builtin_mul_overflow(count, t->dims[i] ? (size_t)t->dims[i] : 1, &count);
    }
    for (int i = t->ndim; i < TENSOR_DIMS_MAX; i++)
        t->dims[i] = 1;
    t->count = empty ? 0 : count;
    int64_t row = t->ndim ? t->dims[t->ndim - 1] : 1;
    if (ok && (size_t)row % block != 0)
        return err_set(e, ERR_INVALID, "rows of %lld numbers are no whole blocks of %s",
                       (long long)row, dtype_name(t->dtype));
    ok = ok && !__builtin_mul_overflow(t->count / block, dtype_block_bytes(t->dtype), &t->bytes) &&
         t->bytes <= PTRDIFF_MAX;
    return ok || err_set(e, ERR_INVALID, "its dimensions are too large");
}

static bool same_name(const void *user, uint32_t index, struct index_key key)
{
    const struct weights *w = user;
    const char *name = w->entries[index].tensor.name;
    return strlen(name) == key.len && memcmp(name, key.bytes, key.len) == 0;
}

bool weights_add(struct weights *w, const struct tensor *t, uint32_t file, struct err *e)
{
    if (weights_entry_of(w, t->name))
        return err_set(e, ERR_INVALID, "there are two tensors of this name");
    if (w->count == TENSORS_MAX)
        return err_set(e, ERR_INVALID, "more than %d tensors", TENSORS_MAX);
    if (!w->entries || w->count == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 256;
        struct weights_entry *more = realloc(w->entries, cap * sizeof *more);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "out of memory");
        w->entries = more;
        w->cap = cap;
    }
    w->entries[w->count] = (struct weights_entry){*t, file};
    struct index_key key = {t->name, strlen(t->name)};
    if (!index_map_add(&w->by_name, key, (uint32_t)w->count))
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    w->count++;
    return true;
}

const struct weights_entry *weights_entry_of(const struct weights *w, const char *name)
{
    struct index_key key = {name, strlen(name)};
    uint32_t i = index_map_find(&w->by_name, key, same_name, w);
    return i == INDEX_NONE ? NULL : &w->entries[i];
}

const struct tensor *weights_find(const struct weights *w, const char *name)
{
    const struct weights_entry *entry = weights_entry_of(w, name);
    return entry ? &entry->tensor : NULL;
}

size_t weights_count(const struct weights *w)
{
    return w->count;
}

const struct tensor *weights_at(const struct weights *w, size_t i)
{
    return &w->entries[i].tensor;
}

const struct ggml_head *weights_ggml(const struct weights *w)
{
    return w->ggml;
}

void weights_destroy(struct weights *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->mapping_count; i++)
        munmap(w->mappings[i].data, w->mappings[i].size);
    free(w->mappings);
    free(w->entries);
    index_map_finish(&w->by_name);
    arena_finish(&w->arena);
    free(w);
}

static struct weights *create(size_t files, struct err *e)
{
    struct weights *w = calloc(1, sizeof *w);
    if (w)
        arena_init(&w->arena, ARENA_MAX);
    if (w && files && !(w->mappings = calloc(files, sizeof *w->mappings))) {
        weights_destroy(w);
        w = NULL;
    }
    if (!w)
        err_set(e, ERR_NO_MEMORY, "out of memory");
    return w;
}

/* Some readable file of another kind is told by its name, before its bytes are taken for numbers.
 */
static bool check_kind(const struct weights_bytes *b, struct err *e)
{
    if (b->size == 0)
        return err_set(e, ERR_INVALID, "the file is empty");
    for (size_t i = 0; i < sizeof lookalikes / sizeof lookalikes[0]; i++)
        if (b->size >= lookalikes[i].len &&
            memcmp(b->data, lookalikes[i].magic, lookalikes[i].len) == 0)
            return err_set(e, ERR_INVALID, "this is %s", lookalikes[i].words);
    return true;
}

typedef bool read_fn(struct weights *w, const struct weights_bytes *b, struct err *e);

static bool read_bytes(struct weights *w, const struct weights_bytes *b, read_fn *read,
                       struct err *e)
{
    return (check_kind(b, e) && read(w, b, e)) || err_wrap(e, "%s", b->name);
}

static bool map_file(struct weights *w, int fd, struct weights_bytes *b, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(e, errno, "%s", b->name);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_INVALID, "%s: not a plain file", b->name);
    b->size = (size_t)st.st_size;
    if (b->size == 0)
        return true;
    void *data = mmap(NULL, b->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return err_errno(e, errno, "%s: map into memory", b->name);
    w->mappings[w->mapping_count++] = (struct weights_mapping){data, b->size};
    b->data = data;
    return true;
}

static bool read_file(struct weights *w, const struct weights_file *file, uint32_t number,
                      read_fn *read, struct err *e)
{
    struct weights_bytes b = {.name = file->name, .file = number};
    return map_file(w, file->fd, &b, e) && read_bytes(w, &b, read, e);
}

struct weights *weights_open_safetensors(const struct weights_file *files, size_t n,
                                         const char *index, size_t index_len, struct err *e)
{
    struct weights *w = create(n, e);
    bool ok = w != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = read_file(w, &files[i], (uint32_t)i, safetensors_read, e);
    if (ok && index)
        ok = safetensors_check_index(w, files, n, index, index_len, e) ||
             err_wrap(e, "index of the shards");
    if (!ok) {
        weights_destroy(w);
        w = NULL;
    }
    return w;
}

struct weights *weights_open_ggml(const struct weights_file *file, struct err *e)
{
    struct weights *w = create(1, e);
    if (w && !read_file(w, file, 0, ggml_read, e)) {
        weights_destroy(w);
        w = NULL;
    }
    return w;
}

struct weights *weights_from_bytes(const char *name, const void *bytes, size_t size, struct err *e)
{
    struct weights_bytes b = {.name = name, .data = bytes, .size = size};
    struct weights *w = create(0, e);
    if (w && !read_bytes(w, &b, ggml_magic(bytes, size) ? ggml_read : safetensors_read, e)) {
        weights_destroy(w);
        w = NULL;
    }
    return w;
}
