/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/waveform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAT_VERSION 2
#define DAT_HEADER 24 /* bytes */
#define DAT_8_BITS 1u /* of the flags */

struct waveform_meter {
    struct waveform w; /* what is complete */
    size_t capacity;   /* pixels that w.pairs has room for */
    float low, high;   /* of the pixel at work */
    int filled;        /* its samples so far */
};

void waveform_free(struct waveform *w)
{
    free(w->pairs);
    *w = (struct waveform){0};
}

/* --- Measuring -------------------------------------------------------------------------------- */

static void begin_pixel(struct waveform_meter *m)
{
    m->low = INFINITY;
    m->high = -INFINITY;
    m->filled = 0;
}

struct waveform_meter *waveform_create(struct err *e)
{
    struct waveform_meter *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NO_MEMORY, "no memory for the waveform");
        return NULL;
    }
    m->w.rate_hz = WAVEFORM_RATE;
    m->w.samples_per_pixel = WAVEFORM_FINEST;
    begin_pixel(m);
    return m;
}

void waveform_destroy(struct waveform_meter *m)
{
    if (m)
        waveform_free(&m->w);
    free(m);
}

/* Joins each `factor` pixels into one, from `in` to `out`, which may be the same. */
static size_t join_pixels(const int16_t *in, size_t length, size_t factor, int16_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < length; n++) {
        size_t end = length - i > factor ? i + factor : length;
        int16_t low = in[2 * i], high = in[2 * i + 1];
        for (i++; i < end; i++) {
            low = in[2 * i] < low ? in[2 * i] : low;
            high = in[2 * i + 1] > high ? in[2 * i + 1] : high;
        }
        out[2 * n] = low;
        out[2 * n + 1] = high;
    }
    return n;
}

static bool make_room(struct waveform_meter *m, struct err *e)
{
    if (m->w.length < m->capacity)
        return true;
    size_t capacity = m->capacity ? m->capacity * 2 : 8192;
    int16_t *pairs = realloc(m->w.pairs, capacity * 2 * sizeof *pairs);
    if (!pairs)
        return err_set(e, ERR_NO_MEMORY, "no memory for the waveform");
    m->w.pairs = pairs;
    m->capacity = capacity;
    return true;
}

/* 32768 and not 32767, so that 16-bit sound gives back its own samples. */
static int16_t sample_of(float x)
{
    float v = rintf(x * 32768.0f);
    return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

static bool end_pixel(struct waveform_meter *m, struct err *e)
{
    if (!make_room(m, e))
        return false;
    bool heard = m->low <= m->high; /* else every sample of it was NaN */
    m->w.pairs[2 * m->w.length] = heard ? sample_of(m->low) : 0;
    m->w.pairs[2 * m->w.length + 1] = heard ? sample_of(m->high) : 0;
    m->w.length++;
    begin_pixel(m);
    if (m->w.length == WAVEFORM_MAX_PIXELS) {
        m->w.length = join_pixels(m->w.pairs, m->w.length, 2, m->w.pairs);
        m->w.samples_per_pixel *= 2;
    }
    return true;
}

static void measure(struct waveform_meter *m, const float *x, size_t n)
{
    float low = m->low, high = m->high;
    for (size_t i = 0; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    m->low = low;
    m->high = high;
    m->filled += (int)n;
}

bool waveform_push(struct waveform_meter *m, const float *mono, size_t n, struct err *e)
{
    while (n > 0) {
        size_t part = (size_t)(m->w.samples_per_pixel - m->filled);
        part = part < n ? part : n;
        measure(m, mono, part);
        mono += part;
        n -= part;
        if (m->filled == m->w.samples_per_pixel && !end_pixel(m, e))
            return false;
    }
    return true;
}

bool waveform_finish(struct waveform_meter *m, struct waveform *out, struct err *e)
{
    if (m->filled > 0 && !end_pixel(m, e))
        return false;
    *out = m->w;
    m->w.pairs = NULL;
    m->w.length = m->capacity = 0;
    return true;
}

bool waveform_zoom(const struct waveform *w, int samples_per_pixel, struct waveform *out,
                   struct err *e)
{
    size_t has = (size_t)w->samples_per_pixel;
    size_t factor = samples_per_pixel < 1 ? 1 : ((size_t)samples_per_pixel + has - 1) / has;
    size_t length = (w->length + factor - 1) / factor;
    *out = (struct waveform){.rate_hz = w->rate_hz, .samples_per_pixel = (int)(factor * has)};
    out->pairs = calloc(length + 1, 2 * sizeof *out->pairs);
    if (!out->pairs)
        return err_set(e, ERR_NO_MEMORY, "no memory for the waveform");
    out->length = join_pixels(w->pairs, w->length, factor, out->pairs);
    return true;
}

/* --- Files ------------------------------------------------------------------------------------ */

static void put_u32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> (8 * i));
}

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool waveform_write_dat(const struct waveform *w, int bits, struct buf *out)
{
    const uint32_t header[] = {DAT_VERSION, bits == 8 ? DAT_8_BITS : 0, (uint32_t)w->rate_hz,
                               (uint32_t)w->samples_per_pixel, (uint32_t)w->length, 1};
    size_t sample = bits == 8 ? 1 : 2, size = DAT_HEADER + 2 * w->length * sample;
    unsigned char *p = (unsigned char *)buf_reserve(out, size);
    if (!p)
        return false;
    for (size_t i = 0; i < sizeof header / sizeof *header; i++, p += 4)
        put_u32(p, header[i]);
    for (size_t i = 0; i < 2 * w->length; i++, p += sample) {
        int v = w->pairs[i];
        p[0] = (unsigned char)(bits == 8 ? v / 256 : v);
        if (bits != 8)
            p[1] = (unsigned char)((unsigned)v >> 8);
    }
    out->len += size;
    return true;
}

/* Writes v as decimal digits, which takes at most 6 bytes. */
static char *put_number(char *p, int v)
{
    char digits[6];
    int n = 0;
    unsigned rest = v < 0 ? (unsigned)-v : (unsigned)v;
    if (v < 0)
        *p++ = '-';
    do
        digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    while (n > 0)
        *p++ = digits[--n];
    return p;
}

bool waveform_write_json(const struct waveform *w, int bits, struct buf *out)
{
    int divisor = bits == 8 ? 256 : 1;
    buf_printf(out,
               "{\"version\":2,\"channels\":1,\"sample_rate\":%d,\"samples_per_pixel\":%d,"
               "\"bits\":%d,\"length\":%zu,\"data\":[",
               w->rate_hz, w->samples_per_pixel, bits, w->length);
    for (size_t i = 0; i < w->length; i++) {
        char text[16], *p = text;
        if (i > 0)
            *p++ = ',';
        p = put_number(p, w->pairs[2 * i] / divisor);
        *p++ = ',';
        p = put_number(p, w->pairs[2 * i + 1] / divisor);
        buf_add(out, text, (size_t)(p - text));
    }
    return buf_adds(out, "]}\n");
}

bool waveform_read_dat(const void *data, size_t size, struct waveform *out, struct err *e)
{
    const unsigned char *p = data;
    if (size < DAT_HEADER || get_u32(p) != DAT_VERSION || get_u32(p + 4) != 0 ||
        get_u32(p + 20) != 1)
        return err_set(e, ERR_INVALID, "not a waveform of version 2, 16 bits and one channel");
    uint32_t rate = get_u32(p + 8), per_pixel = get_u32(p + 12), length = get_u32(p + 16);
    if (rate < 1 || rate > 1000000 || per_pixel < 1 || per_pixel > INT32_MAX / 2)
        return err_set(e, ERR_INVALID, "a waveform of %u Hz and %u samples a pixel", rate,
                       per_pixel);
    if (length > WAVEFORM_MAX_PIXELS || size != DAT_HEADER + (size_t)length * 4)
        return err_set(e, ERR_INVALID, "a waveform that says %u pixels in %zu bytes", length, size);
    *out = (struct waveform){(int)rate, (int)per_pixel, length, NULL};
    out->pairs = calloc((size_t)length + 1, 2 * sizeof *out->pairs);
    if (!out->pairs)
        return err_set(e, ERR_NO_MEMORY, "no memory for the waveform");
    for (size_t i = 0; i < 2 * (size_t)length; i++)
        out->pairs[i] = (int16_t)(p[DAT_HEADER + 2 * i] | p[DAT_HEADER + 2 * i + 1] << 8);
    return true;
}
