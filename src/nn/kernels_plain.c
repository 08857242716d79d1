/* SPDX-License-Identifier: GPL-3.0-or-later
 * For every processor: vectors of 4 floats, in C alone. */
#include "nn/kernels_list.h"

#define KERNELS kernels_plain
#define KERNELS_NAME "plain"
#define LANES 4
#define ROWS 2 /* of A at a time in product(): 16 sums */

#include "nn/kernels_vector.h"

static inline vf vmax(vf a, vf b)
{
    vi greater = a > b;
    return (vf)(((vi)a & greater) | ((vi)b & ~greater));
}

static inline float vsum(vf a)
{
    return (a[0] + a[2]) + (a[1] + a[3]);
}

/* The exponent and fraction shifted into place, and the exponent's bias mended by a product, which
 * is exact for subnormals as well. */
static inline vf load_f16(const void *p)
{
    vu16 raw = *(const vu16 *)p;
    vi h = __builtin_convertvector(raw, vi);
    vi magnitude = (h & 0x7fff) << 13;
    vi special = (vi)((h & 0x7c00) == 0x7c00) & (0xff << 23);
    vf value = (vf)magnitude * 0x1p112f;
    return (vf)((vi)value | special | (vi)((vu)(h & 0x8000) << 16));
}

/* To the nearest, ties to even; too large is infinite. */
static inline uint16_t half_of(float x)
{
    union {
        float f;
        uint32_t u;
    } bits = {.f = x}, magic;
    uint16_t sign = (uint16_t)(bits.u >> 16 & 0x8000);
    bits.u &= 0x7fffffff;
    if (bits.u > 0x7f800000)
        return sign | 0x7e00;
    if (bits.u >= 0x477ff000)
        return sign | 0x7c00;
    if (bits.u < 0x38800000) { /* subnormal: the adder rounds */
        magic.f = bits.f + 0.5f;
        return (uint16_t)(sign | (magic.u - 0x3f000000));
    }
    bits.u += 0xfff + (bits.u >> 13 & 1);
    return (uint16_t)(sign | (bits.u - 0x38000000) >> 13);
}

static inline void store_f16(uint16_t *p, vf a)
{
    for (int i = 0; i < LANES; i++)
        p[i] = half_of(a[i]);
}

/* Numbers 4 * part on of 16 signed bytes. */
static inline vf widen(u8x16 q, int part)
{
    vf a = {0};
    for (int i = 0; i < LANES; i++)
        a[i] = (float)(int8_t)q[LANES * part + i];
    return a;
}

/* p[0] eight times, p[1] eight times. */
static inline u8x16 eight_times(const uint8_t *p)
{
    u8x16 a = {0};
    for (int i = 0; i < 16; i++)
        a[i] = p[i / 8];
    return a;
}

static inline float half_value(const uint8_t *p)
{
    uint16_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    return f16_to_f32(bits);
}

#include "nn/kernels_simd.h"
