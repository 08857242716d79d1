/* SPDX-License-Identifier: GPL-3.0-or-later
 * ggml's Whisper file: magic, eleven numbers, the mel filter bank, the vocabulary, then tensors up
 * to the end of the file. Little endian, nothing aligned, the fastest dimension first. */
#include "nn/weights_parts.h"

#include <stdio.h>
#include <string.h>

#define MAGIC 0x67676d6cu
#define PIECE_MAX 4096 /* bytes of a token; real ones have at most 128 */

struct cursor {
    const struct weights_bytes *file;
    size_t at;
};

static const void *take(struct cursor *c, size_t n)
{
    if (n > c->file->size - c->at)
        return NULL;
    const void *p = c->file->data + c->at;
    c->at += n;
    return p;
}

static bool take_i32(struct cursor *c, int32_t *v)
{
    const uint8_t *p = take(c, 4);
    if (p)
        *v = (int32_t)(p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
    return p != NULL;
}

bool ggml_magic(const uint8_t *data, size_t size)
{
    return size >= 4 && memcmp(data, "lmgg", 4) == 0;
}

/* The numbers of the head in their order. The limits are several times those of the largest model
 * there is. */
static const struct {
    const char *name;
    size_t offset;
    int32_t max;
} head_fields[] = {
    {"n_vocab", offsetof(struct ggml_head, n_vocab), 1000000},
    {"n_audio_ctx", offsetof(struct ggml_head, n_audio_ctx), 15000},
    {"n_audio_state", offsetof(struct ggml_head, n_audio_state), 16384},
    {"n_audio_head", offsetof(struct ggml_head, n_audio_head), 256},
    {"n_audio_layer", offsetof(struct ggml_head, n_audio_layer), 256},
    {"n_text_ctx", offsetof(struct ggml_head, n_text_ctx), 16384},
    {"n_text_state", offsetof(struct ggml_head, n_text_state), 16384},
    {"n_text_head", offsetof(struct ggml_head, n_text_head), 256},
    {"n_text_layer", offsetof(struct ggml_head, n_text_layer), 256},
    {"n_mels", offsetof(struct ggml_head, n_mels), 1024},
};

static bool read_head(struct cursor *c, struct ggml_head *head, struct err *e)
{
    for (size_t i = 0; i < sizeof head_fields / sizeof head_fields[0]; i++) {
        int32_t v;
        if (!take_i32(c, &v))
            return err_set(e, ERR_INVALID, "cut short in its head");
        if (v < 1 || v > head_fields[i].max)
            return err_set(e, ERR_INVALID, "%s is %d, it can be 1 to %d", head_fields[i].name, v,
                           head_fields[i].max);
        memcpy((char *)head + head_fields[i].offset, &v, sizeof v);
    }
    if (!take_i32(c, &head->ftype))
        return err_set(e, ERR_INVALID, "cut short in its head");
    if (head->ftype < 0)
        return err_set(e, ERR_INVALID, "ftype is %d", head->ftype);
    head->ftype %= 1000; /* the thousands are the version of the quantisation */
    if (head->n_audio_state % head->n_audio_head || head->n_text_state % head->n_text_head)
        return err_set(e, ERR_INVALID, "its states are no multiples of its heads");
    return true;
}

static bool read_filters(struct cursor *c, struct ggml_head *head, struct err *e)
{
    if (!take_i32(c, &head->filter_mels) || !take_i32(c, &head->filter_bins))
        return err_set(e, ERR_INVALID, "cut short in front of its mel filters");
    if (head->filter_mels != head->n_mels || head->filter_bins < 1 || head->filter_bins > 4096)
        return err_set(e, ERR_INVALID, "its mel filters are %d x %d, %d x 201 are needed",
                       head->filter_mels, head->filter_bins, head->n_mels);
    head->filters = take(c, (size_t)head->filter_mels * (size_t)head->filter_bins * 4);
    return head->filters || err_set(e, ERR_INVALID, "cut short in its mel filters");
}

static bool read_vocabulary(struct weights *w, struct cursor *c, struct ggml_head *head,
                            struct err *e)
{
    int32_t n;
    if (!take_i32(c, &n))
        return err_set(e, ERR_INVALID, "cut short in front of its vocabulary");
    if (n < 0 || n > head->n_vocab)
        return err_set(e, ERR_INVALID, "it lists %d tokens, its n_vocab is %d", n, head->n_vocab);
    struct byte_string *tokens = arena_array(&w->arena, (size_t)n, sizeof *tokens);
    if (!tokens)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    for (int32_t i = 0; i < n; i++) {
        int32_t len;
        if (!take_i32(c, &len))
            return err_set(e, ERR_INVALID, "cut short in its vocabulary, at token %d", i);
        if (len < 0 || len > PIECE_MAX)
            return err_set(e, ERR_INVALID, "token %d of its vocabulary is %u bytes long", i,
                           (unsigned)len);
        tokens[i] = (struct byte_string){take(c, (size_t)len), (uint32_t)len};
        if (!tokens[i].data)
            return err_set(e, ERR_INVALID, "cut short in its vocabulary, at token %d", i);
    }
    head->tokens = tokens;
    head->token_count = (size_t)n;
    return true;
}

static const struct {
    int32_t id; /* enum ggml_type */
    enum dtype dtype;
} types[] = {
    {0, DTYPE_F32},  {1, DTYPE_F16},  {2, DTYPE_Q4_0}, {3, DTYPE_Q4_1},
    {6, DTYPE_Q5_0}, {7, DTYPE_Q5_1}, {8, DTYPE_Q8_0}, {30, DTYPE_BF16},
};

static bool set_type(struct tensor *t, int32_t id, struct err *e)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].id == id) {
            t->dtype = types[i].dtype;
            return true;
        }
    return err_set(e, ERR_INVALID,
                   "its type has the number %d; f32, f16, q4_0, q4_1, q5_0, q5_1 and q8_0 are read",
                   id);
}

static bool read_name(struct weights *w, struct cursor *c, int32_t len, struct tensor *t,
                      struct err *e)
{
    const char *name = len > 0 && len <= WEIGHTS_NAME_MAX ? take(c, (size_t)len) : NULL;
    if (!name || !weights_name_ok(name, (size_t)len))
        return err_set(e, ERR_INVALID,
                       "its name of %d bytes is too long, cut short or no plain text", len);
    t->name = arena_strndup(&w->arena, name, (size_t)len);
    return t->name || err_set(e, ERR_NO_MEMORY, "out of memory");
}

/* Everything of a tensor up to its data. */
static bool read_tensor_head(struct weights *w, struct cursor *c, struct tensor *t, struct err *e)
{
    int32_t ndim, name_len, type, dims[TENSOR_DIMS_MAX];
    if (!take_i32(c, &ndim) || !take_i32(c, &name_len) || !take_i32(c, &type))
        return err_set(e, ERR_INVALID, "cut short");
    if (ndim < 1 || ndim > TENSOR_DIMS_MAX)
        return err_set(e, ERR_INVALID, "it has %d dimensions, there can be 1 to %d", ndim,
                       TENSOR_DIMS_MAX);
    for (int i = 0; i < ndim; i++)
        if (!take_i32(c, &dims[i]))
            return err_set(e, ERR_INVALID, "cut short");
    if (!read_name(w, c, name_len, t, e))
        return false;
    t->ndim = ndim;
    for (int i = 0; i < ndim; i++) {
        if (dims[i] < 1)
            return err_set(e, ERR_INVALID, "\"%.150s\": one of its dimensions is %d", t->name,
                           dims[i]);
        t->dims[ndim - 1 - i] = dims[i];
    }
    return (set_type(t, type, e) && tensor_measure(t, e)) || err_wrap(e, "\"%.150s\"", t->name);
}

static bool read_tensor(struct weights *w, struct cursor *c, struct err *e)
{
    struct tensor t = {0};
    if (!read_tensor_head(w, c, &t, e))
        return err_wrap(e, "tensor number %zu", w->count + 1);
    size_t left = c->file->size - c->at;
    t.data = take(c, t.bytes);
    if (!t.data)
        return err_set(
            e, ERR_INVALID,
            "tensor \"%.150s\": it needs %zu bytes, the file ends after %zu of them; it is "
            "cut short or damaged",
            t.name, t.bytes, left);
    return weights_add(w, &t, c->file->file, e) || err_wrap(e, "tensor \"%.150s\"", t.name);
}

bool ggml_read(struct weights *w, const struct weights_bytes *b, struct err *e)
{
    struct cursor c = {.file = b, .at = 4};
    if (!ggml_magic(b->data, b->size))
        return err_set(e, ERR_INVALID, "not a ggml Whisper file");
    struct ggml_head *head = arena_alloc(&w->arena, sizeof *head);
    if (!head)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    w->ggml = head;
    bool ok =
        read_head(&c, head, e) && read_filters(&c, head, e) && read_vocabulary(w, &c, head, e);
    while (ok && c.at < b->size)
        ok = read_tensor(w, &c, e);
    return ok;
}
