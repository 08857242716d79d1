/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels_vector.h - vectors of LANES numbers as GCC and clang have them in C. Included once by
 * each kernels_*.c, which adds vmax(), vsum(), widen(), eight_times(), load_f16(), store_f16() and
 * half_value() for its processor. */
#include <stdint.h>

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4)));
typedef float vf_any __attribute__((vector_size(LANES * 4), aligned(1), may_alias));
typedef uint16_t vu16 __attribute__((vector_size(LANES * 2), aligned(1), may_alias));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x16_any __attribute__((vector_size(16), aligned(1), may_alias));

static inline vf splat(float x)
{
    return x - (vf){0};
}

static inline vf load(const void *p)
{
    return *(const vf_any *)p;
}

static inline void store(float *p, vf a)
{
    *(vf_any *)p = a;
}

static inline vf load_bf16(const void *p)
{
    vu16 raw = *(const vu16 *)p;
    return (vf)(__builtin_convertvector(raw, vu) << 16);
}

/* The first n < LANES numbers, the others as given. */
static inline vf load_part(const float *p, int n, float others)
{
    vf a = splat(others);
    for (int i = 0; i < n; i++)
        a[i] = p[i];
    return a;
}

static inline void store_part(float *p, int n, vf a)
{
    for (int i = 0; i < n; i++)
        p[i] = a[i];
}
