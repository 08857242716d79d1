/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

float *floats_alloc(struct floats *f, size_t n, struct err *e)
{
    if (f->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 64;
        float **blocks = realloc(f->blocks, cap * sizeof *blocks);
        if (!blocks) {
            err_set(e, ERR_NO_MEMORY, "no memory for a model's numbers");
            return NULL;
        }
        f->blocks = blocks;
        f->cap = cap;
    }
    float *block = calloc(n ? n : 1, sizeof *block);
    if (!block)
        err_set(e, ERR_NO_MEMORY, "no memory for a model's numbers");
    else
        f->blocks[f->count++] = block;
    return block;
}

void floats_finish(struct floats *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->blocks[i]);
    free(f->blocks);
    *f = (struct floats){0};
}

/* Types that the kernels read. */
static bool type_fits(enum dtype type)
{
    return type == DTYPE_F32 || type == DTYPE_F16 || type == DTYPE_BF16 ||
           (type >= DTYPE_Q4_0 && type <= DTYPE_Q8_0);
}

static void describe(const int64_t *dims, int n, char *out, size_t size)
{
    size_t len = 0;
    out[0] = 0;
    for (int i = 0; i < n && len < size; i++)
        len +=
            (size_t)snprintf(out + len, size - len, "%s%lld", i ? " x " : "", (long long)dims[i]);
}

static bool same_shape(const struct tensor *t, const int64_t *dims)
{
    int i = 0, j = 0;
    for (;;) {
        while (i < t->ndim && t->dims[i] == 1)
            i++;
        while (dims[j] == 1)
            j++;
        if (i == t->ndim || dims[j] == 0)
            return i == t->ndim && dims[j] == 0;
        if (t->dims[i++] != dims[j++])
            return false;
    }
}

const struct tensor *tensor_get(const struct weights *w, const char *name, const int64_t *dims,
                                struct err *e)
{
    const struct tensor *t = weights_find(w, name);
    if (!t) {
        err_set(e, ERR_INVALID, "the model has no tensor %s", name);
        return NULL;
    }
    int want = 0;
    while (dims[want])
        want++;
    if (!same_shape(t, dims)) {
        char is[96], should[96];
        describe(t->dims, t->ndim, is, sizeof is);
        describe(dims, want, should, sizeof should);
        err_set(e, ERR_INVALID, "tensor %s is %s, and must be %s by the model's configuration",
                name, is, should);
        return NULL;
    }
    if (!type_fits(t->dtype)) {
        err_set(e, ERR_INVALID, "tensor %s has numbers of type %s, which are no weights", name,
                dtype_name(t->dtype));
        return NULL;
    }
    return t;
}

const float *tensor_floats(const struct weights *w, const char *name, const int64_t *dims,
                           struct floats *f, struct err *e)
{
    const struct tensor *t = tensor_get(w, name, dims, e);
    float *numbers = t ? floats_alloc(f, t->count, e) : NULL;
    if (numbers)
        dtype_to_f32(t->dtype, t->data, t->count, numbers);
    return numbers;
}

bool tensor_linear(const struct weights *w, const char *name, const char *bias_name, bool across,
                   int in, int out, struct linear *l, struct floats *f, struct err *e)
{
    const int64_t straight[] = {out, in, 0}, crosswise[] = {in, out, 0}, side[] = {out, 0};
    const struct tensor *t = tensor_get(w, name, across ? crosswise : straight, e);
    if (!t)
        return false;
    const int row = across ? out : in;
    if (row % (int)dtype_block(t->dtype) != 0)
        return err_set(e, ERR_INVALID, "tensor %s: rows of %d numbers are no whole blocks of %s",
                       name, row, dtype_name(t->dtype));
    if (across && dtype_block(t->dtype) > 1)
        return err_set(e, ERR_INVALID, "tensor %s: %s is not supported for this kind of model",
                       name, dtype_name(t->dtype));
    *l = (struct linear){
        .weight = t->data, .dtype = t->dtype, .across = across, .in = in, .out = out};
    if (bias_name) {
        l->bias = tensor_floats(w, bias_name, side, f, e);
        return l->bias != NULL;
    }
    return true;
}
