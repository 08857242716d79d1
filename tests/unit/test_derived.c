/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "core/files.h"
#include "jobs/derived.h"
#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static int root;
static struct arena arena;

static bool put(const char *hash, const char *name, const char *text)
{
    struct err e = {0};
    bool ok = derived_write(root, hash, name, text, strlen(text), &e);
    if (!ok)
        fprintf(stderr, "  %s\n", e.msg);
    return ok;
}

static const char *get(const char *hash, const char *name)
{
    struct err e = {0};
    size_t len;
    const char *text = derived_read(root, hash, name, 100, &arena, &len, &e);
    return text ? text : err_name(e.code);
}

static void test_round_trip(void)
{
    CHECK_STR(get(HASH_A, "analysis-v1.json"), "not_found");
    CHECK(!derived_exists(root, HASH_A, "analysis-v1.json"));
    CHECK(put(HASH_A, "analysis-v1.json", "one"));
    CHECK(derived_exists(root, HASH_A, "analysis-v1.json"));
    CHECK_STR(get(HASH_A, "analysis-v1.json"), "one");
    CHECK_STR(get(HASH_B, "analysis-v1.json"), "not_found");
    CHECK(put(HASH_A, "analysis-v1.json", "two")); /* the first stays */
    CHECK_STR(get(HASH_A, "analysis-v1.json"), "one");
    derived_remove(root, HASH_A, "analysis-v1.json");
    derived_remove(root, HASH_A, "analysis-v1.json");
    CHECK(put(HASH_A, "analysis-v1.json", "two"));
    CHECK_STR(get(HASH_A, "analysis-v1.json"), "two");
}

static void test_refused_names(void)
{
    static const struct {
        const char *hash, *name;
    } cases[] = {
        {"", "a"},
        {"..", "a"},
        {HASH_A "a", "a"},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "a"},
        {HASH_A, ""},
        {HASH_A, "../" HASH_B},
        {HASH_A, ".hidden"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        CHECK_STR(get(cases[i].hash, cases[i].name), "invalid");
        CHECK(!derived_write(root, cases[i].hash, cases[i].name, "x", 1, &e));
        CHECK(e.code == ERR_INVALID);
    }
    struct err e = {0};
    CHECK(derived_create(root, NULL, &e) < 0 && e.code == ERR_INVALID);
}

static void test_unpublished_leaves_nothing(void)
{
    struct err e = {0};
    const char *const *names;
    size_t count;
    int fd = derived_create(root, HASH_B, &e);
    CHECK(fd >= 0 && file_write_all(fd, "half", 4, &e));
    close(fd);
    CHECK(derived_list(root, HASH_B, &names, &count, &arena, &e) && count == 0);
}

/* --- Seals --- */

static bool make_sealed(const char *text)
{
    struct err e = {0};
    int fd = derived_create(root, HASH_A, &e);
    bool ok = fd >= 0 && file_write_all(fd, text, strlen(text), &e) &&
              derived_publish_sealed(root, HASH_A, fd, "proxy", &e);
    close(fd);
    return ok;
}

static bool opens(bool closely)
{
    struct err e = {0};
    int fd = derived_open_sealed(root, HASH_A, "proxy", closely, &e);
    if (fd >= 0)
        close(fd);
    CHECK(fd >= 0 || e.code == ERR_NOT_FOUND);
    return fd >= 0;
}

static void test_sealed(void)
{
    static const struct damage {
        const char *name;
        off_t cut;       /* bytes off the end, */
        off_t at;        /* or one that is overwritten; -1: none */
        bool takes_care; /* a glance does not see it */
    } cases[] = {
        {"cut off", 10, -1, false},
        {"no seal", 48, -1, false},
        {"half of it", 300, -1, false},
        {"empty", 548, -1, false},
        {"a byte", 0, 250, true},
        {"the first byte", 0, 0, true},
        {"the hash in the seal", 0, 547, true},
        {"the size in the seal", 0, 508, false},
    };
    char text[501], path[200];
    struct err e = {0};
    memset(text, 'x', 500);
    text[500] = '\0';
    snprintf(path, sizeof path, "/proc/self/fd/%d/" HASH_A "/proxy", root);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct damage *d = &cases[i];
        CHECK_CASE(d->name);
        CHECK(make_sealed(text) && opens(false) && opens(true));
        int fd = open(path, O_RDWR);
        CHECK(file_size(fd) == 548);
        CHECK(d->cut == 0 || ftruncate(fd, 548 - d->cut) == 0);
        CHECK(d->at < 0 || pwrite(fd, "!", 1, d->at) == 1);
        close(fd);
        CHECK(opens(false) == d->takes_care);
        CHECK(!opens(true));
        CHECK(!derived_exists(root, HASH_A, "proxy")); /* room for a new one */
    }
    CHECK_CASE("from before there were seals");
    CHECK(derived_write(root, HASH_A, "proxy", text, 500, &e));
    CHECK(!opens(false) && !derived_exists(root, HASH_A, "proxy"));
}

static void test_list(void)
{
    struct err e = {0};
    const char *const *names;
    size_t count;
    CHECK(put(HASH_B, "proxy-v1.mp4", "p") && put(HASH_B, "analysis-v1.json", "a"));
    if (!CHECK(derived_list(root, HASH_B, &names, &count, &arena, &e) && count == 2))
        return;
    CHECK_STR(names[0], "analysis-v1.json");
    CHECK_STR(names[1], "proxy-v1.mp4");
}

static void test_lock(void)
{
    struct err e = {0};
    int first = derived_lock(root, HASH_A, &e), other = derived_lock(root, HASH_B, &e);
    CHECK(first >= 0 && other >= 0);
    CHECK(derived_lock(root, HASH_A, &e) < 0 && e.code == ERR_BUSY);
    CHECK(put(HASH_A, "unhindered", "x"));
    close(first);
    first = derived_lock(root, HASH_A, &e);
    CHECK(first >= 0);
    close(first);
    close(other);
}

static bool knows_only(void *user, const char *hash, bool *known, struct err *e)
{
    (void)e;
    *known = strcmp(hash, user) == 0;
    return true;
}

static bool knows_none(void *user, const char *hash, bool *known, struct err *e)
{
    (void)user;
    (void)hash;
    (void)e;
    *known = false;
    return true;
}

static bool cannot_tell(void *user, const char *hash, bool *known, struct err *e)
{
    (void)user;
    (void)hash;
    (void)known;
    return err_set(e, ERR_BUSY, "the database is busy");
}

static void test_sweep(void)
{
    struct err e = {0};
    char a[] = HASH_A;
    CHECK(put(HASH_A, "x", "x") && put(HASH_B, "x", "x"));
    CHECK(derived_sweep(root, 3600, knows_only, a, &e) == 0); /* too young */
    CHECK(derived_sweep(root, -1, cannot_tell, a, &e) == -1 && e.code == ERR_BUSY);
    CHECK(derived_sweep(root, -1, knows_only, a, &e) == 1);
    CHECK(derived_exists(root, HASH_A, "x"));
    CHECK(!derived_exists(root, HASH_B, "x"));
    CHECK(put(HASH_B, "x", "again"));
    CHECK_STR(get(HASH_B, "x"), "again");
}

int main(void)
{
    static char dir[SCRATCH_SIZE];
    struct err e = {0};
    if (!scratch_make(dir) || (root = dir_open(dir, &e)) < 0)
        return 1;
    arena_init(&arena, 1 << 20);
    test_round_trip();
    test_refused_names();
    test_unpublished_leaves_nothing();
    test_sealed();
    test_list();
    test_lock();
    test_sweep();
    derived_sweep(root, -1, knows_none, NULL, &e);
    arena_finish(&arena);
    close(root);
    scratch_remove(dir);
    return check_done();
}
