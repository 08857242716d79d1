/* SPDX-License-Identifier: GPL-3.0-or-later
 * Names of models, and what is taken of a hub's list. */
#include "check.h"
#include "models/hub.h"
#include "models/model_names.h"

static void test_names(void)
{
    static const char *const good[] = {"tiny", "small.en", "openai/whisper-base", "a", "A_b-1.2/c"};
    static const char *const bad[] = {"",     "/a",      "a/",    "a/b/c", "../a",  "a/..", ".a",
                                      "a/.b", "a b",     "a\nb",  "a:b",   "http://a/b", "-rf",
                                      "a..b", "caf\xc3\xa9", "a--b/c", "a/b--c"};
    char folder[MODEL_NAME_MAX + 2], longest[MODEL_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK_CASE(good[i]);
        CHECK(model_name_ok(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_CASE(bad[i]);
        CHECK(!model_name_ok(bad[i]));
    }
    memset(longest, 'a', sizeof longest);
    longest[MODEL_NAME_MAX] = '\0';
    CHECK(model_name_ok(longest));
    model_folder(longest, folder, sizeof folder);
    CHECK_STR(folder, longest);
    longest[MODEL_NAME_MAX] = 'a', longest[MODEL_NAME_MAX + 1] = '\0';
    CHECK(!model_name_ok(longest));

    model_folder("openai/whisper-base", folder, sizeof folder);
    CHECK_STR(folder, "openai--whisper-base");
    CHECK_STR(model_repository("openai/whisper-base"), "openai/whisper-base");
    CHECK_STR(model_repository("small.en"), "openai/whisper-small.en");
    CHECK_STR(model_repository("of-my-own"), NULL);
    for (const struct model_name *m = model_names; m->name; m++) {
        CHECK_CASE(m->name);
        CHECK(model_name_ok(m->name) && model_name_ok(m->repository) && m->megabytes > 0);
        CHECK(model_name_find(m->name) == m);
    }
}

#define SHA "0123456789abcdef0123456789abcdef01234567"
#define SUM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CONFIG "{\"rfilename\":\"config.json\",\"size\":10}"
#define LIST(files) "{\"id\":\"a/b\",\"sha\":\"" SHA "\",\"siblings\":[" files "]}"

static void test_lists(void)
{
    static const struct {
        const char *name, *text, *says; /* says NULL: fine */
        const char *last;               /* the last file that is taken */
        size_t count;
        int64_t bytes;
    } cases[] = {
        {"whole",
         LIST(CONFIG ",{\"rfilename\":\"README.md\",\"size\":5},{\"rfilename\":\"pytorch_model.bin\",\"size\":7},"
              "{\"rfilename\":\"model.safetensors\",\"size\":100,\"lfs\":{\"sha256\":\"" SUM "\",\"size\":100}}"),
         NULL, "model.safetensors", 2, 110},
        {"shards",
         LIST("{\"rfilename\":\"model-00002-of-00002.safetensors\",\"size\":2},"
              "{\"rfilename\":\"model-00001-of-00002.safetensors\",\"size\":1},"
              "{\"rfilename\":\"model.safetensors.index.json\",\"size\":3}," CONFIG),
         NULL, "model-00002-of-00002.safetensors", 4, 16},
        {"size beside the pointer",
         LIST(CONFIG ",{\"rfilename\":\"model.safetensors\",\"lfs\":{\"size\":5}}"), NULL,
         "model.safetensors", 2, 15},
        {"a shard missing",
         LIST(CONFIG ",{\"rfilename\":\"model-00001-of-00002.safetensors\",\"size\":1}"),
         "model-00002-of-00002", NULL, 0, 0},
        {"no weights", LIST(CONFIG ",{\"rfilename\":\"pytorch_model.bin\",\"size\":1}"),
         "no weights that aive can read", NULL, 0, 0},
        {"too many shards", LIST(CONFIG ",{\"rfilename\":\"model-00001-of-99999.safetensors\",\"size\":1}"),
         "no weights", NULL, 0, 0},
        {"no config", LIST("{\"rfilename\":\"model.safetensors\",\"size\":1}"), "no config.json", NULL,
         0, 0},
        {"no size", LIST(CONFIG ",{\"rfilename\":\"model.safetensors\"}"), "size or checksum", NULL, 0,
         0},
        {"negative size", LIST(CONFIG ",{\"rfilename\":\"model.safetensors\",\"size\":-4}"),
         "size or checksum", NULL, 0, 0},
        {"checksum of another kind",
         LIST(CONFIG ",{\"rfilename\":\"model.safetensors\",\"size\":4,\"lfs\":{\"sha256\":\"../../x\"}}"),
         "size or checksum", NULL, 0, 0},
        {"revision that leads elsewhere", "{\"sha\":\"../../../other\",\"siblings\":[" CONFIG "]}",
         "no revision", NULL, 0, 0},
        {"no list", "{\"error\":\"no\"}", "broken", NULL, 0, 0},
        {"no JSON", "<html>", "broken", NULL, 0, 0},
        {"nothing", "", "broken", NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        struct arena a;
        struct hub_model m;
        CHECK_CASE(cases[i].name);
        arena_init(&a, 1 << 20);
        bool ok = hub_model_read(cases[i].text, strlen(cases[i].text), &a, &m, &e);
        CHECK(ok == !cases[i].says);
        if (!ok)
            CHECK(cases[i].says && strstr(e.msg, cases[i].says));
        else if (CHECK(m.count == cases[i].count)) {
            CHECK_STR(m.files[m.count - 1].name, cases[i].last);
            CHECK(m.bytes == cases[i].bytes);
            CHECK_STR(m.revision, SHA);
        }
        arena_finish(&a);
    }
}

static void test_urls(void)
{
    struct arena a;
    const struct hub open = {"https://hub.example", ""}, closed = {"https://hub.example", "t0ken"};
    arena_init(&a, 1 << 16);
    CHECK_STR(hub_file_url(&open, "a/b", SHA, "config.json", &a),
              "https://hub.example/a/b/resolve/" SHA "/config.json");
    CHECK(hub_headers(&open, &a) == NULL);
    CHECK_STR(hub_headers(&closed, &a)[0], "Authorization: Bearer t0ken");
    arena_finish(&a);
}

int main(void)
{
    test_names();
    test_lists();
    test_urls();
    return check_done();
}
