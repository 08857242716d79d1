/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whole sounds through a Whisper that says what it is told to: what becomes of sentences that a
 * window cuts off, of silence, loops, what is said behind the end, and damaged models. */
#include "check.h"
#include "random_whisper.h"
#include "speech/transcribe.h"

#include <math.h>

enum { EOT = RW_TEXT, SOT, NO_SPEECH = RW_TEXT + 105, T0 = RW_TEXT + 107, A = 260, B, C, D, E, Z,
       FIRST = 2, /* the first position that something is said behind: sot, language, task */
       LINES = 448 };

static struct arena arena;

static bool read_noise(void *user, int64_t from, float *pcm, int n, struct err *e)
{
    (void)user, (void)e;
    for (int i = 0; i < n; i++) {
        uint32_t hash = (uint32_t)(from + i) * 2654435761u;
        pcm[i] = (float)(hash >> 8) / (1 << 26) - 0.125f;
    }
    return true;
}

/* Always the same: lines from FIRST on; behind them everything is eot. */
static const struct transcript *say(const struct rw_line *lines, int n, struct rw_line at_sot,
                                    double seconds, int beams, struct err *e)
{
    static struct rw_line script[LINES];
    struct model_files files;
    struct transcript *said = NULL;
    const struct speech_sound sound = {(int64_t)(seconds * SPEECH_RATE), read_noise, NULL};
    const struct transcribe_options o = {.beams = beams, .language = "en"};
    for (int i = 0; i < LINES; i++)
        script[i] = i >= FIRST && i < FIRST + n ? lines[i - FIRST] : (struct rw_line){EOT, -1};
    script[0] = at_sot;
    rw_script = script;
    rw_script_len = LINES;
    if (!CHECK(random_whisper(5, &files, e)))
        return NULL;
    struct transcriber *t = transcriber_open(&files, 1, e);
    if (CHECK(t != NULL))
        said = transcribe(t, &sound, &o, &arena, e);
    transcriber_destroy(t);
    model_files_finish(&files);
    rw_script = NULL;
    rw_script_len = 0;
    return said;
}

static const struct rw_line nothing = {-1, -1};

/* A sentence that the window cuts off is heard again, so the network must not be told that it was
 * said: with a longer prompt than [prev <0> a b <10> sot en transcribe] it would say z. */
static void test_cut_sentence(void)
{
    static const struct rw_line lines[] = {
        {T0, -1}, {A, -1}, {B, -1}, {T0 + 500, -1}, {T0 + 500, -1}, {C, T0}, {D, -1}, {EOT, -1},
        {T0, Z}, {Z, T0}, {EOT, Z},
    };
    struct err e = {0};
    const struct transcript *t = say(lines, sizeof lines / sizeof *lines, nothing, 35, 1, &e);
    if (!CHECK(t != NULL))
        return;
    CHECK_STR(t->text, "wak wbk wdk");
    const struct transcript_segment *s = t->segments.items;
    if (CHECK(t->segments.count == 2)) {
        CHECK(s[0].start >= 0 && s[0].end <= 10 + 1e-9 && s[1].start >= 10 - 1e-9);
        CHECK(s[1].end <= 35);
    }
}

/* The network says that nobody speaks, and is sure of nothing else. */
static void test_no_speech(void)
{
    static const struct rw_line lines[] = {{T0, -1}, {A, -1}};
    struct err e = {0};
    rw_unsure = true;
    const struct transcript *t = say(lines, 2, (struct rw_line){NO_SPEECH, -1}, 40, 1, &e);
    rw_unsure = false;
    if (!CHECK(t != NULL))
        return;
    const struct transcript_dropped *d = t->dropped.items;
    CHECK(t->segments.count == 0 && !*t->text);
    if (CHECK(t->dropped.count == 2)) { /* window by window, to the end */
        CHECK(strstr(d[0].reason, "no speech") && strstr(d[1].reason, "no speech"));
        CHECK(d[0].start == 0 && d[1].start == 30 && d[1].end == 40);
    }
}

/* "c d e" with ever new times; what was said before is kept. */
static void test_loop(void)
{
    static struct rw_line lines[160];
    struct err e = {0};
    int n = 0;
    const int32_t before[] = {T0, A, B, T0 + 100, T0 + 100};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        lines[n++] = (struct rw_line){before[i], -1};
    for (int i = 1; i <= 4; i++) {
        const int32_t again[] = {C, D, E, T0 + 100 + 100 * i, T0 + 100 + 100 * i};
        for (int k = 0; k < 5; k++)
            lines[n++] = (struct rw_line){again[k], -1};
    }
    const struct transcript *t = say(lines, n, nothing, 29, 1, &e);
    if (!CHECK(t != NULL))
        return;
    const struct transcript_segment *s = t->segments.items;
    const struct transcript_dropped *d = t->dropped.items;
    if (CHECK(t->segments.count >= 1)) {
        CHECK_STR(s[0].text, "wak wbk");
        CHECK(s[0].end <= 2 + 1e-9);
    }
    if (CHECK(t->dropped.count >= 1)) {
        CHECK(strstr(d[0].reason, "circles") && strstr(d[0].text, "wck wdk wek wck"));
        CHECK_NEAR(d[0].start, 2, 1e-9);
    }
}

/* A loop and nothing else: nothing is kept, and it ends. */
static void test_loop_only(void)
{
    static struct rw_line lines[LINES - FIRST];
    struct err e = {0};
    for (int i = 0; i < LINES - FIRST; i++)
        lines[i] = (struct rw_line){i == 0 ? T0 : A, -1};
    const struct transcript *t = say(lines, LINES - FIRST, nothing, 65, 1, &e);
    CHECK(t && t->segments.count == 0 && t->dropped.count == 3);
}

/* Words behind the end of the sound are made up. */
static void test_behind_the_end(void)
{
    static const struct rw_line lines[] = {
        {T0, -1}, {A, -1}, {B, -1}, {T0 + 150, -1}, {T0 + 150, -1}, {C, -1}, {D, -1}, {T0 + 300, -1},
    };
    for (int beams = 1; beams <= 3; beams += 2) {
        struct err e = {0};
        const struct transcript *t = say(lines, sizeof lines / sizeof *lines, nothing, 3, beams, &e);
        if (!CHECK(t != NULL))
            continue;
        const struct transcript_segment *s = t->segments.items;
        CHECK_STR(t->text, "wak wbk");
        CHECK(t->segments.count == 1 && s[0].end <= 3 + 1e-9);
    }
}

static void test_lengths(void)
{
    static const struct rw_line lines[] = {{T0, -1}, {A, -1}, {B, -1}};
    static const double seconds[] = {0, 0.05, 0.1, 0.11, 1, 29.99, 30, 30.01, 30.2};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        struct err e = {0};
        char name[32];
        snprintf(name, sizeof name, "%.2f s", seconds[i]);
        CHECK_CASE(name);
        const struct transcript *t = say(lines, 3, nothing, seconds[i], 1, &e);
        if (!CHECK(t != NULL))
            continue;
        const struct transcript_segment *s = t->segments.items;
        CHECK(t->segments.count == (seconds[i] < 0.1 ? 0 : 1));
        for (size_t k = 0; k < t->segments.count; k++)
            CHECK(s[k].start >= 0 && s[k].start <= s[k].end && s[k].end <= seconds[i] + 1e-6);
    }
}

static void test_damaged(void)
{
    static const struct rw_line lines[] = {{T0, -1}, {A, -1}};
    static const float damages[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++)
        for (int beams = 1; beams <= 5; beams += 4) {
            struct err e = {0};
            rw_nan = damages[i];
            CHECK(say(lines, 2, nothing, 3, beams, &e) == NULL);
            CHECK(e.code == ERR_INVALID && strstr(e.msg, "damaged"));
        }
    rw_nan = 0;
}

int main(void)
{
    arena_init(&arena, (size_t)64 << 20);
    test_cut_sentence();
    test_no_speech();
    test_loop();
    test_loop_only();
    test_behind_the_end();
    test_lengths();
    test_damaged();
    arena_finish(&arena);
    return check_done();
}
