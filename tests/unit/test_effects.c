/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "core/json.h"
#include "effects/effect.h"
#include "effects/effect_list.h"
#include "effects/transition.h"

#include <stdlib.h>

#define NAMES                                                                                      \
    "zoom, punch_in, beat_pulse, shake, mirror, slowmo, speed, freeze, reverse, flash, fade_in, "  \
    "fade_out, blur, vignette, grayscale, color, lut, rgb_split, glitch, film_grain, letterbox"

static struct arena arena;

static size_t kind_size(enum param_kind kind)
{
    switch (kind) {
    case PARAM_NUMBER:
        return sizeof(double);
    case PARAM_COLOUR:
        return sizeof(uint32_t);
    case PARAM_FILE:
        return sizeof(const char *);
    default:
        return sizeof(int);
    }
}

static void params_are_sound(const struct param *params, size_t self_size)
{
    for (const struct param *q = params; q->name; q++) {
        CHECK(q->help && q->help[0] && q->help[strlen(q->help) - 1] == '.' && q->unit);
        CHECK(q->kind >= PARAM_NUMBER && q->kind <= PARAM_FILE);
        CHECK(q->offset + kind_size(q->kind) <= self_size);
        if (q->kind == PARAM_NUMBER)
            CHECK(q->min < q->max && q->min <= q->def && q->def <= q->max);
        if (q->kind == PARAM_CHOICE)
            CHECK(q->choices && q->choices[(int)q->def]);
        for (const struct param *o = params; o != q; o++)
            CHECK(strcmp(o->name, q->name) != 0 && o->offset != q->offset);
    }
}

static void table_is_sound(void)
{
    for (const struct effect *const *p = effects; *p; p++) {
        const struct effect *fx = *p;
        CHECK_CASE(fx->name);
        CHECK(effect_find(fx->name) == fx); /* no two of one name */
        CHECK(fx->title && fx->title[0] && fx->help && fx->help[0]);
        CHECK(fx->self_size > 0 && fx->params);
        CHECK(fx->rate || fx->picture_time || fx->view || fx->look);
        CHECK(!fx->look == !fx->paint);
        params_are_sound(fx->params, fx->self_size);
    }
    CHECK(!effect_find("zoo") && !effect_find(""));
}

static void transitions_are_sound(void)
{
    for (const struct transition *const *p = transitions; *p; p++) {
        const struct transition *tr = *p;
        CHECK_CASE(tr->name);
        CHECK(tr->title && tr->title[0] && tr->help && tr->help[0] && tr->mix);
        CHECK(tr->self_size >= sizeof(struct transition_base));
        CHECK(strcmp(tr->params[0].name, "duration") == 0 && tr->params[0].offset == 0);
        params_are_sound(tr->params, tr->self_size);
        for (const struct transition *const *o = transitions; o != p; o++)
            CHECK(strcmp((*o)->name, tr->name) != 0);
    }
}

/* The list for programs is JSON that names every parameter; that for people finds one thing. */
static void lists_itself(void)
{
    struct buf b;
    struct json_reader r;
    CHECK_CASE("lists");
    buf_init(&b, 1 << 20);
    struct effect_list *list = effect_list(&arena);
    if (!CHECK(list))
        return;
    wire_write(&wire_effect_list, list, &b);
    json_reader_init(&r, b.data, b.len, 8);
    CHECK(json_skip(&r) && !json_failed(&r));
    for (const struct effect *const *fx = effects; *fx; fx++) {
        char want[100];
        snprintf(want, sizeof want, "{\"name\":\"%s\",\"title\":", (*fx)->name);
        CHECK(strstr(b.data, want) != NULL);
    }
    CHECK(strstr(b.data, "{\"name\":\"ease\",\"kind\":\"choice\",\"min\":null,\"max\":null,"
                         "\"default\":\"cubic\",\"choices\":[\"cubic\",\"linear\",\"in\",\"out\"],"
                         "\"unit\":\"\",\"help\":") != NULL);
    buf_finish(&b);
    buf_init(&b, 1 << 20);
    CHECK(!effect_list_text(list, "zoomm", &b));
    CHECK(effect_list_text(list, "grayscale", &b));
    CHECK_STR(b.data, "effect grayscale - Black and white, or paler colours.\n"
                      "    amount       How much of the colour goes. 0 to 1 [1]\n");
    buf_finish(&b);
}

static bool parse(const char *json, struct effect_use *use, struct err *e)
{
    return effect_parse(json, strlen(json), &arena, use, e);
}

static const struct {
    const char *json, *message;
} refused[] = {
    {"\"zom\"", "unknown effect \"zom\"; there are: " NAMES},
    {"\"lut\"", "effect lut: file is needed, the path or the id of an asset"},
    {"{\"name\":\"\"}", "unknown effect \"\"; there are: " NAMES},
    {"{\"name\":\"zoom\",\"amont\":2}",
     "effect zoom has no parameter \"amont\"; there are: name, amount, x, y, ease, direction"},
    {"{\"name\":\"zoom\",\"amount\":0.5}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"amount\":\"2\"}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"amount\":1e999}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"amount\":null}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"ease\":\"bouncy\"}",
     "effect zoom: ease must be one of: cubic, linear, in, out"},
    {"{\"name\":\"zoom\",\"ease\":1}", "effect zoom: ease must be one of: cubic, linear, in, out"},
    {"{\"name\":\"slowmo\",\"factor\":0.1}",
     "effect slowmo: factor must be a number from 0.25 to 1"},
    {"{\"amount\":2}", "an effect is a name, or an object with \"name\" and its parameters"},
    {"{\"name\":5}", "an effect is a name, or an object with \"name\" and its parameters"},
    {"[\"zoom\"]", "an effect is a name, or an object with \"name\" and its parameters"},
    {"null", "an effect is a name, or an object with \"name\" and its parameters"},
    {"{\"name\":\"zoom\",", "an effect is a name, or an object with \"name\" and its parameters"},
    {"", "an effect is a name, or an object with \"name\" and its parameters"},
};

static void refuses_with_words(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct effect_use use;
        struct err e = {0};
        CHECK_CASE(refused[i].json);
        CHECK(!parse(refused[i].json, &use, &e));
        CHECK(e.code == ERR_INVALID);
        CHECK_STR(e.msg, refused[i].message);
    }
}

static const struct {
    const char *json, *canonical;
} accepted[] = {
    {"\"zoom\"", "zoom amount=1.1499999999999999 x=0.5 y=0.5 ease=cubic direction=in"},
    {"{\"name\":\"zoom\"}", "zoom amount=1.1499999999999999 x=0.5 y=0.5 ease=cubic direction=in"},
    {"{\"ease\":\"linear\",\"amount\":2,\"name\":\"zoom\",\"x\":0}",
     "zoom amount=2 x=0 y=0.5 ease=linear direction=in"},
    {"\"slowmo\"", "slowmo factor=0.5"},
    {"{\"name\":\"slowmo\",\"factor\":0.25}", "slowmo factor=0.25"},
};

static void reads_names_and_objects(void)
{
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        struct effect_use use;
        struct err e = {0};
        struct buf b;
        buf_init(&b, 1000);
        CHECK_CASE(accepted[i].json);
        if (CHECK(parse(accepted[i].json, &use, &e))) {
            effect_canonical(&use, &b);
            CHECK_STR(b.data, accepted[i].canonical);
        }
        buf_finish(&b);
    }
}

static void zoom_moves_evenly(void)
{
    struct effect_use use;
    struct effect_view v, before;
    CHECK_CASE("zoom");
    CHECK(parse("\"zoom\"", &use, NULL));
    CHECK(effect_total_view(&use, 1, &(struct effect_moment){.u = 0, .length = 1}, &v));
    CHECK_NEAR(v.scale, 1, 0);
    CHECK(effect_total_view(&use, 1, &(struct effect_moment){.u = 1, .length = 1}, &v));
    CHECK_NEAR(v.scale, 1.15, 1e-12);
    CHECK_NEAR(v.x, 0.5, 0);
    effect_total_view(&use, 1, &(struct effect_moment){.u = 0.5, .length = 1}, &v);
    CHECK_NEAR(v.scale, 1.075, 1e-12);
    effect_total_view(&use, 1, &(struct effect_moment){.u = 0, .length = 1}, &before);
    bool rises = true;
    for (int i = 1; i <= 1000; i++) {
        effect_total_view(&use, 1, &(struct effect_moment){.u = i / 1000.0, .length = 1}, &v);
        rises = rises && v.scale >= before.scale && v.scale - before.scale < 0.001;
        before = v;
    }
    CHECK(rises);
    CHECK(!effect_total_view(NULL, 0, &(struct effect_moment){.u = 0.3, .length = 1}, &v));
    CHECK_NEAR(v.scale, 1, 0);
}

/* The view at t of 2 s, with beats at every half second and words at 0.3 and 0.9. */
static struct effect_view view_at(const struct effect_use *uses, size_t count, double t)
{
    static const double beats[] = {0.5, 1, 1.5}, words[] = {0.3, 0.9};
    const struct effect_moment m = {.t = t,
                                    .length = 2,
                                    .u = t / 2,
                                    .beats = beats,
                                    .beat_count = 3,
                                    .words = words,
                                    .word_count = 2};
    struct effect_view v;
    effect_total_view(uses, count, &m, &v);
    return v;
}

/* What is seen lies inside of the picture, always. */
static bool is_inside(const struct effect_view *v)
{
    return v->scale >= 1 && v->x >= 0 && v->x <= 1 && v->y >= 0 && v->y <= 1;
}

static void zooms_out_to_a_point(void)
{
    struct effect_use use;
    CHECK_CASE("zoom out");
    CHECK(parse("{\"name\":\"zoom\",\"direction\":\"out\",\"amount\":2,\"x\":0.25,\"y\":1}", &use,
                NULL));
    struct effect_view v = view_at(&use, 1, 0);
    CHECK_NEAR(v.scale, 2, 0);
    CHECK_NEAR(v.x, 0.25, 0);
    CHECK_NEAR(v.y, 1, 0);
    CHECK_NEAR(view_at(&use, 1, 2).scale, 1, 0);
}

/* A zoom to the left top corner, then one to the right bottom corner of what is left. */
static void views_nest(void)
{
    struct effect_use uses[3];
    CHECK_CASE("nested");
    CHECK(parse("{\"name\":\"zoom\",\"amount\":2,\"x\":0,\"y\":0}", &uses[0], NULL));
    CHECK(parse("{\"name\":\"zoom\",\"amount\":2,\"x\":1,\"y\":1}", &uses[1], NULL));
    struct effect_view v = view_at(uses, 2, 2);
    CHECK_NEAR(v.scale, 4, 0);
    CHECK_NEAR(v.x * 0.75, 0.25, 1e-12); /* begins at a quarter */
    CHECK_NEAR(v.y * 0.75, 0.25, 1e-12);
    CHECK_CASE("mirrored first");
    uses[1] = uses[0];
    CHECK(parse("\"mirror\"", &uses[0], NULL));
    v = view_at(uses, 2, 2);
    CHECK(v.mirrored);
    CHECK_NEAR(v.x, 1, 0); /* what is on the left now is on the right in the picture */
    CHECK_CASE("mirrored twice");
    uses[1] = uses[0];
    CHECK(!view_at(uses, 2, 1).mirrored);
}

static void punches_in(void)
{
    static const struct {
        const char *json;
        double t, scale;
    } cases[] = {
        {"\"punch_in\"", 0, 1},
        {"\"punch_in\"", 0.13, 1.12},
        {"\"punch_in\"", 2, 1.12},
        {"{\"name\":\"punch_in\",\"on\":\"beats\",\"every\":1}", 0.49, 1},
        {"{\"name\":\"punch_in\",\"on\":\"beats\",\"every\":1}", 0.7, 1.12},
        {"{\"name\":\"punch_in\",\"on\":\"beats\",\"every\":1}", 0.99, 1.12},
        {"{\"name\":\"punch_in\",\"on\":\"beats\",\"every\":1}", 1, 1}, /* falls back hard */
        {"{\"name\":\"punch_in\",\"on\":\"beats\",\"every\":1}", 1.7, 1.12},
        {"{\"name\":\"punch_in\",\"on\":\"beats\",\"every\":2}", 1.2, 1.12},
        {"{\"name\":\"punch_in\",\"on\":\"beats\",\"every\":2}", 1.5, 1},
        {"{\"name\":\"punch_in\",\"on\":\"words\",\"every\":1,\"rise\":0}", 0.3, 1.12},
        {"{\"name\":\"punch_in\",\"on\":\"words\",\"every\":1,\"rise\":0}", 0.9, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct effect_use use;
        CHECK_CASE(cases[i].json);
        if (CHECK(parse(cases[i].json, &use, NULL)))
            CHECK_NEAR(view_at(&use, 1, cases[i].t).scale, cases[i].scale, 1e-12);
    }
}

static void pulses_on_beats(void)
{
    struct effect_use use;
    CHECK_CASE("beat_pulse");
    CHECK(parse("\"beat_pulse\"", &use, NULL));
    CHECK_NEAR(view_at(&use, 1, 0.4).scale, 1, 0);
    CHECK_NEAR(view_at(&use, 1, 0.5).scale, 1.06, 1e-12);
    CHECK_NEAR(view_at(&use, 1, 1.5).scale, 1.06, 1e-12);
    double before = 2;
    for (int i = 0; i <= 40; i++) {
        double s = view_at(&use, 1, 1 + i / 100.0).scale;
        CHECK(s <= before && s >= 1);
        before = s;
    }
    CHECK_NEAR(before, 1, 0);
}

/* Where the middle of the frame is in the picture, in pixels of the frame. */
static double middle_x(const struct effect_view *v)
{
    double w = 1 / v->scale;
    return ((1 - w) * v->x + w / 2) * 1080;
}

/* The shake stays within its pixels and within the picture, and is smooth: at 120 frames a second
 * no second difference beyond what its speed asks for. */
static void shakes_smoothly(void)
{
    struct effect_use uses[2];
    CHECK_CASE("shake");
    CHECK(parse("{\"name\":\"shake\",\"on\":\"always\"}", &uses[0], NULL));
    double most = 0, jerk = 0, a = 540, b = 540;
    for (int i = 0; i <= 240; i++) {
        struct effect_view v = view_at(uses, 1, i / 120.0);
        CHECK(is_inside(&v));
        CHECK_NEAR(v.scale, 1 + 16.0 / 1080, 1e-12);
        double x = middle_x(&v);
        most = fmax(most, fabs(x - 540));
        if (i >= 2)
            jerk = fmax(jerk, fabs(x - 2 * a + b));
        b = a;
        a = x;
    }
    CHECK(most > 4 && most <= 8);
    /* |n''| <= 5.8 |b - a| f^2, with values 2 apart, 8 px and 14 changes a second. */
    CHECK(jerk < 5.8 * 2 * 8 * (14.0 / 120) * (14.0 / 120));
    CHECK_CASE("shake dies away");
    CHECK(parse("\"shake\"", &uses[0], NULL));
    CHECK(view_at(uses, 1, 0).scale > 1.01);
    CHECK_NEAR(view_at(uses, 1, 0.3).scale, 1, 0);
    CHECK_CASE("shake in a zoom");
    CHECK(parse("{\"name\":\"zoom\",\"x\":0,\"y\":1,\"amount\":1.5}", &uses[0], NULL));
    CHECK(parse("{\"name\":\"shake\",\"on\":\"always\",\"amount\":60}", &uses[1], NULL));
    for (int i = 0; i <= 60; i++) {
        struct effect_view v = view_at(uses, 2, i / 30.0);
        CHECK(is_inside(&v));
    }
}

/* --- Time ----------------------------------------------------------------------------------- */

static const struct {
    const char *json;
    int64_t num, den;
} speeds[] = {
    {"\"speed\"", 3, 2},
    {"{\"name\":\"speed\",\"factor\":4}", 4, 1},
    {"{\"name\":\"speed\",\"factor\":0.25}", 1, 4},
    {"{\"name\":\"speed\",\"from\":0.5,\"to\":2}", 5, 4},
    {"{\"name\":\"speed\",\"from\":0.5,\"to\":2,\"ease\":\"linear\"}", 5, 4},
    {"{\"name\":\"speed\",\"from\":0.5,\"to\":2,\"ease\":\"in\"}", 7, 8},
    {"{\"name\":\"speed\",\"from\":0.5,\"to\":2,\"ease\":\"out\"}", 13, 8},
    {"{\"name\":\"speed\",\"from\":2,\"to\":0.5,\"ease\":\"out\",\"back\":true}", 7, 8},
    {"{\"name\":\"speed\",\"factor\":1,\"to\":4}", 5, 2},
    {"{\"name\":\"speed\",\"from\":0.01,\"to\":4}", 17, 8},
};

/* The slope of the ramp, times the mean speed, is the speed that was asked for: at the ends
 * exactly, and it never leaves what lies between them. */
static void ramps_have_their_mean(void)
{
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        struct effect_use use;
        struct effect_rate r;
        CHECK_CASE(speeds[i].json);
        if (!CHECK(parse(speeds[i].json, &use, NULL) && effect_total_rate(&use, 1, &r, NULL)))
            continue;
        CHECK(r.num == speeds[i].num && r.den == speeds[i].den);
        CHECK(effect_total_ramp(&use, 1, 0) == 0 && effect_total_ramp(&use, 1, 1) == 1);
        CHECK(effect_total_ramp(&use, 1, -1) == 0 && effect_total_ramp(&use, 1, 2) == 1);
        const int n = 10000;
        double before = 0, least = 100, most = 0;
        for (int k = 1; k <= n; k++) {
            double p = effect_total_ramp(&use, 1, (double)k / n);
            double v = (p - before) * n * (double)r.num / (double)r.den;
            least = fmin(least, v);
            most = fmax(most, v);
            before = p;
        }
        const double *self = use.self; /* factor, from, to */
        double from = self[1] > 0 ? fmax(self[1], 0.25) : self[0];
        double to = self[2] > 0 ? fmax(self[2], 0.25) : self[0];
        CHECK_NEAR(least, fmin(from, to), 1e-3);
        CHECK_NEAR(most, fmax(from, to), 1e-3);
    }
}

static void freezes(void)
{
    struct effect_use use;
    struct effect_moment m = {.length = 3};
    CHECK_CASE("freeze");
    CHECK(parse("{\"name\":\"freeze\",\"at\":1,\"hold\":0.5}", &use, NULL));
    static const double cases[][2] = {{0.9, 0.9}, {1, 1}, {1.4, 1}, {1.6, 1.6}, {3, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        m.t = cases[i][0];
        CHECK_NEAR(effect_total_picture_time(&use, 1, &m), cases[i][1], 0);
    }
    CHECK(parse("{\"name\":\"freeze\",\"at\":1,\"hold\":0}", &use, NULL));
    m.t = 2.9;
    CHECK_NEAR(effect_total_picture_time(&use, 1, &m), 1, 0);
}

static void reverses(void)
{
    struct effect_use uses[2];
    struct effect_rate r;
    CHECK_CASE("reverse");
    CHECK(parse("\"reverse\"", &uses[0], NULL) && parse("\"reverse\"", &uses[1], NULL));
    CHECK(effect_total_rate(uses, 1, &r, NULL) && r.backwards && r.num == 1 && r.den == 1);
    CHECK(effect_total_rate(uses, 2, &r, NULL) && !r.backwards);
}

static void rates_multiply(void)
{
    struct effect_use uses[16];
    struct effect_rate r;
    struct err e = {0};
    CHECK_CASE("rates");
    CHECK(effect_total_rate(NULL, 0, &r, NULL) && r.num == 1 && r.den == 1);
    CHECK(parse("\"slowmo\"", &uses[0], NULL) && parse("\"zoom\"", &uses[1], NULL));
    CHECK(effect_total_rate(uses, 2, &r, NULL) && r.num == 1 && r.den == 2);
    CHECK(parse("{\"name\":\"slowmo\",\"factor\":0.3}", &uses[1], NULL));
    CHECK(effect_total_rate(uses, 2, &r, NULL) && r.num == 3 && r.den == 20);
    for (int i = 0; i < 16; i++)
        parse("{\"name\":\"slowmo\",\"factor\":0.25}", &uses[i], NULL);
    CHECK(effect_total_rate(uses, 2, &r, NULL) && r.num == 1 && r.den == 16);
    CHECK(!effect_total_rate(uses, 16, &r, &e) && e.code == ERR_INVALID);
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    table_is_sound();
    transitions_are_sound();
    lists_itself();
    refuses_with_words();
    reads_names_and_objects();
    zoom_moves_evenly();
    zooms_out_to_a_point();
    views_nest();
    punches_in();
    pulses_on_beats();
    shakes_smoothly();
    ramps_have_their_mean();
    freezes();
    reverses();
    rates_multiply();
    arena_finish(&arena);
    return check_done();
}
