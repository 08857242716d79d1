/* SPDX-License-Identifier: GPL-3.0-or-later
 * Pauses: bursts like speech over several kinds of background, with known gaps. */
#include "analysis/silence.h"
#include "check.h"

#include <stdlib.h>

#define SECONDS 12

struct span {
    double start, end;
};

static double noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)*seed / 2147483648.0 - 1;
}

/* "Speech" in the given spans: noise whose loudness goes up and down five times a second. */
static float *speech(const struct span *spans, int count, double gain, double background)
{
    float *v = calloc((size_t)SECONDS * ANALYSIS_RATE, sizeof *v);
    uint32_t seed = 3;
    for (int i = 0; i < SECONDS * ANALYSIS_RATE; i++) {
        double t = (double)i / ANALYSIS_RATE;
        v[i] = (float)(background * noise(&seed));
        for (int k = 0; k < count; k++)
            if (t >= spans[k].start && t < spans[k].end)
                v[i] += (float)(gain * noise(&seed) * (0.6 + 0.4 * cos(2 * M_PI * 5 * t)));
    }
    return v;
}

static struct pauses find(const float *v, size_t n, struct silence_options opt)
{
    struct err e = {0};
    struct energy_meter m = {0};
    struct pauses p;
    CHECK(energy_push(&m, v, n, &e) && energy_end(&m, &e));
    CHECK(silence_find(&m, &opt, &p, &e));
    energy_finish(&m);
    return p;
}

static void test_gaps(void)
{
    static const struct span said[] = {{0.5, 3.0}, {4.0, 6.5}, {6.8, 9.0}, {10.0, 12.0}};
    static const struct {
        const char *name;
        double gain, background;
    } cases[] = {
        {"digital silence between", 0.3, 0},   {"quiet room", 0.3, 0.0005},
        {"quiet speaker", 0.03, 0.0005},       {"noisy street, 20 dB", 0.3, 0.03},
        {"noisy street, 14 dB", 0.3, 0.06},    {"loud", 0.9, 0.001},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        CHECK_CASE(cases[c].name);
        float *v = speech(said, 4, cases[c].gain, cases[c].background);
        struct pauses p = find(v, (size_t)SECONDS * ANALYSIS_RATE, SILENCE_DEFAULTS);
        /* The gap of 0.3 s at 6.5 is too short once it has its margins. */
        if (CHECK(p.count == 3)) {
            CHECK(p.pauses[0].start_s == 0.0);
            CHECK_NEAR(p.pauses[0].end_s, 0.3, 0.04);
            CHECK_NEAR(p.pauses[1].start_s, 3.2, 0.05);
            CHECK_NEAR(p.pauses[1].end_s, 3.8, 0.05);
            CHECK_NEAR(p.pauses[2].start_s, 9.2, 0.05);
            CHECK_NEAR(p.pauses[2].end_s, 9.8, 0.05);
        }
        silence_finish(&p);
        free(v);
    }
}

static void test_no_margin(void)
{
    CHECK_CASE("no margin");
    static const struct span said[] = {{0, 6.5}, {6.8, 12.0}};
    float *v = speech(said, 2, 0.3, 0.001);
    struct pauses p = find(v, (size_t)SECONDS * ANALYSIS_RATE, (struct silence_options){0, 0.2});
    if (CHECK(p.count == 1)) {
        CHECK_NEAR(p.pauses[0].start_s, 6.5, 0.04);
        CHECK_NEAR(p.pauses[0].end_s, 6.8, 0.04);
    }
    silence_finish(&p);
    free(v);
}

static void test_click_in_pause(void)
{
    CHECK_CASE("click in a pause");
    static const struct span said[] = {{0, 4}, {6, 12.0}};
    float *v = speech(said, 2, 0.3, 0.0005);
    v[5 * ANALYSIS_RATE] = 0.2f;
    struct pauses p = find(v, (size_t)SECONDS * ANALYSIS_RATE, SILENCE_DEFAULTS);
    CHECK(p.count == 1);
    silence_finish(&p);
    free(v);
}

static void test_none(void)
{
    static const struct span always[] = {{0, 12}};
    CHECK_CASE("steady noise");
    float *v = speech(NULL, 0, 0, 0.2);
    struct pauses p = find(v, (size_t)SECONDS * ANALYSIS_RATE, SILENCE_DEFAULTS);
    CHECK(p.count == 0);
    silence_finish(&p);
    free(v);

    CHECK_CASE("speech all along");
    v = speech(always, 1, 0.3, 0.001);
    p = find(v, (size_t)SECONDS * ANALYSIS_RATE, SILENCE_DEFAULTS);
    CHECK(p.count == 0);
    silence_finish(&p);
    free(v);

    CHECK_CASE("nothing");
    p = find(NULL, 0, SILENCE_DEFAULTS);
    CHECK(p.count == 0);
    silence_finish(&p);
}

/* Two minutes: a loud speaker in a quiet room, then a soft one beside a fan, 1 s of pause every 4 s;
 * then half a minute of nothing. */
static void test_scenes(void)
{
    CHECK_CASE("scenes of their own loudness");
    size_t n = (size_t)120 * ANALYSIS_RATE;
    float *v = calloc(n, sizeof *v);
    uint32_t seed = 5;
    for (size_t i = 0; v && i < n; i++) {
        double t = (double)i / ANALYSIS_RATE;
        bool soft = t >= 45, over = t >= 90, speaks = !over && fmod(t, 4) < 3;
        double gain = !speaks ? 0 : soft ? 0.02 : 0.6;
        double fan = over ? 0.0001 : soft ? 0.002 : 0.0001;
        v[i] = (float)((gain * (0.6 + 0.4 * cos(2 * M_PI * 5 * t)) + fan) * noise(&seed));
    }
    struct pauses p = find(v, n, SILENCE_DEFAULTS);
    size_t found = 0;
    for (size_t i = 0; i < p.count; i++) {
        double length = p.pauses[i].end_s - p.pauses[i].start_s;
        if (p.pauses[i].start_s > 89)
            CHECK(length > 29);
        else
            CHECK_NEAR(length, 0.6, 0.1);
        found += p.pauses[i].start_s < 89;
    }
    CHECK((int)found >= 20 && (int)found <= 22); /* the change itself may cost one or two */
    silence_finish(&p);
    free(v);
}

static void test_all_quiet(void)
{
    CHECK_CASE("digital silence");
    float *v = speech(NULL, 0, 0, 0);
    struct pauses p = find(v, (size_t)SECONDS * ANALYSIS_RATE, SILENCE_DEFAULTS);
    if (CHECK(p.count == 1)) {
        CHECK(p.pauses[0].start_s == 0.0);
        CHECK_NEAR(p.pauses[0].end_s, SECONDS, 0.011);
    }
    silence_finish(&p);
    free(v);
}

int main(void)
{
    test_gaps();
    test_no_margin();
    test_click_in_pause();
    test_none();
    test_scenes();
    test_all_quiet();
    return check_done();
}
