/* SPDX-License-Identifier: GPL-3.0-or-later
 * resample_plain.c - scaling's loops in C, which compilers turn into what the processor has.
 */
#include "render/resample_loops.h"

void resample_plain_across(const struct axis *ax, const uint8_t *src, int16_t *out, int i)
{
    const int half = 1 << (ACROSS_SHIFT - 1);
    if (ax->taps == 4) { /* enlarging: worth a loop of its own */
        const int16_t *w = ax->weights + (ptrdiff_t)4 * i;
        for (; i < ax->count; i++, w += 4) {
            const uint8_t *s = src + ax->first[i];
            int sum = half + s[0] * w[0] + s[1] * w[1] + s[2] * w[2] + s[3] * w[3];
            out[i] = (int16_t)(sum >> ACROSS_SHIFT);
        }
    }
    for (; i < ax->count; i++) {
        const uint8_t *s = src + ax->first[i];
        const int16_t *w = ax->weights + (size_t)i * (size_t)ax->taps;
        int sum = half;
        for (int t = 0; t < ax->taps; t++)
            sum += s[t] * w[t];
        out[i] = (int16_t)(sum >> ACROSS_SHIFT);
    }
}

static int product(int row, int weight)
{
    return (row * weight + (1 << (DOWN_PRODUCT_SHIFT - 1))) >> DOWN_PRODUCT_SHIFT;
}

static uint8_t finish(int sum)
{
    int v = (sum + (1 << (DOWN_SHIFT - 1))) >> DOWN_SHIFT;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

void resample_plain_down(const int16_t *const *rows, const int16_t *weights, int taps, int n,
                         uint8_t *out, int i)
{
    if (taps == 4) {
        const int16_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
        for (; i < n; i++)
            out[i] = finish(product(a[i], weights[0]) + product(b[i], weights[1]) +
                            product(c[i], weights[2]) + product(d[i], weights[3]));
    }
    for (; i < n; i++) {
        int sum = 0;
        for (int t = 0; t < taps; t++)
            sum += product(rows[t][i], weights[t]);
        out[i] = finish(sum);
    }
}

static bool always(void)
{
    return true;
}

static void across(const struct axis *ax, const uint8_t *src, int16_t *out)
{
    resample_plain_across(ax, src, out, 0);
}

static void down(const int16_t *const *rows, const int16_t *weights, int taps, int n, uint8_t *out)
{
    resample_plain_down(rows, weights, taps, n, out, 0);
}

const struct resample_loops resample_plain = {"plain", always, across, down};
