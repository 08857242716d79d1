/* SPDX-License-Identifier: GPL-3.0-or-later
 * Music under a film: where it starts over, its fades, and how it gives way to speech. */
#include "noise.h"
#include "sound_plans.h"

#include "render/music_loop.h"
#include "render/sound_duck.h"

/* --- Sounds -------------------------------------------------------------------------------------- */

/* 120 beats a minute in bars of four: a low drum on the first beat, a click on the others, and a
 * chord that changes with the bar. */
#define BEAT (RATE / 2)
static float band(long n, int channel)
{
    long beat = n / BEAT;
    double t = (double)(n % BEAT) / RATE, drum = beat % 4 == 0 ? 70 : 0;
    double hit = drum > 0 ? sin(2 * M_PI * drum * t) * exp(-t * 9)
                          : hash_noise(n % BEAT) * exp(-t * 60) * 0.5;
    double chord = sin(2 * M_PI * (220 + 55 * (double)(beat / 4 % 3)) * (double)n / RATE);
    (void)channel;
    return (float)(0.5 * hit + 0.1 * chord);
}

static float hum(long n, int channel)
{
    (void)channel;
    return 0.2f * (float)sin(2 * M_PI * 100 * (double)n / RATE);
}

/* Noise like a telephone's, 1 s on and 1 s off from 1.0 s on, over a quiet hiss. */
static float talk(long n, int channel)
{
    bool on = n / RATE % 2 == 1;
    (void)channel;
    return (float)((on ? 0.1 : 0.0005) * hash_noise(n / 12));
}

static float hiss(long n, int channel)
{
    return (float)(0.01 * hash_noise(2 * n + channel));
}

/* Hiss with a whisper from 5.0 to 6.0 s, 5 dB above it. */
static float whisper(long n, int channel)
{
    return hiss(n, channel) * (n / RATE == 5 ? 1.7f : 1.0f);
}

static float nothing(long n, int channel)
{
    (void)n, (void)channel;
    return 0;
}

enum { BAND, BAND_AND_HALF, HUM, TALK, HISS, WHISPER, NOTHING, SOURCES };
static const struct {
    float (*fill)(long, int);
    double seconds;
} made[SOURCES] = {{band, 16},   {band, 17.3}, {hum, 3.21},   {talk, 8},
                   {hiss, 8},    {whisper, 8}, {nothing, 60}};
static int fds[SOURCES];
static struct plan_source sources[SOURCES];

static void make_sources(void)
{
    for (int i = 0; i < SOURCES; i++) {
        fds[i] = wav_of(made[i].fill, lround(made[i].seconds * RATE));
        sources[i] = (struct plan_source){.duration_ticks = llround(made[i].seconds * (double)S),
                                          .has_audio = true};
    }
}

/* `seconds` of a film with the sound of `source` under `music`. */
static struct film film_with(int source, int64_t seconds, struct plan_music music,
                             const struct plan_caption *captions, size_t caption_count)
{
    struct cut cut = {source, 0, seconds * S, 1, 1};
    struct plan_segment seg[1];
    struct plan p = plan_of(&cut, 1, seg, sources, SOURCES);
    if (music.whole_samples == 0)
        music.whole_samples = p.sample_count;
    p.music = &music;
    p.captions = captions;
    p.caption_count = caption_count;
    return mix_of(&p, fds, NULL);
}

/* --- Where it starts over ------------------------------------------------------------------------ */

/* Samples by which a loop misses whole bars. */
static long off_bars(const struct music_loop *l)
{
    long rest = (long)((l->to - l->from) % (4 * BEAT));
    return rest < 2 * BEAT ? rest : 4 * BEAT - rest;
}

static void test_loop_of_bars(void)
{
    struct music_loop l;
    struct err e = {0};
    CHECK_CASE("a whole number of bars is a loop");
    CHECK(music_find_loop(fds[BAND], 0, 16 * RATE, &l, NULL, &e));
    CHECK(l.from == 0 && labs((long)l.to - 16 * RATE) <= 3 && l.fade == 0);

    CHECK_CASE("else from bar line to bar line");
    CHECK(music_find_loop(fds[BAND_AND_HALF], 0, lround(17.3 * RATE), &l, NULL, &e));
    CHECK(off_bars(&l) < 48 && l.to - l.from >= 8 * RATE);
    CHECK_NEAR((double)(l.from % BEAT > BEAT / 2 ? l.from % BEAT - BEAT : l.from % BEAT), 0, 600);

    CHECK_CASE("not before the start");
    CHECK(music_find_loop(fds[BAND_AND_HALF], 5 * RATE, lround(17.3 * RATE), &l, NULL, &e));
    CHECK(l.from > 5 * RATE - 1000 && off_bars(&l) < 48);

    CHECK_CASE("no beats: all of it");
    CHECK(music_find_loop(fds[HUM], 0, lround(3.21 * RATE), &l, NULL, &e));
    CHECK(l.from == 2400 && l.fade == 2400 && labs((long)l.to - lround(3.21 * RATE)) < 1930);
    CHECK(l.likeness > 0.95); /* its phase fits */
}

/* The beats of a film's music come every half second, also over the seams. */
static void test_beats_go_on(void)
{
    static const int music[] = {BAND, BAND_AND_HALF};
    for (int i = 0; i < 2; i++) {
        struct film f = film_with(NOTHING, 50, (struct plan_music){.source = music[i], .loop = true},
                                  NULL, 0);
        CHECK_CASE(i ? "beats over cross-faded seams" : "beats over seams");
        for (int beat = 1; beat < 99; beat++) { /* each begins with more than what went before */
            double before = 0, after = 0;
            int64_t at = (int64_t)beat * BEAT;
            for (int64_t n = at - 960; n < at - 96; n++)
                before += pow((double)f.v[2 * n], 2) / 864;
            for (int64_t n = at; n < at + 864; n++)
                after += pow((double)f.v[2 * n], 2) / 864;
            CHECK(after > 1.5 * before);
        }
        free(f.v);
    }
}

/* A hum that starts over at another phase: its level stays, nothing jumps. */
static void test_seam(void)
{
    CHECK_CASE("seam of a held tone");
    struct film f =
        film_with(NOTHING, 12, (struct plan_music){.source = HUM, .loop = true}, NULL, 0);
    float step = 0;
    for (int64_t n = 1; n < f.frames; n++)
        step = fmaxf(step, fabsf(f.v[2 * n] - f.v[2 * n - 2]));
    CHECK(step < 0.2f * 2 * (float)M_PI * 100 / RATE * 1.1f);
    for (int64_t at = 0; at + 480 < f.frames; at += 480) {
        float peak = 0;
        for (int64_t n = at; n < at + 480; n++)
            peak = fmaxf(peak, fabsf(f.v[2 * n]));
        CHECK_NEAR((double)peak, 0.2, 0.02);
    }
    free(f.v);
}

static void test_start_fades_and_end(void)
{
    CHECK_CASE("start, gain and fades");
    struct plan_music m = {.source = BAND, .gain_db = -6, .start_samples = 3 * RATE,
                           .fade_in_samples = RATE, .fade_out_samples = 2 * RATE};
    struct film f = film_with(NOTHING, 8, m, NULL, 0);
    double gain = pow(10, -6 / 20.0);
    bool same = true;
    for (int64_t n = RATE; n < 6 * RATE; n++)
        same &= fabs((double)f.v[2 * n] - gain * (double)band((long)n + 3 * RATE, 0)) < 2e-6;
    CHECK(same);
    CHECK_NEAR((double)f.v[2 * (RATE / 2)] / (gain * (double)band(RATE / 2 + 3 * RATE, 0)),
               M_SQRT1_2, 1e-3);
    CHECK_NEAR((double)f.v[2 * (7 * RATE + 99)] / (gain * (double)band(10 * RATE + 99, 0)),
               M_SQRT1_2, 2e-3);
    CHECK(fabsf(f.v[2 * f.frames - 2]) < 1e-4f);
    free(f.v);

    CHECK_CASE("not looped, it ends");
    f = film_with(NOTHING, 20, (struct plan_music){.source = BAND}, NULL, 0);
    CHECK(f.v[2 * (16 * RATE + 5)] == 0.0f && f.v[2 * (16 * RATE - 6000)] != 0.0f);
    free(f.v);

    CHECK_CASE("a range of a film hears what the whole film hears there");
    struct film whole =
        film_with(NOTHING, 50, (struct plan_music){.source = BAND_AND_HALF, .loop = true}, NULL, 0);
    struct film part = film_with(NOTHING, 10,
                                 (struct plan_music){.source = BAND_AND_HALF, .loop = true,
                                                     .skip_samples = 38 * RATE,
                                                     .whole_samples = 50 * RATE},
                                 NULL, 0);
    float apart = 0;
    for (int64_t n = 0; n < 2 * part.frames; n++)
        apart = fmaxf(apart, fabsf(part.v[n] - whole.v[n + 2 * 38 * RATE]));
    CHECK(apart < 1e-5f);
    free(whole.v);
    free(part.v);
}

/* --- Speech -------------------------------------------------------------------------------------- */

/* Gain of the hum at a moment, dB: the film's own sound taken off. */
static double hum_db(const struct film *f, float (*own)(long, int), double t)
{
    double sum = 0;
    int64_t at = llround(t * RATE) - 480;
    for (int64_t n = at; n < at + 960; n++) /* two waves */
        sum += pow((double)f->v[2 * n] - (double)own((long)n, 0), 2) / 960;
    return 10 * log10(sum / (0.2 * 0.2 / 2) + 1e-12);
}

static void test_ducking(void)
{
    CHECK_CASE("ducking");
    static const struct {
        double t, db;
    } moments[] = {{0.5, 0},   {0.93, 0},   {1.0, -12},  {1.5, -12}, {1.99, -12}, {2.15, -12},
                   {2.5, 0},   {2.92, 0},   {3.01, -12}, {4.1, -12}, {4.33, -6},  {4.7, 0}};
    struct plan_music m = {.source = HUM, .loop = true, .duck_db = -12};
    struct film f = film_with(TALK, 8, m, NULL, 0);
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        CHECK_NEAR(hum_db(&f, talk, moments[i].t), moments[i].db, fabs(moments[i].db + 6) < 1 ? 3 : 1);
    free(f.v);

    CHECK_CASE("never ducked");
    m.duck_db = 0;
    f = film_with(TALK, 3, m, NULL, 0);
    CHECK_NEAR(hum_db(&f, talk, 1.5), 0, 0.1);
    free(f.v);

    CHECK_CASE("hiss is no speech");
    m.duck_db = -12;
    f = film_with(HISS, 8, m, NULL, 0);
    for (double t = 0.5; t < 7.5; t += 0.5)
        CHECK_NEAR(hum_db(&f, hiss, t), 0, 0.2);
    free(f.v);

    CHECK_CASE("a whisper is speech where a caption says so");
    static const struct plan_caption caption = {
        .text = "psst", .out_start = 5 * S, .out_end = 6 * S};
    f = film_with(WHISPER, 8, m, NULL, 0);
    CHECK_NEAR(hum_db(&f, whisper, 5.7), 0, 0.5);
    free(f.v);
    f = film_with(WHISPER, 8, m, &caption, 1);
    CHECK_NEAR(hum_db(&f, whisper, 5.7), -12, 0.5);
    CHECK_NEAR(hum_db(&f, whisper, 7), 0, 0.2);
    free(f.v);
}

int main(void)
{
    media_init();
    make_sources();
    test_loop_of_bars();
    test_beats_go_on();
    test_seam();
    test_start_fades_and_end();
    test_ducking();
    for (int i = 0; i < SOURCES; i++)
        close(fds[i]);
    return check_done();
}
