/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a weight file of either format: what is taken lies within the bytes, each tensor has
 * the size that its shape needs, and is found by its name. */
#include "nn/weights.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(cond) ((cond) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tensor(const struct weights *w, const struct tensor *t, const uint8_t *data,
                         size_t size)
{
    const uint8_t *start = t->data;
    size_t block = dtype_block(t->dtype), step = dtype_block_bytes(t->dtype);
    float out[32];
    REQUIRE(weights_find(w, t->name) == t);
    REQUIRE(start >= data && start + t->bytes <= data + size);
    REQUIRE(t->count % block == 0 && t->bytes == t->count / block * step);
    size_t count = 1;
    for (int i = 0; i < TENSOR_DIMS_MAX; i++)
        count *= (size_t)t->dims[i];
    REQUIRE(count == t->count);
    if (t->count == 0)
        return;
    dtype_to_f32(t->dtype, start, block, out);
    dtype_to_f32(t->dtype, start + t->bytes - step, block, out);
}

static void check_head(const struct ggml_head *h, const uint8_t *data, size_t size)
{
    const uint8_t *filters = h->filters;
    size_t bytes = 0;
    REQUIRE(filters >= data && h->filter_mels == h->n_mels);
    REQUIRE(filters + (size_t)h->filter_mels * (size_t)h->filter_bins * 4 <= data + size);
    REQUIRE(h->token_count <= (size_t)h->n_vocab);
    for (size_t i = 0; i < h->token_count; i++)
        for (uint32_t k = 0; k < h->tokens[i].len; k++)
            bytes += (unsigned char)h->tokens[i].data[k] > 0;
    REQUIRE(bytes <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct weights *w = weights_from_bytes("fuzz", data, size, &e);
    REQUIRE(w || (e.code != ERR_NONE && strncmp(e.msg, "fuzz: ", 6) == 0));
    for (size_t i = 0; w && i < weights_count(w); i++)
        check_tensor(w, weights_at(w, i), data, size);
    if (w && weights_ggml(w))
        check_head(weights_ggml(w), data, size);
    weights_destroy(w);
    return 0;
}
