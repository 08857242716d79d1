/* SPDX-License-Identifier: GPL-3.0-or-later
 * resample_loops.h - the two loops that scaling costs, in several forms that give the same bytes.
 * Private to resample*.c and their test.
 *
 * Numbers: weights have 14 bits of fraction and sum to exactly 1. Rows between the two passes have
 * 6 bits of fraction, so that bicubic overshoot fits 16 bits. Down, each product is rounded to 5
 * bits of fraction by itself: that is what one instruction does for 16 samples at once, and it is
 * wrong by a hundredth of a code value.
 */
#ifndef AIVE_RENDER_RESAMPLE_LOOPS_H
#define AIVE_RENDER_RESAMPLE_LOOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIGHT_BITS 14
#define ACROSS_SHIFT 8 /* from 14 bits to 6 */
#define DOWN_PRODUCT_SHIFT 15
#define DOWN_SHIFT 5 /* from 14 + 6 - 15 bits to none */

/* Says for every output position which source samples count and how much. */
struct axis {
    int count;           /* output positions */
    int taps;            /* weights for each */
    int *first;          /* [count] first source sample; first + taps <= size of the source */
    int16_t *weights;    /* [count * taps] */
    size_t capacity;     /* of weights */
    uint8_t *picks;      /* [groups * AXIS_GROUP * 4]: see axis_set */
    int groups;          /* leading groups of outputs whose samples lie within 16 bytes */
    int size;            /* what it was made for: source samples, */
    double origin, step; /* position of output 0, and from one to the next */
};
#define AXIS_GROUP 8

struct resample_loops {
    const char *name;
    bool (*usable)(void); /* on this processor */
    /* One row of the source to ax->count values of a row between the passes. */
    void (*across)(const struct axis *ax, const uint8_t *src, int16_t *out);
    /* `taps` such rows, with a weight each, to n samples of the frame. */
    void (*down)(const int16_t *const *rows, const int16_t *weights, int taps, int n, uint8_t *out);
};
extern const struct resample_loops resample_plain, resample_avx2;

/* The plain loops from output i on, for what is left over. */
void resample_plain_across(const struct axis *ax, const uint8_t *src, int16_t *out, int i);
void resample_plain_down(const int16_t *const *rows, const int16_t *weights, int taps, int n,
                         uint8_t *out, int i);

#endif
