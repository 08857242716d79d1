/* SPDX-License-Identifier: GPL-3.0-or-later
 * What transitions draw, measured on drawn pictures. */
#include "effect_pictures.h"

static struct arena arena;
static struct effect_desk *desk;

static bool parse(const char *json, struct transition_use *use)
{
    struct err e = {0};
    bool ok = transition_parse(json, strlen(json), &arena, use, &e);
    if (!CHECK(ok))
        fprintf(stderr, "%s\n", e.msg);
    return ok;
}

/* With only those pictures that are said to be needed. */
static void mix(const char *json, double u, const struct picture *from, const struct picture *to,
                struct picture *out)
{
    struct transition_use use;
    if (!parse(json, &use))
        return;
    int needs = use.kind->needs ? use.kind->needs(use.self, u) : TRANSITION_FROM | TRANSITION_TO;
    CHECK(needs > 0 && needs <= 3);
    CHECK(use.kind->mix(use.self, u, needs & TRANSITION_FROM ? from : NULL,
                        needs & TRANSITION_TO ? to : NULL, out, desk, NULL));
}

static const char *const all[] = {
    "\"crossfade\"",
    "\"whip\"",
    "{\"name\":\"whip\",\"direction\":\"up\",\"blur\":0.12}",
    "\"slide\"",
    "{\"name\":\"slide\",\"direction\":\"right\"}",
    "{\"name\":\"slide\",\"direction\":\"up\",\"ease\":\"linear\"}",
    "{\"name\":\"slide\",\"direction\":\"down\"}",
    "\"zoom_blur\"",
    "{\"name\":\"zoom_blur\",\"amount\":1}",
    "\"flash\"",
    "\"dip_to_black\"",
};
static const int sizes[][2] = {{2, 2}, {4, 2}, {2, 38}, {66, 2}, {18, 32}, {130, 70}, {270, 480}};

/* At the ends it is the one picture or the other, exactly; between them, both or a colour. */
static void begins_and_ends(const char *json, int w, int h)
{
    struct picture from = picture_make(w, h), to = picture_make(w, h), out = picture_make(w, h);
    CHECK_CASE(json);
    picture_noise(&from, 1);
    picture_noise(&to, 2);
    mix(json, 0, &from, &to, &out);
    CHECK(picture_same(&out, &from));
    mix(json, 1, &from, &to, &out);
    CHECK(picture_same(&out, &to));
    for (int i = 1; i < 8; i++)
        mix(json, i / 8.0, &from, &to, &out);
    picture_drop(&from);
    picture_drop(&to);
    picture_drop(&out);
}

static void same_every_time(const char *json)
{
    const int w = 130, h = 70;
    struct picture from = picture_make(w, h), to = picture_make(w, h);
    struct picture a = picture_make(w, h), b = picture_make(w, h);
    struct effect_desk *mine = desk;
    picture_noise(&from, 1);
    picture_noise(&to, 2);
    mix(json, 0.43, &from, &to, &a);
    desk = effect_desk_create(NULL, NULL, NULL);
    mix(json, 0.43, &from, &to, &b);
    effect_desk_destroy(desk);
    desk = mine;
    CHECK(picture_same(&a, &b));
    CHECK(!picture_same(&a, &from) && !picture_same(&a, &to));
    picture_drop(&from);
    picture_drop(&to);
    picture_drop(&a);
    picture_drop(&b);
}

static void every_size(void)
{
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
            begins_and_ends(all[i], sizes[k][0], sizes[k][1]);
        same_every_time(all[i]);
    }
}

static void levels(void)
{
    static const struct {
        const char *json;
        double u;
        int y;
    } cases[] = {
        {"\"crossfade\"", 0.25, 75},
        {"\"crossfade\"", 0.5, 100},
        {"\"dip_to_black\"", 0.25, 33},
        {"\"dip_to_black\"", 0.5, 16},
        {"\"dip_to_black\"", 0.75, 83},
        {"\"flash\"", 0.25, 73},
        {"\"flash\"", 0.5, 235},
        {"\"zoom_blur\"", 0.4, 50},
        {"\"zoom_blur\"", 0.5, 100},
        {"\"zoom_blur\"", 0.6, 150},
        {"\"whip\"", 0.01, 50},
        {"{\"name\":\"dip_to_black\",\"color\":\"#ffffff\"}", 0.5, 235},
    };
    struct picture from = picture_make(64, 64), to = picture_make(64, 64),
                   out = picture_make(64, 64);
    picture_fill(&from, 50, 128, 128);
    picture_fill(&to, 150, 128, 128);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].json);
        mix(cases[i].json, cases[i].u, &from, &to, &out);
        CHECK_NEAR(picture_at(&out, 0, 20, 20), cases[i].y, 1);
    }
    picture_drop(&from);
    picture_drop(&to);
    picture_drop(&out);
}

/* Where the seam between dark and bright is, from the mean. */
static double seam(const char *json, double u)
{
    struct picture from = picture_make(100, 100), to = picture_make(100, 100);
    struct picture out = picture_make(100, 100);
    picture_fill(&from, 40, 128, 128);
    picture_fill(&to, 200, 128, 128);
    mix(json, u, &from, &to, &out);
    double share = (picture_mean(&out, 0) - 40) / 160;
    picture_drop(&from);
    picture_drop(&to);
    picture_drop(&out);
    return share * 100;
}

/* The seam moves as the easing says, to less than a tenth of a sample, in every direction. */
static void slides_evenly(void)
{
    static const char *const directions[] = {"left", "right", "up", "down"};
    for (int i = 0; i < 4; i++) {
        char json[100];
        snprintf(json, sizeof json, "{\"name\":\"slide\",\"ease\":\"linear\",\"direction\":\"%s\"}",
                 directions[i]);
        CHECK_CASE(json);
        for (int k = 0; k <= 97; k++)
            CHECK_NEAR(seam(json, k / 97.0), k / 97.0 * 100, 0.1);
    }
    CHECK_CASE("slide cubic");
    CHECK_NEAR(seam("\"slide\"", 0.25), 6.25, 0.1);
}

/* Left: what was on the left of the old picture goes first, and the new one comes from the right.
 */
static void knows_its_directions(void)
{
    struct picture from = picture_make(64, 64), to = picture_make(64, 64),
                   out = picture_make(64, 64);
    picture_fill(&from, 50, 128, 128);
    picture_fill(&to, 150, 128, 128);
    static const struct {
        const char *json;
        int x, y; /* a place that the new picture has at a half */
    } cases[] = {
        {"{\"name\":\"slide\",\"direction\":\"left\"}", 60, 32},
        {"{\"name\":\"slide\",\"direction\":\"right\"}", 4, 32},
        {"{\"name\":\"slide\",\"direction\":\"up\"}", 32, 60},
        {"{\"name\":\"slide\",\"direction\":\"down\"}", 32, 4},
        {"{\"name\":\"whip\",\"direction\":\"down\",\"blur\":0.01}", 32, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].json);
        mix(cases[i].json, 0.5, &from, &to, &out);
        CHECK_NEAR(picture_at(&out, 0, cases[i].x, cases[i].y), 150, 1);
        CHECK_NEAR(picture_at(&out, 0, 63 - cases[i].x, 63 - cases[i].y), 50, 1);
    }
    picture_drop(&from);
    picture_drop(&to);
    picture_drop(&out);
}

/* A whip smears along its way and not across it; a zoom blur smears more outside than inside. */
static void smears(void)
{
    struct picture from = picture_make(256, 256), to = picture_make(256, 256);
    struct picture out = picture_make(256, 256);
    for (int i = 0; i < 256 * 256; i++) {
        int x = i % 256, y = i / 256;
        from.data[0][i] = to.data[0][i] = (uint8_t)(y % 32 < 16 ? 60 : 180);
        out.data[0][i] = (uint8_t)x;
    }
    for (int i = 1; i < 3; i++) {
        memset(from.data[i], 128, 128 * 128);
        memset(to.data[i], 128, 128 * 128);
    }
    CHECK_CASE("whip across stripes that lie along it");
    mix("\"whip\"", 0.5, &from, &to, &out);
    CHECK(picture_same(&out, &from));
    CHECK_CASE("whip down them");
    mix("{\"name\":\"whip\",\"direction\":\"up\",\"blur\":0.12}", 0.5, &from, &to, &out);
    for (int y = 64; y < 192; y++) /* nearer to the border, the border shows */
        CHECK_NEAR(picture_at(&out, 0, 128, y), 120, 4);
    CHECK_CASE("zoom_blur");
    mix("\"zoom_blur\"", 0.5, &from, &to, &out);
    CHECK(picture_at(&out, 0, 128, 1 * 32 + 8) > 90 && picture_at(&out, 0, 128, 1 * 32 + 8) < 150);
    CHECK(picture_at(&out, 0, 128, 122) > 160 && picture_at(&out, 0, 128, 134) < 90);
    picture_drop(&from);
    picture_drop(&to);
    picture_drop(&out);
}

static void parses(void)
{
    struct transition_use use;
    struct err e = {0};
    struct buf b;
    buf_init(&b, 1000);
    CHECK_CASE("cut");
    CHECK(parse("\"cut\"", &use) && !use.kind);
    CHECK_CASE("canonical");
    CHECK(parse("{\"duration\":1,\"name\":\"whip\"}", &use));
    transition_canonical(&use, &b);
    CHECK_STR(b.data, "whip duration=1 direction=left blur=0.080000000000000002");
    buf_finish(&b);
    CHECK_CASE("unknown");
    CHECK(!transition_parse("\"wipe\"", 6, &arena, &use, &e));
    CHECK_STR(e.msg,
              "unknown transition \"wipe\"; there are: cut, crossfade, whip, slide, zoom_blur, "
              "flash, dip_to_black");
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    desk = effect_desk_create(NULL, NULL, NULL);
    parses();
    every_size();
    levels();
    slides_evenly();
    knows_its_directions();
    smears();
    effect_desk_destroy(desk);
    arena_finish(&arena);
    return check_done();
}
