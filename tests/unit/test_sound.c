/* SPDX-License-Identifier: GPL-3.0-or-later
 * The mix of a film, to the sample: plans written by hand over sounds made here (WAV in memory). */
#include "sound_plans.h"

#include "render/sfx.h"
#include "render/sound_film.h"

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

enum { RAMPS, IMPULSES, TONE, MUTE, SOURCES };
static int fds[SOURCES];
static struct plan_source sources[SOURCES];

static void make_sources(void)
{
    fds[RAMPS] = wav_of(ramp, LENGTH);
    fds[IMPULSES] = wav_of(impulses, LENGTH);
    fds[TONE] = wav_of(tone, LENGTH);
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
    test_cancel();
    for (int i = 0; i < SOURCES; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return check_done();
}
