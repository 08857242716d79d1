/* SPDX-License-Identifier: GPL-3.0-or-later
 * suggest_effects: everything suggested derives from what was given. */
#include "check.h"
#include "timeline/tools.h"

#include <stdlib.h>

static const struct wire_loc body = {.key = "body"};
static const struct wire_loc loc = {.up = &body, .key = "args"};

/* The result, or the errors, as JSON; free it. */
static char *run(const char *text)
{
    struct arena a;
    struct wire_errors errs = {0};
    struct suggest_result result;
    struct buf out;
    arena_init(&a, 64 << 20);
    buf_init(&out, 1 << 20);
    const struct suggest_args *args =
        wire_read(&wire_suggest_args, text, strlen(text), &wire_default_limits, &loc, &a, &errs);
    if (args && tool_suggest_effects(args, &result, &loc, &a, &errs))
        wire_write(&wire_suggest_result, &result, &out);
    else
        wire_errors_json(&errs, &out);
    wire_errors_finish(&errs);
    arena_finish(&a);
    return buf_steal(&out, NULL);
}

static void test_cases(void)
{
    static const struct {
        const char *name, *args, *want;
    } cases[] = {
        {"nothing in, nothing out", "{}", "{\"suggestions\":[],\"backend\":\"stub\"}"},
        {"the guide's arguments", "{\"transcript\":\"\",\"beats\":[],\"backend\":\"stub\"}",
         "{\"suggestions\":[],\"backend\":\"stub\"}"},
        {"plain words", "{\"transcript\":\"we walk to the shop\"}", "{\"suggestions\":[],"},
        {"a strong word, no times", "{\"transcript\":\"And this is AMAZING, really.\"}",
         "{\"suggestions\":[{\"effect\":\"zoom\",\"start\":null,\"reason\":\"strong word "
         "\\\"AMAZING\\\" in \\\"And this is AMAZING, really.\\\"\",\"confidence\":0.7,\"rule\":\"strong_word\"}],"},
        {"captions have times",
         "{\"transcript\":[{\"text\":\"so\",\"start\":0,\"end\":1},{\"text\":\"imagine that\","
         "\"start\":12.4,\"end\":14}]}", "[{\"effect\":\"slowmo\",\"start\":12.4,"},
        {"best first",
         "{\"transcript\":\"Why? It is the best!\"}",
         "[{\"effect\":\"zoom\",\"start\":null,\"reason\":\"strong word"},
        {"a question", "{\"transcript\":\"Why?\"}", "question: \\\"Why?\\\""},
        {"phrases of the beat", "{\"beats\":[1,1.5,2,2.5,3,3.5,4,4.5,5,5.5]}",
         "{\"effect\":\"zoom\",\"start\":5.0,\"reason\":\"beat 9 begins a phrase of eight\""},
        {"the beat pauses", "{\"beats\":[1,1.5,2,2.5,8,8.5,9]}",
         "[{\"effect\":\"slowmo\",\"start\":2.5,\"reason\":\"the beat pauses for 5.5 s\""},
        {"a word has its own time",
         "{\"transcript\":[{\"text\":\"it is huge\",\"start\":1,\"end\":4,\"words\":[{\"text\":\"it\","
         "\"start\":1,\"end\":2},{\"text\":\"is\",\"start\":2,\"end\":3},{\"text\":\"huge\",\"start\":3,"
         "\"end\":4}]}]}", "{\"effect\":\"zoom\",\"start\":3.0,"},
        {"a number", "{\"transcript\":\"It costs 250 dollars.\"}",
         "{\"effect\":\"punch_in\",\"start\":null,\"reason\":\"a number \\\"250\\\" in"},
        {"laughter", "{\"transcript\":\"Haha, look at that\"}", "\"rule\":\"laughter\""},
        {"emphasis", "{\"transcript\":\"we STOPPED there\"}", "emphasis \\\"STOPPED\\\""},
        {"an abbreviation is none", "{\"transcript\":\"the USA and NASA\"}", "{\"suggestions\":[]"},
        {"a point of a list", "{\"transcript\":\"third, mix it\"}", "\"rule\":\"list\""},
        {"silence between captions",
         "{\"transcript\":[{\"text\":\"so\",\"start\":0,\"end\":1},{\"text\":\"then\",\"start\":4,"
         "\"end\":5}]}", "[{\"effect\":\"speed\",\"start\":1.0,\"reason\":\"nobody speaks for 3.0 s\""},
        {"what the analysis heard", "{\"energy\":[{\"time\":3,\"score\":0.9},{\"time\":5,\"score\":0.1}],"
         "\"drops\":[{\"time\":8,\"rise\":12}],\"pauses\":[{\"start\":1,\"end\":2.5}]}",
         "{\"suggestions\":[{\"effect\":\"slowmo\",\"start\":8.0,\"reason\":\"drop, +12 dB\","
         "\"confidence\":0.86,\"rule\":\"drop\"},{\"effect\":\"shake\",\"start\":3.0,"},
        {"equal ones that are close are one", "{\"energy\":[{\"time\":3,\"score\":0.9},{\"time\":3.2,"
         "\"score\":0.95}]}", "{\"suggestions\":[{\"effect\":\"shake\",\"start\":3.2,\"reason\":\"energy "
         "peak, 95 %\",\"confidence\":0.68,\"rule\":\"peak\"}],"},
        {"one beat is no grid", "{\"beats\":[1]}", "{\"suggestions\":[],"},
        {"beats on one spot", "{\"beats\":[1,1,1,1]}", "{\"suggestions\":[],"},

        {"transcript is a number", "{\"transcript\":7}",
         "\"loc\":[\"body\",\"args\",\"transcript\"]"},
        {"captions are wrong", "{\"transcript\":[{\"text\":\"a\",\"start\":0}]}",
         "{\"type\":\"missing\",\"loc\":[\"body\",\"args\",\"transcript\",0,\"end\"]"},
        {"unknown backend", "{\"backend\":\"../../x\"}", "\"loc\":[\"body\",\"args\",\"backend\"]"},
        {"beats are text", "{\"beats\":[\"x\"]}", "\"loc\":[\"body\",\"args\",\"beats\",0]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        char *got = run(cases[i].args);
        if (!CHECK(got && strstr(got, cases[i].want)))
            fprintf(stderr, "   got: %s\n  want: %s\n", got ? got : "", cases[i].want);
        free(got);
    }
}

static void test_much(void)
{
    CHECK_CASE("at most fifty, and sound JSON for long sentences of any script");
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, "{\"transcript\":\"");
    for (int i = 0; i < 300; i++) {
        for (int k = 0; k < 100; k++)
            buf_adds(&b, "\xe6\x97\xa5");
        buf_addc(&b, '!');
    }
    buf_adds(&b, "\"}");
    char *got = run(b.data);
    size_t n = 0;
    for (const char *p = got; p && (p = strstr(p, "\"effect\"")); p++)
        n++;
    CHECK(n == SUGGEST_MAX);
    CHECK(got && strstr(got, "...\\\"\""));
    CHECK(got && !strstr(got, "\xef\xbf\xbd"));
    free(got);
    buf_finish(&b);
}

static void test_tables(void)
{
    static const struct wire_type *const types[] = {
        &wire_suggest_args, &wire_suggestion, &wire_suggest_result, &wire_caption_srt_args,
        &wire_caption_srt_result};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct err e = {0};
        CHECK_CASE(types[i]->name);
        if (!CHECK(wire_sound(types[i], &e)))
            fprintf(stderr, "   %s\n", e.msg);
    }
}

int main(void)
{
    test_tables();
    test_cases();
    test_much();
    return check_done();
}
