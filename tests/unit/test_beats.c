/* SPDX-License-Identifier: GPL-3.0-or-later
 * Beats, tempo and energy peaks on sounds whose truth is known because we make them here. */
#include "analysis/beats.h"
#include "check.h"

#include <stdlib.h>

struct sound {
    float *v;
    size_t n;
};

static struct sound sound_of(double seconds)
{
    size_t n = (size_t)(seconds * ANALYSIS_RATE);
    return (struct sound){calloc(n + 1, sizeof(float)), n};
}

static double noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)*seed / 2147483648.0 - 1;
}

/* A drum-like burst of noise that decays within `decay_s`. */
static void add_hit(struct sound *s, double time_s, double gain, double decay_s)
{
    uint32_t seed = 7;
    size_t from = (size_t)lround(time_s * ANALYSIS_RATE);
    for (size_t i = 0; i < (size_t)(6 * decay_s * ANALYSIS_RATE) && from + i < s->n; i++)
        s->v[from + i] +=
            (float)(gain * noise(&seed) * exp(-(double)i / (decay_s * ANALYSIS_RATE)));
}

static void add_noise(struct sound *s, double gain)
{
    uint32_t seed = 99;
    for (size_t i = 0; i < s->n; i++)
        s->v[i] += (float)(gain * noise(&seed));
}

static struct beats_result track(const struct sound *s, size_t block)
{
    struct err e = {0};
    struct beats_result r = {0};
    struct beats *b = beats_create(&e);
    bool ok = b != NULL;
    for (size_t i = 0; i < s->n && ok; i += block)
        ok = beats_push(b, s->v + i, s->n - i < block ? s->n - i : block, &e);
    CHECK(ok && beats_finish(b, &r, &e));
    beats_destroy(b);
    return r;
}

/* How many of the true times start + k * gap < end have a beat within 30 ms. */
static double found(const struct beats_result *r, double start, double gap, double end)
{
    int hit = 0, all = 0;
    for (double t = start; t < end; t += gap, all++)
        for (size_t i = 0; i < r->count; i++)
            if (fabs(r->beats_s[i] - t) < 0.030) {
                hit++;
                break;
            }
    return (double)hit / all;
}

static void test_clicks(void)
{
    static const struct {
        const char *name;
        double bpm, first_s, noise;
    } cases[] = {
        {"75 BPM", 75, 0.30, 0},          {"97.3 BPM", 97.3, 0.11, 0.003},
        {"120 BPM", 120, 0.25, 0},        {"128 BPM in noise", 128, 0.05, 0.02},
        {"141.7 BPM", 141.7, 0.40, 0},    {"174 BPM", 174, 0.20, 0.003},
        {"200 BPM", 200, 0.10, 0.001},    {"offset", 110, 0.33, 0},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        CHECK_CASE(cases[c].name);
        struct sound s = sound_of(20);
        double gap = 60 / cases[c].bpm;
        for (double t = cases[c].first_s; t < 19.9; t += gap)
            add_hit(&s, t, 0.5, 0.015);
        add_noise(&s, cases[c].noise);
        struct beats_result r = track(&s, 4096);
        CHECK(found(&r, cases[c].first_s, gap, 19.5) > 0.97);
        CHECK_NEAR(r.tempo, cases[c].bpm, cases[c].bpm * 0.005);
        CHECK(fabs((double)r.count - 19.7 / gap) < 3);
        CHECK(r.steady && r.confidence > 0.8 && r.confidence <= 1);
        CHECK_NEAR(r.candidates[1].bpm, r.tempo / 2, 1e-9);
        for (size_t i = 0; i < r.count; i++)
            CHECK_NEAR(r.tempo_curve[i], cases[c].bpm, cases[c].bpm * 0.02);
        beats_result_finish(&r);
        free(s.v);
    }
}

static void test_accelerando(void)
{
    CHECK_CASE("90 to 130 BPM");
    struct sound s = sound_of(30);
    size_t hits = 0, hit = 0;
    double times[128];
    for (double t = 0.2; t < 29.8; t += 60 / (90 + 40 * t / 30)) {
        times[hits++] = t;
        add_hit(&s, t, 0.5, 0.015);
    }
    struct beats_result r = track(&s, 4096);
    for (size_t k = 0; k < hits; k++)
        for (size_t i = 0; i < r.count; i++)
            hit += fabs(r.beats_s[i] - times[k]) < 0.030;
    CHECK((double)hit > 0.95 * (double)hits && r.count < hits + 3);
    CHECK(!r.steady);
    CHECK(r.count > 20 && r.tempo_curve[2] < 97 && r.tempo_curve[r.count - 3] > 123);
    beats_result_finish(&r);
    free(s.v);
}

static void fill_nothing(struct sound *s)
{
    (void)s;
}

static void fill_noise(struct sound *s)
{
    add_noise(s, 0.3);
}

static void fill_offset(struct sound *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->v[i] = 0.25f;
}

static void fill_tone(struct sound *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->v[i] = (float)(0.5 * sin(2 * M_PI * 440 * (double)i / ANALYSIS_RATE));
}

/* Bursts of uneven length at uneven times, in phrases with gaps between them. */
static void fill_syllables(struct sound *s)
{
    uint32_t seed = 5;
    for (double t = 0.3; t < (double)s->n / ANALYSIS_RATE - 1;) {
        int syllables = 4 + (int)(6 * fabs(noise(&seed)));
        for (int i = 0; i < syllables; i++, t += 0.22 + 0.11 * noise(&seed))
            add_hit(s, t, 0.2 + 0.15 * noise(&seed), 0.05 + 0.03 * noise(&seed));
        t += 0.5 + 0.4 * noise(&seed);
    }
}

static void fill_one_hit(struct sound *s)
{
    add_hit(s, 5, 0.8, 0.02);
}

static void test_no_beats(void)
{
    static const struct {
        const char *name;
        void (*fill)(struct sound *s);
        double seconds;
    } cases[] = {
        {"silence", fill_nothing, 20}, {"noise", fill_noise, 20},
        {"offset", fill_offset, 10},   {"tone", fill_tone, 20},
        {"syllables", fill_syllables, 30}, {"one hit", fill_one_hit, 10},
        {"empty", fill_nothing, 0},    {"shorter than a window", fill_noise, 0.01},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        CHECK_CASE(cases[c].name);
        struct sound s = sound_of(cases[c].seconds);
        cases[c].fill(&s);
        struct beats_result r = track(&s, 1000);
        CHECK(r.count == 0 && isnan(r.tempo) && r.confidence == 0.0);
        CHECK_NEAR(r.duration_s, cases[c].seconds, 1e-3);
        beats_result_finish(&r);
        free(s.v);
    }
}

static void test_silence_around(void)
{
    CHECK_CASE("music between silences");
    struct sound s = sound_of(30);
    for (double t = 6; t < 23.9; t += 0.5)
        add_hit(&s, t, 0.5, 0.015);
    struct beats_result r = track(&s, 4096);
    CHECK(found(&r, 6, 0.5, 23.9) > 0.97);
    CHECK(r.count > 0 && r.beats_s[0] > 4.5 && r.beats_s[r.count - 1] < 25.5);
    beats_result_finish(&r);
    free(s.v);
}

static void test_block_size(void)
{
    CHECK_CASE("blocks");
    struct sound s = sound_of(10);
    for (double t = 0.2; t < 9.9; t += 0.47)
        add_hit(&s, t, 0.5, 0.015);
    struct beats_result a = track(&s, 10000), b = track(&s, 1), c = track(&s, 441);
    CHECK(a.count == b.count && a.count == c.count && a.count > 15);
    for (size_t i = 0; i < a.count && i < b.count && i < c.count; i++)
        CHECK(a.beats_s[i] == b.beats_s[i] && a.beats_s[i] == c.beats_s[i]);
    beats_result_finish(&a);
    beats_result_finish(&b);
    beats_result_finish(&c);
    free(s.v);
}

static void test_energy(void)
{
    CHECK_CASE("energy");
    struct sound s = sound_of(20);
    add_noise(&s, 0.01);
    for (size_t i = 0; i < s.n / 2; i++) /* the second half is 20 dB louder */
        s.v[s.n / 2 + i] *= 10;
    add_hit(&s, 12, 0.9, 0.05);
    add_hit(&s, 15, 0.9, 0.05);
    struct beats_result r = track(&s, 4096);
    bool first = false, second = false;
    for (size_t i = 0; i < r.energy.peak_count; i++) {
        first |= fabs(r.energy.peaks[i].time_s - 12) < 0.05 && r.energy.peaks[i].score > 0.5;
        second |= fabs(r.energy.peaks[i].time_s - 15) < 0.05;
        CHECK(i == 0 || r.energy.peaks[i].time_s - r.energy.peaks[i - 1].time_s >= 0.5);
    }
    CHECK(first && second);
    CHECK(r.energy.drop_count == 1 && r.energy.section_count == 2);
    CHECK_NEAR(r.energy.drops[0].time_s, 10, 0.1);
    CHECK_NEAR(r.energy.drops[0].rise_db, 20, 2);
    beats_result_finish(&r);
    free(s.v);
}

static void test_meter(void)
{
    CHECK_CASE("meter");
    struct err e = {0};
    struct energy_meter m = {0};
    struct sound s = sound_of(1);
    fill_tone(&s);
    CHECK(energy_push(&m, s.v, s.n, &e) && energy_end(&m, &e));
    float db[200];
    CHECK(m.power.count == 100);
    energy_db(&m, 4, db);
    CHECK_NEAR(db[50], 20 * log10(0.5) - 3.0103, 0.05);
    energy_finish(&m);
    free(s.v);
}

static void test_series(void)
{
    CHECK_CASE("quantile");
    float v[101], flat[5] = {2, 2, 2, 2, 2}, out[5];
    for (int i = 0; i < 101; i++)
        v[i] = (float)((i * 37) % 101);
    CHECK(quantile(v, 101, 0.5) == 50.0f);
    CHECK(quantile(v, 101, 0.95) == 95.0f);
    CHECK(quantile(v, 101, 0) == 0.0f && quantile(v, 101, 1) == 100.0f);
    CHECK(quantile(flat, 5, 0.9) == 2.0f && quantile(flat, 0, 0.5) == 0.0f);
    const float ramp[5] = {0, 1, 2, 3, 4};
    box_mean(ramp, out, 5, 1);
    CHECK_NEAR(out[0], 0.5, 1e-6);
    CHECK_NEAR(out[2], 2, 1e-6);
    CHECK_NEAR(out[4], 3.5, 1e-6);
}

int main(void)
{
    test_series();
    test_meter();
    test_clicks();
    test_accelerando();
    test_no_beats();
    test_silence_around();
    test_block_size();
    test_energy();
    return check_done();
}
