/* SPDX-License-Identifier: GPL-3.0-or-later
 * noise.h - chance that comes out the same every time: pure functions of a seed.
 */
#ifndef AIVE_EFFECTS_NOISE_H
#define AIVE_EFFECTS_NOISE_H

#include <stdint.h>

/* Mixes two numbers into one without any pattern left (the end of MurmurHash3, after Austin
 * Appleby, who gave it to the public domain). */
static inline uint32_t noise_hash(uint32_t seed, uint32_t n)
{
    uint32_t h = seed * 0x9e3779b1u ^ (n + 0x7f4a7c15u) * 0x85ebca6bu;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    return h ^ h >> 16;
}

/* -1 .. 1 */
static inline double noise_value(uint32_t seed, uint32_t n)
{
    return (double)noise_hash(seed, n) / 2147483647.5 - 1;
}

/* A smooth wandering between -1 and 1 that changes its mind once for each 1 of t (below 0 it
 * rests): random values
 * at whole t, joined by 6f^5 - 15f^4 + 10f^3, which has no corner in its first two derivatives. */
static inline double noise_smooth(uint32_t seed, double t)
{
    t = t > 0 ? t : 0;
    uint32_t n = (uint32_t)t;
    double f = t - n, a = noise_value(seed, n), b = noise_value(seed, n + 1);
    return a + (b - a) * (f * f * f * (f * (6 * f - 15) + 10));
}

#endif
