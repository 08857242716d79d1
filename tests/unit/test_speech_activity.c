/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "analysis/speech_activity.h"

#include <math.h>
#include <stdint.h>

#define RATE 22050
#define SECONDS 12
#define SAMPLES (RATE * SECONDS)
#define LOUD_NOISE 0.35 /* gain of add_noise() 7 dB above add_voice(.., 1) */

static float sound[SAMPLES];

static double noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)*seed / 2147483648.0 - 1;
}

/* Harmonics up to 3 kHz that fall off as a voice's or a string's do. */
static double tone(double phase, double hz)
{
    double sum = 0;
    for (int k = 1; k * hz < 3000; k++)
        sum += sin(k * phase) / k;
    return 0.15 * sum;
}

/* Adds syllables, four a second with a short break in each, whose pitch falls by a third. */
static void add_voice(double from_s, double to_s, double gain)
{
    double phase = 0;
    for (int i = (int)(from_s * RATE); i < (int)(to_s * RATE); i++) {
        double t = fmod((double)i / RATE, 0.25);
        double hz = 170 * exp2(-t / 0.25 * 4 / 12.0);
        phase += 2 * M_PI * hz / RATE;
        if (t < 0.2)
            sound[i] += (float)(gain * sin(M_PI * t / 0.2) * tone(phase, hz));
    }
}

/* Adds an instrument: a new note of a scale every third of a second. */
static void add_music(double gain)
{
    static const int scale[] = {0, 4, 7, 12, 7, 4, 2, 5, 9, 14, 9, 5};
    double phase = 0;
    for (int i = 0; i < SAMPLES; i++) {
        int note = scale[i * 3 / RATE % 12];
        double hz = 196 * exp2(note / 12.0);
        phase += 2 * M_PI * hz / RATE;
        sound[i] += (float)(gain * tone(phase, hz));
    }
}

/* Adds a bowed string: notes of a second, with a vibrato of half a semitone either way. */
static void add_vibrato(double gain)
{
    double phase = 0;
    for (int i = 0; i < SAMPLES; i++) {
        double t = (double)i / RATE;
        double hz = 220 * exp2(((int)t % 4 * 2 + 0.5 * sin(2 * M_PI * 5.5 * t)) / 12.0);
        phase += 2 * M_PI * hz / RATE;
        sound[i] += (float)(gain * tone(phase, hz));
    }
}

static void add_noise(double gain)
{
    uint32_t seed = 7;
    for (int i = 0; i < SAMPLES; i++)
        sound[i] += (float)(gain * noise(&seed));
}

static struct speech_spans find_with(const struct speech_options *opt, size_t block)
{
    struct err e = {0};
    struct speech_spans found = {0};
    struct speech_activity *s = speech_activity_create(&e);
    for (size_t at = 0; s && at < SAMPLES; at += block)
        CHECK(speech_activity_push(s, sound + at, SAMPLES - at < block ? SAMPLES - at : block, &e));
    CHECK(s && speech_activity_finish(s, opt, &found, &e));
    speech_activity_destroy(s);
    return found;
}

static struct speech_spans find(size_t block)
{
    return find_with(&speech_defaults, block);
}

/* Speech from 4 to 8 s. Over another sound its borders are heard less exactly. */
static void check_middle(const struct speech_spans *s, double tolerance_s)
{
    if (CHECK(s->count == 1)) {
        CHECK_NEAR(s->spans[0].start_s, 4, tolerance_s);
        CHECK_NEAR(s->spans[0].end_s, 8, tolerance_s);
    }
}

struct scene {
    double voice, music, noise; /* gains */
    bool speech;                /* is it to be found? */
};

static void scenes(void)
{
    static const struct scene cases[] = {
        {0, 0, 0, false},      {0, 0, 0.1, false},   {0, 1, 0, false},     {0, 1, 0.05, false},
        {1, 0, 0, true},       {1, 0, 0.0005, true}, {1, 0, 0.05, true},   {0.1, 0, 0.0005, true},
        {1, 0.2, 0, true},     {0.01, 0, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(sound, 0, sizeof sound);
        add_voice(4, 8, cases[i].voice);
        add_music(cases[i].music);
        add_noise(cases[i].noise);
        struct speech_spans found = find(4096);
        if (cases[i].speech)
            check_middle(&found, cases[i].music > 0 || cases[i].noise > 0.01 ? 0.7 : 0.1);
        else
            CHECK(found.count == 0);
        speech_spans_finish(&found);
    }
}

static void two_sentences(void)
{
    memset(sound, 0, sizeof sound);
    add_voice(1, 4, 1);
    add_voice(6, 11, 1);
    struct speech_spans found = find(4096);
    if (CHECK(found.count == 2)) {
        CHECK_NEAR(found.spans[0].start_s, 1, 0.1);
        CHECK_NEAR(found.spans[0].end_s, 4, 0.1);
        CHECK_NEAR(found.spans[1].start_s, 6, 0.1);
        CHECK_NEAR(found.spans[1].end_s, 11, 0.1);
    }
    speech_spans_finish(&found);
}

static void vibrato_is_a_note(void)
{
    memset(sound, 0, sizeof sound);
    add_vibrato(1);
    struct speech_spans found = find(4096);
    CHECK(found.count == 0);
    speech_spans_finish(&found);
}

static double found_between(const struct speech_spans *s, double from_s, double to_s)
{
    double sum = 0;
    for (size_t i = 0; i < s->count; i++)
        sum += fmax(fmin(s->spans[i].end_s, to_s) - fmax(s->spans[i].start_s, from_s), 0);
    return sum;
}

/* Noise more than twice as loud as the voice: most is found, and a gate opens for all. */
static void over_noise(void)
{
    memset(sound, 0, sizeof sound);
    add_voice(4, 8, 1);
    add_noise(LOUD_NOISE);
    struct speech_spans found = find(4096), gate = find_with(&speech_gate, 4096);
    CHECK(found_between(&found, 4, 8) > 3 && found_between(&found, 0, 3) == 0);
    CHECK(found_between(&gate, 4, 8) > 3.9 && found_between(&gate, 9.5, 12) == 0);
    speech_spans_finish(&found);
    speech_spans_finish(&gate);
}

/* A pause between two sentences is left to whoever listens. */
static void gate_spans_pauses(void)
{
    memset(sound, 0, sizeof sound);
    add_voice(2, 4, 1);
    add_voice(5.5, 8, 1);
    struct speech_spans gate = find_with(&speech_gate, 4096);
    if (CHECK(gate.count == 1)) {
        CHECK_NEAR(gate.spans[0].start_s, 2, 0.1);
        CHECK_NEAR(gate.spans[0].end_s, 8, 0.1);
    }
    speech_spans_finish(&gate);
}

static void blocks_do_not_matter(void)
{
    static const size_t blocks[] = {1, 7, 441, 8192, SAMPLES};
    memset(sound, 0, sizeof sound);
    add_voice(2, 9, 1);
    add_noise(0.01);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        struct speech_spans found = find(blocks[i]);
        if (CHECK(found.count == 1)) {
            CHECK_NEAR(found.spans[0].start_s, 2, 0.4);
            CHECK_NEAR(found.spans[0].end_s, 9, 0.4);
        }
        speech_spans_finish(&found);
    }
}

static void nothing_pushed(void)
{
    struct err e = {0};
    struct speech_spans found;
    struct speech_activity *s = speech_activity_create(&e);
    CHECK(s && speech_activity_finish(s, &speech_defaults, &found, &e) && found.count == 0);
    speech_activity_destroy(s);
}

int main(void)
{
    scenes();
    two_sentences();
    vibrato_is_a_note();
    over_noise();
    gate_spans_pauses();
    blocks_do_not_matter();
    nothing_pushed();
    return check_done();
}
