/* SPDX-License-Identifier: GPL-3.0-or-later
 * block.h - what the layers of Whisper and GPT-2 have in common: linear maps, layer norms, and
 * attention to what was read before.
 *
 * Numbers stand in rows ([n][width]: a row is a token) or in panels ([panels][width][32]: a column
 * is a position of the sound; see kernels.h). Weights stay where they are mapped, in their type.
 * A `struct crew` is who works and with what; it is borrowed. Threads: one crew at a time.
 */
#ifndef AIVE_NN_BLOCK_H
#define AIVE_NN_BLOCK_H

#include "core/err.h"
#include "nn/kernels.h"
#include "nn/weights.h"

#include <stdbool.h>
#include <stddef.h>

struct team;

struct crew {
    struct team *team;
    const struct kernels *kernels;
    float *scratch; /* of each thread: crew_scratch() */
    size_t scratch_size;
    float *packed; /* 256 rows of the widest input, in panels */
};

/* scratch_floats: for each thread. widest: the largest `in` of a map that reads rows. */
bool crew_init(struct crew *c, struct team *team, size_t scratch_floats, int widest, struct err *e);
void crew_finish(struct crew *c); /* accepts a zeroed one */
float *crew_scratch(const struct crew *c, int thread);

/* What linear_rows() and linear_panels() need of it; crew_init() gives at least that. */
#define LINEAR_SCRATCH ((size_t)64 * (192 + 16) + (size_t)8 * 64 * PANEL)

struct linear {
    const uint8_t *weight; /* [out][in], or [in][out] where `across` */
    enum dtype dtype;
    bool across;
    int in, out;
    const float *bias; /* [out], or NULL */
};

struct norm {
    const float *gain, *bias; /* [width] */
};

enum then { THEN_STORE, THEN_ADD, THEN_GELU_ERF, THEN_GELU_TANH }; /* ADD: to what y holds */

/* y[rows][y_row] = x[rows][x_row] through the map; any number of rows. */
void linear_rows(const struct crew *c, const struct linear *l, const float *x, int x_row, int rows,
                 float *y, int y_row, enum then then);

/* The same in panels: x [panels][in][32], y [panels][y_width][32], of which it fills rows `first`
 * to first + out. */
void linear_panels(const struct crew *c, const struct linear *l, const float *x, int panels,
                   float *y, int y_width, int first, enum then then);

/* y[rows][width] = layer norm of each row. */
void norm_rows(const struct crew *c, const struct norm *n, const float *x, int rows, int width,
               float epsilon, float *y);

/* What each layer has read: keys and values of `places` tokens in each of `slots` sequences,
 * [slots][places][width], in f16 or f32. Memory is used as far as tokens are there. */
struct cache {
    void *keys, *values;
    bool half;
    int width;
};

bool cache_init(struct cache *c, int places, int slots, int width, bool half, struct err *e);
void cache_finish(struct cache *c); /* accepts a zeroed one */
void cache_put(struct cache *c, const struct kernels *k, size_t at, const float *key,
               const float *value);

/* A row's attention to the first `n` places of its sequence, itself the last. */
struct attend_row {
    const size_t *at;
    int n;
};

/* out[rows][width] = attention of q[rows][q_row] to the cache, head by head. Scratch: the largest
 * n. */
void cache_attend(const struct crew *c, const struct cache *cache, int heads, const float *q,
                  int q_row, const struct attend_row *rows, int row_count, float *out);

/* ---- finding tensors ---- */

/* Numbers that a model owns as floats: biases, norms, positions. */
struct floats {
    float **blocks;
    size_t count, cap;
};

float *floats_alloc(struct floats *f, size_t n, struct err *e);
void floats_finish(struct floats *f);

/* The tensor with this name and shape (dims, 0 at the end; leading or trailing ones do not
 * count); NULL, with an error that says what is wrong. */
const struct tensor *tensor_get(const struct weights *w, const char *name, const int64_t *dims,
                                struct err *e);
const float *tensor_floats(const struct weights *w, const char *name, const int64_t *dims,
                           struct floats *f, struct err *e);
/* bias_name NULL: none. */
bool tensor_linear(const struct weights *w, const char *name, const char *bias_name, bool across,
                   int in, int out, struct linear *l, struct floats *f, struct err *e);

#endif
