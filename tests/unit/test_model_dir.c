/* SPDX-License-Identifier: GPL-3.0-or-later
 * Model folders made here: what is found in them, what a work-horse makes of the descriptors, and
 * what is said where something else stands in a file's place. */
#include "check.h"
#include "core/arena.h"
#include "nn/model_dir.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

struct fixture {
    char dir[SCRATCH_SIZE];
    struct model_files files;
    struct err e;
};

static const char *path_in(const char *dir, const char *name)
{
    static char path[SCRATCH_SIZE + 300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void put_bytes(const char *dir, const char *name, const void *data, size_t n)
{
    int fd = open(path_in(dir, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    close(fd);
}

static void put(const char *dir, const char *name, const char *text)
{
    put_bytes(dir, name, text, strlen(text));
}

/* A safetensors file of one tensor of four bytes. */
static void put_tensor(const char *dir, const char *name, const char *tensor)
{
    char bytes[200] = {0};
    int n = snprintf(bytes + 8, sizeof bytes - 8,
                     "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", tensor);
    bytes[0] = (char)n;
    put_bytes(dir, name, bytes, 8 + (size_t)n + 4);
}

/* A ggml file with two tokens and no tensors. */
static void put_ggml(const char *dir, const char *name)
{
    static const int32_t words[] = {0x67676d6c, 9, 1500, 64, 2, 2, 448, 64, 2,
                                    2,          1, 1,    1,  1, 0, 2,   0,  1};
    char bytes[sizeof words + 1];
    memcpy(bytes, words, sizeof words);
    bytes[sizeof words] = 'a';
    put_bytes(dir, name, bytes, sizeof bytes);
}

static void put_words(const char *dir)
{
    put(dir, "config.json", "{\"model_type\":\"gpt2\",\"n_ctx\":[1,{}]}");
    put(dir, "vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}");
    put(dir, "merges.txt", "#version: 0.2\na b\n");
}

static bool begin(struct fixture *f, const char *name)
{
    CHECK_CASE(name);
    *f = (struct fixture){0};
    return CHECK(scratch_make(f->dir));
}

static void end(struct fixture *f)
{
    model_files_finish(&f->files);
    scratch_remove(f->dir);
}

static bool opens(struct fixture *f)
{
    bool ok = model_files_open(f->dir, &f->files, &f->e);
    if (!CHECK(ok))
        fprintf(stderr, "   %s\n", f->e.msg);
    return ok;
}

static void refused(struct fixture *f, const char *words)
{
    if (!CHECK(!model_files_open(f->dir, &f->files, &f->e) && f->files.count == 0 &&
               strstr(f->e.msg, words)))
        fprintf(stderr, "   got: %s\n  want: %s\n", f->e.msg, words);
}

/* The tensors of these names and a tokenizer come out of the files. */
static void check_content(const struct model_files *m, const char *first, const char *second)
{
    struct err e = {0};
    struct weights *w = model_files_weights(m, &e);
    struct tokenizer *t = w ? model_files_tokenizer(m, w, &e) : NULL;
    if (CHECK(w && t)) {
        CHECK((!first || weights_find(w, first)) && (!second || weights_find(w, second)));
        CHECK(tokenizer_count(t) >= 2);
    } else {
        fprintf(stderr, "   %s\n", e.msg);
    }
    tokenizer_destroy(t);
    weights_destroy(w);
}

/* What a work-horse makes of the descriptors. */
static void check_handed_over(const struct model_files *m, const char *first)
{
    struct model_file copies[MODEL_FILES_MAX];
    struct model_files child;
    for (size_t i = 0; i < m->count; i++) {
        copies[i] = m->files[i];
        copies[i].fd = fcntl(m->files[i].fd, F_DUPFD_CLOEXEC, 3);
    }
    if (CHECK(model_files_from_fds(copies, m->count, &child, NULL))) {
        CHECK_STR(child.kind, m->kind);
        CHECK(child.ggml == m->ggml);
        check_content(&child, first, NULL);
    }
    model_files_finish(&child);
    model_files_finish(&child);
}

static void test_folder(void)
{
    struct fixture f;
    struct arena a;
    size_t len;
    if (!begin(&f, "folder"))
        return;
    put_words(f.dir);
    put_tensor(f.dir, "model.safetensors", "wte.weight");
    put(f.dir, "README.md", "no part of it");
    if (opens(&f)) {
        CHECK_STR(f.files.kind, "gpt2");
        CHECK(!f.files.ggml && f.files.count == 4);
        check_content(&f.files, "wte.weight", NULL);
        check_handed_over(&f.files, "wte.weight");
        arena_init(&a, 1 << 20);
        CHECK_STR(model_files_text(&f.files, "merges.txt", &a, &len, NULL), "#version: 0.2\na b\n");
        CHECK(!model_files_text(&f.files, "tokenizer.json", &a, &len, &f.e) &&
              f.e.code == ERR_NOT_FOUND);
        arena_finish(&a);
    }
    end(&f);
}

static void test_fast_tokenizer(void)
{
    struct fixture f;
    if (!begin(&f, "tokenizer.json goes before the others"))
        return;
    put_words(f.dir);
    put(f.dir, "tokenizer.json",
        "{\"model\":{\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"<|x|>\":9},\"merges\":[\"a b\"]}}");
    put_tensor(f.dir, "model.safetensors", "w");
    if (opens(&f)) {
        struct tokenizer *t = model_files_tokenizer(&f.files, NULL, NULL);
        CHECK(t && tokenizer_id(t, "<|x|>") == 9);
        tokenizer_destroy(t);
    }
    end(&f);
}

static void test_shards(void)
{
    static const char index[] = "{\"metadata\":{},\"weight_map\":{\"a\":\"m-1.safetensors\","
                                "\"b\":\"m-2.safetensors\",\"c\":\"m-1.safetensors\"}}";
    struct fixture f;
    struct err e = {0};
    if (!begin(&f, "shards"))
        return;
    put_words(f.dir);
    put_tensor(f.dir, "m-1.safetensors", "a");
    put(f.dir, "model.safetensors.index.json", index);
    refused(&f, "model.safetensors.index.json: its shard m-2.safetensors is missing");
    put_tensor(f.dir, "m-2.safetensors", "b");
    if (opens(&f)) { /* the index lists a tensor more than there is */
        CHECK(f.files.count == 6);
        CHECK(!model_files_weights(&f.files, &e) && strstr(e.msg, "tensor \"c\" is in no shard"));
    }
    model_files_finish(&f.files);
    put(f.dir, "model.safetensors.index.json",
        "{\"weight_map\":{\"a\":\"m-1.safetensors\",\"b\":\"m-2.safetensors\"}}");
    if (opens(&f)) {
        check_content(&f.files, "a", "b");
        check_handed_over(&f.files, "b");
    }
    end(&f);
}

static void test_index_refused(void)
{
    static const char *const cases[][2] = {
        {"{\"weight_map\":{\"a\":\"../m.safetensors\"}}", "is no name of a shard"},
        {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "is no name of a shard"},
        {"{\"weight_map\":{\"a\":\"\"}}", "is no name of a shard"},
        {"{\"weight_map\":{\"a\":\"merges.txt\"}}", "is no name of a shard"},
        {"{\"weight_map\":{\"a\":7}}", "not valid JSON"},
        {"{\"weight_map\":{\"a\":NaN}}", "not valid JSON"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "not valid JSON"},
        {"{\"weight_map\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "not valid JSON"},
        {"", "not valid JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        if (!begin(&f, cases[i][0]))
            return;
        put_words(f.dir);
        put(f.dir, "model.safetensors.index.json", cases[i][0]);
        refused(&f, cases[i][1]);
        CHECK(strstr(f.e.msg, "model.safetensors.index.json: ") != NULL);
        end(&f);
    }
}

static void test_many_shards(void)
{
    struct fixture f;
    char name[64], index[MODEL_FILES_MAX * 64] = "{\"weight_map\":{";
    size_t n = strlen(index);
    if (!begin(&f, "too many shards"))
        return;
    put_words(f.dir);
    for (int i = 0; i < MODEL_FILES_MAX; i++) {
        snprintf(name, sizeof name, "m-%d.safetensors", i);
        put_tensor(f.dir, name, "t");
        n += (size_t)snprintf(index + n, sizeof index - n, "%s\"t%d\":\"%s\"", i ? "," : "", i,
                              name);
    }
    snprintf(index + n, sizeof index - n, "}}");
    put(f.dir, "model.safetensors.index.json", index);
    refused(&f, "more than 56 files");
    end(&f);
}

static void test_ggml(void)
{
    struct fixture f;
    struct model_files single;
    if (!begin(&f, "ggml"))
        return;
    put_ggml(f.dir, "ggml-tiny.bin");
    put(f.dir, "training_args.bin", "PK..");
    if (opens(&f)) {
        CHECK(f.files.ggml && f.files.count == 1);
        CHECK_STR(f.files.kind, "whisper");
        check_content(&f.files, NULL, NULL);
        check_handed_over(&f.files, NULL);
    }
    if (CHECK(model_files_open(path_in(f.dir, "ggml-tiny.bin"), &single, NULL))) {
        CHECK_STR(single.files[0].name, "ggml-tiny.bin");
        check_content(&single, NULL, NULL);
        model_files_finish(&single);
    }
    model_files_finish(&f.files);
    CHECK(!model_files_open(path_in(f.dir, "training_args.bin"), &single, &f.e) &&
          f.e.code == ERR_UNSUPPORTED);
    CHECK(!model_files_open(path_in(f.dir, "no.bin"), &single, &f.e) && f.e.code == ERR_NOT_FOUND);
    CHECK(!model_files_open("/dev/null", &single, &f.e) && f.e.code == ERR_INVALID);
    put_ggml(f.dir, "ggml-base.bin");
    refused(&f, "several ggml files");
    end(&f);
}

static void test_incomplete(void)
{
    struct fixture f;
    if (!begin(&f, "what is missing"))
        return;
    refused(&f, "no model there");
    put(f.dir, "pytorch_model.bin", "PK");
    refused(&f, "pytorch_model.bin only");
    put_tensor(f.dir, "model.safetensors", "w");
    refused(&f, "no config.json");
    put(f.dir, "config.json", "{}");
    refused(&f, "config.json: it does not tell the \"model_type\"");
    put(f.dir, "config.json", "{\"model_type\":3,");
    refused(&f, "config.json: not valid JSON");
    put(f.dir, "config.json", "");
    refused(&f, "config.json: not valid JSON");
    put(f.dir, "config.json", "{\"model_type\":\"gpt2\"}");
    if (opens(&f))
        CHECK(!model_files_tokenizer(&f.files, NULL, &f.e) && strstr(f.e.msg, "tokenizer.json"));
    end(&f);
}

/* In the place of each file: a link that leads out, a folder, a pipe. */
static void test_strangers(void)
{
    static const char *const names[] = {"config.json", "vocab.json", "model.safetensors",
                                        "model.safetensors.index.json", "tokenizer.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct fixture f;
        char words[100], path[SCRATCH_SIZE + 300];
        if (!begin(&f, names[i]))
            return;
        put_words(f.dir);
        put_tensor(f.dir, "model.safetensors", "w");
        snprintf(path, sizeof path, "%s", path_in(f.dir, names[i]));
        if (i == 3) /* it is looked for where the single file is not there */
            CHECK(unlink(path_in(f.dir, "model.safetensors")) == 0);
        unlink(path);
        CHECK(symlink("/etc/passwd", path) == 0);
        snprintf(words, sizeof words, "%s is a link", names[i]);
        refused(&f, words);
        CHECK(unlink(path) == 0 && symlink("nowhere", path) == 0);
        refused(&f, words);
        CHECK(unlink(path) == 0 && mkdir(path, 0700) == 0);
        snprintf(words, sizeof words, "%s is a folder", names[i]);
        refused(&f, words);
        CHECK(rmdir(path) == 0 && mkfifo(path, 0600) == 0);
        snprintf(words, sizeof words, "%s is a device or pipe", names[i]);
        refused(&f, words);
        end(&f);
    }
}

int main(void)
{
    test_folder();
    test_fast_tokenizer();
    test_shards();
    test_index_refused();
    test_many_shards();
    test_ggml();
    test_incomplete();
    test_strangers();
    return check_done();
}
