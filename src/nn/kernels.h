/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels.h - the inner loops of the networks, for this processor.
 *
 * One source (kernels_simd.h) compiled for vectors of 4 floats (any processor), 8 (AVX2, FMA, F16C)
 * and 16 (AVX-512); kernels_choose() asks the processor. AIVE_CPU=plain, avx2 or avx512 in the
 * environment asks for less than there is (tests do).
 *
 * A *panel* is 32 numbers side by side, the inner dimension of the matrices that product() works
 * on: 32 positions of sound, 32 features of a head. Rows of several vectors and no sums across a
 * vector are what makes it fast, for one row of A (a token) as for hundreds.
 * Pure functions. Each result is summed in the same order however the work is cut.
 */
#ifndef AIVE_NN_KERNELS_H
#define AIVE_NN_KERNELS_H

#include "nn/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PANEL 32
#define GEMV_ROWS_MAX 8

/* C(i, 0..31) [+]= sum over k of A(i, k) * B(k, 0..31). Distances in numbers.
 * A(i, k) is at a + i * a_row + (k % 32) * a_k + (k / 32) * a_block. */
struct product {
    const float *a;
    ptrdiff_t a_row, a_k, a_block;
    const void *b; /* float, or half when b_half */
    bool b_half;
    ptrdiff_t b_k;
    int m, k;
    float *c;
    ptrdiff_t c_row;
    bool add; /* to what C holds */
};

/* Y(r, j) [+]= sum over i of X(r, i) * W(j, i), 1 .. GEMV_ROWS_MAX rows in one pass over W. */
struct gemv {
    const uint8_t *w;  /* first row; unaligned */
    enum dtype dtype;  /* F32, F16, BF16 or one of ggml's blocks */
    size_t row_bytes;  /* from row to row of W */
    int in, out;       /* numbers in a row of W; rows of W */
    const float *bias; /* [out], or NULL */
    const float *x;
    ptrdiff_t x_row;
    int rows;
    float *y;
    ptrdiff_t y_row;
    bool add;
};

/* Numbers of n places: place i starts `at[i]` numbers behind base. */
struct gather {
    const void *base;
    bool half;
    const size_t *at;
    int n;
    int width;
};

enum gelu { GELU_ERF, GELU_TANH };

struct kernels {
    const char *name;
    void (*product)(const struct product *p);
    void (*gemv)(const struct gemv *g);
    void (*gemv_across)(const struct gemv *g); /* the same with W(i, j), rows of `out` numbers:
                                                  F32, F16 or BF16 */
    void (*dots)(const struct gather *g, const float *x, float *y);     /* y[i] = place i . x */
    void (*mix)(const struct gather *g, const float *weight, float *y); /* y = sum of them */
    void (*softmax)(float *x, int n, float scale);                      /* of scale * x */
    void (*softmax_panel)(float *x, int n, float scale); /* [n][32]: 32 columns at once */
    /* y = (x - mean) / sqrt(variance + epsilon) * gain + bias */
    void (*norm)(const float *x, int n, const float *gain, const float *bias, float epsilon,
                 float *y);
    void (*norm_panel)(const float *x, int n, const float *gain, const float *bias, float epsilon,
                       float *y);
    void (*gelu)(enum gelu kind, float *x, size_t n);
    void (*to_f32)(enum dtype type, const uint8_t *src, size_t n, float *dst); /* whole blocks */
    void (*to_f16)(const float *src, size_t n, uint16_t *dst);
};

const struct kernels *kernels_choose(void);

/* "plain", "avx2" or "avx512"; NULL where this processor or build has none such. */
const struct kernels *kernels_named(const char *name);

#endif
