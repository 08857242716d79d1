/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct work {
    pool_fn *fn;
    void *arg;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool closing; /* guarded by lock, as all below */
    struct work *ring;
    unsigned size, first, count;
    pthread_t *threads; /* only the creator looks at these two */
    unsigned thread_count;
};

static bool next_work(struct pool *p, struct work *out)
{
    pthread_mutex_lock(&p->lock);
    while (p->count == 0 && !p->closing)
        pthread_cond_wait(&p->wake, &p->lock);
    bool found = p->count > 0;
    if (found) {
        *out = p->ring[p->first];
        p->first = (p->first + 1) % p->size;
        p->count--;
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

static void *worker(void *arg)
{
    struct pool *p = arg;
    struct work w;
    while (next_work(p, &w))
        w.fn(w.arg);
    return NULL;
}

/* Signals belong to the main thread. */
static int start_thread(pthread_t *t, struct pool *p, const char *name)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(t, NULL, worker, p);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc == 0)
        pthread_setname_np(*t, name);
    return rc;
}

struct pool *pool_create(const char *name, unsigned threads, unsigned queue, struct err *e)
{
    struct pool *p = calloc(1, sizeof *p);
    if (!p) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->size = queue;
    p->ring = calloc(queue, sizeof *p->ring);
    p->threads = calloc(threads, sizeof *p->threads);
    if (!p->ring || !p->threads) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        goto fail;
    }
    for (; p->thread_count < threads; p->thread_count++) {
        int rc = start_thread(&p->threads[p->thread_count], p, name);
        if (rc != 0) {
            err_errno(e, rc, "start a thread");
            goto fail;
        }
    }
    return p;

fail:
    pool_destroy(p);
    return NULL;
}

bool pool_submit(struct pool *p, pool_fn *fn, void *arg)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->count < p->size && !p->closing;
    if (room) {
        p->ring[(p->first + p->count) % p->size] = (struct work){fn, arg};
        p->count++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

void pool_close(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    while (p->thread_count > 0)
        pthread_join(p->threads[--p->thread_count], NULL);
}

void pool_destroy(struct pool *p)
{
    if (!p)
        return;
    pool_close(p);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p->ring);
    free(p);
}
