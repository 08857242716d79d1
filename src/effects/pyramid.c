/* SPDX-License-Identifier: GPL-3.0-or-later
 * pyramid.c - planes made smaller and larger by twos, with 6 bits of fraction.
 *
 * Every loop works on 16 bits without a sign: 255 << 6, times 4, plus rounding, still fits.
 */
#include "effects/pyramid.h"

#include <string.h>

int pyramid_side(int side, int n)
{
    while (n-- > 0)
        side = (side + 1) / 2;
    return side;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* --- Halving -------------------------------------------------------------------------------- */

static void bytes_pairs(const uint8_t *restrict a, const uint8_t *restrict b, int n,
                        uint16_t *restrict out)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]) << 4);
}

static void bytes_columns(const uint8_t *restrict a, const uint8_t *restrict b, int n,
                          uint16_t *restrict out)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)((a[x] + b[x]) << 5);
}

void pyramid_from_bytes(const uint8_t *from, int stride, int width, int height, bool across,
                        bool down, struct small_plane *to)
{
    to->width = pyramid_side(width, across);
    to->height = pyramid_side(height, down);
    for (int y = 0; y < to->height; y++) {
        uint16_t *out = to->data + (size_t)y * (size_t)to->width;
        const uint8_t *a = from + (ptrdiff_t)(down ? 2 * y : y) * stride;
        const uint8_t *b = from + (ptrdiff_t)smaller(down ? 2 * y + 1 : y, height - 1) * stride;
        if (!across)
            bytes_columns(a, b, width, out);
        else
            bytes_pairs(a, b, width / 2, out);
        if (across && width % 2)
            out[width / 2] = (uint16_t)((a[width - 1] + b[width - 1]) << 5);
    }
}

static void small_pairs(const uint16_t *restrict a, const uint16_t *restrict b, int n,
                        uint16_t *restrict out)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)((uint16_t)(a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

static void small_columns(const uint16_t *restrict a, const uint16_t *restrict b, int n,
                          uint16_t *restrict out)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)((uint16_t)(a[x] + b[x] + 1) >> 1);
}

void pyramid_halve(const struct small_plane *from, bool across, bool down, struct small_plane *to)
{
    int w = from->width;
    to->width = pyramid_side(w, across);
    to->height = pyramid_side(from->height, down);
    for (int y = 0; y < to->height; y++) {
        uint16_t *out = to->data + (size_t)y * (size_t)to->width;
        const uint16_t *a = from->data + (size_t)(down ? 2 * y : y) * (size_t)w;
        const uint16_t *b =
            from->data + (size_t)smaller(down ? 2 * y + 1 : y, from->height - 1) * (size_t)w;
        if (!across)
            small_columns(a, b, w, out);
        else
            small_pairs(a, b, w / 2, out);
        if (across && w % 2)
            out[w / 2] = (uint16_t)((uint16_t)(a[w - 1] + b[w - 1] + 1) >> 1);
    }
}

/* --- Doubling ------------------------------------------------------------------------------- */

static void lean(const uint16_t *restrict near, const uint16_t *restrict far, int n,
                 uint16_t *restrict out)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)((uint16_t)(3 * near[x] + far[x] + 2) >> 2);
}

/* The row of `from` that output row y shows, before it is doubled across, into out. */
static void row_down(const struct small_plane *from, bool down, int y, uint16_t *out)
{
    size_t w = (size_t)from->width;
    if (!down) {
        memcpy(out, from->data + (size_t)y * w, w * sizeof *out);
        return;
    }
    int near = y / 2, far = y % 2 ? near + 1 : near - 1;
    far = far < 0 ? 0 : far >= from->height ? from->height - 1 : far;
    lean(from->data + (size_t)near * w, from->data + (size_t)far * w, from->width, out);
}

/* s[-1] and s[n] may be read. Writes n pairs. */
static void widen(const uint16_t *restrict s, int n, uint16_t *restrict out)
{
    for (int x = 0; x < n; x++) {
        out[2 * x] = (uint16_t)((uint16_t)(3 * s[x] + s[x - 1] + 2) >> 2);
        out[2 * x + 1] = (uint16_t)((uint16_t)(3 * s[x] + s[x + 1] + 2) >> 2);
    }
}

static void widen_to_bytes(const uint16_t *restrict s, int n, uint8_t *restrict out)
{
    for (int x = 0; x < n; x++) {
        out[2 * x] = (uint8_t)((uint16_t)(3 * s[x] + s[x - 1] + 128) >> 8);
        out[2 * x + 1] = (uint8_t)((uint16_t)(3 * s[x] + s[x + 1] + 128) >> 8);
    }
}

void pyramid_double(const struct small_plane *from, bool across, bool down, int width, int height,
                    uint16_t *line, struct small_plane *to)
{
    to->width = width;
    to->height = height;
    int n = from->width;
    for (int y = 0; y < height; y++) {
        uint16_t *out = to->data + (size_t)y * (size_t)width;
        if (!across) {
            row_down(from, down, y, out);
            continue;
        }
        row_down(from, down, y, line + 1);
        line[0] = line[1];
        line[n + 1] = line[n];
        widen(line + 1, width / 2, out);
        if (width % 2)
            out[width - 1] = (uint16_t)((uint16_t)(3 * line[n] + line[n - 1] + 2) >> 2);
    }
}

static void to_bytes(const uint16_t *restrict s, int n, uint8_t *restrict out)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((uint16_t)(s[x] + 32) >> 6);
}

static void mix_bytes(const uint8_t *restrict in, int n, int weight, uint8_t *restrict out)
{
    uint16_t w = (uint16_t)weight, keep = (uint16_t)(256 - weight);
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((uint16_t)(out[x] * keep + in[x] * w + 128) >> 8);
}

void pyramid_to_bytes(const struct small_plane *from, bool across, bool down, int weight,
                      uint16_t *line, uint8_t *to, int stride, int width, int height)
{
    int n = from->width;
    uint8_t *fresh = (uint8_t *)(line + width + 2);
    for (int y = 0; y < height; y++) {
        uint8_t *row = to + (ptrdiff_t)y * stride, *out = weight < 256 ? fresh : row;
        row_down(from, down, y, line + 1);
        line[0] = line[1];
        line[n + 1] = line[n];
        if (!across)
            to_bytes(line + 1, width, out);
        else
            widen_to_bytes(line + 1, width / 2, out);
        if (across && width % 2)
            out[width - 1] = (uint8_t)((uint16_t)(3 * line[n] + line[n - 1] + 128) >> 8);
        if (weight < 256)
            mix_bytes(fresh, width, weight, row);
    }
}
