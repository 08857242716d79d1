/* SPDX-License-Identifier: GPL-3.0-or-later
 * For vectors of 8 floats: AVX2, FMA and F16C. The only file compiled for them. */
#include "nn/kernels_list.h"

#include <immintrin.h>

#define KERNELS kernels_avx2
#define KERNELS_NAME "avx2"
#define LANES 8
#define ROWS 3 /* of A at a time in product(): 12 sums of 16 registers */

#include "nn/kernels_vector.h"

static inline vf vmax(vf a, vf b)
{
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
}

static inline vf load_f16(const void *p)
{
    return (vf)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i_u *)p));
}

static inline void store_f16(uint16_t *p, vf a)
{
    _mm_storeu_si128((__m128i_u *)p, _mm256_cvtps_ph((__m256)a, _MM_FROUND_TO_NEAREST_INT));
}

static inline float vsum(vf a)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128((__m256)a), _mm256_extractf128_ps((__m256)a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

/* Numbers 8 * part on of 16 signed bytes. */
static inline vf widen(u8x16 q, int part)
{
    const __m128i bytes = part ? _mm_bsrli_si128((__m128i)q, 8) : (__m128i)q;
    return (vf)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
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
