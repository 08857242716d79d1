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

static inline float half_value(const uint8_t *p)
{
    uint16_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    return _cvtsh_ss(bits);
}

#include "nn/kernels_simd.h"
