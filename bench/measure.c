/* SPDX-License-Identifier: GPL-3.0-or-later
 * measure.c - time, temporary files, and a store of them that stands in for the chunk store.
 */
#include "film.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PIECES 4096

void die(const char *what, const struct err *e)
{
    fprintf(stderr, "bench: %s: %s\n", what, e && e->code != ERR_NONE ? e->msg : "failed");
    exit(1);
}

int temp_file(void)
{
    const char *dir = getenv("TMPDIR");
    int fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR, 0600);
    if (fd < 0)
        die("no temporary file", NULL);
    return fd;
}

off_t size_of(int fd)
{
    return lseek(fd, 0, SEEK_END);
}

/* --- Time ----------------------------------------------------------------------------------- */

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct cost cost_now(void)
{
    return (struct cost){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

struct cost cost_since(struct cost start)
{
    struct cost end = cost_now();
    return (struct cost){end.wall - start.wall, end.cpu - start.cpu};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

struct cost cost_median(const struct cost *c, int n)
{
    double wall[MAX_ROUNDS], cpu[MAX_ROUNDS];
    for (int i = 0; i < n; i++) {
        wall[i] = c[i].wall;
        cpu[i] = c[i].cpu;
    }
    return (struct cost){median(wall, n), median(cpu, n)};
}

/* --- The store ------------------------------------------------------------------------------ */

struct bench_store {
    pthread_mutex_t lock;
    struct {
        char key[65];
        int fd;
        bool committed;
    } pieces[MAX_PIECES];
    int count;
};

struct bench_store *bench_store_create(void)
{
    struct bench_store *s = calloc(1, sizeof *s);
    if (!s)
        die("no memory", NULL);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void bench_store_clear(struct bench_store *s)
{
    for (int i = 0; i < s->count; i++)
        close(s->pieces[i].fd);
    s->count = 0;
}

static int find(const struct bench_store *s, const char *key)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->pieces[i].key, key) == 0)
            return i;
    return -1;
}

static int store_open(void *user, const char *key, struct err *e)
{
    struct bench_store *s = user;
    pthread_mutex_lock(&s->lock);
    int i = find(s, key), fd = i >= 0 && s->pieces[i].committed ? dup(s->pieces[i].fd) : -1;
    pthread_mutex_unlock(&s->lock);
    if (fd < 0)
        err_set(e, ERR_NOT_FOUND, "no such piece");
    return fd;
}

static int store_create(void *user, const char *key, struct err *e)
{
    struct bench_store *s = user;
    int fd = -1;
    pthread_mutex_lock(&s->lock);
    if (s->count < MAX_PIECES) {
        s->pieces[s->count].fd = temp_file();
        s->pieces[s->count].committed = false;
        snprintf(s->pieces[s->count].key, sizeof s->pieces->key, "%s", key);
        fd = dup(s->pieces[s->count++].fd);
    }
    pthread_mutex_unlock(&s->lock);
    if (fd < 0)
        err_set(e, ERR_NO_SPACE, "too many pieces");
    return fd;
}

static bool store_commit(void *user, const char *key, struct err *e)
{
    struct bench_store *s = user;
    (void)e;
    pthread_mutex_lock(&s->lock);
    s->pieces[find(s, key)].committed = true;
    pthread_mutex_unlock(&s->lock);
    return true;
}

struct render_store bench_store_calls(struct bench_store *s)
{
    return (struct render_store){
        .open = store_open, .create = store_create, .commit = store_commit, .user = s};
}
