/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "jobs/chunk_store.h"
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define KIB 1024
#define PIECE (100 * KIB)

static char dir[SCRATCH_SIZE];
static int folder;

/* A key that is told from others by its number. */
static const char *key(int n)
{
    static char keys[4][CHUNK_KEY_SIZE];
    static unsigned next;
    char *k = keys[next++ % 4];
    snprintf(k, CHUNK_KEY_SIZE, "%064x", n);
    return k;
}

static struct chunk_store *open_store(int64_t limit)
{
    struct err e = {0};
    struct chunk_store *s = chunk_store_open(folder, limit, &e);
    if (!CHECK(s))
        fprintf(stderr, "  %s\n", e.msg);
    return s;
}

static bool fill(int fd, int n, int size)
{
    static char bytes[PIECE];
    memset(bytes, 'a' + n % 26, sizeof bytes);
    bool ok = fd >= 0 && write(fd, bytes, (size_t)size) == size;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool put(struct chunk_store *s, int n)
{
    struct err e = {0};
    return fill(chunk_store_create(s, key(n), &e), n, PIECE) && chunk_store_commit(s, key(n), &e);
}

static bool has(struct chunk_store *s, int n)
{
    struct err e = {0};
    char c = 0;
    int fd = chunk_store_read(s, key(n), &e);
    if (fd < 0)
        return CHECK(e.code == ERR_NOT_FOUND), false;
    CHECK(pread(fd, &c, 1, PIECE - 1) == 1 && c == 'a' + n % 26);
    close(fd);
    return true;
}

/* Used n minutes ago. */
static void age(int n, int minutes)
{
    struct timespec t[2] = {{.tv_sec = time(NULL) - 60 * minutes}};
    t[1] = t[0];
    CHECK(utimensat(folder, key(n), t, 0) == 0);
}

static int count_files(const char *prefix)
{
    int n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *f; d && (f = readdir(d));)
        n += f->d_name[0] != '.' && strncmp(f->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return n;
}

static int tidy(int64_t limit)
{
    struct err e = {0};
    int n = chunk_store_tidy(folder, limit, &e);
    CHECK(n >= 0);
    return n;
}

static void keeps_what_was_committed(void)
{
    CHECK_CASE("kept");
    struct err e = {0};
    struct chunk_store *s = open_store(1 << 30);
    CHECK(!has(s, 1) && put(s, 1) && has(s, 1));
    CHECK(fill(chunk_store_create(s, key(2), &e), 2, 10));
    CHECK(chunk_store_create(s, key(2), &e) < 0 && e.code == ERR_CONFLICT);
    CHECK(!has(s, 2)); /* not committed */
    chunk_store_close(s);
    s = open_store(1 << 30);
    CHECK(has(s, 1) && !has(s, 2));
    CHECK(!chunk_store_commit(s, key(2), &e) && e.code == ERR_INVALID);
    CHECK(chunk_store_read(s, "../../etc/passwd", &e) < 0 && e.code == ERR_INVALID);
    CHECK(chunk_store_read(s, "", &e) < 0 && e.code == ERR_INVALID);
    int64_t size = 0;
    int fd = chunk_file_open(folder, key(1), &size, &e);
    CHECK(fd >= 0 && size == PIECE && chunk_file_exists(folder, key(1)));
    close(fd);
    CHECK(!chunk_file_exists(folder, key(2)) && !chunk_file_exists(folder, "x"));
    chunk_store_close(s);
    CHECK(count_files("") == 1); /* no lease, no temporary */
    scratch_empty(dir);
}

/* The same key from two renders at once: both are served, the first one's file stays. */
static void two_writers(void)
{
    CHECK_CASE("two writers");
    struct err e = {0};
    struct chunk_store *a = open_store(1 << 30), *b = open_store(1 << 30);
    CHECK(fill(chunk_store_create(a, key(7), &e), 7, PIECE));
    CHECK(fill(chunk_store_create(b, key(7), &e), 7, PIECE));
    CHECK(chunk_store_commit(a, key(7), &e) && chunk_store_commit(b, key(7), &e));
    CHECK(has(a, 7) && has(b, 7));
    chunk_store_close(a);
    chunk_store_close(b);
    scratch_empty(dir);
}

static void damage(int n, const char *how)
{
    int fd = openat(folder, key(n), O_RDWR);
    char c = 0;
    if (strcmp(how, "cut short") == 0)
        CHECK(ftruncate(fd, PIECE / 2) == 0);
    else if (strcmp(how, "emptied") == 0)
        CHECK(ftruncate(fd, 0) == 0);
    else if (strcmp(how, "grown") == 0)
        CHECK(ftruncate(fd, 2 * PIECE) == 0);
    else if (strcmp(how, "seal bent") == 0)
        CHECK(pwrite(fd, "!", 1, PIECE + 3) == 1);
    else
        CHECK(pread(fd, &c, 1, 777) == 1 && (c ^= 1) && pwrite(fd, &c, 1, 777) == 1);
    close(fd);
}

static void finds_damage(void)
{
    static const char *const ways[] = {"cut short", "emptied", "grown", "seal bent", "a bit"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        CHECK_CASE(ways[i]);
        struct chunk_store *s = open_store(1 << 30);
        CHECK(put(s, 3));
        chunk_store_close(s);
        damage(3, ways[i]);
        s = open_store(1 << 30);
        CHECK(!has(s, 3));
        CHECK(!chunk_file_exists(folder, key(3)));
        CHECK(put(s, 3) && has(s, 3));
        chunk_store_close(s);
    }
    /* Damaged while another render has made it anew: that one's stays. */
    CHECK_CASE("damage under a commit");
    struct err e = {0};
    struct chunk_store *s = open_store(1 << 30);
    damage(3, "a bit");
    CHECK(fill(chunk_store_create(s, key(3), &e), 3, PIECE) && chunk_store_commit(s, key(3), &e));
    CHECK(has(s, 3));
    chunk_store_close(s);
    scratch_empty(dir);
}

static void least_used_go_first(void)
{
    CHECK_CASE("least recently used");
    struct chunk_store *s = open_store(1 << 30);
    for (int i = 0; i < 10; i++)
        CHECK(put(s, i));
    chunk_store_close(s);
    for (int i = 0; i < 10; i++)
        age(i, 100 - i);
    s = open_store(1 << 30);
    CHECK(has(s, 0)); /* used now */
    chunk_store_close(s);
    CHECK(tidy(10 * PIECE + 4096) == 0);
    CHECK(tidy(5 * PIECE) == 6); /* a 16th lower than asked for */
    CHECK(chunk_file_exists(folder, key(0)) && chunk_file_exists(folder, key(9)));
    CHECK(!chunk_file_exists(folder, key(1)) && !chunk_file_exists(folder, key(6)));
    CHECK(tidy(0) == 4 && count_files("") == 0);

    CHECK_CASE("a week");
    s = open_store(1 << 30);
    CHECK(put(s, 1) && put(s, 2));
    chunk_store_close(s);
    age(1, 60 * 24 * 8);
    CHECK(tidy(1 << 30) == 1 && chunk_file_exists(folder, key(2)));
    scratch_empty(dir);
}

/* What is made goes over the limit: the store removes by itself, but nothing it has pinned. */
static void pinned_pieces_stay(void)
{
    CHECK_CASE("pinned");
    struct err e = {0};
    struct chunk_store *old = open_store(1 << 30);
    for (int i = 0; i < 6; i++)
        CHECK(put(old, i));
    chunk_store_close(old);
    for (int i = 0; i < 6; i++)
        age(i, 60 - i);

    char wanted[2][CHUNK_KEY_SIZE];
    memcpy(wanted[0], key(0), CHUNK_KEY_SIZE);
    memcpy(wanted[1], key(20), CHUNK_KEY_SIZE); /* not made yet */
    struct chunk_store *a = open_store(3 * PIECE), *b = open_store(3 * PIECE);
    CHECK(chunk_store_pin(a, (const char (*)[CHUNK_KEY_SIZE])wanted, 2, &e));
    CHECK(has(b, 1));
    CHECK(put(b, 10));
    CHECK(chunk_file_exists(folder, key(0)));  /* a's pin */
    CHECK(chunk_file_exists(folder, key(1)));  /* b's own, by reading it */
    CHECK(!chunk_file_exists(folder, key(2)) && !chunk_file_exists(folder, key(5)));
    CHECK(put(a, 20));
    CHECK(tidy(0) == 0);
    CHECK(has(a, 0) && has(a, 20) && has(b, 1) && has(b, 10));
    chunk_store_close(b);
    CHECK(tidy(0) == 2);
    chunk_store_close(a);
    CHECK(tidy(0) == 2 && count_files("") == 0);
}

/* The pins of a process that was killed hold nothing, and its lease is cleared away. */
static void killed_processes_pin_nothing(void)
{
    CHECK_CASE("kill -9");
    int ready[2];
    char c;
    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct chunk_store *s = open_store(1 << 30);
        struct err e = {0};
        put(s, 1);
        fill(chunk_store_create(s, key(2), &e), 2, PIECE);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    CHECK(read(ready[0], &c, 1) == 1);
    CHECK(tidy(0) == 0 && chunk_file_exists(folder, key(1)) && count_files("lease-") == 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(count_files("") == 2); /* the piece and the lease; nothing of what was not committed */
    CHECK(tidy(0) == 2 && count_files("") == 0);
    close(ready[0]);
    close(ready[1]);
}

/* Processes that put, read and remove in one small folder: never a wrong piece, never one gone that
 * its own store has pinned. */
static void processes_share(void)
{
    enum { PROCESSES = 4, ROUNDS = 60, KEYS = 12 };
    CHECK_CASE("several processes");
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        if (pids[p] != 0)
            continue;
        unsigned seed = (unsigned)p + 1;
        check_failed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            struct chunk_store *s = open_store(3 * PIECE);
            for (int i = 0; i < 3; i++) {
                int n = rand_r(&seed) % KEYS;
                CHECK(has(s, n) || put(s, n));
                CHECK(has(s, n));
            }
            chunk_store_close(s);
        }
        _exit(check_failed ? 1 : 0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        CHECK(waitpid(pids[p], &status, 0) == pids[p] && status == 0);
    }
    CHECK(count_files("lease-") == 0);
    scratch_empty(dir);
}

int main(void)
{
    if (!scratch_make(dir) || (folder = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
        return 1;
    keeps_what_was_committed();
    two_writers();
    finds_damage();
    least_used_go_first();
    pinned_pieces_stay();
    killed_processes_pin_nothing();
    processes_share();
    close(folder);
    scratch_remove(dir);
    return check_done();
}
