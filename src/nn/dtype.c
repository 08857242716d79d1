/* SPDX-License-Identifier: GPL-3.0-or-later
 * The layouts of the quantised blocks are those of ggml; q and its partner 16 places on share a
 * byte, the low nibble first. */
#include "nn/dtype.h"

#include <string.h>
#include <strings.h>

#define BLOCK 32

static const struct {
    const char *name;
    size_t block, bytes;
} types[DTYPE_COUNT] = {
    [DTYPE_F64] = {"F64", 1, 8},        [DTYPE_F32] = {"F32", 1, 4},
    [DTYPE_F16] = {"F16", 1, 2},        [DTYPE_BF16] = {"BF16", 1, 2},
    [DTYPE_I64] = {"I64", 1, 8},        [DTYPE_I32] = {"I32", 1, 4},
    [DTYPE_I16] = {"I16", 1, 2},        [DTYPE_I8] = {"I8", 1, 1},
    [DTYPE_U8] = {"U8", 1, 1},          [DTYPE_BOOL] = {"BOOL", 1, 1},
    [DTYPE_Q4_0] = {"Q4_0", BLOCK, 18}, [DTYPE_Q4_1] = {"Q4_1", BLOCK, 20},
    [DTYPE_Q5_0] = {"Q5_0", BLOCK, 22}, [DTYPE_Q5_1] = {"Q5_1", BLOCK, 24},
    [DTYPE_Q8_0] = {"Q8_0", BLOCK, 34},
};

const char *dtype_name(enum dtype type)
{
    return types[type].name;
}

size_t dtype_block(enum dtype type)
{
    return types[type].block;
}

size_t dtype_block_bytes(enum dtype type)
{
    return types[type].bytes;
}

enum dtype dtype_from_name(const char *name)
{
    int i = 0;
    while (i < DTYPE_COUNT && strcasecmp(types[i].name, name) != 0)
        i++;
    return (enum dtype)i;
}

static float float_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

float f16_to_f32(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = bits >> 10 & 31;
    uint32_t mantissa = bits & 0x3ff;
    if (exponent == 31)
        return float_of(sign | 0x7f800000 | mantissa << 13);
    if (exponent)
        return float_of(sign | (exponent + 112) << 23 | mantissa << 13);
    float small = (float)mantissa * 0x1p-24f; /* a subnormal, or 0 */
    return sign ? -small : small;
}

static uint16_t u16_at(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32_at(const uint8_t *p)
{
    return u16_at(p) | (uint32_t)u16_at(p + 2) << 16;
}

static uint64_t u64_at(const uint8_t *p)
{
    return u32_at(p) | (uint64_t)u32_at(p + 4) << 32;
}

static float f64_at(const uint8_t *p)
{
    uint64_t bits = u64_at(p);
    double v;
    memcpy(&v, &bits, sizeof v);
    return (float)v;
}

static float plain(enum dtype type, const uint8_t *p)
{
    switch (type) {
    case DTYPE_F64:
        return f64_at(p);
    case DTYPE_F32:
        return float_of(u32_at(p));
    case DTYPE_F16:
        return f16_to_f32(u16_at(p));
    case DTYPE_BF16:
        return float_of((uint32_t)u16_at(p) << 16);
    case DTYPE_I64:
        return (float)(int64_t)u64_at(p);
    case DTYPE_I32:
        return (float)(int32_t)u32_at(p);
    case DTYPE_I16:
        return (int16_t)u16_at(p);
    case DTYPE_I8:
        return (int8_t)*p;
    case DTYPE_U8:
        return *p;
    default: /* DTYPE_BOOL */
        return *p != 0;
    }
}

/* Blocks of 4 or 5 bits: d * (q - offset) + m. `high` is NULL for 4 bits. */
static void nibbles(const uint8_t *qs, const uint8_t *high, float d, float m, int offset,
                    float *dst)
{
    uint32_t fifth = high ? u32_at(high) : 0;
    for (int j = 0; j < BLOCK / 2; j++) {
        int low = (qs[j] & 15) | (int)(fifth >> j & 1) << 4;
        int up = qs[j] >> 4 | (int)(fifth >> (j + BLOCK / 2) & 1) << 4;
        dst[j] = d * (float)(low - offset) + m;
        dst[j + BLOCK / 2] = d * (float)(up - offset) + m;
    }
}

static void block(enum dtype type, const uint8_t *p, float *dst)
{
    float d = f16_to_f32(u16_at(p));
    switch (type) {
    case DTYPE_Q4_0:
        nibbles(p + 2, NULL, d, 0, 8, dst);
        break;
    case DTYPE_Q4_1:
        nibbles(p + 4, NULL, d, f16_to_f32(u16_at(p + 2)), 0, dst);
        break;
    case DTYPE_Q5_0:
        nibbles(p + 6, p + 2, d, 0, 16, dst);
        break;
    case DTYPE_Q5_1:
        nibbles(p + 8, p + 4, d, f16_to_f32(u16_at(p + 2)), 0, dst);
        break;
    default: /* DTYPE_Q8_0 */
        for (int j = 0; j < BLOCK; j++)
            dst[j] = d * (float)(int8_t)p[2 + j];
    }
}

void dtype_to_f32(enum dtype type, const void *src, size_t n, float *dst)
{
    const uint8_t *p = src;
    size_t bytes = types[type].bytes;
    if (types[type].block == 1) {
        for (size_t i = 0; i < n; i++)
            dst[i] = plain(type, p + i * bytes);
        return;
    }
    for (size_t i = 0; i < n / BLOCK; i++)
        block(type, p + i * bytes, dst + i * BLOCK);
}
