/* SPDX-License-Identifier: GPL-3.0-or-later
 * A film in small pictures: sizes, colours, thinning, and files that are none. */
#include "check.h"
#include "analysis/strip.h"

#include <math.h>
#include <stdlib.h>

struct tile {
    uint8_t *plane[3];
    int stride[3], width, height;
};

static struct tile tile(int width, int height, int y, int u, int v)
{
    struct tile t = {.stride = {width + 6, width / 2 + 2, width / 2 + 4}, .width = width,
                     .height = height};
    const int value[3] = {y, u, v};
    for (int k = 0; k < 3; k++) {
        size_t n = (size_t)t.stride[k] * (size_t)(k ? height / 2 : height);
        t.plane[k] = malloc(n);
        if (t.plane[k])
            memset(t.plane[k], value[k], n);
    }
    return t;
}

static void free_tile(struct tile *t)
{
    for (int k = 0; k < 3; k++)
        free(t->plane[k]);
}

static bool add(struct strip_maker *m, int width, int height, int y, int u, int v)
{
    struct tile t = tile(width, height, y, u, v);
    bool ok = t.plane[0] && t.plane[1] && t.plane[2] &&
              strip_add(m, t.plane, t.stride, width, height);
    free_tile(&t);
    return ok;
}

static void test_sizes(void)
{
    static const struct {
        int width, height, small_width, small_height;
    } cases[] = {{160, 90, 80, 45}, {108, 192, 27, 48}, {160, 160, 40, 40}, {2, 2, 2, 2},
                 {160, 4, 160, 4},  {4, 192, 1, 48}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strip_maker m = {0};
        struct strip s = {0};
        struct buf b;
        buf_init(&b, STRIP_MAX_BYTES);
        CHECK(add(&m, cases[i].width, cases[i].height, 128, 128, 128));
        CHECK(strip_write(&m, 2, &b) && strip_read(b.data, b.len, &s));
        CHECK(s.width == cases[i].small_width && s.height == cases[i].small_height);
        CHECK(s.count == 1 && s.interval_s == 2);
        strip_finish(&m);
        buf_finish(&b);
    }
}

/* bt709 limited, from the standard's tables. */
static void test_colours(void)
{
    static const struct {
        int yuv[3], rgb[3];
    } cases[] = {{{16, 128, 128}, {0, 0, 0}},    {{235, 128, 128}, {255, 255, 255}},
                 {{63, 102, 240}, {255, 0, 0}},  {{173, 42, 26}, {0, 255, 0}},
                 {{32, 240, 118}, {0, 0, 255}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strip_maker m = {0};
        bool ok = CHECK(add(&m, 64, 36, cases[i].yuv[0], cases[i].yuv[1], cases[i].yuv[2]));
        for (int k = 0; ok && m.rgb && k < 3; k++)
            CHECK(abs(m.rgb[k] - cases[i].rgb[k]) <= 3);
        strip_finish(&m);
    }
}

/* However long the film: its pictures stay in order, each of the moment that the strip says. */
static void test_long(void)
{
    static const int counts[] = {1, 99, 100, 101, 200, 201, 750};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct strip_maker m = {0};
        struct strip s = {0};
        struct buf b;
        buf_init(&b, STRIP_MAX_BYTES);
        for (int k = 0; k < counts[i]; k++)
            CHECK(add(&m, 2, 2, 16 + k * 219 / 750, 128, 128));
        if (!CHECK(strip_write(&m, 3, &b) && strip_read(b.data, b.len, &s)))
            continue;
        int every = (int)lround(s.interval_s / 3);
        CHECK(s.count <= STRIP_PICTURES && s.count == (counts[i] + every - 1) / every);
        for (int k = 0; k < s.count; k++) /* 2 x 2 samples of 3 bytes */
            CHECK(abs(s.rgb[k * 12] - k * every * 219 / 750 * 255 / 219) <= 2);
        strip_finish(&m);
        buf_finish(&b);
    }
}

static void test_none(void)
{
    struct strip s;
    uint8_t file[16 + 12] = {2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 232, 3, 0, 0};
    CHECK(strip_read(file, sizeof file, &s) && s.interval_s == 1);
    for (size_t n = 0; n < sizeof file; n++)
        CHECK(!strip_read(file, n, &s));
    for (int at = 0; at < 16; at++) { /* every number far too large, and zero */
        uint8_t bad[sizeof file];
        memcpy(bad, file, sizeof file);
        bad[at] ^= 0xff;
        if (at < 12)
            CHECK(!strip_read(bad, sizeof bad, &s));
        memcpy(bad, file, sizeof file);
        memset(bad + at / 4 * 4, 0, 4);
        CHECK(!strip_read(bad, sizeof bad, &s));
    }
    struct strip_maker m = {0};
    struct buf b;
    buf_init(&b, STRIP_MAX_BYTES);
    CHECK(strip_write(&m, 1, &b) && !strip_read(b.data, b.len, &s)); /* no picture at all */
    buf_finish(&b);
}

int main(void)
{
    test_sizes();
    test_colours();
    test_long();
    test_none();
    return check_done();
}
