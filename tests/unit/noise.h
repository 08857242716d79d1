/* SPDX-License-Identifier: GPL-3.0-or-later
 * noise.h - white noise for the tests of sound: the same at every run.
 */
#ifndef AIVE_TESTS_NOISE_H
#define AIVE_TESTS_NOISE_H

#include <stdint.h>

/* Sample n, -1 to 1. */
static inline double hash_noise(long n)
{
    uint32_t x = (uint32_t)n * 2654435761u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return (double)x / 2147483648.0 - 1;
}

#endif
