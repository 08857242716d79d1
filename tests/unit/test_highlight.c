/* SPDX-License-Identifier: GPL-3.0-or-later
 * Highlights: what makes a stretch stand out, one thing at a time; where stretches begin and end;
 * their reasons; nothing where there is nothing. */
#include "check.h"
#include "analysis/highlight.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LIST(a) {a, COUNT(a)}

static struct arena arena;

static struct analysis_report film(double duration)
{
    return (struct analysis_report){.duration = duration, .tempo = NAN, .confidence = NAN,
                                    .drop = NAN, .thumbnail = NAN, .level_step = 0.25};
}

static const struct report_highlight *found(const struct analysis_report *r, size_t *count)
{
    struct wire_list out = {0};
    struct err e = {0};
    CHECK(highlights_find(r, &arena, &out, &e));
    *count = out.count;
    const struct report_highlight *h = out.items;
    for (size_t i = 0; i < out.count; i++) {
        CHECK(h[i].score > 0 && h[i].score <= 1);
        CHECK(h[i].reasons.count >= 1 && h[i].reasons.count <= 6);
        CHECK(h[i].start >= 0 && h[i].end <= r->duration + 0.001);
        CHECK(h[i].end - h[i].start >= HIGHLIGHT_MIN_S - 0.001);
        CHECK(h[i].end - h[i].start <= HIGHLIGHT_MAX_S + 0.001);
        CHECK(i == 0 || h[i].score <= h[i - 1].score);
        for (size_t k = 0; k < i; k++)
            CHECK(h[i].start >= h[k].end || h[i].end <= h[k].start);
    }
    return h;
}

static bool says(const struct report_highlight *h, const char *words)
{
    const char *const *reasons = h->reasons.items;
    for (size_t i = 0; i < h->reasons.count; i++)
        if (strcmp(reasons[i], words) == 0)
            return true;
    return false;
}

/* Is the best one around that moment, and does it say so? */
static void check_best(const struct analysis_report *r, double time, const char *reason)
{
    size_t count;
    const struct report_highlight *h = found(r, &count);
    CHECK(count > 0 && h[0].start <= time && time <= h[0].end);
    if (!CHECK(count > 0 && says(&h[0], reason)))
        for (size_t i = 0; count > 0 && i < h[0].reasons.count; i++)
            fprintf(stderr, "  %s\n", ((const char *const *)h[0].reasons.items)[i]);
}

static void test_each(void)
{
    struct report_drop drops[] = {{40.5, 9.4}};
    struct report_peak one[] = {{40.5, 0.9}}, three[] = {{39, 0.5}, {40.5, 0.9}, {42, 0.7}};
    struct report_span speech[] = {{38, 46}};
    struct report_face faces[40];
    struct report_quality quality[100];
    struct report_shot shots[12];
    double levels[400];
    for (int i = 0; i < 40; i++)
        faces[i] = (struct report_face){38 + i * 0.25, 0.5, 0.5, 0.1, 0.1};
    for (int i = 0; i < 100; i++)
        quality[i] = (struct report_quality){i + 0.5, 0, 0, 0, i / 10 == 4 ? 0.9 : 0.2};
    for (int i = 0; i < 400; i++)
        levels[i] = i / 40 == 4 ? -10 : -25;
    for (int i = 0; i < 12; i++) /* ten of a second each from 40 to 50 */
        shots[i] = (struct report_shot){i == 0 ? 0 : 39 + i, i == 11 ? 100 : 40 + i, "cut", 0, "still"};

#define THING(member, array) offsetof(struct analysis_report, member), LIST(array)
    const struct {
        const char *name;
        size_t member;
        struct wire_list items;
        double time;
        const char *reason;
    } things[] = {
        {"drop", THING(drops, drops), 40.5, "drop +9 dB at 40.5 s"},
        {"one peak", THING(energy, one), 40.5, "energy peak at 40.5 s"},
        {"three peaks", THING(energy, three), 40.5, "3 energy peaks, the highest at 40.5 s"},
        {"speech", THING(speech, speech), 42, "somebody speaks 100 % of it"},
        {"faces", THING(faces, faces), 42, "a face is seen 100 % of it"},
        {"motion", THING(quality, quality), 45, "3.3 times the motion of the whole"},
        {"loudness", THING(levels, levels), 45, "9 dB louder than the whole"},
        {"cuts", THING(shots, shots), 45, "10 new shots in 10.0 s"},
    };
#undef THING
    for (size_t i = 0; i < COUNT(things); i++) {
        CHECK_CASE(things[i].name);
        struct analysis_report r = film(100);
        memcpy((char *)&r + things[i].member, &things[i].items, sizeof things[i].items);
        check_best(&r, things[i].time, things[i].reason);
    }
    CHECK_CASE("");
}

/* Stretches keep to what the film offers: here a shot from 30.2 to 41.7 s. */
static void test_borders(void)
{
    struct report_shot shots[] = {{0, 30.2, "start", 0, "still"}, {30.2, 41.7, "cut", 0, "still"},
                                  {41.7, 60, "cut", 0, "still"}};
    struct report_quality quality[60];
    for (int i = 0; i < 60; i++)
        quality[i] = (struct report_quality){i + 0.5, 0.8, 0.9, 0, i >= 30 && i < 42 ? 0.9 : 0.1};
    struct analysis_report r = film(60);
    r.shots = (struct wire_list)LIST(shots);
    r.quality = (struct wire_list)LIST(quality);
    size_t count;
    const struct report_highlight *h = found(&r, &count);
    CHECK(count > 0);
    CHECK_NEAR(h[0].start, 30.2, 1e-9);
    CHECK_NEAR(h[0].end, 41.7, 1e-9);
}

/* A bar line in the middle of a sentence is no place to begin. */
static void test_speech_is_whole(void)
{
    struct report_span speech[] = {{4, 11}, {20, 33}};
    struct report_drop drops[] = {{26, 12}};
    double beats[60];
    for (int i = 0; i < 60; i++)
        beats[i] = i;
    struct analysis_report r = film(60);
    r.speech = (struct wire_list)LIST(speech);
    r.drops = (struct wire_list)LIST(drops);
    r.downbeats = (struct wire_list)LIST(beats);
    size_t count;
    const struct report_highlight *h = found(&r, &count);
    CHECK(count > 0);
    CHECK(h[0].start <= 20.15 && h[0].end >= 32.85);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < COUNT(speech); k++) {
            CHECK(!(h[i].start > speech[k].start + 0.2 && h[i].start < speech[k].end - 0.2));
            CHECK(!(h[i].end > speech[k].start + 0.2 && h[i].end < speech[k].end - 0.2));
        }
}

/* Twenty sentences of four seconds, the tenth of which has something. */
static void test_words(void)
{
    static const struct {
        const char *text, *reason;
    } lines[] = {
        {"and then everybody laughing at it", "laughter \"laughing\""},
        {"it was an unbelievable thing to see", "strong word \"unbelievable\""},
        {"they have NEVER done such a thing", "strong word \"NEVER\""},
        {"we did it in the very last minute!", "exclamation \"we did it in the very last minute!\""},
        {"that is about 90 of all the people", "a number \"90\""},
        {"would you have done the same thing?", "question \"would you have done the same thing?\""},
        {"\xe6\x9c\xac\xe5\xbd\x93\xe3\x81\xab\xef\xbc\x9f",
         "question \"\xe6\x9c\xac\xe5\xbd\x93\xe3\x81\xab\xef\xbc\x9f\""},
        {"and remember that it was like this", "word of weight \"remember\""},
        {"and then all of a sudden he began to talk a good deal faster than he had done before that",
         "speaks 1.9 times as fast as usually"},
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct highlight_line said[20];
        struct analysis_report r = film(100);
        struct wire_list out = {0};
        struct err e = {0};
        CHECK_CASE(lines[i].reason);
        for (int k = 0; k < 20; k++) /* not in order */
            said[(k * 7) % 20] = (struct highlight_line){
                k == 9 ? lines[i].text : "one goes on as one has done so far",
                5 * k + 0.3, 5 * k + 4.3};
        CHECK(highlights_find_said(&r, said, 20, &arena, &out, &e));
        const struct report_highlight *h = out.items;
        if (!CHECK(out.count > 0 && h[0].start <= 45.3 && h[0].end >= 49.3))
            continue;
        if (!CHECK(says(&h[0], lines[i].reason)))
            fprintf(stderr, "  %s\n", ((const char *const *)h[0].reasons.items)[0]);
        for (int k = 0; k < 20; k++) { /* sentences are whole */
            CHECK(!(h[0].start > 5 * k + 0.5 && h[0].start < 5 * k + 4.1));
            CHECK(!(h[0].end > 5 * k + 0.5 && h[0].end < 5 * k + 4.1));
        }
    }
    CHECK_CASE("lines that cannot be");
    struct highlight_line odd[] = {{NULL, 1, 5}, {"x!", NAN, 5}, {"x!", 5, 1}, {"x!", -3, 4},
                                   {"x!", 90, 1e9}, {"", 20, 24}, {"!", 30, 34}};
    struct analysis_report r = film(100);
    struct wire_list out;
    struct err e = {0};
    CHECK(highlights_find_said(&r, odd, COUNT(odd), &arena, &out, &e) && out.count == 1);
    CHECK_CASE("");
}

static void test_nothing(void)
{
    static const double durations[] = {0, -1, NAN, INFINITY, 1e300, 2.9, 3, 60, 7200};
    for (size_t i = 0; i < COUNT(durations); i++) {
        struct analysis_report r = film(durations[i]);
        size_t count;
        found(&r, &count);
        CHECK(count == 0);
    }
}

/* The same film, the same list; two hours of it are no matter. */
static void test_long(void)
{
    enum { N = 7200 };
    static double downbeats[N], levels[4 * N];
    static struct report_peak peaks[N / 10];
    for (int i = 0; i < N; i++)
        downbeats[i] = i * 0.99 + 0.3;
    for (int i = 0; i < 4 * N; i++)
        levels[i] = -30 + 10 * sin(i / 97.0) + 5 * sin(i / 13.0);
    for (int i = 0; i < N / 10; i++)
        peaks[i] = (struct report_peak){i * 10 + 5 * sin(i), 0.5 + 0.5 * sin(i * 7.0)};
    struct analysis_report r = film(N);
    r.downbeats = (struct wire_list)LIST(downbeats);
    r.levels = (struct wire_list)LIST(levels);
    r.energy = (struct wire_list)LIST(peaks);
    size_t count, again;
    const struct report_highlight *h = found(&r, &count), *g = found(&r, &again);
    CHECK(count > HIGHLIGHT_COUNT / 2 && again == count);
    for (size_t i = 0; i < count; i++)
        CHECK(h[i].start == g[i].start && h[i].end == g[i].end && h[i].score == g[i].score);
}

int main(void)
{
    arena_init(&arena, 256 << 20);
    test_each();
    test_borders();
    test_speech_is_whole();
    test_words();
    test_nothing();
    test_long();
    arena_finish(&arena);
    return check_done();
}
