/* SPDX-License-Identifier: GPL-3.0-or-later
 * The timeline document: types, the contract's rules with their exact places, merging, round
 * trips. */
#include "check.h"
#include "core/timebase.h"
#include "timeline/timeline.h"

#include <stdlib.h>

#define DURATION 30.5

static const struct wire_loc body = {.key = "body"};
static const struct wire_loc root = {.up = &body, .key = "timeline"};

static bool known(void *user, enum timeline_ref what, const char *name)
{
    (void)user;
    switch (what) {
    case TIMELINE_REF_ASSET:
        return strcmp(name + (*name == '/'), "media/ingest/own.mp4") == 0;
    case TIMELINE_REF_SOUND:
        return strcmp(name, "/media/ingest/sound.wav") == 0;
    case TIMELINE_REF_SFX:
        return strcmp(name, "whoosh") == 0;
    case TIMELINE_REF_MEDIA:
        return strcmp(name, "asset:7") == 0 || strcmp(name, "ingest/logo.png") == 0;
    }
    return false;
}

static const struct timeline_refs refs = {.known = known};
static const struct timeline_facts facts = {
    .duration_ticks = TICKS_PER_SECOND * 61 / 2, .frame_ticks = TICKS_PER_SECOND / 30};

/* Parses and checks; the JSON of the errors, or "ok". Free it. */
static char *verdict(const char *text)
{
    struct arena a;
    struct wire_errors errs = {0};
    struct buf out;
    arena_init(&a, 64 << 20);
    buf_init(&out, 1 << 20);
    struct timeline *tl = timeline_parse(text, strlen(text), &root, &a, &errs);
    bool ok = tl && timeline_check(tl, &facts, &refs, &root, &a, &errs);
    CHECK(ok == (errs.count == 0));
    if (ok)
        buf_adds(&out, "ok");
    else
        wire_errors_json(&errs, &out);
    wire_errors_finish(&errs);
    arena_finish(&a);
    return buf_steal(&out, NULL);
}

/* --- Rules ------------------------------------------------------------------------------------ */

#define SEG(inside) "{\"segments\":[{\"name\":\"a\"," inside "}]}"

static const struct {
    const char *name, *text;
    const char *loc, *type; /* NULL: it is right */
} checked[] = {
    {"smallest", "{\"segments\":[]}", NULL, NULL},
    {"the guide's update",
     "{\"segments\":[{\"name\":\"intro\",\"start\":0.0,\"end\":3.0,\"effects\":[\"zoom\"],"
     "\"captions\":[{\"text\":\"Welcome!\",\"start\":0.5,\"end\":1.5}]}]}", NULL, NULL},
    {"both effects and a parameter",
     SEG("\"start\":0,\"end\":1,\"effects\":[\"slowmo\",{\"name\":\"zoom\",\"amount\":1.3}]"),
     NULL, NULL},
    {"whole source", SEG("\"start\":0,\"end\":30.5"), NULL, NULL},
    {"a frame more", SEG("\"start\":0,\"end\":30.533"), NULL, NULL},
    {"overlap and repeat",
     "{\"segments\":[{\"name\":\"a\",\"start\":5,\"end\":9},{\"name\":\"b\",\"start\":1,"
     "\"end\":9}]}", NULL, NULL},
    {"own asset", "{\"asset\":{\"path\":\"media/ingest/own.mp4\","
                  "\"url\":\"/media/ingest/own.mp4\"},\"segments\":[]}", NULL, NULL},
    {"own sound", SEG("\"start\":0,\"end\":1,\"sfx\":{\"name\":\"x\","
                      "\"path\":\"/media/ingest/sound.wav\"}"), NULL, NULL},
    {"built-in sound", SEG("\"start\":0,\"end\":1,\"sfx\":{\"name\":\"whoosh\"}"), NULL, NULL},
    {"nulls", "{\"asset\":null,\"tempo\":null,\"template_name\":null,\"captions\":null,"
              "\"beats\":null,\"segments\":[]}", NULL, NULL},

    {"everything a film can have",
     "{\"caption_style\":{\"name\":\"bold_pop\",\"color\":\"#ffe600\"},\"safe_zone\":\"tiktok\","
     "\"loudness\":-16,\"music\":{\"asset_id\":7,\"gain_db\":-9},\"crop\":[{\"time\":1,"
     "\"x\":0.2,\"y\":0.5},{\"time\":1,\"x\":0.8,\"y\":0.5}],\"overlays\":[{\"text\":\"Hi\","
     "\"start\":0,\"end\":2,\"style\":\"box\"},{\"path\":\"ingest/logo.png\",\"start\":0,"
     "\"end\":99}],\"broll\":[{\"asset_id\":7,\"start\":1,\"end\":2,\"effects\":[\"zoom\"]}],"
     "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"asset_id\":7,\"volume\":0.5,"
     "\"transition\":{\"name\":\"crossfade\",\"duration\":1},\"crop\":[{\"time\":0}]}]}",
     NULL, NULL},
    {"nothing of it",
     "{\"caption_style\":null,\"safe_zone\":null,\"loudness\":null,\"music\":null,\"crop\":null,"
     "\"overlays\":null,\"broll\":null,\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,"
     "\"asset_id\":null,\"volume\":null,\"transition\":null,\"crop\":null}]}",
     NULL, NULL},

    {"unknown style", "{\"caption_style\":\"comic\",\"segments\":[]}", "\"caption_style\"]",
     "value_error"},
    {"unknown style of a title",
     "{\"overlays\":[{\"text\":\"x\",\"start\":0,\"end\":1,\"style\":7}],\"segments\":[]}",
     "\"overlays\",0,\"style\"]", "value_error"},
    {"unknown transition", SEG("\"start\":0,\"end\":1,\"transition\":\"spin\""),
     "\"segments\",0,\"transition\"]", "value_error"},
    {"transition too long",
     SEG("\"start\":0,\"end\":1,\"transition\":{\"name\":\"cut\",\"duration\":9}"),
     "\"segments\",0,\"transition\"]", "value_error"},
    {"unknown asset", SEG("\"start\":0,\"end\":1,\"asset_id\":8"),
     "\"segments\",0,\"asset_id\"]", "not_found"},
    {"an asset id of nobody", SEG("\"start\":0,\"end\":1,\"asset_id\":0"),
     "\"segments\",0,\"asset_id\"]", "greater_than_equal"},
    {"music without a file", "{\"music\":{},\"segments\":[]}", "\"music\",\"asset_id\"]",
     "missing"},
    {"music by both names",
     "{\"music\":{\"asset_id\":7,\"path\":\"ingest/logo.png\"},\"segments\":[]}",
     "\"music\",\"asset_id\"]", "value_error"},
    {"text and image",
     "{\"overlays\":[{\"text\":\"x\",\"asset_id\":7,\"start\":0,\"end\":1}],"
     "\"segments\":[]}",
     "\"overlays\",0,\"text\"]", "value_error"},
    {"b-roll that ends before it starts",
     "{\"broll\":[{\"asset_id\":7,\"start\":2,\"end\":1}],\"segments\":[]}",
     "\"broll\",0,\"end\"]", "greater_than"},
    {"crop in disorder", "{\"crop\":[{\"time\":2},{\"time\":1}],\"segments\":[]}",
     "\"crop\",1,\"time\"]", "greater_than_equal"},
    {"loud", SEG("\"start\":0,\"end\":1,\"volume\":5"), "\"segments\",0,\"volume\"]",
     "less_than_equal"},

    {"no segments", "{}", "\"segments\"]", "missing"},
    {"segments null", "{\"segments\":null}", "\"segments\"]", "list_type"},
    {"segments an object", "{\"segments\":{}}", "\"segments\"]", "list_type"},
    {"no name", "{\"segments\":[{\"start\":0,\"end\":1}]}", "\"segments\",0,\"name\"]",
     "missing"},
    {"no end", "{\"segments\":[{\"name\":\"a\",\"start\":0}]}", "\"segments\",0,\"end\"]",
     "missing"},
    {"end before start", SEG("\"start\":2,\"end\":1"), "\"segments\",0,\"end\"]",
     "greater_than"},
    {"no length", SEG("\"start\":2,\"end\":2"), "\"segments\",0,\"end\"]", "greater_than"},
    {"hardly a length", SEG("\"start\":0,\"end\":1e-12"), "\"segments\",0,\"end\"]",
     "greater_than"},
    {"negative", SEG("\"start\":-0.1,\"end\":1"), "\"segments\",0,\"start\"]",
     "greater_than_equal"},
    {"too long", SEG("\"start\":1,\"end\":30.6"), "\"segments\",0,\"end\"]",
     "less_than_equal"},
    {"huge", SEG("\"start\":1,\"end\":1e300"), "\"segments\",0,\"end\"]", "less_than_equal"},
    {"starts at the end", SEG("\"start\":30.5,\"end\":30.52"), "\"segments\",0,\"start\"]",
     "less_than"},
    {"infinite", SEG("\"start\":0,\"end\":1e999"), "\"segments\",0,\"end\"]", "finite_number"},
    {"text for a time", SEG("\"start\":\"soon\",\"end\":1"), "\"segments\",0,\"start\"]",
     "float_parsing"},
    {"unknown effect", SEG("\"start\":0,\"end\":1,\"effects\":[\"zoom\",\"spin\"]"),
     "\"segments\",0,\"effects\",1]", "value_error"},
    {"effect by injection",
     SEG("\"start\":0,\"end\":1,\"effects\":[\"drawtext=textfile=/etc/passwd\"]"),
     "\"segments\",0,\"effects\",0]", "value_error"},
    {"effect is a number", SEG("\"start\":0,\"end\":1,\"effects\":[7]"),
     "\"segments\",0,\"effects\",0]", "value_error"},
    {"effect out of range",
     SEG("\"start\":0,\"end\":1,\"effects\":[{\"name\":\"zoom\",\"amount\":99}]"),
     "\"segments\",0,\"effects\",0]", "value_error"},
    {"too slow together",
     SEG("\"start\":0,\"end\":1,\"effects\":[{\"name\":\"slowmo\",\"factor\":0.25},"
         "{\"name\":\"slowmo\",\"factor\":0.25},{\"name\":\"slowmo\",\"factor\":0.25}]"),
     "\"segments\",0,\"effects\"]", "value_error"},
    {"unknown fit", SEG("\"start\":0,\"end\":1,\"fit\":\"stretch\""), "\"segments\",0,\"fit\"]",
     NULL},
    {"caption ends before it starts",
     "{\"captions\":[{\"text\":\"a\",\"start\":2,\"end\":1}],\"segments\":[]}",
     "\"captions\",0,\"end\"]", "greater_than"},
    {"caption behind the film",
     "{\"captions\":[{\"text\":\"a\",\"start\":0,\"end\":31}],\"segments\":[]}",
     "\"captions\",0,\"end\"]", "less_than_equal"},
    {"caption in a segment",
     SEG("\"start\":0,\"end\":1,\"captions\":[{\"text\":\"a\",\"start\":0,\"end\":1},"
         "{\"text\":\"b\",\"start\":40,\"end\":41}]"),
     "\"segments\",0,\"captions\",1,\"start\"]", "less_than"},
    {"word outside",
     "{\"captions\":[{\"text\":\"a\",\"start\":0,\"end\":1,\"words\":[{\"text\":\"a\","
     "\"start\":0.5,\"end\":0.5}]}],\"segments\":[]}",
     "\"captions\",0,\"words\",0,\"end\"]", "greater_than"},
    {"beats hold text", "{\"beats\":[1,\"x\"],\"segments\":[]}", "\"beats\",1]",
     "float_parsing"},
    {"foreign asset", "{\"asset\":{\"path\":\"/etc/passwd\"},\"segments\":[]}",
     "\"asset\",\"path\"]", "not_found"},
    {"foreign url",
     "{\"asset\":{\"path\":\"media/ingest/own.mp4\",\"url\":\"http://10.0.0.1/\"},"
     "\"segments\":[]}", "\"asset\",\"url\"]", "not_found"},
    {"foreign sound",
     SEG("\"start\":0,\"end\":1,\"sfx\":{\"name\":\"whoosh\",\"path\":\"concat:a|b\"}"),
     "\"segments\",0,\"sfx\",\"path\"]", "not_found"},
    {"unknown sound", SEG("\"start\":0,\"end\":1,\"sfx\":{\"name\":\"moo\"}"),
     "\"segments\",0,\"sfx\",\"name\"]", "not_found"},
    {"sound without length",
     SEG("\"start\":0,\"end\":1,\"sfx\":{\"name\":\"whoosh\",\"duration\":0}"),
     "\"segments\",0,\"sfx\",\"duration\"]", "greater_than"},
};

static void test_rules(void)
{
    for (size_t i = 0; i < sizeof checked / sizeof *checked; i++) {
        CHECK_CASE(checked[i].name);
        char *got = verdict(checked[i].text);
        char loc[200] = "", type[100] = "";
        if (!checked[i].loc) {
            CHECK_STR(got, "ok");
            free(got);
            continue;
        }
        snprintf(loc, sizeof loc, "\"loc\":[\"body\",\"timeline\",%s,", checked[i].loc);
        if (checked[i].type)
            snprintf(type, sizeof type, "{\"detail\":[{\"type\":\"%s\",", checked[i].type);
        if (!CHECK(got && strstr(got, loc) && strstr(got, type)))
            fprintf(stderr, "   got: %s\n  want: %s %s\n", got ? got : "", type, loc);
        free(got);
    }
}

static void test_all_errors_at_once(void)
{
    CHECK_CASE("all errors at once");
    char *got = verdict("{\"segments\":[{\"name\":\"a\",\"start\":3,\"end\":1,\"effects\":[\"x\"]},"
                        "{\"name\":\"b\",\"start\":0,\"end\":99}]}");
    CHECK_STR(got, "{\"detail\":["
        "{\"type\":\"greater_than\",\"loc\":[\"body\",\"timeline\",\"segments\",0,\"end\"],"
        "\"msg\":\"Input should be greater than 3.0 (its start)\",\"input\":1.0,"
        "\"ctx\":{\"gt\":3.0}},"
        "{\"type\":\"value_error\",\"loc\":[\"body\",\"timeline\",\"segments\",0,\"effects\",0],"
        "\"msg\":\"Value error, unknown effect \\\"x\\\"; there are: zoom, punch_in, beat_pulse, "
        "shake, mirror, slowmo, speed, freeze, reverse, flash, fade_in, fade_out, blur, vignette, "
        "grayscale, color, lut, rgb_split, glitch, film_grain, letterbox\","
        "\"input\":\"x\","
        "\"ctx\":{\"error\":{}}},"
        "{\"type\":\"less_than_equal\",\"loc\":[\"body\",\"timeline\",\"segments\",1,\"end\"],"
        "\"msg\":\"Input should be less than or equal to 30.5 (the duration of the asset)\","
        "\"input\":99.0,\"ctx\":{\"le\":30.5}}]}");
    free(got);
}

/* A list of n items `item`, in front and behind of it the given text. */
static char *many(const char *before, const char *item, size_t n, const char *after)
{
    struct buf b;
    buf_init(&b, 64 << 20);
    buf_adds(&b, before);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%s", i ? "," : "", item);
    buf_adds(&b, after);
    return buf_steal(&b, NULL);
}

static void test_sizes(void)
{
    static const char seg[] = "{\"name\":\"a\",\"start\":0,\"end\":1}";
    static const char cap[] = "{\"text\":\"a\",\"start\":0,\"end\":1}";
    static const struct {
        const char *name, *before, *item, *after, *loc; /* loc NULL: it is right */
        size_t n;
    } cases[] = {
        {"10,000 segments", "{\"segments\":[", seg, "]}", NULL, 10000},
        {"10,001 segments", "{\"segments\":[", seg, "]}", "\"segments\"]", 10001},
        {"100,000 captions", "{\"segments\":[],\"captions\":[", cap, "]}", NULL, 100000},
        {"100,001 captions", "{\"segments\":[],\"captions\":[", cap, "]}", "\"captions\"]", 100001},
        {"100,001 captions in two lists",
         "{\"captions\":[{\"text\":\"a\",\"start\":0,\"end\":1}],"
         "\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"captions\":[", cap, "]}]}",
         "\"segments\",0,\"captions\"]", 100000},
        {"17 effects", "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1,\"effects\":[",
         "\"zoom\"", "]}]}", "\"segments\",0,\"effects\"]", 17},
        {"a long name", "{\"segments\":[{\"start\":0,\"end\":1,\"name\":\"", "nnn,nnn", "\"}]}",
         "\"segments\",0,\"name\"]", 40},
        {"a caption of 1 MB", "{\"segments\":[],\"captions\":[{\"start\":0,\"end\":1,\"text\":\"",
         "hundred thousand captions", "\"}]}", "\"captions\",0,\"text\"]", 40000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        char *text = many(cases[i].before, cases[i].item, cases[i].n, cases[i].after);
        char *got = text ? verdict(text) : NULL;
        if (!cases[i].loc)
            CHECK_STR(got, "ok");
        else if (!CHECK(got && strstr(got, "too_long") && strstr(got, cases[i].loc)))
            fprintf(stderr, "   got: %.300s\n", got ? got : "");
        free(got);
        free(text);
    }
}

/* --- Round trips and merging ------------------------------------------------------------------ */

static struct timeline *parse(const char *text, struct arena *a)
{
    struct wire_errors errs = {0};
    struct timeline *tl = timeline_parse(text, strlen(text), &root, a, &errs);
    if (!CHECK(tl != NULL))
        fprintf(stderr, "   %.*s\n", (int)errs.list.len, errs.list.data);
    wire_errors_finish(&errs);
    return tl;
}

static void check_written(const struct timeline *tl, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    struct err e = {0};
    CHECK(tl && timeline_write(tl, &out, &e));
    CHECK_STR(out.data, want);
    buf_finish(&out);
}

static void test_round_trip(void)
{
    static const struct {
        const char *name, *in, *out; /* out NULL: as it came */
    } cases[] = {
        {"defaults filled in", "{\"segments\":[{\"name\":\"a\",\"start\":0,\"end\":1}]}",
         "{\"asset\":null,\"beats\":[],\"tempo\":null,\"captions\":[],\"segments\":["
         "{\"name\":\"a\","
         "\"start\":0.0,\"end\":1.0,\"effects\":[],\"beats\":[],\"captions\":[],\"sfx\":null}],"
         "\"template_name\":null}"},
        {"unknown keys everywhere",
         "{\"asset\":{\"path\":\"p\",\"url\":null,\"x\":[1,{\"y\":null}]},\"beats\":[0.5,0.488],"
         "\"tempo\":120.0,\"captions\":[{\"text\":\"h\xc3\xa9\",\"start\":0.5,\"end\":1.0,"
         "\"words\":[{\"text\":\"h\",\"start\":0.5,\"end\":0.7,\"p\":0.9}],\"colour\":\"red\"}],"
         "\"segments\":[{\"name\":\"a\",\"start\":0.0,\"end\":1.0,\"effects\":[\"zoom\","
         "{\"name\":\"zoom\",\"amount\":1.30}],\"beats\":[],\"captions\":[],\"sfx\":{\"name\":"
         "\"pop\",\"path\":null,\"duration\":null,\"gain\":-8},\"fit\":\"blur\",\"reason\":\"r\","
         "\"ui\":{\"open\":true}}],\"template_name\":\"t\",\"fit\":\"pad\",\"seed\":7,"
         "\"zoomLevel\":3.0,\"undo\":[]}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        arena_init(&a, 1 << 20);
        const char *want = cases[i].out ? cases[i].out : cases[i].in;
        check_written(parse(cases[i].in, &a), want);
        check_written(parse(want, &a), want); /* canonical text is a fixed point */
        struct err e = {0};
        check_written(timeline_parse_trusted(want, strlen(want), &a, &e), want);
        arena_finish(&a);
    }
}

static void test_merge(void)
{
    static const char old[] =
        "{\"asset\":{\"path\":\"p\",\"url\":\"u\"},\"beats\":[0.5],\"tempo\":120,\"captions\":["
        "{\"text\":\"old\",\"start\":0,\"end\":1}],\"segments\":[{\"name\":\"a\",\"start\":0,"
        "\"end\":1}],\"template_name\":\"t\",\"fit\":\"blur\",\"seed\":3,\"x\":1,\"y\":[2]}";
    static const struct {
        const char *name, *update, *want;
    } cases[] = {
        {"absent keeps", "{\"segments\":[]}",
         "{\"asset\":{\"path\":\"p\",\"url\":\"u\"},\"beats\":[0.5],\"tempo\":120.0,\"captions\":["
         "{\"text\":\"old\",\"start\":0.0,\"end\":1.0}],\"segments\":[],\"template_name\":\"t\","
         "\"fit\":\"blur\",\"seed\":3,\"x\":1,\"y\":[2]}"},
        {"null replaces",
         "{\"asset\":null,\"beats\":null,\"tempo\":null,\"captions\":null,\"segments\":[],"
         "\"template_name\":null,\"fit\":null,\"seed\":null,\"x\":null}",
         "{\"asset\":null,\"beats\":[],\"tempo\":null,\"captions\":[],\"segments\":[],"
         "\"template_name\":null,\"y\":[2],\"x\":null}"},
        {"values replace",
         "{\"beats\":[],\"tempo\":90,\"captions\":[],\"segments\":[],\"template_name\":\"n\","
         "\"y\":3,\"z\":\"\\u00e9\"}",
         "{\"asset\":{\"path\":\"p\",\"url\":\"u\"},\"beats\":[],\"tempo\":90.0,\"captions\":[],"
         "\"segments\":[],\"template_name\":\"n\",\"fit\":\"blur\",\"seed\":3,\"x\":1,\"y\":3,"
         "\"z\":\"\\u00e9\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        arena_init(&a, 1 << 20);
        struct timeline *stored = parse(old, &a), *update = parse(cases[i].update, &a);
        if (stored && update)
            check_written(timeline_merge(stored, update, &a), cases[i].want);
        arena_finish(&a);
    }
    CHECK_CASE("merge into nothing");
    struct arena a;
    arena_init(&a, 1 << 20);
    struct timeline *first = parse("{\"segments\":[],\"captions\":null}", &a);
    struct timeline *tl = timeline_merge(NULL, first, &a);
    check_written(tl, "{\"asset\":null,\"beats\":[],\"tempo\":null,\"captions\":[],\"segments\":[],"
                      "\"template_name\":null}");
    CHECK(tl && timeline_set_asset(tl, "stored/a.mp4", "/media/ingest/a.mp4", &a));
    CHECK_STR(tl->asset->path, "stored/a.mp4");
    CHECK_STR(tl->asset->url, "/media/ingest/a.mp4");
    arena_finish(&a);
}

/* Tens of thousands of unknown keys on both sides must not cost their product. */
static void test_merge_many_keys(void)
{
    CHECK_CASE("many unknown keys");
    struct buf old, update;
    buf_init(&old, 16 << 20);
    buf_init(&update, 16 << 20);
    buf_adds(&old, "{\"segments\":[]");
    buf_adds(&update, "{\"segments\":[]");
    for (int i = 0; i < 50000; i++) {
        buf_printf(&old, ",\"k%d\":%d", i, i);
        buf_printf(&update, ",\"k%d\":%d", i + 25000, -i);
    }
    buf_addc(&old, '}');
    buf_addc(&update, '}');
    struct arena a;
    arena_init(&a, 256 << 20);
    struct timeline *tl = timeline_merge(parse(old.data, &a), parse(update.data, &a), &a);
    if (CHECK(tl && tl->extra.text)) {
        char *extra = arena_strndup(&a, tl->extra.text, tl->extra.len);
        CHECK(extra && strstr(extra, "\"k24999\":24999,\"k25000\":0,"));
        CHECK(extra && !strstr(extra, "\"k25000\":25000"));
    }
    arena_finish(&a);
    buf_finish(&old);
    buf_finish(&update);
}

static void test_reading(void)
{
    CHECK_CASE("captions and fit of a segment");
    struct arena a;
    arena_init(&a, 1 << 20);
    struct timeline *tl = parse(
        "{\"fit\":\"blur\",\"captions\":[{\"text\":\"film\",\"start\":0,\"end\":1}],\"segments\":["
        "{\"name\":\"a\",\"start\":0,\"end\":1},{\"name\":\"b\",\"start\":0,\"end\":1,\"fit\":"
        "\"pad\",\"captions\":[{\"text\":\"own\",\"start\":0,\"end\":1}]},"
        "{\"name\":\"c\",\"start\":0,\"end\":1,\"captions\":[]}]}", &a);
    if (tl) {
        const struct timeline_segment *s = timeline_segments(tl);
        CHECK(timeline_captions_of(tl, &s[0]) == &tl->captions);
        CHECK(timeline_captions_of(tl, &s[1]) == &s[1].captions);
        CHECK(timeline_captions_of(tl, &s[2]) == &tl->captions);
        CHECK_STR(timeline_fit_of(tl, &s[0]), "blur");
        CHECK_STR(timeline_fit_of(tl, &s[1]), "pad");
        tl->fit = NULL;
        CHECK_STR(timeline_fit_of(tl, &s[2]), "crop");
    }
    check_written(timeline_empty(&a), "{\"asset\":null,\"beats\":[],\"tempo\":null,\"captions\":[],"
                                      "\"segments\":[],\"template_name\":null}");
    arena_finish(&a);
}

static void test_tables(void)
{
    static const struct wire_type *const types[] = {
        &wire_caption_word, &wire_caption, &wire_timeline_sfx, &wire_timeline_segment,
        &wire_timeline_asset, &wire_timeline, &wire_timeline_update};
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
    test_rules();
    test_all_errors_at_once();
    test_sizes();
    test_round_trip();
    test_merge();
    test_merge_many_keys();
    test_reading();
    return check_done();
}
