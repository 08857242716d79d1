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

/* A low thump, for first beats. */
static void add_thump(struct sound *s, double time_s, double gain)
{
    size_t from = (size_t)lround(time_s * ANALYSIS_RATE);
    for (size_t i = 0; i < ANALYSIS_RATE / 5 && from + i < s->n; i++) {
        double t = (double)i / ANALYSIS_RATE;
        s->v[from + i] += (float)(gain * sin(2 * M_PI * 70 * t) * exp(-t / 0.06));
    }
}

/* Three sines; which ones changes from bar to bar. */
static void add_chord(struct sound *s, double from_s, double to_s, int root)
{
    static const double steps[] = {0, 4, 7};
    size_t from = (size_t)(from_s * ANALYSIS_RATE), to = (size_t)(to_s * ANALYSIS_RATE);
    for (size_t i = from; i < to && i < s->n; i++)
        for (int k = 0; k < 3; k++) {
            double t = (double)(i - from) / ANALYSIS_RATE, hz = 220 * exp2((root + steps[k]) / 12);
            s->v[i] += (float)(0.05 * sin(2 * M_PI * hz * t) * fmin(1, t / 0.02));
        }
}

struct bars_case {
    const char *name;
    double bpm, first_s;
    int beats, pickup; /* in a bar; beats before the first bar */
};

/* Thump on one; hits on two and four of four, on two and three of three; a new chord each bar. */
static struct sound play_bars(const struct bars_case *c)
{
    static const int roots[] = {0, 5, -3, 2};
    struct sound s = sound_of(32);
    double gap = 60 / c->bpm;
    for (int i = 0; c->first_s + i * gap < 31.5; i++) {
        double t = c->first_s + i * gap;
        int place = (i + c->beats - c->pickup) % c->beats;
        int bar = (i + c->beats - c->pickup) / c->beats;
        if (place == 0 || (c->beats == 4 && place == 2))
            add_thump(&s, t, place == 0 ? 0.6 : 0.4);
        if (c->beats == 4 ? place % 2 == 1 : place > 0)
            add_hit(&s, t, 0.3, 0.03);
        add_hit(&s, t + gap / 2, 0.05, 0.01);
        add_hit(&s, t, 0.05, 0.01);
        if (place == 0 || i == 0)
            add_chord(&s, t, t + (c->beats - place) * gap, roots[bar % 4]);
    }
    return s;
}

static void test_bars(void)
{
    static const struct bars_case cases[] = {
        {"4/4", 120, 0.3, 4, 0},          {"4/4 with a pickup", 104, 0.2, 4, 1},
        {"4/4, two before", 100, 0.5, 4, 2}, {"4/4, fast", 150, 0.3, 4, 3},
        {"3/4", 120, 0.3, 3, 0},          {"3/4 with a pickup", 140, 0.2, 3, 1},
        {"3/4, two before", 112, 0.4, 3, 2},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        CHECK_CASE(cases[c].name);
        struct sound s = play_bars(&cases[c]);
        struct beats_result r = track(&s, 4096);
        double gap = 60 / cases[c].bpm, bar = gap * cases[c].beats, right = 0;
        CHECK_NEAR(r.tempo, cases[c].bpm, 1);
        CHECK(r.beats_per_bar == cases[c].beats && r.downbeat_count > 8);
        for (size_t i = 0; i < r.downbeat_count; i++) {
            double bars = (r.downbeats_s[i] - cases[c].first_s - cases[c].pickup * gap) / bar;
            right += fabs(bars - round(bars)) * bar < 0.07;
        }
        CHECK(right >= 0.95 * (double)r.downbeat_count);
        beats_result_finish(&r);
        free(s.v);
    }
}

static void test_talk_before_music(void)
{
    CHECK_CASE("talk, then music");
    struct sound talk = sound_of(90), s = sound_of(180);
    fill_syllables(&talk);
    for (size_t i = 0; i < talk.n; i++)
        s.v[i] = talk.v[i];
    for (double t = 90; t < 179; t += 0.5)
        add_hit(&s, t, 0.5, 0.015);
    struct beats_result r = track(&s, 4096);
    CHECK(found(&r, 92, 0.5, 178) > 0.97);
    CHECK(r.count > 0 && r.beats_s[0] > 59); /* spans are half a minute long */
    beats_result_finish(&r);
    free(talk.v);
    free(s.v);
}

/* Two songs in one file: each has its tempo. */
static void test_two_songs(void)
{
    CHECK_CASE("two tempi");
    struct sound s = sound_of(180);
    for (double t = 0.3; t < 90; t += 60.0 / 100)
        add_hit(&s, t, 0.5, 0.015);
    for (double t = 90.5; t < 179; t += 60.0 / 140)
        add_hit(&s, t, 0.5, 0.015);
    struct beats_result r = track(&s, 4096);
    CHECK(found(&r, 0.3, 60.0 / 100, 85) > 0.97 && found(&r, 90.5 + 12 * 60.0 / 140, 60.0 / 140, 175) > 0.97);
    CHECK(!r.steady && r.count > 0);
    CHECK_NEAR(r.tempo_curve[20], 100, 1);
    CHECK_NEAR(r.tempo_curve[r.count - 20], 140, 1.4);
    beats_result_finish(&r);
    free(s.v);
}

/* Parts of known loudness; borders on downbeats of the clicks where there are any. */
static void test_sections(void)
{
    static const double starts[] = {0, 10, 22, 30}, gains[] = {0.02, 0.3, 0.05, 0.4};
    CHECK_CASE("sections");
    struct sound s = sound_of(40);
    uint32_t seed = 3;
    for (size_t i = 0; i < s.n; i++) {
        int part = 3;
        while ((double)i / ANALYSIS_RATE < starts[part])
            part--;
        s.v[i] = (float)(gains[part] * noise(&seed));
    }
    struct beats_result r = track(&s, 4096);
    CHECK(r.energy.section_count == 4 && r.energy.drop_count == 2);
    for (size_t i = 0; i < 4 && i < r.energy.section_count; i++) {
        const struct energy_section *sec = &r.energy.sections[i];
        CHECK_NEAR(sec->start_s, starts[i], 0.1);
        CHECK_NEAR(sec->end_s, i < 3 ? starts[i + 1] : 40, 0.1);
        CHECK_NEAR(sec->level_db, 20 * log10(gains[i] / sqrt(3)), 1);
    }
    CHECK_NEAR(r.energy.drops[0].time_s, 10, 0.1); /* the larger rise */
    CHECK_NEAR(r.energy.drops[1].time_s, 30, 0.1);
    CHECK_NEAR(r.energy.drops[0].rise_db, 20 * log10(0.3 / 0.02), 2);
    beats_result_finish(&r);
    free(s.v);
}

static void test_section_on_downbeat(void)
{
    CHECK_CASE("a border is a downbeat");
    static const struct bars_case c = {"", 120, 0.5, 4, 0};
    struct sound s = play_bars(&c); /* bars begin at 0.5, 2.5, ... 14.5 */
    for (size_t i = 0; (double)i < 14.4 * ANALYSIS_RATE; i++)
        s.v[i] *= 0.15f;
    struct beats_result r = track(&s, 4096);
    CHECK(r.energy.drop_count == 1);
    CHECK_NEAR(r.energy.drops[0].time_s, 14.5, 0.03);
    bool is_downbeat = false;
    for (size_t i = 0; i < r.downbeat_count; i++)
        is_downbeat |= r.downbeats_s[i] == r.energy.drops[0].time_s;
    CHECK(is_downbeat);
    beats_result_finish(&r);
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
    test_bars();
    test_talk_before_music();
    test_two_songs();
    test_energy();
    test_sections();
    test_section_on_downbeat();
    return check_done();
}
