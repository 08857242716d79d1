/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 16

static size_t picture_bytes(int width, int height)
{
    return (size_t)width * (size_t)height * 3;
}

/* --- Making ----------------------------------------------------------------------------------- */

static bool begin(struct strip_maker *m, int width, int height)
{
    int by_height = (height + STRIP_HEIGHT - 1) / STRIP_HEIGHT;
    int by_width = (width + STRIP_WIDTH - 1) / STRIP_WIDTH;
    m->shrink = by_height > by_width ? by_height : by_width;
    m->width = width / m->shrink > 0 ? width / m->shrink : 1;
    m->height = height / m->shrink > 0 ? height / m->shrink : 1;
    m->every = 1;
    m->rgb = malloc(STRIP_PICTURES * picture_bytes(m->width, m->height));
    return m->rgb != NULL;
}

/* Mean of n x n samples from (x, y), as far as the plane goes. */
static double mean(const uint8_t *plane, int stride, int x, int y, int n, int width, int height)
{
    int sum = 0, count = 0;
    for (int j = y; j < y + n && j < height; j++)
        for (int i = x; i < x + n && i < width; i++, count++)
            sum += plane[(ptrdiff_t)j * stride + i];
    return count ? (double)sum / count : 0;
}

static uint8_t byte_of(double x)
{
    return (uint8_t)lround(fmin(fmax(x, 0), 255));
}

/* ITU-R BT.709-6, limited range. */
static void to_rgb(double luma, double cb, double cr, uint8_t *out)
{
    double y = (luma - 16) * 255 / 219, u = (cb - 128) * 255 / 224, v = (cr - 128) * 255 / 224;
    out[0] = byte_of(y + 1.5748 * v);
    out[1] = byte_of(y - 0.1873 * u - 0.4681 * v);
    out[2] = byte_of(y + 1.8556 * u);
}

/* Every second picture goes. */
static void thin(struct strip_maker *m)
{
    size_t size = picture_bytes(m->width, m->height);
    m->count = (m->count + 1) / 2;
    m->every *= 2;
    for (int i = 1; i < m->count; i++)
        memmove(m->rgb + (size_t)i * size, m->rgb + 2 * (size_t)i * size, size);
}

bool strip_add(struct strip_maker *m, uint8_t *const plane[3], const int stride[3], int width,
               int height)
{
    if (!m->rgb && !begin(m, width, height))
        return false;
    if (m->count == STRIP_PICTURES)
        thin(m);
    if (m->seen++ % m->every != 0)
        return true;
    uint8_t *out = m->rgb + (size_t)m->count * picture_bytes(m->width, m->height);
    int n = m->shrink, half = (n + 1) / 2;
    for (int y = 0; y < m->height; y++)
        for (int x = 0; x < m->width; x++, out += 3)
            to_rgb(mean(plane[0], stride[0], x * n, y * n, n, width, height),
                   mean(plane[1], stride[1], x * n / 2, y * n / 2, half, width / 2, height / 2),
                   mean(plane[2], stride[2], x * n / 2, y * n / 2, half, width / 2, height / 2),
                   out);
    m->count++;
    return true;
}

static bool add_number(struct buf *out, uint32_t x)
{
    const uint8_t bytes[] = {(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16), (uint8_t)(x >> 24)};
    return buf_add(out, bytes, sizeof bytes);
}

bool strip_write(const struct strip_maker *m, double interval_s, struct buf *out)
{
    double ms = fmin(fmax(interval_s * m->every * 1e3, 0), UINT32_MAX);
    size_t bytes = (size_t)m->count * picture_bytes(m->width, m->height);
    return add_number(out, (uint32_t)m->width) && add_number(out, (uint32_t)m->height) &&
           add_number(out, (uint32_t)m->count) && add_number(out, (uint32_t)ms) &&
           (bytes == 0 || buf_add(out, m->rgb, bytes));
}

void strip_finish(struct strip_maker *m)
{
    free(m->rgb);
    *m = (struct strip_maker){0};
}

/* --- Reading ---------------------------------------------------------------------------------- */

static uint32_t number_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool strip_read(const void *data, size_t len, struct strip *out)
{
    const uint8_t *p = data;
    if (len < HEADER_BYTES)
        return false;
    uint32_t width = number_at(p), height = number_at(p + 4), count = number_at(p + 8);
    uint32_t ms = number_at(p + 12);
    if (width < 1 || width > STRIP_WIDTH || height < 1 || height > STRIP_HEIGHT || count < 1 ||
        count > STRIP_PICTURES || ms < 1 ||
        len != HEADER_BYTES + count * picture_bytes((int)width, (int)height))
        return false;
    *out = (struct strip){(int)width, (int)height, (int)count, ms / 1e3, p + HEADER_BYTES};
    return true;
}
