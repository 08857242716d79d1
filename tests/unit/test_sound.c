/* SPDX-License-Identifier: GPL-3.0-or-later
 * The mix of a film, to the sample: plans written by hand over sounds made here (WAV in memory). */
#include "sound_plans.h"

#include "render/sfx.h"
#include "render/sound_film.h"

#include <malloc.h>

#define SECONDS 10
#define LENGTH (SECONDS * RATE)

/* Each sample says which one it is: a ramp of 1/100000 a sample, wrapping at 0.5. */
#define RAMP 50000
static float ramp(long n, int channel)
{
    return (float)(n % RAMP) * (channel ? -1e-5f : 1e-5f);
}

static float impulses(long n, int channel)
{
    (void)channel;
    return n % (RATE / 2) == 12345 ? 0.5f : 0;
}

static float tone(long n, int channel)
{
    (void)channel;
    return 0.5f * (float)sin(2 * M_PI * 200 * (double)n / RATE);
}

/* Noise as strong as the tone. */
static float hiss(long n, int channel)
{
    uint32_t x = (uint32_t)(2 * n + channel) * 2654435761u;
    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return (float)(((double)x / 2147483648.0 - 1) * 0.5 * sqrt(1.5));
}

enum { RAMPS, IMPULSES, TONE, HISS, MUTE, SOURCES };
static int fds[SOURCES];
static struct plan_source sources[SOURCES];

static void make_sources(void)
{
    fds[RAMPS] = wav_of(ramp, LENGTH);
    fds[IMPULSES] = wav_of(impulses, LENGTH);
    fds[TONE] = wav_of(tone, LENGTH);
    fds[HISS] = wav_of(hiss, LENGTH);
    fds[MUTE] = -1;
    for (int i = 0; i < SOURCES; i++)
        sources[i] = (struct plan_source){
            .duration_ticks = SECONDS * S, .has_audio = i != MUTE, .has_video = true};
}

static struct film mix(const struct plan *p)
{
    return mix_of(p, fds, NULL);
}

/* Fails, as it should. */
static void refuse(const struct plan *p, const struct cancel *cancel, struct err *e)
{
    float out[2];
    struct sound_mix *m = sound_mix_create(p, fds, NULL, cancel, e);
    CHECK(!m || sound_mix_read(m, out, 1, e) < 0);
    sound_mix_destroy(m);
}

/* --- Tests -------------------------------------------------------------------------------------- */

#define FADE 240 /* half of the 10 ms around a cut */

static void test_cuts_are_exact(void)
{
    CHECK_CASE("cuts");
    /* Starts and ends that are no whole number of samples. */
    static const struct cut cuts[] = {{RAMPS, S / 10, S / 10 + S / 3, 1, 1},
                                      {RAMPS, 7 * S + 1234567, 8 * S, 1, 1},
                                      {RAMPS, 2 * S, 2 * S + S / 7, 1, 1}};
    struct plan_segment seg[3];
    struct plan p = plan_of(cuts, 3, seg, sources, SOURCES);
    struct film f = mix(&p);
    for (int i = 0; i < 3; i++) {
        int64_t src = ticks_scale(seg[i].first_sample * (S / RATE) - seg[i].out_start +
                                      seg[i].src_start, RATE, S);
        bool same = true;
        for (int64_t n = seg[i].first_sample + FADE; n < seg[i].end_sample - FADE; n++) {
            long x = (long)(src + n - seg[i].first_sample);
            same &= fabsf(f.v[2 * n] - ramp(x, 0)) < 2e-6f;
            same &= fabsf(f.v[2 * n + 1] - ramp(x, 1)) < 2e-6f;
        }
        CHECK(same);
    }
    free(f.v);
}

static void test_seamless(void)
{
    CHECK_CASE("seamless");
    static const struct cut cuts[] = {{TONE, S, 2 * S + 333, 1, 1},
                                      {TONE, 2 * S + 333, 2 * S + S / 2, 1, 1},
                                      {TONE, 2 * S + S / 2, 4 * S, 1, 1}};
    struct plan_segment seg[3];
    struct plan p = plan_of(cuts, 3, seg, sources, SOURCES);
    struct film f = mix(&p);
    bool same = true;
    for (int64_t n = FADE; n < f.frames - FADE; n++)
        same &= fabsf(f.v[2 * n] - tone((long)n + RATE, 0)) < 2e-6f;
    CHECK(same);
    free(f.v);
}

/* A cut inside a tone, where the phases do not fit: no jump, no hole, no bump. */
static void test_fades(void)
{
    CHECK_CASE("fades");
    static const struct cut cuts[] = {{TONE, S, 2 * S, 1, 1}, {TONE, 4 * S + S / 800, 5 * S, 1, 1}};
    struct plan_segment seg[2];
    struct plan p = plan_of(cuts, 2, seg, sources, SOURCES);
    struct film f = mix(&p);
    float step = 0, peak = 0;
    for (int64_t n = 1; n < f.frames; n++) {
        step = fmaxf(step, fabsf(f.v[2 * n] - f.v[2 * n - 2]));
        peak = fmaxf(peak, fabsf(f.v[2 * n]));
    }
    /* The tone itself moves by 0.5 * 2 pi 200 / 48000 = 0.0131 a sample. */
    CHECK(step < 0.02f);
    CHECK(peak < 0.72f);
    CHECK(fabsf(f.v[0]) < 0.01f && fabsf(f.v[2 * f.frames - 2]) < 0.01f);
    free(f.v);
}

static void test_impulse_after_cuts_and_speed(void)
{
    CHECK_CASE("impulses");
    static const struct cut cuts[] = {{RAMPS, 0, S / 3, 1, 1},
                                      {TONE, 0, S, 1, 2},
                                      {MUTE, 0, S / 7, 1, 1},
                                      {IMPULSES, S, 3 * S, 1, 1}};
    struct plan_segment seg[4];
    struct plan p = plan_of(cuts, 4, seg, sources, SOURCES);
    struct film f = mix(&p);
    int64_t base = seg[3].first_sample;
    for (int64_t n = base + FADE; n < f.frames - FADE; n++) {
        int64_t src = RATE + n - base;
        float want = impulses((long)src, 0);
        if (fabsf(f.v[2 * n] - want) > 1e-6f) {
            CHECK(fabsf(f.v[2 * n] - want) <= 1e-6f);
            break;
        }
    }
    CHECK(f.v[2 * (base + 12345)] == 0.5f);
    free(f.v);
}

static void test_slow_impulses(void)
{
    CHECK_CASE("slow impulses");
    static const struct cut cuts[] = {{MUTE, 0, S / 2, 1, 1}, {IMPULSES, S, 2 * S, 1, 2}};
    struct plan_segment seg[2];
    struct plan p = plan_of(cuts, 2, seg, sources, SOURCES);
    struct film f = mix(&p);
    CHECK(f.frames == RATE / 2 + 2 * RATE);
    for (int k = 0; k < 2; k++) {
        int64_t want = RATE / 2 + 2 * (12345 + k * RATE / 2), best = want - RATE / 4;
        for (int64_t n = want - RATE / 4; n < want + RATE / 4; n++)
            if (fabsf(f.v[2 * n]) > fabsf(f.v[2 * best]))
                best = n;
        CHECK(llabs(best - want) < RATE / 100);
    }
    free(f.v);
}

static void test_effects(void)
{
    CHECK_CASE("effects");
    static const struct cut cuts[] = {{MUTE, 0, 3 * S, 1, 1}, {MUTE, 0, 2 * S, 1, 1}};
    struct plan_segment seg[2];
    struct plan p = plan_of(cuts, 2, seg, sources, SOURCES);
    struct plan_sfx sfx[] = {
        {.segment = 0, .name = "pop", .source = -1, .first_sample = 10007,
         .max_samples = INT64_MAX, .gain_db = -8},
        {.segment = 0, .name = "IMP", .source = IMPULSES, .first_sample = 40000,
         .max_samples = 30000, .gain_db = -6},
        {.segment = 1, .name = "whoosh", .source = -1, .first_sample = 3 * RATE,
         .max_samples = INT64_MAX, .gain_db = -8},
    };
    p.sfx = sfx;
    p.sfx_count = 3;
    struct film f = mix(&p);

    const struct sfx *pop = sfx_find("pop"), *whoosh = sfx_find("whoosh");
    double gain = pow(10, (-8 + pop->gain_db) / 20);
    bool same = true;
    for (int i = 0; i < pop->sample_count; i++)
        same &= fabs((double)f.v[2 * (10007 + i)] - gain * pop->samples[i] / 32768.0) < 1e-6;
    CHECK(same);
    CHECK(f.v[2 * 10006] == 0.0f);

    CHECK_NEAR((double)f.v[2 * (40000 + 12345)], 0.5 * pow(10, -6 / 20.0), 1e-6);
    CHECK(f.v[2 * (40000 + 12345 + RATE / 2)] == 0.0f); /* past its 30000 samples */

    gain = pow(10, (-8 + whoosh->gain_db) / 20);
    same = true;
    for (int i = 0; i < whoosh->sample_count; i++)
        same &= fabs((double)f.v[2 * (3 * RATE - whoosh->lead_samples + i)] -
                     gain * whoosh->samples[i] / 32768.0) < 1e-6;
    CHECK(same);
    free(f.v);
}

/* A range that starts in the middle of an effect; one at the very start; one past the end. */
static void test_effects_at_edges(void)
{
    CHECK_CASE("effects at edges");
    static const struct cut cuts[] = {{MUTE, 0, 2 * S, 1, 1}};
    struct plan_segment seg[1];
    struct plan p = plan_of(cuts, 1, seg, sources, SOURCES);
    const struct sfx *boom = sfx_find("boom"), *riser = sfx_find("riser");
    struct plan_sfx cut_boom = {.name = "boom", .source = -1, .skip_samples = 4800,
                                .max_samples = INT64_MAX, .gain_db = -8};
    p.sfx = &cut_boom;
    p.sfx_count = 1;
    struct film f = mix(&p);
    double gain = pow(10, (-8 + boom->gain_db) / 20);
    CHECK(fabsf(f.v[0]) < 0.01f);
    CHECK_NEAR((double)f.v[2 * 1000], gain * boom->samples[5800] / 32768.0, 1e-6);
    free(f.v);

    struct plan_sfx first = {.name = "riser", .source = -1, .max_samples = INT64_MAX,
                             .gain_db = -8};
    p.sfx = &first;
    f = mix(&p);
    gain = pow(10, (-8 + riser->gain_db) / 20);
    CHECK_NEAR((double)f.v[2 * 60000], gain * riser->samples[60000] / 32768.0, 1e-6);
    free(f.v);

    struct plan_sfx late = {.name = "boom", .source = -1, .first_sample = 2 * RATE - 100,
                            .max_samples = INT64_MAX, .gain_db = -8};
    p.sfx = &late;
    f = mix(&p);
    CHECK(fabsf(f.v[2 * (2 * RATE - 50)]) > 0);
    free(f.v);
}

static void test_unknown_effect(void)
{
    CHECK_CASE("unknown effect");
    static const struct cut cuts[] = {{MUTE, 0, S, 1, 1}};
    struct plan_segment seg[1];
    struct plan p = plan_of(cuts, 1, seg, sources, SOURCES);
    struct plan_sfx sfx = {.name = "explosion", .source = -1, .max_samples = INT64_MAX};
    struct err e = {0};
    p.sfx = &sfx;
    p.sfx_count = 1;
    refuse(&p, NULL, &e);
    CHECK(e.code == ERR_INVALID);
    CHECK(strstr(e.msg, "explosion") && strstr(e.msg, "whoosh"));
}

static void test_silence(void)
{
    CHECK_CASE("silence");
    static const struct cut cuts[] = {{MUTE, 0, S / 3, 1, 1}, {MUTE, S, 2 * S, 1, 2}};
    struct plan_segment seg[2];
    struct plan p = plan_of(cuts, 2, seg, sources, SOURCES);
    struct film f = mix(&p);
    bool silent = true;
    for (int64_t i = 0; i < 2 * f.frames; i++)
        silent &= f.v[i] == 0.0f;
    CHECK(silent);
    free(f.v);
}

static void test_lengths(void)
{
    static const struct {
        const char *name;
        int64_t ticks;
    } cases[] = {{"one sample", S / RATE}, {"100 samples", 100 * (S / RATE)},
                 {"one block", 4096 * (S / RATE)}, {"a block and one", 4097 * (S / RATE)},
                 {"a third", S / 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct cut cut = {TONE, S, S + cases[i].ticks, 1, 1};
        struct plan_segment seg[1];
        struct plan p = plan_of(&cut, 1, seg, sources, SOURCES);
        struct film f = mix(&p);
        free(f.v);
    }
}

/* Many segments, some shorter than a fade or than a sample. */
static void test_many_short(void)
{
    CHECK_CASE("many short segments");
    enum { N = 400 };
    static struct cut cuts[N];
    static struct plan_segment seg[N];
    for (int i = 0; i < N; i++) {
        int64_t start = (int64_t)(i * 37 % 90) * S / 10;
        cuts[i] = (struct cut){i % 3 == 0 ? TONE : i % 3 == 1 ? RAMPS : MUTE, start,
                               start + 1 + (i * 7919 % 500) * (S / 50000), 1, 1 + i % 2};
    }
    struct plan p = plan_of(cuts, N, seg, sources, SOURCES);
    struct film f = mix(&p);
    float peak = 0;
    for (int64_t i = 0; i < 2 * f.frames; i++)
        peak = fmaxf(peak, fabsf(f.v[i]));
    CHECK(peak > 0.1f && peak < 0.75f);
    free(f.v);
}

static void test_same_again(void)
{
    CHECK_CASE("determinism");
    static const struct cut cuts[] = {{TONE, 0, S, 1, 1}, {RAMPS, S, 2 * S, 3, 4},
                                      {TONE, 5 * S, 5 * S + S / 3, 1, 2}};
    struct plan_segment seg[3];
    struct plan p = plan_of(cuts, 3, seg, sources, SOURCES);
    struct plan_sfx sfx = {.name = "ding", .source = -1, .first_sample = 5000,
                           .max_samples = INT64_MAX, .gain_db = -8};
    p.sfx = &sfx;
    p.sfx_count = 1;
    struct film a = mix(&p), b = mix(&p);
    CHECK(memcmp(a.v, b.v, 2 * (size_t)a.frames * sizeof *a.v) == 0);
    free(a.v);
    free(b.v);
}

/* Backwards is the same samples, last one first; also past the source's ends. */
static void test_backwards(void)
{
    CHECK_CASE("backwards");
    static const struct cut cuts[] = {{RAMPS, S / 3, S / 3 + 5 * S, 1, 1}, {RAMPS, 0, S, 1, 1}};
    struct plan_segment seg[2];
    struct plan p = plan_of(cuts, 2, seg, sources, SOURCES);
    seg[0].rate.backwards = true;
    struct film f = mix(&p);
    int64_t last = RATE / 3 + 5 * RATE - 1;
    bool same = true;
    for (int64_t n = FADE; n < seg[0].end_sample - FADE; n++)
        for (int c = 0; c < 2; c++)
            same &= fabsf(f.v[2 * n + c] - ramp((long)(last - n), c)) < 2e-6f;
    for (int64_t n = seg[1].first_sample + FADE; n < f.frames - FADE; n++)
        same &= fabsf(f.v[2 * n] - ramp((long)(n - seg[1].first_sample), 0)) < 2e-6f;
    CHECK(same);
    free(f.v);

    CHECK_CASE("backwards and slow");
    static const struct cut slow[] = {{IMPULSES, 0, 2 * S, 1, 2}};
    p = plan_of(slow, 1, seg, sources, SOURCES);
    seg[0].rate.backwards = true;
    f = mix(&p);
    for (int k = 0; k < 4; k++) {
        int64_t want = 4 * RATE - 2 * (12345 + k * RATE / 2), best = want - RATE / 4;
        for (int64_t n = want - RATE / 4; n < want + RATE / 4 && n < f.frames; n++)
            if (fabsf(f.v[2 * n]) > fabsf(f.v[2 * best]))
                best = n;
        CHECK(llabs(best - want) < RATE / 100);
    }
    free(f.v);
}

static void test_volume(void)
{
    CHECK_CASE("volume");
    static const struct cut cuts[] = {{TONE, S, 2 * S, 1, 1}, {TONE, 2 * S, 3 * S, 1, 1},
                                      {RAMPS, S, 2 * S, 1, 1}};
    struct plan_segment seg[3];
    struct plan p = plan_of(cuts, 3, seg, sources, SOURCES);
    seg[0].gain = 0.5;
    seg[1].gain = 1.5;
    seg[2].gain = 0;
    struct film f = mix(&p);
    float worst = 0;
    bool same = true;
    for (int64_t n = 3 * FADE; n < 2 * RATE - FADE; n++) {
        float want = tone((long)n + RATE, 0);
        if (n < RATE - FADE || n >= RATE + FADE) /* in between it glides: no bump, no hole */
            worst = fmaxf(worst, fabsf(f.v[2 * n] - want * (n < RATE ? 0.5f : 1.5f)));
        else
            same &= fabsf(f.v[2 * n]) <= 1.5001f * fabsf(want) && fabsf(f.v[2 * n]) >= 0.4999f * fabsf(want);
    }
    CHECK(worst < 2e-6f && same);
    for (int64_t n = 2 * RATE + FADE; n < f.frames; n++)
        same &= f.v[2 * n] == 0.0f;
    CHECK(same);
    free(f.v);
}

/* Two sounds that have nothing in common keep their power through a fade, however long. */
static void test_equal_power(void)
{
    static const int64_t fades[] = {0, 2400, RATE, 10 * RATE /* more than there is room for */};
    for (size_t i = 0; i < sizeof fades / sizeof *fades; i++) {
        CHECK_CASE("equal power");
        static const struct cut cuts[] = {{TONE, 0, 3 * S, 1, 1}, {HISS, 3 * S, 6 * S, 1, 1}};
        struct plan_segment seg[2];
        struct plan p = plan_of(cuts, 2, seg, sources, SOURCES);
        seg[1].fade_samples = fades[i];
        struct film f = mix(&p);
        int64_t half = fades[i] ? fades[i] / 2 : FADE, cut = 3 * RATE;
        half = half < 3 * RATE / 2 ? half : 3 * RATE / 2;
        for (int64_t at = cut - half; at + 480 <= cut + half; at += 480) {
            double sum = 0, power = 0.5 * 0.5 / 2;
            for (int64_t n = at; n < at + 480; n++)
                sum += (double)f.v[2 * n] * (double)f.v[2 * n] / 480;
            CHECK_NEAR(10 * log10(sum / power), 0, half < 480 ? 3 : 1.5);
        }
        bool same = true;
        for (int64_t n = FADE; n < cut - half; n++)
            same &= fabsf(f.v[2 * n] - tone((long)n, 0)) < 2e-6f;
        for (int64_t n = cut + half; n < f.frames - FADE; n++)
            same &= fabsf(f.v[2 * n] - hiss((long)n, 0)) < 2e-6f;
        CHECK(same);
        free(f.v);
    }
}

static bool ramp_in(const char *json, struct arena *a, struct effect_use *use)
{
    struct err e = {0};
    return CHECK(effect_parse(json, strlen(json), a, use, &e));
}

/* Clicks come where the plan says that their instant of the source is shown. */
static void test_ramps(void)
{
    static const char *const ramps[] = {
        "{\"name\":\"speed\",\"from\":0.5,\"to\":2}", "{\"name\":\"speed\",\"from\":2,\"to\":0.5}",
        "{\"name\":\"speed\",\"from\":1,\"to\":4,\"ease\":\"linear\"}"};
    struct arena a;
    arena_init(&a, 1 << 16);
    for (size_t i = 0; i < sizeof ramps / sizeof *ramps; i++) {
        CHECK_CASE(ramps[i]);
        struct effect_use use;
        struct err e = {0};
        struct plan_segment seg[2];
        if (!ramp_in(ramps[i], &a, &use))
            continue;
        struct cut cuts[] = {{MUTE, 0, S / 2, 1, 1}, {IMPULSES, 0, 8 * S, 1, 1}};
        struct effect_rate rate;
        CHECK(effect_total_rate(&use, 1, &rate, &e));
        cuts[1].num = (int)rate.num;
        cuts[1].den = (int)rate.den;
        struct plan p = plan_of(cuts, 2, seg, sources, SOURCES);
        seg[1].ramped = effect_has_ramp(&use, 1);
        seg[1].effects = &use;
        seg[1].effect_count = 1;
        struct film f = mix(&p);
        int found = 0;
        for (int k = 0; k < 16; k++) {
            int64_t ticks = plan_film_at(&seg[1], (12345 + (int64_t)k * RATE / 2) * (S / RATE));
            int64_t want = ticks / (S / RATE), best = want - 2000;
            if (want + 2000 > f.frames)
                continue;
            for (int64_t n = want - 2000; n < want + 2000; n++)
                if (fabsf(f.v[2 * n]) > fabsf(f.v[2 * best]))
                    best = n;
            CHECK_NEAR((double)(best - want) / 48, 0, 6); /* ms */
            found++;
        }
        CHECK(seg[1].ramped && found >= 14);
        free(f.v);
    }
    arena_finish(&a);
}

/* One channel of each kind of surround sound at a time: where it is heard, and how loud. */
static void test_downmix(void)
{
    static const double h = M_SQRT1_2;
    static const struct {
        const char *name;
        int channels, channel;
        double left, right;
    } cases[] = {{"mono", 1, 0, 1, 1},          {"stereo left", 2, 0, 1, 0},
                 {"stereo right", 2, 1, 0, 1},  {"5.1 left", 6, 0, 1, 0},
                 {"5.1 right", 6, 1, 0, 1},     {"5.1 centre", 6, 2, h, h},
                 {"5.1 LFE", 6, 3, 0, 0},       {"5.1 back left", 6, 4, h, 0},
                 {"5.1 back right", 6, 5, 0, h}, {"7.1 centre", 8, 2, h, h},
                 {"7.1 back left", 8, 4, h, 0}, {"7.1 side right", 8, 7, 0, h}};
    static const int rates[] = {48000, 44100, 22050, 96000};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int rate = rates[i % 4], channels = cases[i].channels;
        float *v = calloc((size_t)(rate * channels), sizeof *v);
        for (int n = 0; n < rate; n++)
            v[n * channels + cases[i].channel] = 0.4f * (float)sin(2 * M_PI * 440 * n / rate);
        int fd = wav_of_samples(v, rate, channels, rate);
        struct plan_source source = {.duration_ticks = S, .has_audio = true};
        struct cut cut = {0, 0, S, 1, 1};
        struct plan_segment seg[1];
        struct plan p = plan_of(&cut, 1, seg, &source, 1);
        struct film f = mix_of(&p, &fd, NULL);
        double power[2] = {0};
        for (int64_t n = RATE / 4; n < 3 * RATE / 4; n++)
            for (int c = 0; c < 2; c++)
                power[c] += pow((double)f.v[2 * n + c], 2) / (RATE / 2);
        CHECK_CASE(cases[i].name);
        CHECK_NEAR(sqrt(2 * power[0]), 0.4 * cases[i].left, 0.004);
        CHECK_NEAR(sqrt(2 * power[1]), 0.4 * cases[i].right, 0.004);
        free(f.v);
        free(v);
        close(fd);
    }
}

/* Bytes in use, at most, while a film of n segments is mixed, at mixed speeds and directions. */
static size_t memory_of(int n)
{
    static struct cut cuts[600];
    static struct plan_segment seg[600];
    for (int i = 0; i < n; i++) {
        int64_t start = (int64_t)(i * 37 % 80) * S / 10;
        cuts[i] = (struct cut){i % 4, start, start + S / 8, 1, 1 + (i % 50 == 7)};
    }
    struct plan p = plan_of(cuts, (size_t)n, seg, sources, SOURCES);
    for (int i = 0; i < n; i++)
        seg[i].rate.backwards = i % 10 == 3;
    struct err e = {0};
    float block[2 * 4096];
    size_t most = 0;
    struct sound_mix *m = sound_mix_create(&p, fds, NULL, NULL, &e);
    while (m && sound_mix_read(m, block, 4096, &e) > 0) {
        struct mallinfo2 now = mallinfo2();
        most = now.uordblks + now.hblkhd > most ? now.uordblks + now.hblkhd : most;
    }
    CHECK(m != NULL && e.code == ERR_NONE);
    sound_mix_destroy(m);
    return most;
}

static void test_memory(void)
{
    CHECK_CASE("memory");
    size_t little = memory_of(60), much = memory_of(600);
    CHECK(much < little + little / 10 + 100000);
}

static void test_cancel(void)
{
    CHECK_CASE("cancel");
    static const struct cut cuts[] = {{TONE, 0, S, 1, 1}};
    struct plan_segment seg[1];
    struct plan p = plan_of(cuts, 1, seg, sources, SOURCES);
    struct cancel c;
    struct err e = {0};
    CHECK(cancel_init(&c, &e));
    cancel_fire(&c);
    refuse(&p, &c, &e);
    CHECK(e.code == ERR_CANCELED);
    cancel_finish(&c);
}

int main(void)
{
    media_init();
    make_sources();
    test_cuts_are_exact();
    test_seamless();
    test_fades();
    test_impulse_after_cuts_and_speed();
    test_slow_impulses();
    test_effects();
    test_effects_at_edges();
    test_unknown_effect();
    test_silence();
    test_lengths();
    test_many_short();
    test_same_again();
    test_backwards();
    test_volume();
    test_equal_power();
    test_ramps();
    test_downmix();
    test_memory();
    test_cancel();
    for (int i = 0; i < SOURCES; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return check_done();
}
