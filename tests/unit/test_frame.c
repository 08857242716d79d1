/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a frame of the film shows: layers, transitions, crops, time that runs oddly. And which
 * chunks a change of the timeline makes new. */
#include "check.h"
#include "core/timebase.h"
#include "media/media.h"
#include "render/frame.h"
#include "render/key.h"
#include "timeline/timeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define S TICKS_PER_SECOND

static struct arena arena;

static struct plan_source sources[] = {
    {.path = "ingest/a.mp4", .asset_id = 1, .duration_ticks = 100 * S, .frame_ticks = S / 30,
     .has_video = true, .has_audio = true, .hash = "aa"},
    {.path = "asset:7", .asset_id = 7, .duration_ticks = 20 * S, .frame_ticks = S / 25,
     .has_video = true, .has_audio = true, .hash = "bb"},
    {.path = "ingest/logo.png", .asset_id = 8, .duration_ticks = S, .has_video = true,
     .hash = "cc"},
};

static bool try_build(const char *json, double from, double to, struct plan *p, struct err *e)
{
    struct plan_options opt = {.format = &plan_formats[0], .fps_num = 30, .fps_den = 1,
                               .range_start_s = from, .range_end_s = to};
    struct timeline *t = timeline_parse_trusted(json, strlen(json), &arena, e);
    return t && plan_build(t, sources, sizeof sources / sizeof *sources, &opt, &arena, p, e);
}

static struct plan build(const char *json)
{
    struct plan p = {0};
    struct err e = {0};
    if (!CHECK(try_build(json, 0, 0, &p, &e)))
        fprintf(stderr, "  %s\n", e.msg);
    return p;
}

static struct frame at(const struct plan *p, int64_t n)
{
    struct frame f;
    frame_at(p, n, &f);
    return f;
}

static double source_s(const struct frame_shot *s)
{
    return ticks_to_seconds(s->source_ticks);
}

/* --- Transitions ---------------------------------------------------------------------------- */

static void transitions_lie_around_the_cut(void)
{
    CHECK_CASE("transition");
    struct plan p = build(
        "{\"segments\":[{\"name\":\"a\",\"start\":2,\"end\":4},{\"name\":\"b\",\"start\":10,"
        "\"end\":12,\"transition\":{\"name\":\"crossfade\",\"duration\":1}}]}");
    CHECK(p.frame_count == 120); /* the length stays */
    CHECK(at(&p, 44).transition == NULL && at(&p, 75).transition == NULL);
    struct frame first = at(&p, 45), last = at(&p, 74);
    CHECK(first.transition && first.from.segment == &p.segments[0]);
    CHECK(last.transition && last.to.segment == &p.segments[1]);
    CHECK_NEAR(first.u, 0.5 / 30, 1e-9);
    CHECK_NEAR(last.u, 1 - 0.5 / 30, 1e-9);
    CHECK_NEAR(source_s(&first.from), 3.5, 0.002);
    CHECK_NEAR(source_s(&first.to), 9.5, 0.002); /* what the source has before the segment */
    CHECK_NEAR(source_s(&last.from), 4 + 14 / 30.0, 0.002);
    CHECK(p.segments[1].fade_samples == 48000);
}

/* The source ends (or begins) where the transition wants more: its border picture stays. */
static void transitions_stay_inside_the_source(void)
{
    CHECK_CASE("handles");
    struct plan p = build(
        "{\"segments\":[{\"name\":\"a\",\"start\":98,\"end\":100},{\"name\":\"b\",\"start\":0,"
        "\"end\":2,\"transition\":\"crossfade\"},{\"name\":\"c\",\"start\":0,\"end\":0.1,"
        "\"transition\":{\"name\":\"crossfade\",\"duration\":3}}]}");
    for (int64_t n = 0; n < p.frame_count; n++) {
        struct frame f = at(&p, n);
        CHECK(f.to.source_ticks >= 0 && f.to.source_ticks < 100 * S);
        if (f.from.segment)
            CHECK(f.from.source_ticks >= 0 && f.from.source_ticks < 100 * S);
    }
    /* No longer than half of the short segment on each side. */
    CHECK(p.segments[2].transition_to - p.segments[2].transition_from == S / 10);
    CHECK(build("{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"transition\":"
                "\"crossfade\"}]}").segments[0].transition.kind == NULL);
}

/* --- Time ----------------------------------------------------------------------------------- */

static void runs_backwards(void)
{
    CHECK_CASE("reverse");
    struct plan p = build("{\"captions\":[{\"text\":\"x\",\"start\":10,\"end\":10.5}],"
                          "\"segments\":[{\"name\":\"a\",\"start\":10,\"end\":12,"
                          "\"effects\":[\"reverse\"]}]}");
    for (int64_t n = 0; n < 60; n++) {
        struct frame f = at(&p, n);
        /* Safely inside the picture that ends where the frame begins. */
        CHECK(f.to.source_ticks < 12 * S - n * S / 30);
        CHECK(f.to.source_ticks > 12 * S - (n + 1) * S / 30);
    }
    CHECK(p.captions[0].out_start == 3 * S / 2 && p.captions[0].out_end == 2 * S);
}

static void ramps_rise_and_end_where_they_should(void)
{
    CHECK_CASE("ramp");
    struct plan p = build("{\"segments\":[{\"name\":\"a\",\"start\":10,\"end\":13,\"effects\":"
                          "[{\"name\":\"speed\",\"from\":1,\"to\":0.5}]}]}");
    const struct plan_segment *s = &p.segments[0];
    CHECK(s->ramped && s->out_end == 4 * S);
    int64_t before = s->whole_start;
    for (int64_t t = S / 30; t < s->out_end; t += S / 30) {
        int64_t now = plan_source_at(s, t);
        CHECK(now > before && now < s->whole_end);
        CHECK_NEAR((double)plan_film_at(s, now), (double)t, S / 1000.0);
        before = now;
    }
    CHECK(!build("{\"segments\":[{\"name\":\"a\",\"start\":1,\"end\":2,\"effects\":"
                 "[{\"name\":\"speed\",\"factor\":2}]}]}").segments[0].ramped);
}

static void slow_pictures_are_blended(void)
{
    CHECK_CASE("blend");
    struct plan p = build("{\"segments\":[{\"name\":\"a\",\"start\":1,\"end\":2,\"effects\":"
                          "[\"slowmo\"]},{\"name\":\"b\",\"start\":1,\"end\":2,\"effects\":"
                          "[{\"name\":\"slowmo\",\"factor\":0.8}]},{\"name\":\"c\",\"start\":1,"
                          "\"end\":2,\"effects\":[\"slowmo\",{\"name\":\"freeze\",\"at\":0,"
                          "\"hold\":0}]}]}");
    CHECK(at(&p, 3).to.blend_step == S / 60);
    CHECK(at(&p, 62).to.blend_step == 0);
    CHECK(at(&p, 120).to.blend_step == 0 && at(&p, 140).to.source_ticks == at(&p, 120).to.source_ticks);
}

/* --- Layers --------------------------------------------------------------------------------- */

static void broll_covers_the_picture(void)
{
    CHECK_CASE("b-roll");
    struct plan p = build("{\"broll\":[{\"asset_id\":7,\"start\":1,\"end\":3,\"source_start\":5},"
                          "{\"path\":\"ingest/logo.png\",\"start\":2,\"end\":99}],"
                          "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":4}]}");
    CHECK(at(&p, 29).to.segment == &p.segments[0]);
    CHECK(at(&p, 30).to.segment->source == 1);
    struct frame middle = at(&p, 45);
    CHECK_NEAR(source_s(&middle.to), 5.5, 0.002);
    CHECK(at(&p, 60).to.segment->source == 2 && at(&p, 119).to.segment->source == 2);
}

static void crops_move_evenly(void)
{
    CHECK_CASE("crop");
    struct plan p = build("{\"crop\":[{\"time\":1,\"x\":0.2,\"y\":0.5},{\"time\":2,\"x\":0.4,"
                          "\"y\":0.5,\"scale\":2},{\"time\":2,\"x\":0.9,\"y\":0.5}],"
                          "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":4},"
                          "{\"name\":\"b\",\"start\":0,\"end\":1,\"asset_id\":7}]}");
    CHECK_NEAR(at(&p, 0).to.x, 0.2, 1e-9);
    CHECK_NEAR(at(&p, 45).to.x, 0.3, 0.001);
    CHECK_NEAR(at(&p, 45).to.scale, 1.5, 0.005);
    CHECK_NEAR(at(&p, 60).to.x, 0.9, 1e-9);
    CHECK(at(&p, 130).to.scale == 0); /* another asset: the path is not its own */
}

static void images_fade(void)
{
    CHECK_CASE("images");
    struct plan p = build("{\"overlays\":[{\"asset_id\":8,\"start\":1,\"end\":3,\"fade_in\":1,"
                          "\"opacity\":0.5},{\"text\":\"Hi\",\"start\":0,\"end\":1}],"
                          "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":4}]}");
    CHECK(p.text_count == 1 && p.image_count == 1);
    CHECK(at(&p, 30).image_count == 0 && at(&p, 90).image_count == 0);
    CHECK_NEAR(at(&p, 45).images[0].opacity, 0.25, 1e-9);
    CHECK_NEAR(at(&p, 75).images[0].opacity, 0.5, 1e-9);
}

/* A part of a film shows what the whole film shows there. */
static void a_range_shows_the_same(void)
{
    CHECK_CASE("range");
    const char *json =
        "{\"music\":{\"asset_id\":7},\"overlays\":[{\"asset_id\":8,\"start\":1,\"end\":3,"
        "\"fade_in\":1}],\"broll\":[{\"asset_id\":7,\"start\":5,\"end\":6}],\"beats\":[10.5,11],"
        "\"segments\":[{\"name\":\"a\",\"start\":10,\"end\":13,\"effects\":[{\"name\":\"speed\","
        "\"from\":1,\"to\":0.5},\"beat_pulse\"]},{\"name\":\"b\",\"start\":20,\"end\":24,"
        "\"effects\":[\"reverse\",\"zoom\"],\"transition\":\"crossfade\"}]}";
    struct plan whole = build(json), part = {0};
    struct err e = {0};
    if (!CHECK(try_build(json, 2, 7, &part, &e)))
        fprintf(stderr, "  %s\n", e.msg);
    for (int64_t n = 0; n < part.frame_count; n++) {
        struct frame a = at(&part, n), b = at(&whole, n + 60);
        struct buf x, y;
        buf_init(&x, 1 << 16);
        buf_init(&y, 1 << 16);
        frame_describe(&part, &a, NULL, &x);
        frame_describe(&whole, &b, NULL, &y);
        buf_addc(&x, 0);
        buf_addc(&y, 0);
        CHECK_STR(x.data, y.data);
        buf_finish(&x);
        buf_finish(&y);
    }
    CHECK(part.music && part.music->skip_samples == 96000);
    CHECK(part.music->whole_samples == whole.sample_count);
}

static void refuses_what_it_cannot_find(void)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"asset_id\":99}]}",
         "segments[0] \"a\": there is no file \"asset:99\""},
        {"{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"transition\":\"spin\"}]}",
         "segments[0] \"a\": unknown transition \"spin\""},
        {"{\"broll\":[{\"start\":0,\"end\":1}],\"segments\":[{\"name\":\"a\",\"start\":0,"
         "\"end\":1}]}",
         "broll[0]: it names no file"},
        {"{\"broll\":[{\"asset_id\":7,\"start\":0,\"end\":1,\"source_start\":21}],\"segments\":["
         "{\"name\":\"a\",\"start\":0,\"end\":1}]}",
         "broll[0]: source_start (21) lies behind the end of its file (20)"},
        {"{\"music\":{\"asset_id\":8},\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1}]}",
         "music: its file has no sound"},
        {"{\"crop\":[{\"time\":2},{\"time\":1}],\"segments\":[{\"name\":\"a\",\"start\":0,"
         "\"end\":1}]}",
         "crop[1]: the times of keyframes must rise"},
        {"{\"segments\":[{\"name\":\"a\",\"start\":19,\"end\":21,\"asset_id\":7}]}",
         "segments[0] \"a\": end (21) lies behind the end of the source (20)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan p;
        struct err e = {0};
        CHECK_CASE(cases[i].json);
        CHECK(!try_build(cases[i].json, 0, 0, &p, &e));
        e.msg[strlen(cases[i].says) < sizeof e.msg ? strlen(cases[i].says) : 0] = 0;
        CHECK_STR(e.msg, cases[i].says);
    }
}

/* --- Keys ----------------------------------------------------------------------------------- */

#define MAX_KEYS 32

/* The keys of a film of 8 s, four chunks and the sound. */
struct keys {
    size_t count;
    char chunk[MAX_KEYS][KEY_SIZE], sound[KEY_SIZE];
};

static struct keys keys_of(const char *json)
{
    struct keys k = {0};
    struct plan p = build(json);
    struct err e = {0};
    struct captions *c = captions_create(&p, &e);
    const struct render_preset *preset = render_preset_find("standard");
    if (!CHECK(c))
        return k;
    k.count = p.chunk_count;
    for (size_t i = 0; i < p.chunk_count && i < MAX_KEYS; i++)
        CHECK(key_of_chunk(&p, c, preset, &p.chunks[i], k.chunk[i], &e));
    CHECK(key_of_sound(&p, preset, k.sound, &e));
    captions_destroy(c);
    return k;
}

/* Two segments of 4 s, chunks of 2 s, captions at 1 s and 5 s (which begin chunks too). %s in three
 * places: in the film, in the first and in the second segment. */
#define BASE(film, one, two)                                                                       \
    "{" film "\"captions\":[{\"text\":\"Hello\",\"start\":1,\"end\":2},"                           \
    "{\"text\":\"World\",\"start\":5,\"end\":6}],"                                                 \
    "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":4" one "},"                                 \
    "{\"name\":\"b\",\"start\":4,\"end\":8" two "}]}"

static void exactly_the_right_chunks_change(void)
{
    /* Chunks: 0-1 s, 1-3 s, 3-4 s, 4-5 s, 5-7 s, 7-8 s. `same`: one letter each, = or !. */
    static const struct {
        const char *what, *json, *chunks;
        bool sound; /* changes */
    } cases[] = {
        {"nothing", BASE("", "", ""), "======", false},
        {"a front end's own data", BASE("\"my_ui\":{\"zoom\":3},", ",\"colour\":\"red\"", ""), "======", false},
        {"names", BASE("\"template_name\":\"x\",\"tempo\":99,", ",\"reason\":\"because\"", ""), "======", false},
        {"beats that nothing follows", BASE("\"beats\":[1,2,3],", "", ""), "======", false},
        {"the fit of one segment", BASE("", ",\"fit\":\"pad\"", ""), "!!!===", false},
        {"the fit of the film", BASE("\"fit\":\"blur\",", "", ""), "!!!!!!", false},
        {"the fit as it is by default", BASE("\"fit\":\"crop\",", "", ""), "======", false},
        {"volume", BASE("", "", ",\"volume\":0.5"), "======", true},
        {"volume as it is", BASE("", "", ",\"volume\":1"), "======", false},
        {"loudness", BASE("\"loudness\":-16,", "", ""), "======", true},
        {"music", BASE("\"music\":{\"asset_id\":7},", "", ""), "======", true},
        {"a sound", BASE("", "", ",\"sfx\":{\"name\":\"whoosh\"}"), "======", true},
        {"zoom", BASE("", ",\"effects\":[\"zoom\"]", ""), "!!!===", false},
        {"a zoom that does nothing", BASE("", ",\"effects\":[{\"name\":\"zoom\",\"amount\":1}]", ""), "======", false},
        {"crop", BASE("", "", ",\"crop\":[{\"time\":4,\"x\":0.3}]"), "===!!!", false},
        {"another asset", BASE("", "", ",\"asset_id\":7,\"captions\":[{\"text\":\"World\",\"start\":5,\"end\":6}]"), "===!!!", true},
        {"a transition", BASE("", "", ",\"transition\":{\"name\":\"crossfade\",\"duration\":1}"), "==!!==", true},
        {"b-roll", BASE("\"broll\":[{\"asset_id\":7,\"start\":3.2,\"end\":3.8}],", "", ""), "==!===", false},
        {"an image", BASE("\"overlays\":[{\"asset_id\":8,\"start\":0,\"end\":0.5}],", "", ""), "!=====", false},
        {"a title", BASE("\"overlays\":[{\"text\":\"Hi\",\"start\":7.5,\"end\":8}],", "", ""), "=====!", false},
        {"caption style", BASE("\"caption_style\":{\"name\":\"bold_pop\",\"color\":\"#ff0000\"},", "", ""), "=!==!=", false},
        {"backwards", BASE("", "", ",\"effects\":[\"reverse\"],\"captions\":[{\"text\":\"World\",\"start\":6,\"end\":7}]"), "===!!!", true},
    };
    struct keys base = keys_of(BASE("", "", ""));
    CHECK_CASE("base");
    CHECK(base.count == 6);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct keys k = keys_of(cases[i].json);
        char got[MAX_KEYS + 1] = "";
        CHECK_CASE(cases[i].what);
        CHECK(k.count == base.count);
        for (size_t c = 0; c < k.count && c < MAX_KEYS; c++)
            got[c] = strcmp(k.chunk[c], base.chunk[c]) == 0 ? '=' : '!';
        CHECK_STR(got, cases[i].chunks);
        CHECK((strcmp(k.sound, base.sound) != 0) == cases[i].sound);
    }
}

/* A changed word costs its own caption's chunk, whatever the captions' number. */
static void one_word_costs_one_chunk(void)
{
    struct keys a = keys_of(BASE("", "", ""));
    struct keys b = keys_of("{\"captions\":[{\"text\":\"Hello\",\"start\":1,\"end\":2},"
                            "{\"text\":\"Word\",\"start\":5,\"end\":6}],\"segments\":["
                            "{\"name\":\"a\",\"start\":0,\"end\":4},"
                            "{\"name\":\"b\",\"start\":4,\"end\":8}]}");
    int changed = 0;
    CHECK_CASE("one word");
    for (size_t i = 0; i < a.count; i++)
        changed += strcmp(a.chunk[i], b.chunk[i]) != 0;
    CHECK(changed == 1 && strcmp(a.sound, b.sound) == 0);
}

/* Where pictures come from another file, all chunks are others, and the sound is the same. */
static void a_proxy_changes_pictures_only(void)
{
    struct keys a = keys_of(BASE("", "", ""));
    sources[0].picture_hash = "aa/proxy";
    struct keys b = keys_of(BASE("", "", ""));
    sources[0].picture_hash = NULL;
    CHECK_CASE("proxy");
    CHECK(a.count == 6 && b.count == a.count && strcmp(a.sound, b.sound) == 0);
    for (size_t i = 0; i < b.count; i++)
        CHECK(strcmp(a.chunk[i], b.chunk[i]) != 0);
}

int main(void)
{
    media_init();
    arena_init(&arena, (size_t)64 << 20);
    transitions_lie_around_the_cut();
    transitions_stay_inside_the_source();
    runs_backwards();
    ramps_rise_and_end_where_they_should();
    slow_pictures_are_blended();
    broll_covers_the_picture();
    crops_move_evenly();
    images_fade();
    a_range_shows_the_same();
    refuses_what_it_cannot_find();
    exactly_the_right_chunks_change();
    one_word_costs_one_chunk();
    a_proxy_changes_pictures_only();
    arena_finish(&arena);
    return check_done();
}
