/* SPDX-License-Identifier: GPL-3.0-or-later
 * resample_avx2.c - scaling's loops for processors with AVX2.
 */
#include "render/resample_loops.h"

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

static bool usable(void)
{
    return __builtin_cpu_supports("avx2");
}

AVX2 static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

/* --- Across --------------------------------------------------------------------------------- */

/* Eight sums of 32 bits, lanes holding outputs 0 1 4 5 and 2 3 6 7, to eight of 16 bits in order.
 */
AVX2 static inline void store_across(__m256i sums, int16_t *out)
{
    const __m256i half = _mm256_set1_epi32(1 << (ACROSS_SHIFT - 1));
    __m256i v = _mm256_srai_epi32(_mm256_add_epi32(sums, half), ACROSS_SHIFT);
    __m256i p = _mm256_packs_epi32(v, v);
    _mm_storeu_si128((void *)out,
                     _mm_unpacklo_epi32(_mm256_castsi256_si128(p), _mm256_extracti128_si256(p, 1)));
}

/* Four weights: the samples of eight outputs lie within 16 bytes, and one shuffle brings each four
 * of them to their place. */
AVX2 static int across_4(const struct axis *ax, const uint8_t *src, int16_t *out)
{
    const __m256i zero = _mm256_setzero_si256();
    for (int g = 0; g < ax->groups; g++) {
        int i = g * AXIS_GROUP;
        const int16_t *w = ax->weights + 4 * i;
        __m256i s =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(src + ax->first[i])));
        s = _mm256_shuffle_epi8(s, load(ax->picks + (size_t)g * 4 * AXIS_GROUP));
        __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi8(s, zero), load(w));
        __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi8(s, zero), load(w + 16));
        store_across(_mm256_hadd_epi32(low, high), out + i);
    }
    return ax->groups * AXIS_GROUP;
}

/* Sums of two outputs, a lane each, as four parts still to be added. */
AVX2 static inline __m256i two_outputs(const uint8_t *a, const uint8_t *b, const int16_t *w,
                                       int taps)
{
    __m256i sum = _mm256_setzero_si256();
    for (int t = 0; t < taps; t += 8) {
        __m128i s = _mm_unpacklo_epi64(_mm_loadl_epi64((const void *)(a + t)),
                                       _mm_loadl_epi64((const void *)(b + t)));
        __m256i weights = taps == 8
                              ? load(w)
                              : _mm256_inserti128_si256(
                                    _mm256_castsi128_si256(_mm_loadu_si128((const void *)(w + t))),
                                    _mm_loadu_si128((const void *)(w + taps + t)), 1);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_cvtepu8_epi16(s), weights));
    }
    return sum;
}

/* Weights in eights: reducing. Pairs are taken so that sums end in store_across's order. */
AVX2 static inline int across_8n(const struct axis *ax, const uint8_t *src, int16_t *out, int taps)
{
    const int *f = ax->first;
    int i = 0;
    for (; i + AXIS_GROUP <= ax->count; i += AXIS_GROUP) {
        const int16_t *w = ax->weights + (size_t)i * (size_t)taps;
        __m256i pair[4];
        for (int k = 0; k < 4; k++)
            pair[k] =
                two_outputs(src + f[i + 2 * k], src + f[i + 2 * k + 1], w + 2 * k * taps, taps);
        __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(pair[0], pair[1]),
                                         _mm256_hadd_epi32(pair[2], pair[3]));
        /* Lanes hold 0 2 4 6 and 1 3 5 7. */
        sums = _mm256_permutevar8x32_epi32(sums, _mm256_setr_epi32(0, 4, 2, 6, 1, 5, 3, 7));
        store_across(sums, out + i);
    }
    return i;
}

AVX2 static void across(const struct axis *ax, const uint8_t *src, int16_t *out)
{
    int done = 0;
    if (ax->taps == 4)
        done = across_4(ax, src, out);
    else if (ax->taps == 8)
        done = across_8n(ax, src, out, 8);
    else if (ax->taps % 8 == 0)
        done = across_8n(ax, src, out, ax->taps);
    resample_plain_across(ax, src, out, done);
}

/* --- Down ----------------------------------------------------------------------------------- */

AVX2 static inline __m256i sixteen(const int16_t *const *rows, const int16_t *w, int taps, int i)
{
    __m256i sum = _mm256_set1_epi16(1 << (DOWN_SHIFT - 1));
    for (int t = 0; t < taps; t++)
        sum =
            _mm256_add_epi16(sum, _mm256_mulhrs_epi16(load(rows[t] + i), _mm256_set1_epi16(w[t])));
    return _mm256_srai_epi16(sum, DOWN_SHIFT);
}

AVX2 static inline int down_loop(const int16_t *const *rows, const int16_t *w, int taps, int n,
                                 uint8_t *out)
{
    int i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i v = _mm256_packus_epi16(sixteen(rows, w, taps, i), sixteen(rows, w, taps, i + 16));
        _mm256_storeu_si256((void *)(out + i), _mm256_permute4x64_epi64(v, 0xd8));
    }
    return i;
}

AVX2 static void down(const int16_t *const *rows, const int16_t *weights, int taps, int n,
                      uint8_t *out)
{
    int done =
        taps == 4 ? down_loop(rows, weights, 4, n, out) : down_loop(rows, weights, taps, n, out);
    resample_plain_down(rows, weights, taps, n, out, done);
}

const struct resample_loops resample_avx2 = {"AVX2", usable, across, down};
#else
static bool usable(void)
{
    return false;
}

const struct resample_loops resample_avx2 = {"AVX2", usable, NULL, NULL};
#endif
