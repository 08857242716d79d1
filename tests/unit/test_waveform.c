/* SPDX-License-Identifier: GPL-3.0-or-later
 * Waveforms: the bytes of both formats, zooms against measuring at that zoom, blocks of any size, a
 * sound longer than fits at the finest zoom, files that are not one. */
#include "check.h"
#include "analysis/waveform.h"

#include <stdlib.h>

static float noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)*state / 2147483648.0f;
}

/* n samples pushed in blocks of `block`. */
static struct waveform measured(const float *x, size_t n, size_t block)
{
    struct waveform w = {0};
    struct err e = {0};
    struct waveform_meter *m = waveform_create(&e);
    CHECK(m);
    for (size_t i = 0; m && i < n; i += block)
        CHECK(waveform_push(m, x + i, n - i < block ? n - i : block, &e));
    CHECK(m && waveform_finish(m, &w, &e));
    waveform_destroy(m);
    return w;
}

static void test_samples(void)
{
    static const struct {
        const char *name;
        float x;
        int sample;
    } cases[] = {
        {"silence", 0, 0},          {"half", 0.5f, 16384},      {"lowest", -1, -32768},
        {"highest", 1, 32767},      {"too loud", 7, 32767},     {"far too low", -1e9f, -32768},
        {"one step", 1 / 32768.0f, 1}, {"NaN", NAN, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct waveform w = measured(&cases[i].x, 1, 1);
        CHECK(w.length == 1 && w.samples_per_pixel == WAVEFORM_FINEST && w.rate_hz == 22050);
        CHECK(w.length == 1 && w.pairs[0] == cases[i].sample && w.pairs[1] == cases[i].sample);
        waveform_free(&w);
    }
    CHECK_CASE("");
}

static void test_bytes(void)
{
    int16_t pairs[] = {-32768, 32767, -300, 300, -255, 255, 0, 1};
    struct waveform w = {22050, 128, 4, pairs};
    static const unsigned char dat8[] = {2, 0,    0, 0, 1, 0, 0, 0, 0x22, 0x56, 0, 0, 128, 0, 0, 0,
                                         4, 0,    0, 0, 1, 0, 0, 0, 0x80, 0x7f, 0xff, 1, 0, 0, 0, 0};
    static const unsigned char dat16[] = {
        2, 0, 0, 0, 0,    0,    0,    0,    0x22, 0x56, 0,    0,    128,  0,    0, 0, 4, 0, 0, 0,
        1, 0, 0, 0, 0x00, 0x80, 0xff, 0x7f, 0xd4, 0xfe, 0x2c, 0x01, 0x01, 0xff, 0xff, 0, 0, 0, 1, 0};
    struct buf b;
    buf_init(&b, 1 << 16);
    CHECK(waveform_write_dat(&w, 8, &b));
    CHECK(b.len == sizeof dat8 && memcmp(b.data, dat8, sizeof dat8) == 0);
    buf_clear(&b);
    CHECK(waveform_write_dat(&w, 16, &b));
    CHECK(b.len == sizeof dat16 && memcmp(b.data, dat16, sizeof dat16) == 0);
    buf_clear(&b);
    CHECK(waveform_write_json(&w, 8, &b));
    CHECK_STR(b.data, "{\"version\":2,\"channels\":1,\"sample_rate\":22050,"
                      "\"samples_per_pixel\":128,\"bits\":8,\"length\":4,"
                      "\"data\":[-128,127,-1,1,0,0,0,0]}\n");
    buf_clear(&b);
    CHECK(waveform_write_json(&w, 16, &b));
    CHECK(strstr(b.data, "\"bits\":16,\"length\":4,\"data\":[-32768,32767,-300,300,-255,255,0,1]}"));
    buf_clear(&b);
    w.length = 0;
    CHECK(waveform_write_json(&w, 8, &b));
    CHECK(strstr(b.data, "\"length\":0,\"data\":[]}"));
    buf_finish(&b);
}

/* What a pixel of `per_pixel` samples must be. */
static void check_pixels(const struct waveform *w, const float *x, size_t n)
{
    size_t per = (size_t)w->samples_per_pixel, wrong = 0;
    CHECK(w->length == (n + per - 1) / per);
    for (size_t i = 0; i < w->length; i++) {
        int low = 32767, high = -32768;
        for (size_t k = i * per; k < (i + 1) * per && k < n; k++) {
            int s = (int)lrintf(x[k] * 32768);
            low = s < low ? s : low;
            high = s > high ? s : high;
        }
        wrong += w->pairs[2 * i] != low || w->pairs[2 * i + 1] != high;
    }
    CHECK(wrong == 0);
}

static void test_zooms(void)
{
    enum { COUNT = 100003 };
    static const int asked[] = {1, 128, 129, 256, 1000, 4096, 65536, 1 << 24};
    float *x = malloc(COUNT * sizeof *x);
    uint32_t seed = 7;
    struct err e = {0};
    for (size_t i = 0; x && i < COUNT; i++)
        x[i] = 0.99f * noise(&seed);
    struct waveform w = measured(x, COUNT, 777), whole = measured(x, COUNT, COUNT);
    check_pixels(&w, x, COUNT);
    CHECK(w.length == whole.length &&
          memcmp(w.pairs, whole.pairs, w.length * 2 * sizeof *w.pairs) == 0);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct waveform z;
        CHECK(waveform_zoom(&w, asked[i], &z, &e));
        CHECK(z.samples_per_pixel >= asked[i] && z.samples_per_pixel < asked[i] + 128);
        CHECK(z.samples_per_pixel % 128 == 0);
        check_pixels(&z, x, COUNT);
        waveform_free(&z);
    }
    waveform_free(&w);
    waveform_free(&whole);
    free(x);
}

/* Four hours of one second again and again. */
static void test_long(void)
{
    enum { SECONDS = 4 * 3600 };
    float x[WAVEFORM_RATE];
    uint32_t seed = 3;
    struct err e = {0};
    struct waveform w = {0};
    struct waveform_meter *m = waveform_create(&e);
    for (int i = 0; i < WAVEFORM_RATE; i++)
        x[i] = 0.5f * noise(&seed);
    x[77] = 1;
    bool ok = m != NULL;
    for (int s = 0; ok && s < SECONDS; s++)
        ok = waveform_push(m, x, WAVEFORM_RATE, &e);
    CHECK(ok && waveform_finish(m, &w, &e));
    CHECK(w.samples_per_pixel == 2 * WAVEFORM_FINEST && w.length <= WAVEFORM_MAX_PIXELS);
    CHECK(w.length == ((size_t)SECONDS * WAVEFORM_RATE + 255) / 256);
    size_t peaks = 0;
    for (size_t i = 0; i < w.length; i++)
        peaks += w.pairs[2 * i + 1] == 32767;
    CHECK(peaks == SECONDS);
    waveform_free(&w);
    waveform_destroy(m);
}

static void test_reading(void)
{
    int16_t pairs[] = {-5, 6, -32768, 32767};
    struct waveform w = {22050, 256, 2, pairs}, back;
    struct err e = {0};
    struct buf b;
    buf_init(&b, 1 << 16);
    CHECK(waveform_write_dat(&w, 16, &b));
    CHECK(waveform_read_dat(b.data, b.len, &back, &e));
    CHECK(back.rate_hz == 22050 && back.samples_per_pixel == 256 && back.length == 2);
    CHECK(memcmp(back.pairs, pairs, sizeof pairs) == 0);
    waveform_free(&back);
    for (size_t n = 0; n < b.len; n++)
        CHECK(!waveform_read_dat(b.data, n, &back, &e) && e.code == ERR_INVALID);
    static const struct {
        const char *name;
        size_t at;
        char value;
    } wrong[] = {{"version", 0, 1},         {"8 bits", 4, 1},       {"rate", 11, 0x7f},
                 {"samples a pixel", 15, -1}, {"too long", 16, 3},    {"far too long", 19, -1},
                 {"channels", 20, 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_CASE(wrong[i].name);
        char was = b.data[wrong[i].at];
        b.data[wrong[i].at] = wrong[i].value;
        CHECK(!waveform_read_dat(b.data, b.len, &back, &e));
        b.data[wrong[i].at] = was;
    }
    CHECK_CASE("");
    buf_finish(&b);
}

int main(void)
{
    test_samples();
    test_bytes();
    test_zooms();
    test_long();
    test_reading();
    return check_done();
}
