/* SPDX-License-Identifier: GPL-3.0-or-later
 * dtype.h - how the numbers of a tensor are stored, and their exact values.
 *
 * Plain types have blocks of one number. The quantised ones of ggml (Q4_0 ... Q8_0) store blocks of
 * 32 numbers with a common scale, so a row of such a tensor is a whole number of blocks.
 * Numbers are little endian. Nothing here needs alignment: weight files give none.
 * Pure functions.
 */
#ifndef AIVE_NN_DTYPE_H
#define AIVE_NN_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dtype {
    DTYPE_F64,
    DTYPE_F32,
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_I64,
    DTYPE_I32,
    DTYPE_I16,
    DTYPE_I8,
    DTYPE_U8,
    DTYPE_BOOL,
    DTYPE_Q4_0, /* f16 d, 16 bytes of nibbles:          d * (q - 8)  */
    DTYPE_Q4_1, /* f16 d, f16 m, 16 bytes:              d * q + m    */
    DTYPE_Q5_0, /* f16 d, u32 high bits, 16 bytes:      d * (q - 16) */
    DTYPE_Q5_1, /* f16 d, f16 m, u32 high bits, 16 bytes: d * q + m  */
    DTYPE_Q8_0, /* f16 d, 32 x int8:                    d * q        */
    DTYPE_COUNT
};

const char *dtype_name(enum dtype type);   /* "F16", "Q8_0"; as safetensors writes it */
size_t dtype_block(enum dtype type);       /* numbers in a block: 1 or 32 */
size_t dtype_block_bytes(enum dtype type); /* bytes of a block */

/* The type of that name, with or without capitals; DTYPE_COUNT: none. */
enum dtype dtype_from_name(const char *name);

/* The n numbers at src as floats; n is a multiple of the block. Exact where a float can be: F64,
 * I64 and I32 are rounded to the nearest; BOOL is 0 or 1. */
void dtype_to_f32(enum dtype type, const void *src, size_t n, float *dst);

float f16_to_f32(uint16_t bits); /* IEEE 754 binary16, with subnormals, infinities and NaN */

#endif
