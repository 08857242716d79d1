/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "effects/effect.h"

#include <stdlib.h>

static struct arena arena;

static void table_is_sound(void)
{
    for (const struct effect *const *p = effects; *p; p++) {
        const struct effect *fx = *p;
        CHECK_CASE(fx->name);
        CHECK(effect_find(fx->name) == fx); /* no two of one name */
        CHECK(fx->title && fx->title[0] && fx->help && fx->help[0]);
        CHECK(fx->self_size > 0 && fx->params);
        CHECK(fx->rate || fx->view);
        for (const struct param *q = fx->params; q->name; q++) {
            CHECK(q->help && q->help[0] && q->unit);
            CHECK(q->kind == PARAM_NUMBER || q->kind == PARAM_CHOICE);
            if (q->kind == PARAM_NUMBER) {
                CHECK(q->min <= q->def && q->def <= q->max);
                CHECK(q->offset + sizeof(double) <= fx->self_size);
            } else {
                CHECK(q->choices && q->choices[(int)q->def]);
                CHECK(q->offset + sizeof(int) <= fx->self_size);
            }
            for (const struct param *o = fx->params; o != q; o++)
                CHECK(strcmp(o->name, q->name) != 0);
        }
    }
}

static bool parse(const char *json, struct effect_use *use, struct err *e)
{
    return effect_parse(json, strlen(json), &arena, use, e);
}

static const struct {
    const char *json, *message;
} refused[] = {
    {"\"zom\"", "unknown effect \"zom\"; there are: zoom, slowmo"},
    {"{\"name\":\"\"}", "unknown effect \"\"; there are: zoom, slowmo"},
    {"{\"name\":\"zoom\",\"amont\":2}",
     "effect zoom has no parameter \"amont\"; there are: name, amount, x, y, ease"},
    {"{\"name\":\"zoom\",\"amount\":0.5}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"amount\":\"2\"}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"amount\":1e999}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"amount\":null}", "effect zoom: amount must be a number from 1 to 4"},
    {"{\"name\":\"zoom\",\"ease\":\"bouncy\"}", "effect zoom: ease must be one of: cubic, linear"},
    {"{\"name\":\"zoom\",\"ease\":1}", "effect zoom: ease must be one of: cubic, linear"},
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
    {"\"zoom\"", "zoom amount=1.1499999999999999 x=0.5 y=0.5 ease=cubic"},
    {"{\"name\":\"zoom\"}", "zoom amount=1.1499999999999999 x=0.5 y=0.5 ease=cubic"},
    {"{\"ease\":\"linear\",\"amount\":2,\"name\":\"zoom\",\"x\":0}",
     "zoom amount=2 x=0 y=0.5 ease=linear"},
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
    refuses_with_words();
    reads_names_and_objects();
    zoom_moves_evenly();
    rates_multiply();
    arena_finish(&arena);
    return check_done();
}
