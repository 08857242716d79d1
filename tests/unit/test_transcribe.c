/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whole sounds through a small Whisper with random weights: what it says is nonsense, but must be
 * well-formed, the same each time, and end. */
#include "analysis/speech_activity.h"
#include "check.h"
#include "random_whisper.h"
#include "speech/transcribe.h"

#include <stdlib.h>

static struct arena arena;

/* A tone that comes and goes four times a second, in noise. */
static bool read_tone(void *user, int64_t from, float *pcm, int n, struct err *e)
{
    int64_t *last = user;
    (void)e;
    CHECK(!last || from >= *last);
    if (last)
        *last = from + n;
    for (int i = 0; i < n; i++) {
        double t = (double)(from + i) / SPEECH_RATE;
        uint32_t hash = (uint32_t)(from + i) * 2654435761u;
        double noise = (double)(hash >> 8) / (1 << 24) - 0.5;
        pcm[i] = (float)(0.3 * sin(2 * M_PI * 220 * t) * fabs(sin(4 * M_PI * t)) + 0.01 * noise);
    }
    return true;
}

static bool read_nothing(void *user, int64_t from, float *pcm, int n, struct err *e)
{
    (void)user, (void)from, (void)pcm, (void)n;
    return err_set(e, ERR_IO, "the disk is gone");
}

static struct transcriber *open_random(uint32_t seed, int threads)
{
    struct err e = {0};
    struct model_files files;
    struct transcriber *t = NULL;
    if (CHECK(random_whisper(seed, &files, &e)))
        t = transcriber_open(&files, threads, &e);
    if (!CHECK(t != NULL))
        fprintf(stderr, "   %s\n", e.msg);
    model_files_finish(&files);
    return t;
}

static void check_form(const struct transcript *t)
{
    const struct transcript_segment *s = t->segments.items;
    const struct transcript_dropped *d = t->dropped.items;
    CHECK_STR(t->engine, "whisper");
    for (size_t i = 0; i < t->segments.count; i++) {
        const struct transcript_word *w = s[i].words.items;
        CHECK(s[i].id == (int64_t)i && *s[i].text);
        CHECK(s[i].start >= 0 && s[i].end >= s[i].start && s[i].end <= t->duration + 1e-6);
        for (size_t k = 0; k < s[i].words.count; k++) {
            CHECK(w[k].end >= w[k].start && w[k].start >= 0 && w[k].end <= t->duration + 0.02);
            CHECK(k == 0 || w[k].start >= w[k - 1].start - 1e-9);
            CHECK(w[k].probability >= 0 && w[k].probability <= 1 && *w[k].word);
        }
    }
    for (size_t i = 0; i < t->dropped.count; i++)
        CHECK(*d[i].reason && d[i].end >= d[i].start && d[i].end <= t->duration + 1e-6);
}

static bool same(const struct transcript *a, const struct transcript *b)
{
    struct buf one, two;
    buf_init(&one, 1 << 24);
    buf_init(&two, 1 << 24);
    wire_write(&wire_full_transcript, a, &one);
    wire_write(&wire_full_transcript, b, &two);
    bool ok = one.len == two.len && memcmp(one.data, two.data, one.len) == 0;
    buf_finish(&one);
    buf_finish(&two);
    return ok;
}

static int told;

static void on_segment(void *user, const struct transcript_segment *s)
{
    (void)user, (void)s;
    told++;
}

static double progress;

static void on_progress(void *user, double done)
{
    (void)user;
    CHECK(done >= progress && done <= 1);
    progress = done;
}

static void test_whole(void)
{
    static const struct {
        const char *name;
        double seconds;
        struct transcribe_options o;
    } cases[] = {
        {"short", 3, {.beams = 2}},
        {"one window", 29, {.beams = 1, .language = "de"}},
        {"three windows", 70, {.beams = 1, .translate = true}},
        {"prompt", 5, {.beams = 1, .prompt = "wab wac"}},
        {"no words", 5, {.beams = 1, .no_words = true}},
        {"a moment", 0.05, {0}},
        {"nothing", 0, {0}},
    };
    for (uint32_t seed = 1; seed <= 2; seed++) {
        struct transcriber *one = open_random(seed, 1), *two = open_random(seed, 2);
        for (size_t i = 0; one && two && i < sizeof cases / sizeof *cases; i++) {
            struct err e = {0};
            struct transcribe_options o = cases[i].o;
            int64_t last = 0;
            const struct speech_sound sound = {(int64_t)(cases[i].seconds * SPEECH_RATE), read_tone, &last};
            CHECK_CASE(cases[i].name);
            o.on_segment = on_segment;
            o.on_progress = on_progress;
            told = 0, progress = 0;
            const struct transcript *a = transcribe(one, &sound, &o, &arena, &e);
            if (!CHECK(a != NULL))
                continue;
            CHECK(told == (int)a->segments.count);
            CHECK(cases[i].seconds < 0.1 ? progress == 0 : progress == 1);
            check_form(a);
            CHECK(cases[i].seconds >= 1 || (a->segments.count == 0 && !*a->text));
            if (o.language)
                CHECK_STR(a->language, "de");
            progress = 0, last = 0;
            const struct transcript *b = transcribe(two, &sound, &o, &arena, &e);
            CHECK(b && same(a, b)); /* whatever the number of threads */
        }
        transcriber_destroy(one);
        transcriber_destroy(two);
    }
}

/* What is said lies where somebody speaks. */
static void test_spans(void)
{
    struct err e = {0};
    const struct speech_sound sound = {60 * SPEECH_RATE, read_tone, NULL};
    const struct speech_span spans[] = {{5, 8}, {40, 44}};
    struct transcribe_options o = {.beams = 1, .spans = spans, .span_count = 2};
    struct transcriber *t = open_random(1, 1);
    const struct transcript *said = t ? transcribe(t, &sound, &o, &arena, &e) : NULL;
    if (CHECK(said != NULL)) {
        const struct transcript_segment *s = said->segments.items;
        check_form(said);
        for (size_t i = 0; i < said->segments.count; i++)
            CHECK(s[i].end >= 4.6 && s[i].start <= 44.4 && !(s[i].start > 8.5 && s[i].end < 39.5));
    }
    o.span_count = 0;
    said = t ? transcribe(t, &sound, &o, &arena, &e) : NULL;
    CHECK(said && said->segments.count == 0 && said->dropped.count == 0 && !*said->text);
    transcriber_destroy(t);
}

static void test_refused(void)
{
    struct cancel cancel = {.fd = -1};
    const struct speech_sound sound = {5 * SPEECH_RATE, read_tone, NULL},
                              broken = {5 * SPEECH_RATE, read_nothing, NULL};
    struct transcriber *t = open_random(1, 1);
    cancel_fire(&cancel);
    const struct {
        const char *name;
        const struct speech_sound *sound;
        struct transcribe_options o;
        enum err_code code;
        const char *says;
    } cases[] = {
        {"language", &sound, {.language = "klingon"}, ERR_INVALID, "klingon"},
        {"language of a larger model", &sound, {.language = "yue"}, ERR_INVALID, "yue"},
        {"beams", &sound, {.beams = 100}, ERR_INVALID, "beams"},
        {"sound", &broken, {0}, ERR_IO, "the disk is gone"},
        {"canceled", &sound, {.cancel = &cancel}, ERR_CANCELED, "canceled"},
    };
    for (size_t i = 0; t && i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        CHECK_CASE(cases[i].name);
        CHECK(transcribe(t, cases[i].sound, &cases[i].o, &arena, &e) == NULL);
        CHECK(e.code == cases[i].code && strstr(e.msg, cases[i].says));
    }
    transcriber_destroy(t);
}

int main(void)
{
    arena_init(&arena, (size_t)256 << 20);
    test_whole();
    test_spans();
    test_refused();
    arena_finish(&arena);
    return check_done();
}
