/* SPDX-License-Identifier: GPL-3.0-or-later
 * For vectors of 16 floats: AVX-512 F, BW, DQ and VL. The only file compiled for them. */
#include "nn/kernels_list.h"

#include <immintrin.h>

#define KERNELS kernels_avx512
#define KERNELS_NAME "avx512"
#define LANES 16
#define ROWS 8 /* of A at a time in product(): 16 sums of 32 registers */

#include "nn/kernels_vector.h"

static inline vf vmax(vf a, vf b)
{
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
}

static inline vf load_f16(const void *p)
{
    return (vf)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i_u *)p));
}

static inline void store_f16(uint16_t *p, vf a)
{
    _mm256_storeu_si256((__m256i_u *)p, _mm512_cvtps_ph((__m512)a, _MM_FROUND_TO_NEAREST_INT));
}

static inline float vsum(vf a)
{
    return _mm512_reduce_add_ps((__m512)a);
}

/* 16 signed bytes as numbers. */
static inline vf widen(u8x16 q, int part)
{
    (void)part;
    return (vf)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32((__m128i)q));
}

/* p[0] eight times, p[1] eight times. */
static inline u8x16 eight_times(const uint8_t *p)
{
    uint16_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    const __m128i from = _mm_set_epi64x(0x0101010101010101, 0);
    return (u8x16)_mm_shuffle_epi8(_mm_cvtsi32_si128(bits), from);
}

static inline float half_value(const uint8_t *p)
{
    uint16_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    return _cvtsh_ss(bits);
}

#include "nn/kernels_simd.h"
