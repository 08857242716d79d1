/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "core/timebase.h"
#include "render/frame.h"
#include "render/plan.h"
#include "timeline/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#define S TICKS_PER_SECOND

static struct arena arena;

static struct plan_source source = {.path = "media/ingest/a.mp4",
                                    .duration_ticks = 100 * S,
                                    .frame_ticks = S / 30,
                                    .has_video = true,
                                    .has_audio = true,
                                    .hash = "aa"};

static struct plan_options options(void)
{
    return (struct plan_options){.format = &plan_formats[0], .fps_num = 30, .fps_den = 1};
}

static const struct timeline *read_timeline(const char *json)
{
    struct err e = {0};
    struct timeline *t = timeline_parse_trusted(json, strlen(json), &arena, &e);
    if (!CHECK(t))
        fprintf(stderr, "  %s\n", e.msg);
    return t;
}

static bool build_with(const char *json, const struct plan_options *opt, struct plan *p,
                       struct err *e)
{
    const struct timeline *t = read_timeline(json);
    return t && plan_build(t, &source, 1, opt, &arena, p, e);
}

static struct plan build(const char *json)
{
    struct plan p = {0};
    struct err e = {0};
    struct plan_options opt = options();
    if (!CHECK(build_with(json, &opt, &p, &e)))
        fprintf(stderr, "  %s\n", e.msg);
    return p;
}

/* What every plan must hold, whatever it was made from. */
static void check_sound(const struct plan *p)
{
    int64_t frame = 0, sample = 0, at = 0;
    for (size_t i = 0; i < p->segment_count; i++) {
        const struct plan_segment *s = &p->segments[i];
        CHECK(s->out_start == at && s->out_end > at);
        CHECK(s->first_frame == frame && s->end_frame >= frame);
        CHECK(s->first_sample == sample && s->end_sample >= sample);
        CHECK(s->src_start >= 0 && s->src_end > s->src_start);
        at = s->out_end;
        frame = s->end_frame;
        sample = s->end_sample;
    }
    CHECK(p->duration_ticks == at && p->frame_count == frame && p->sample_count == sample);
    int64_t chunk_frame = 0;
    for (size_t i = 0; i < p->chunk_count; i++) {
        const struct plan_chunk *c = &p->chunks[i];
        CHECK(c->first_frame == chunk_frame && c->end_frame > chunk_frame);
        CHECK(c->end_frame - c->first_frame <= 60);
        CHECK(plan_segment_at(p, c->first_frame) == &p->segments[c->first_segment]);
        CHECK(plan_segment_at(p, c->end_frame - 1) == &p->segments[c->end_segment - 1]);
        chunk_frame = c->end_frame;
    }
    CHECK(chunk_frame == p->frame_count);
    for (size_t i = 0; i < p->caption_count; i++) {
        const struct plan_caption *c = &p->captions[i];
        CHECK(c->out_start < c->out_end && c->out_start >= 0 && c->out_end <= at);
        CHECK(c->whole_start <= c->out_start && c->whole_end >= c->out_end);
        CHECK(i == 0 || p->captions[i - 1].out_start <= c->out_start);
    }
}

static void lays_segments_end_to_end(void)
{
    CHECK_CASE("two segments");
    struct plan p = build("{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":3},"
                          "{\"name\":\"b\",\"start\":10,\"end\":12.5,\"effects\":[\"slowmo\"]}]}");
    check_sound(&p);
    CHECK(p.frame_count == 90 + 150 && p.sample_count == 8 * 48000);
    CHECK(p.segments[1].out_start == 3 * S && p.segments[1].out_end == 8 * S);
    CHECK(p.segments[1].rate.num == 1 && p.segments[1].rate.den == 2);
    CHECK(p.format.width == 1080 && p.format.height == 1920);
    CHECK(p.chunk_count == 2 + 3);
    CHECK(p.segments[0].fit == FIT_CROP);
}

static int64_t source_time(const struct plan *p, int64_t n)
{
    struct frame f;
    frame_at(p, n, &f);
    return f.to.source_ticks;
}

static void source_time_is_exact(void)
{
    CHECK_CASE("source time");
    struct plan p = build("{\"segments\":[{\"name\":\"a\",\"start\":1.5,\"end\":3,"
                          "\"effects\":[\"slowmo\"]},{\"name\":\"b\",\"start\":0,\"end\":1}]}");
    const int64_t ms = S / 1000;
    CHECK(source_time(&p, 0) == 3 * S / 2 + ms);
    CHECK(source_time(&p, 1) == 3 * S / 2 + S / 60 + ms);
    CHECK(source_time(&p, 89) == 3 * S / 2 + 89 * (S / 60) + ms);
    CHECK(source_time(&p, 90) == ms);
    CHECK(plan_segment_at(&p, 89) == &p.segments[0] && plan_segment_at(&p, 90) == &p.segments[1]);
}

/* A cut that is not on the frame grid: the frame nearest to it is the next segment's, and what it
 * shows never lies outside the segment. */
static void cuts_off_the_grid_stay_inside(void)
{
    CHECK_CASE("off the grid");
    struct plan p = build("{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1.02},"
                          "{\"name\":\"b\",\"start\":5,\"end\":5.7},"
                          "{\"name\":\"c\",\"start\":7.001,\"end\":9}]}");
    check_sound(&p);
    CHECK(p.segments[0].end_frame == 31 && p.segments[1].end_frame == 52);
    for (int64_t f = 0; f < p.frame_count; f++) {
        const struct plan_segment *s = plan_segment_at(&p, f);
        int64_t t = source_time(&p, f);
        CHECK(t >= s->src_start && t < s->src_end);
    }
}

static char *many_segments(int n, double start, double length, const char *fx)
{
    char *json = malloc((size_t)n * 120 + 100), *at = json;
    at += sprintf(at, "{\"segments\":[");
    for (int i = 0; i < n; i++)
        at += sprintf(at, "%s{\"name\":\"s\",\"start\":%.9f,\"end\":%.9f,\"effects\":%s}",
                      i ? "," : "", start, start + length, fx);
    sprintf(at, "]}");
    return json;
}

static void nothing_drifts_over_many_segments(void)
{
    static const struct {
        const char *name, *effects;
        int n;
        double length, film;
    } cases[] = {
        {"a third of a second", "[]", 10000, 1 / 3.0, 10000 / 3.0},
        {"a tenth, slowed", "[{\"name\":\"slowmo\",\"factor\":0.3}]", 10000, 0.1, 10000 / 3.0},
        {"a millisecond", "[]", 10000, 0.001, 10},
        {"nearly eight hours", "[]", 290, 99.5, 28855},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].name);
        char *json = many_segments(cases[i].n, 0.25, cases[i].length, cases[i].effects);
        struct plan p = build(json);
        free(json);
        check_sound(&p);
        /* Times in JSON are rounded to nanoseconds here, once a segment. */
        CHECK_NEAR(ticks_to_seconds(p.duration_ticks), cases[i].film, cases[i].n * 1.5e-8);
        CHECK(p.frame_count == llround(cases[i].film * 30));
    }
}

static void chunks_avoid_slivers(void)
{
    static const struct {
        const char *name;
        double lengths[8]; /* of segments, ended by 0 */
        int chunks[8];     /* frames of each, ended by 0 */
    } cases[] = {
        {"one short film", {0.2}, {6}},
        {"exactly two seconds", {2}, {60}},
        {"a little more", {2.1}, {32, 31}},
        {"counted from the start", {5}, {60, 60, 30}},
        {"no sliver at the end", {4.2}, {60, 33, 33}},
        {"at the cuts", {1, 1.5, 3}, {30, 45, 60, 30}},
        {"tiny ones together", {0.1, 0.1, 0.1, 0.1, 0.1, 1}, {15, 30}},
        {"a tiny one joins the one before", {1, 0.1, 1}, {33, 30}},
        {"a tiny one at the end", {2, 0.1}, {32, 31}},
        {"a tiny one that does not fit before", {2, 0.1, 1}, {60, 33}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[2000] = "{\"segments\":[";
        for (int k = 0; cases[i].lengths[k] > 0; k++)
            sprintf(json + strlen(json), "%s{\"name\":\"s\",\"start\":1,\"end\":%.6f}",
                    k ? "," : "", 1 + cases[i].lengths[k]);
        strcat(json, "]}");
        CHECK_CASE(cases[i].name);
        struct plan p = build(json);
        check_sound(&p);
        size_t n = 0;
        while (cases[i].chunks[n])
            n++;
        CHECK(p.chunk_count == n);
        for (size_t k = 0; k < n && k < p.chunk_count; k++)
            CHECK_NEAR((double)(p.chunks[k].end_frame - p.chunks[k].first_frame),
                       cases[i].chunks[k], 0);
    }
}

static void captions_follow_cuts_and_speed(void)
{
    CHECK_CASE("captions");
    struct plan p = build(
        "{\"captions\":[{\"text\":\"over the cut\",\"start\":2,\"end\":6},"
        "{\"text\":\"hidden\",\"start\":4,\"end\":4.5},{\"text\":\"late\",\"start\":11,\"end\":12},"
        "{\"text\":\"never\",\"start\":50,\"end\":51}],"
        "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":3},"
        "{\"name\":\"b\",\"start\":5,\"end\":6,\"effects\":[\"slowmo\"]},"
        "{\"name\":\"c\",\"start\":10,\"end\":13},"
        "{\"name\":\"d\",\"start\":0,\"end\":3,\"captions\":[{\"text\":\"own\",\"start\":1,\"end\":"
        "9}]}"
        "]}");
    check_sound(&p);
    static const struct {
        const char *text;
        double start, end, whole_start, whole_end;
    } want[] = {
        {"over the cut", 2, 3, 2, 6},
        {"over the cut", 3, 5, -3, 5}, /* 2..6 s at half speed, seen from 5 s on */
        {"late", 6, 7, 6, 7},
        {"own", 9, 11, 9, 17},
    };
    CHECK(p.caption_count == 4);
    for (size_t i = 0; i < p.caption_count && i < 4; i++) {
        CHECK_STR(p.captions[i].text, want[i].text);
        CHECK(p.captions[i].out_start == ticks_from_seconds(want[i].start));
        CHECK(p.captions[i].out_end == ticks_from_seconds(want[i].end));
        CHECK(p.captions[i].whole_start == ticks_from_seconds(want[i].whole_start));
        CHECK(p.captions[i].whole_end == ticks_from_seconds(want[i].whole_end));
    }
}

/* A long caption under short ones must still be found behind them. */
static void long_captions_are_found_under_short_ones(void)
{
    CHECK_CASE("long under short");
    struct plan p = build("{\"captions\":[{\"text\":\"b\",\"start\":3,\"end\":4},"
                          "{\"text\":\"long\",\"start\":0,\"end\":50},"
                          "{\"text\":\"a\",\"start\":1,\"end\":2}],"
                          "\"segments\":[{\"name\":\"s\",\"start\":20,\"end\":21}]}");
    CHECK(p.caption_count == 1);
    if (p.caption_count == 1)
        CHECK_STR(p.captions[0].text, "long");
}

static void sounds_start_with_their_segment(void)
{
    CHECK_CASE("sounds");
    static struct plan_source two[2];
    two[0] = source;
    two[1] = source;
    two[1].path = "media/ingest/bang.wav";
    const struct timeline *t = read_timeline(
        "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"sfx\":{\"name\":\"whoosh\"}},"
        "{\"name\":\"b\",\"start\":0,\"end\":1,\"sfx\":{\"name\":\"my bang\",\"path\":"
        "\"media/ingest/bang.wav\",\"duration\":0.5}}]}");
    struct plan p = {0};
    struct plan_options opt = options();
    CHECK(plan_build(t, two, 2, &opt, &arena, &p, NULL));
    CHECK(p.sfx_count == 2);
    CHECK_STR(p.sfx[0].name, "whoosh");
    CHECK(p.sfx[0].source == -1 && p.sfx[0].first_sample == 0 && p.sfx[0].max_samples == INT64_MAX);
    CHECK(p.sfx[1].source == 1 && p.sfx[1].first_sample == 48000 && p.sfx[1].max_samples == 24000);
    CHECK(p.sfx[1].segment == 1);
}

static void a_range_is_a_part_of_the_same_film(void)
{
    CHECK_CASE("range");
    const char *json = "{\"captions\":[{\"text\":\"x\",\"start\":0,\"end\":8}],\"segments\":["
                       "{\"name\":\"a\",\"start\":0,\"end\":4,\"effects\":[\"zoom\"],"
                       "\"sfx\":{\"name\":\"boom\"}},"
                       "{\"name\":\"b\",\"start\":10,\"end\":12,\"effects\":[\"slowmo\"]},"
                       "{\"name\":\"c\",\"start\":20,\"end\":21}]}";
    struct plan whole = build(json), part = {0};
    struct plan_options opt = options();
    opt.range_start_s = 1;
    opt.range_end_s = 6;
    CHECK(build_with(json, &opt, &part, NULL));
    check_sound(&part);
    CHECK(part.segment_count == 2 && part.frame_count == 150);
    CHECK(part.segments[1].index == 1 && part.segments[1].src_end == 11 * S);
    for (int64_t f = 0; f < part.frame_count; f++) {
        struct frame in_part, in_whole;
        frame_at(&part, f, &in_part);
        frame_at(&whole, f + 30, &in_whole);
        CHECK(in_part.to.source_ticks == in_whole.to.source_ticks);
        CHECK_NEAR(in_part.to.view.scale, in_whole.to.view.scale, 1e-12);
    }
    CHECK(part.caption_count == 1 && part.captions[0].whole_start == -1 * S);
    CHECK(part.sfx_count == 1 && part.sfx[0].skip_samples == 48000);
}

static const struct {
    const char *json, *message;
} refused[] = {
    {"{\"segments\":[]}", "the timeline has no segments"},
    {"{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1},{\"name\":\"b\",\"start\":5,\"end\":"
     "101}]}",
     "segments[1] \"b\": end (101) lies behind the end of the source (100)"},
    {"{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"effects\":[\"zooom\"]}]}",
     "segments[0] \"a\": unknown effect \"zooom\"; there are: zoom"},
    {"{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":0.001}]}",
     "the film would be shorter than one frame"},
    {"{\"segments\":[{\"name\":\"a\",\"start\":3,\"end\":2}]}",
     "segments[0] \"a\": end (2) must come after start (3), start not before 0"},
};

static void refuses_with_the_segment(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct plan p;
        struct err e = {0};
        struct plan_options opt = options();
        CHECK_CASE(refused[i].json);
        CHECK(!build_with(refused[i].json, &opt, &p, &e));
        CHECK(e.code == ERR_INVALID);
        CHECK(strncmp(e.msg, refused[i].message, strlen(refused[i].message)) == 0);
    }
    struct plan p;
    struct err e = {0};
    struct plan_options opt = options();
    CHECK_CASE("ranges");
    const char *one = "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1}]}";
    opt.range_start_s = 2, opt.range_end_s = 3;
    CHECK(!build_with(one, &opt, &p, &e) && e.code == ERR_INVALID);
    opt.range_start_s = 0.5, opt.range_end_s = 0.25;
    CHECK(!build_with(one, &opt, &p, &e) && e.code == ERR_INVALID);
    opt.range_start_s = NAN, opt.range_end_s = 1;
    CHECK(!build_with(one, &opt, &p, &e) && e.code == ERR_INVALID);
}

static void ends_when_memory_ends(void)
{
    CHECK_CASE("memory");
    const struct timeline *t = read_timeline(
        "{\"captions\":[{\"text\":\"x\",\"start\":0,\"end\":1}],"
        "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":9,\"effects\":[\"zoom\"]}]}");
    struct plan_options opt = options();
    bool done = false;
    for (size_t max = 0; max < 200000 && !done; max += 64) {
        struct arena small;
        struct plan p;
        struct err e = {0};
        arena_init(&small, max);
        done = plan_build(t, &source, 1, &opt, &small, &p, &e);
        CHECK(done || e.code == ERR_NO_MEMORY);
        arena_finish(&small);
    }
    CHECK(done);
}

int main(void)
{
    arena_init(&arena, 256 << 20);
    lays_segments_end_to_end();
    source_time_is_exact();
    cuts_off_the_grid_stay_inside();
    nothing_drifts_over_many_segments();
    chunks_avoid_slivers();
    captions_follow_cuts_and_speed();
    long_captions_are_found_under_short_ones();
    sounds_start_with_their_segment();
    a_range_is_a_part_of_the_same_film();
    refuses_with_the_segment();
    ends_when_memory_ends();
    arena_finish(&arena);
    return check_done();
}
