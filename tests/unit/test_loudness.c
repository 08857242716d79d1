/* SPDX-License-Identifier: GPL-3.0-or-later
 * Loudness and true peak against libebur128, the limiter, and the gain that reaches a target. */
#include "check.h"
#include "render/limiter.h"
#include "render/loudness.h"

#include <ebur128.h>
#include <stdbool.h>
#include <stdlib.h>

#define RATE 48000

/* --- Sounds -------------------------------------------------------------------------------------- */

static double noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)*seed / 2147483648.0 - 1;
}

/* P. Kellet's filter: -3 dB an octave. */
static void pink(float *v, long n, double gain)
{
    for (int c = 0; c < 2; c++) {
        uint32_t seed = 77u + (uint32_t)c;
        double b0 = 0, b1 = 0, b2 = 0;
        for (long i = 0; i < n; i++) {
            double x = noise(&seed);
            b0 = 0.99765 * b0 + x * 0.0990460;
            b1 = 0.96300 * b1 + x * 0.2965164;
            b2 = 0.57000 * b2 + x * 1.0526913;
            v[2 * i + c] = (float)(gain * (b0 + b1 + b2 + x * 0.1848) / 4);
        }
    }
}

static void tone(float *v, long n, double gain)
{
    for (long i = 0; i < n; i++)
        v[2 * i] = v[2 * i + 1] = (float)(gain * sin(2 * M_PI * 997 * (double)i / RATE));
}

/* Words of a voice: a buzz under an envelope, pauses between; peaks 14 dB above the mean. */
static void speech(float *v, long n, double gain)
{
    uint32_t seed = 5;
    double formant = 0, last = 0;
    for (long i = 0; i < n; i++) {
        double t = (double)i / RATE, word = fmod(t, 0.7);
        double loud = word < 0.45 ? pow(sin(M_PI * word / 0.45), 2) : 0;
        double phase = fmod(t * (110 + 20 * sin(3 * t)), 1);
        double buzz = exp(-phase * 6) - 0.166 + 0.05 * noise(&seed);
        double x = buzz + 1.6 * formant - 0.8 * last;
        last = formant;
        formant = x;
        v[2 * i] = v[2 * i + 1] = (float)(gain * loud * x / 4);
    }
}

static void clicks(float *v, long n, double gain)
{
    for (long i = 0; i < n; i++)
        v[2 * i] = v[2 * i + 1] =
            (float)(i % 12000 < 40 ? (i % 2 ? gain : -gain) : 0.02 * sin(0.05 * (double)i));
}

static const struct sound {
    const char *name;
    void (*fill)(float *v, long n, double gain);
    double gain;
    bool reaches; /* the target, without more make-up than is good */
} sounds[] = {{"tone", tone, 0.1, true},    {"loud tone", tone, 0.9, true},
              {"pink", pink, 0.5, true},    {"quiet pink", pink, 0.06, true},
              {"speech", speech, 0.2, true}, {"clicks", clicks, 0.9, false}};
enum { SOUNDS = sizeof sounds / sizeof *sounds, N = 12 * RATE };

static void reference(const float *v, long n, double *lufs, double *peak_db)
{
    double left, right;
    ebur128_state *s = ebur128_init(2, RATE, EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
    ebur128_add_frames_float(s, v, (size_t)n);
    ebur128_loudness_global(s, lufs);
    ebur128_true_peak(s, 0, &left);
    ebur128_true_peak(s, 1, &right);
    *peak_db = 20 * log10(fmax(left, right));
    ebur128_destroy(&s);
}

static struct loudness *probe(const float *v, long n, int block)
{
    struct err e = {0};
    struct loudness *l = loudness_create(&e);
    for (long i = 0; i < n; i += block)
        loudness_add(l, v + 2 * i, (int)(n - i < block ? n - i : block));
    return l;
}

/* --- Tests --------------------------------------------------------------------------------------- */

static void test_measures(void)
{
    float *v = malloc(2 * N * sizeof *v);
    for (int i = 0; i < SOUNDS; i++) {
        CHECK_CASE(sounds[i].name);
        double lufs, peak_db;
        sounds[i].fill(v, N, sounds[i].gain);
        reference(v, N, &lufs, &peak_db);
        struct loudness *l = probe(v, N, 1000);
        CHECK_NEAR(loudness_integrated(l), lufs, 0.1);
        CHECK_NEAR(loudness_true_peak_db(l), peak_db, 0.2);
        loudness_destroy(l);
    }
    free(v);
}

static void test_reaches_target(void)
{
    float *v = malloc(2 * N * sizeof *v);
    for (int i = 0; i < SOUNDS; i++) {
        CHECK_CASE(sounds[i].name);
        struct limiter lim;
        double lufs, peak_db;
        sounds[i].fill(v, N, sounds[i].gain);
        struct loudness *l = probe(v, N, 4096);
        double gain_db = loudness_gain(l, -14, -1.5), gain = pow(10, gain_db / 20);
        CHECK(gain_db <= LOUDNESS_MAX_GAIN_DB);
        CHECK(gain_db <= -14 - loudness_integrated(l) + LOUDNESS_MAX_MAKE_UP_DB + 1e-6);
        loudness_destroy(l);
        for (long k = 0; k < 2 * N; k++)
            v[k] *= (float)gain;
        limiter_init(&lim, -1.5);
        limiter_run(&lim, v, N);
        reference(v, N, &lufs, &peak_db);
        CHECK(peak_db < -1.4);
        if (sounds[i].reaches)
            CHECK_NEAR(lufs, -14, 0.3);
    }
    free(v);
}

static void test_nothing_to_measure(void)
{
    float *v = calloc(2 * N, sizeof *v);
    CHECK_CASE("silence");
    struct loudness *l = probe(v, N, 4096);
    CHECK(loudness_integrated(l) == -INFINITY && loudness_true_peak_db(l) == -INFINITY);
    CHECK(loudness_gain(l, -14, -1.5) == 0);
    loudness_destroy(l);
    CHECK_CASE("0.3 s");
    tone(v, N, 0.1);
    l = probe(v, RATE * 3 / 10, 4096);
    CHECK(loudness_integrated(l) == -INFINITY && loudness_gain(l, -14, -1.5) == 0);
    loudness_destroy(l);
    CHECK_CASE("very quiet");
    tone(v, N, 0.0008);
    l = probe(v, N, 4096);
    CHECK(loudness_gain(l, -14, -1.5) == LOUDNESS_MAX_GAIN_DB);
    loudness_destroy(l);
    free(v);
}

/* The highest point of this wave lies between samples: 3 dB above them. */
static void test_between_samples(void)
{
    CHECK_CASE("between samples");
    struct peak_meter m;
    float left[PEAK_BLOCK], peaks[PEAK_BLOCK], top = 0, quick = 0;
    for (int pass = 0; pass < 2; pass++) {
        peak_init(&m);
        for (int k = 0; k < 8; k++) {
            for (int i = 0; i < PEAK_BLOCK; i++)
                left[i] = (float)sin(M_PI / 2 * (k * PEAK_BLOCK + i) + M_PI / 4);
            peak_run(&m, left, left, PEAK_BLOCK, pass ? 2.0f : 0.0f, peaks);
            for (int i = 0; i < PEAK_BLOCK && k > 0; i++) {
                top = pass ? top : fmaxf(top, peaks[i]);
                quick = pass ? fmaxf(quick, peaks[i]) : quick;
            }
        }
    }
    CHECK_NEAR((double)top, 1, 0.01);
    CHECK_NEAR((double)quick, M_SQRT1_2, 1e-5); /* not asked for: samples alone */
    for (int phase = 0; phase < 3; phase++) {
        float sum = 0;
        for (int i = 0; i < PEAK_TAPS; i++)
            sum += fabsf(m.filter[phase][i]);
        CHECK(sum < 2); /* what peak_run() relies on */
    }
}

static void test_limiter(void)
{
    enum { M = 48000 };
    float *v = malloc(2 * M * sizeof *v);
    const float ceiling = powf(10, -1.0f / 20);
    struct limiter l;

    CHECK_CASE("quiet sound passes unchanged");
    limiter_init(&l, -1);
    for (int i = 0; i < 2 * M; i++)
        v[i] = 0.85f * (float)sin(i * 0.03);
    limiter_run(&l, v, M);
    bool same = true;
    for (int i = 2 * LIMITER_DELAY; i < 2 * M; i++)
        same &= v[i] == 0.85f * (float)sin((i - 2 * LIMITER_DELAY) * 0.03);
    CHECK(same && l.least == 1.0f);

    CHECK_CASE("nothing passes the ceiling, in one go or in pieces");
    float *w = malloc(2 * M * sizeof *w);
    uint32_t seed = 1;
    for (int i = 0; i < 2 * M; i++)
        v[i] = (float)noise(&seed) * (i / 2 % 9000 < 2000 ? 3.0f : 0.2f);
    v[20000] = 40;
    memcpy(w, v, 2 * M * sizeof *v);
    limiter_init(&l, -1);
    limiter_run(&l, v, M);
    limiter_init(&l, -1);
    for (int i = 0; i < M; i += 77)
        limiter_run(&l, w + 2 * i, M - i < 77 ? M - i : 77);
    float peak = 0;
    for (int i = 0; i < 2 * M; i++)
        peak = fmaxf(peak, fabsf(v[i]));
    CHECK(peak <= ceiling * 1.00001f && peak > 0.8f);
    CHECK(memcmp(v, w, 2 * M * sizeof *v) == 0);
    double lufs, peak_db;
    reference(v, M, &lufs, &peak_db);
    CHECK(peak_db < -0.9);

    CHECK_CASE("and it lets go again");
    limiter_init(&l, -1);
    for (int i = 0; i < 2 * M; i++)
        v[i] = i == 2000 ? 2.0f : 0.5f;
    limiter_run(&l, v, M);
    CHECK(v[2000 + 2 * LIMITER_DELAY] <= ceiling * 1.00001f);
    CHECK_NEAR((double)v[2 * M - 1], 0.5, 0.005);
    free(w);
    free(v);
}

int main(void)
{
    test_measures();
    test_reaches_target();
    test_nothing_to_measure();
    test_between_samples();
    test_limiter();
    return check_done();
}
