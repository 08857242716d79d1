/* SPDX-License-Identifier: GPL-3.0-or-later
 * Templates as texts and files: what is refused and where, the shipped ones, the docs. */
#include "check.h"
#include "core/files.h"
#include "scratch.h"
#include "timeline/template.h"

#include <math.h>
#include <stdlib.h>

static const char *const names[] = {"beat_montage", "clean_talk",   "documentary",    "hype_reel",
                                    "podcast_clip", "product_demo", "realistic_chaos"};
#define TEMPLATE_COUNT (sizeof names / sizeof *names)

static bool is_sound(const char *name)
{
    return strstr(" whoosh pop ding boom riser click ", name) != NULL;
}

static const struct template_shelf shelf = {.shipped = TEMPLATES_DIR, .sound = is_sound};

#define PACE "\"pace\":{\"usual\":2,\"longest\":4}"
#define HEAD "{\"name\":\"a\",\"title\":\"A\",\"help\":\"h\","
#define EFFECTS(rules) HEAD PACE ",\"effects\":{\"rules\":[" rules "]}}"

static void test_parse(void)
{
    static const struct {
        const char *name, *text, *loc, *words; /* loc NULL: it is right */
    } cases[] = {
        {"smallest", HEAD PACE "}", NULL, NULL},
        {"effects that go together", EFFECTS("{\"use\":[\"zoom\",{\"name\":\"flash\"}]}"), NULL,
         NULL},
        {"no pace", HEAD "\"snap\":{}}", "[\"template\",\"pace\"]", "Field required"},
        {"pace upside down", HEAD "\"pace\":{\"usual\":5,\"longest\":4}}",
         "[\"template\",\"pace\",\"longest\"]", "below usual"},
        {"usual too short", HEAD "\"pace\":{\"shortest\":3,\"usual\":2,\"longest\":4}}",
         "[\"template\",\"pace\",\"usual\"]", "below shortest"},
        {"flicker", HEAD "\"pace\":{\"shortest\":0.1,\"usual\":2,\"longest\":4}}",
         "[\"template\",\"pace\",\"shortest\"]", "0.4"},
        {"unknown effect", EFFECTS("{\"use\":\"zoom\"},{\"use\":\"spin\"}"),
         "[\"template\",\"effects\",\"rules\",1,\"use\"]", "slowmo"},
        {"unknown parameter", EFFECTS("{\"use\":{\"name\":\"zoom\",\"size\":2}}"),
         "[\"template\",\"effects\",\"rules\",0,\"use\"]", "amount"},
        {"five effects at once", EFFECTS("{\"use\":[\"zoom\",\"flash\",\"blur\",\"mirror\","
         "\"shake\"]}"), "[\"template\",\"effects\",\"rules\",0,\"use\"]", "at most 4"},
        {"no effect at all", EFFECTS("{\"use\":[]}"),
         "[\"template\",\"effects\",\"rules\",0,\"use\"]", "empty"},
        {"too slow together", EFFECTS("{\"use\":[{\"name\":\"slowmo\",\"factor\":0.25},"
         "{\"name\":\"speed\",\"factor\":0.25},{\"name\":\"slowmo\",\"factor\":0.25}]}"),
         "[\"template\",\"effects\",\"rules\",0,\"use\"]", "16"},
        {"unknown trait", EFFECTS("{\"use\":\"zoom\",\"when\":[\"full moon\"]}"),
         "[\"template\",\"effects\",\"rules\",0,\"when\",0]", "'wordless'"},
        {"negative weight", HEAD PACE ",\"sfx\":{\"rules\":[{\"use\":\"pop\",\"weight\":-1}]}}",
         "[\"template\",\"sfx\",\"rules\",0,\"weight\"]", "0"},
        {"unknown sound", HEAD PACE ",\"sfx\":{\"rules\":[{\"use\":\"moo\"}]}}",
         "[\"template\",\"sfx\",\"rules\",0,\"use\"]", "no such sound"},
        {"a sound with parameters", HEAD PACE ",\"sfx\":{\"rules\":[{\"use\":{\"name\":\"pop\"}}]}}",
         "[\"template\",\"sfx\",\"rules\",0,\"use\"]", "by its name"},
        {"unknown transition", HEAD PACE ",\"transitions\":{\"rules\":[{\"use\":\"zoom\"}]}}",
         "[\"template\",\"transitions\",\"rules\",0,\"use\"]", "crossfade"},
        {"a look that slows", HEAD PACE ",\"look\":[\"vignette\",\"slowmo\"]}",
         "[\"template\",\"look\",1]", "cannot change its speed"},
        {"unknown caption style", HEAD PACE ",\"caption_style\":\"comic\"}",
         "[\"template\",\"caption_style\"]", "karaoke"},
        {"a typing mistake", HEAD PACE ",\"efects\":{}}", "[\"template\"]", "efects"},
        {"one further in", HEAD PACE ",\"snap\":{\"beat\":3}}", "[\"template\",\"snap\"]",
         "downbeats"},
        {"one in a rule", EFFECTS("{\"use\":\"zoom\",\"mass\":3}"),
         "[\"template\",\"effects\",\"rules\",0]", "weight"},
        {"a year is no film", HEAD PACE ",\"film_seconds\":1e9}",
         "[\"template\",\"film_seconds\"]", "36000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        struct wire_errors errs = {0};
        arena_init(&a, 1 << 20);
        struct template *t =
            template_parse(cases[i].text, strlen(cases[i].text), is_sound, &a, &errs);
        const char *said = errs.list.data ? errs.list.data : "";
        CHECK((t != NULL) == !cases[i].loc);
        if (cases[i].loc && !CHECK(strstr(said, cases[i].loc) && strstr(said, cases[i].words)))
            fprintf(stderr, "   got: %s\n", said);
        wire_errors_finish(&errs);
        arena_finish(&a);
    }
}

static void test_lengths(void)
{
    static const struct {
        const char *text;
        double seconds; /* NAN: refused */
    } cases[] = {{"15", 15}, {"30", 30}, {"60", 60}, {"full", TEMPLATE_FULL}, {"47.5", 47.5},
                 {"1", 1},   {"", NAN},  {"0", NAN}, {"-3", NAN},             {"FULL", NAN},
                 {"1e9", NAN}, {"nan", NAN}, {"30s", NAN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].text);
        struct err e = {0};
        double got = 0;
        bool ok = template_length(cases[i].text, &got, &e);
        CHECK(ok == !isnan(cases[i].seconds) && (!ok || got == cases[i].seconds));
        CHECK(ok || strstr(e.msg, "full"));
    }
}

static void test_shelf(void)
{
    struct arena a;
    struct err e = {0};
    arena_init(&a, 16 << 20);
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        CHECK_CASE(names[i]);
        struct template *t = template_load(&shelf, names[i], &a, &e);
        if (!CHECK(t != NULL))
            fprintf(stderr, "   %s\n", e.msg);
        CHECK_STR(t ? t->name : NULL, names[i]);
    }
    static const char *const bad[] = {"nobody", "../clean_talk", "", "Clean", "a.json", "a/b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_CASE(bad[i]);
        CHECK(!template_load(&shelf, bad[i], &a, &e) && e.code == ERR_NOT_FOUND);
        CHECK(strstr(e.msg, "documentary") != NULL);
    }
    CHECK_CASE("the catalogue");
    const struct template_catalog *cat = template_catalog(&shelf, &a, &e);
    if (CHECK(cat && cat->templates.count == TEMPLATE_COUNT && cat->faults.count == 0)) {
        const struct template_card *cards = cat->templates.items;
        for (size_t i = 0; i < TEMPLATE_COUNT; i++)
            CHECK_STR(cards[i].name, names[i]);
    }
    const struct template_shelf nowhere = {.shipped = "/nonexistent"};
    CHECK(!template_catalog(&nowhere, &a, &e) && e.code == ERR_NOT_FOUND);
    CHECK(!template_load(&nowhere, "clean_talk", &a, &e) && strstr(e.msg, "none"));
    arena_finish(&a);
}

static void put(const char *dir, const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (CHECK(f != NULL)) {
        fputs(text, f);
        fclose(f);
    }
}

static void test_own(void)
{
    struct arena a;
    struct err e = {0};
    char dir[SCRATCH_SIZE];
    arena_init(&a, 16 << 20);
    if (!CHECK(scratch_make(dir)))
        return;
    put(dir, "mine.json", "{\"name\":\"mine\",\"title\":\"A\",\"help\":\"h\"," PACE "}");
    put(dir, "documentary.json", "{\n  \"name\": \"documentary\",\n  oops\n}");
    put(dir, "other.json", HEAD PACE "}");
    put(dir, "README.md", "no template");
    const struct template_shelf own = {.shipped = TEMPLATES_DIR, .own = dir,
                                       .sound = is_sound};
    CHECK_CASE("one of the user's");
    CHECK(template_load(&own, "mine", &a, &e) && template_load(&own, "clean_talk", &a, &e));
    CHECK_CASE("a broken one hides the shipped one when it is asked for, and says why");
    CHECK(!template_load(&own, "documentary", &a, &e) && e.code == ERR_INVALID);
    CHECK(strstr(e.msg, "documentary.json") && strstr(e.msg, "line 3, column 3"));
    CHECK_CASE("a name that is not the file's");
    CHECK(!template_load(&own, "other", &a, &e) && strstr(e.msg, "must be the same"));
    CHECK_CASE("the catalogue has what works and tells what does not");
    const struct template_catalog *cat = template_catalog(&own, &a, &e);
    if (CHECK(cat && cat->templates.count == TEMPLATE_COUNT + 1 && cat->faults.count == 2)) {
        const struct template_fault *faults = cat->faults.items;
        CHECK_STR(faults[0].file, "documentary.json");
        CHECK(strstr(faults[0].error, "line 3, column 3") && !strstr(faults[0].error, dir));
        CHECK_STR(faults[1].file, "other.json");
    }
    CHECK_CASE("a folder of the user's that is not there is told, and hides nothing");
    const struct template_shelf gone = {.shipped = TEMPLATES_DIR, .own = "/nonexistent"};
    cat = template_catalog(&gone, &a, &e);
    CHECK(cat && cat->templates.count == TEMPLATE_COUNT && cat->faults.count == 1);
    scratch_remove(dir);
    arena_finish(&a);
}

static void test_traits(void)
{
    CHECK_CASE("traits");
    for (unsigned i = 0; trait_words[i]; i++)
        CHECK(trait_of_word(trait_words[i]) == 1u << i);
    CHECK(trait_of_word("shot") == TRAIT_SHOT && trait_of_word("rhythm") == TRAIT_RHYTHM);
    CHECK(trait_of_word("downbeat") == TRAIT_DOWNBEAT && trait_of_word(NULL) == 0);
}

/* --- docs/templates.md ------------------------------------------------------------------------ */

/* "| `usual` | ... | How long a segment usually is. |": every field stands in the page with its help
 * and its default, so that the page cannot fall behind. */
static void check_fields(const char *page, const struct wire_type *type)
{
    for (const struct wire_field *f = type->fields; f->name; f++) {
        char row[700], def[80];
        snprintf(def, sizeof def, f->def ? "`%s`" : "%s",
                 f->def ? f->def : f->flags & WIRE_REQUIRED ? "needed" : "null");
        snprintf(row, sizeof row, "| `%s` | %s | %s |", f->name, def, f->help);
        CHECK_CASE(f->name);
        if (!CHECK(strstr(page, row) != NULL))
            fprintf(stderr, "   docs/templates.md lacks: %s\n", row);
        if (f->type)
            check_fields(page, f->type);
    }
}

static void test_docs(void)
{
    struct arena a;
    struct err e = {0};
    size_t len;
    arena_init(&a, 1 << 20);
    CHECK(wire_sound(&wire_template, &e));
    CHECK(wire_sound(&wire_template_catalog, &e));
    const char *page = file_load(TEMPLATES_DOC, 1 << 20, &a, &len, &e);
    if (CHECK(page != NULL)) {
        check_fields(page, &wire_template);
        for (size_t i = 0; trait_words[i]; i++) {
            char row[80];
            snprintf(row, sizeof row, "| `%s` |", trait_words[i]);
            CHECK_CASE(trait_words[i]);
            CHECK(strstr(page, row) != NULL);
        }
        for (size_t i = 0; i < TEMPLATE_COUNT; i++)
            CHECK(strstr(page, names[i]) != NULL);
    }
    arena_finish(&a);
}

int main(void)
{
    test_parse();
    test_lengths();
    test_shelf();
    test_own();
    test_traits();
    test_docs();
    return check_done();
}
