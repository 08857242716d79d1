/* SPDX-License-Identifier: GPL-3.0-or-later
 * Stretched sound: the pitch stays, attacks come where they belong, every run is the same. */
#include "check.h"
#include "render/stretch.h"

#include <stdlib.h>

#define RATE 48000

struct input {
    const float *v; /* mono */
    long n, pos, pulled;
};

static bool pull(void *user, float *out, int n, struct err *e)
{
    (void)e;
    struct input *in = user;
    for (int i = 0; i < n; i++, in->pos++)
        out[2 * i] = out[2 * i + 1] = in->pos >= 0 && in->pos < in->n ? in->v[in->pos] : 0;
    in->pulled += n;
    return true;
}

static bool fail_pull(void *user, float *out, int n, struct err *e)
{
    (void)user, (void)out, (void)n;
    return err_set(e, ERR_IO, "gone");
}

/* All of v stretched, `frames` of interleaved stereo, read in blocks of `block`. */
static float *run(const float *v, long n, int num, int den, long frames, int block)
{
    struct err e = {0};
    float *out = calloc((size_t)frames * 2, sizeof *out);
    struct stretch *s = stretch_create(num, den, &e);
    struct input in = {v, n, -stretch_lead(s), 0};
    bool ok = s != NULL;
    for (long i = 0; i < frames && ok; i += block)
        ok = stretch_read(s, out + 2 * i, (int)(frames - i < block ? frames - i : block), pull, &in,
                          &e);
    CHECK(ok);
    /* It reads little more than what it needs: nothing piles up inside. */
    CHECK(labs(in.pulled - frames * num / den) < 4 * RATE / 10);
    stretch_destroy(s);
    return out;
}

static const struct {
    const char *name;
    int num, den;
} rates[] = {{"half speed", 1, 2},  {"three quarters", 3, 4},  {"quarter", 1, 4},
             {"one and a half", 3, 2}, {"double", 2, 1},       {"odd", 9, 10}};
enum { RATES = sizeof rates / sizeof *rates };

static void test_pitch(void)
{
    long n = RATE;
    float *v = malloc((size_t)n * sizeof *v);
    for (long i = 0; i < n; i++)
        v[i] = 0.5f * (float)sin(2 * M_PI * 440 * (double)i / RATE);
    for (int r = 0; r < RATES; r++) {
        CHECK_CASE(rates[r].name);
        long frames = n * rates[r].den / rates[r].num;
        float *out = run(v, n, rates[r].num, rates[r].den, frames, 1000);
        long first = -1, last = -1, waves = 0;
        float peak = 0;
        bool same = true;
        for (long i = frames / 4; i < frames * 3 / 4; i++) {
            peak = fmaxf(peak, fabsf(out[2 * i]));
            same &= out[2 * i] == out[2 * i + 1];
            if (out[2 * i] > 0 || out[2 * i + 2] <= 0)
                continue;
            waves += first >= 0;
            first = first < 0 ? i : first;
            last = i;
        }
        CHECK_NEAR((double)waves * RATE / (double)(last - first), 440, 1);
        CHECK_NEAR((double)peak, 0.5, 0.05);
        CHECK(same);
        free(out);
    }
    free(v);
}

static void test_attacks(void)
{
    enum { HITS = 3 };
    long n = (HITS + 1) * RATE / 2;
    float *v = calloc((size_t)n, sizeof *v);
    uint32_t seed = 1;
    for (int k = 1; k <= HITS; k++)
        for (int i = 0; i < 480; i++) {
            seed = seed * 1664525u + 1013904223u;
            v[k * RATE / 2 + i] =
                (float)(0.5 * ((double)seed / 2147483648.0 - 1) * exp(-i / 96.0));
        }
    for (int r = 0; r < RATES; r++) {
        CHECK_CASE(rates[r].name);
        long frames = n * rates[r].den / rates[r].num;
        float *out = run(v, n, rates[r].num, rates[r].den, frames, 4096);
        for (int k = 1; k <= HITS; k++) {
            long centre = (long)k * RATE / 2 * rates[r].den / rates[r].num, at = centre - 4800;
            float peak = 0;
            for (long i = centre - 4800; i < centre + 4800; i++)
                peak = fmaxf(peak, fabsf(out[2 * i]));
            while (fabsf(out[2 * at]) < 0.3f * peak)
                at++;
            CHECK(labs(at - centre) < RATE / 100);
            CHECK(peak > 0.15f && peak < 1.0f);
        }
        free(out);
    }
    free(v);
}

/* How often the sound rises from below an eighth of its last peak's power, in steps of 2.5 ms. */
static int count_attacks(const float *v, long frames)
{
    enum { STEP = RATE / 400 };
    double top = 0, loudest = 0, low = INFINITY;
    bool rising = true;
    int count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (long at = 0; at + STEP <= frames; at += STEP) {
            double power = 0;
            for (long i = at; i < at + STEP; i++)
                power += (double)(v[2 * i] * v[2 * i]);
            if (pass == 0) {
                loudest = fmax(loudest, power);
            } else if (rising) {
                top = fmax(top, power);
                rising = top < 0.03 * loudest || power > top / 4;
                count += !rising;
                low = rising ? low : power;
            } else {
                low = fmin(low, power);
                rising = power > 8 * low && power > 0.03 * loudest;
                top = rising ? power : top;
            }
        }
    return count;
}

/* Slowed a lot, one click must not become two; a single stretcher makes twice as many. */
static void test_one_attack_for_one(void)
{
    enum { CLICKS = 8 };
    static const struct {
        int num, den, most;
    } cases[] = {{1, 2, CLICKS}, {1, 4, CLICKS + 2}};
    long n = (CLICKS + 1) * 22000;
    float *v = calloc((size_t)n, sizeof *v);
    uint32_t seed = 1;
    for (int k = 0; k < CLICKS; k++)
        for (int i = 0; i < 960; i++) {
            seed = seed * 1664525u + 1013904223u;
            v[12000 + k * 22000 + i] =
                (float)(0.8 * ((double)seed / 2147483648.0 - 1) * exp(-i / 120.0));
        }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].den == 4 ? "clicks at a quarter" : "clicks at half speed");
        long frames = n * cases[i].den / cases[i].num;
        float *out = run(v, n, cases[i].num, cases[i].den, frames, 4096);
        int heard = count_attacks(out, frames);
        CHECK(heard >= CLICKS && heard <= cases[i].most);
        free(out);
    }
    free(v);
}

static void test_same_again(void)
{
    CHECK_CASE("determinism");
    long n = RATE, frames = 2 * RATE;
    float *v = malloc((size_t)n * sizeof *v);
    for (long i = 0; i < n; i++)
        v[i] = 0.4f * (float)sin(1e-3 * (double)i * sqrt((double)i));
    float *a = run(v, n, 1, 2, frames, 4096), *b = run(v, n, 1, 2, frames, 4096);
    float *c = run(v, n, 1, 2, frames, 77);
    CHECK(memcmp(a, b, 2 * (size_t)frames * sizeof *a) == 0);
    CHECK(memcmp(a, c, 2 * (size_t)frames * sizeof *a) == 0);
    free(a);
    free(b);
    free(c);
    free(v);
}

static void test_refusals(void)
{
    CHECK_CASE("refusals");
    static const int64_t bad[][2] = {{0, 1}, {1, 0}, {-1, 2}, {1, 17}, {17, 1}, {1, INT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        CHECK(!stretch_create(bad[i][0], bad[i][1], &e) && e.code == ERR_INVALID);
    }
    struct err e = {0};
    float out[200];
    struct stretch *s = stretch_create(1, 2, &e);
    CHECK(!stretch_read(s, out, 100, fail_pull, NULL, &e) && e.code == ERR_IO);
    stretch_destroy(s);
    stretch_destroy(NULL);
}

int main(void)
{
    test_pitch();
    test_attacks();
    test_one_attack_for_one();
    test_same_again();
    test_refusals();
    return check_done();
}
