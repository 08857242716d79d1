/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. `left` counts the tasks of the current loop that nobody has taken. Whoever takes one from
 * it (compare and swap) may read the loop's description, since team_run() does not return, and so
 * no other loop can begin, before `unfinished` tells that every taken task is done. A thread that
 * comes late finds nothing left and touches nothing else.
 */
#include "nn/team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LOOKS 4000 /* at `left` before a thread sleeps, some 50 microseconds */

struct member {
    struct team *team;
    int thread;
    pthread_t id;
};

struct team {
    int size, started;
    struct member *members; /* those with a thread: 1 .. started */

    team_fn fn;
    void *user;
    int tasks;
    _Alignas(64) atomic_int left;
    _Alignas(64) atomic_int unfinished;

    _Alignas(64) atomic_int sleepers;
    atomic_bool stop;
    pthread_mutex_t lock; /* for sleeping only */
    pthread_cond_t wake;
};

static void breathe(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static bool take_task(struct team *t, int thread)
{
    int left = atomic_load_explicit(&t->left, memory_order_acquire);
    do {
        if (left <= 0)
            return false;
    } while (!atomic_compare_exchange_weak(&t->left, &left, left - 1));
    t->fn(t->user, t->tasks - left, thread);
    atomic_fetch_sub_explicit(&t->unfinished, 1, memory_order_acq_rel);
    return true;
}

static void sleep_until_work(struct team *t)
{
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->sleepers, 1);
    while (atomic_load(&t->left) <= 0 && !atomic_load(&t->stop))
        pthread_cond_wait(&t->wake, &t->lock);
    atomic_fetch_sub(&t->sleepers, 1);
    pthread_mutex_unlock(&t->lock);
}

static void *work(void *arg)
{
    const struct member *m = arg;
    struct team *t = m->team;
    int looks = 0;
    while (!atomic_load_explicit(&t->stop, memory_order_relaxed)) {
        if (take_task(t, m->thread)) {
            looks = 0;
        } else if (++looks < LOOKS) {
            breathe();
        } else {
            sleep_until_work(t);
            looks = 0;
        }
    }
    return NULL;
}

static void wake_all(struct team *t)
{
    if (atomic_load(&t->sleepers) > 0) {
        pthread_mutex_lock(&t->lock);
        pthread_cond_broadcast(&t->wake);
        pthread_mutex_unlock(&t->lock);
    }
}

void team_run(struct team *t, int tasks, team_fn fn, void *user)
{
    if (!t || t->started == 0 || tasks <= 1) {
        for (int i = 0; i < tasks; i++)
            fn(user, i, 0);
        return;
    }
    t->fn = fn;
    t->user = user;
    t->tasks = tasks;
    atomic_store(&t->unfinished, tasks);
    atomic_store(&t->left, tasks);
    wake_all(t);
    while (take_task(t, 0)) {
    }
    for (int looks = 0; atomic_load_explicit(&t->unfinished, memory_order_acquire) > 0;) {
        if (++looks < LOOKS)
            breathe();
        else
            sched_yield(); /* the one with the last task may have lost its core to us */
    }
}

static int cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

struct team *team_create(int threads, struct err *e)
{
    if (threads <= 0)
        threads = cores();
    if (threads > TEAM_MAX)
        threads = TEAM_MAX;
    struct team *t = aligned_alloc(64, sizeof *t);
    struct member *members = calloc((size_t)threads, sizeof *members);
    if (!t || !members) {
        free(t);
        free(members);
        err_set(e, ERR_NO_MEMORY, "no memory for threads");
        return NULL;
    }
    *t = (struct team){.size = 1, .members = members};
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    for (int i = 1; i < threads; i++) {
        members[i] = (struct member){.team = t, .thread = i};
        if (pthread_create(&members[i].id, NULL, work, &members[i]) != 0)
            break;
        t->started++;
        t->size++;
    }
    return t;
}

void team_destroy(struct team *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    atomic_store(&t->stop, true);
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
    for (int i = 1; i <= t->started; i++)
        pthread_join(t->members[i].id, NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t->members);
    free(t);
}

int team_size(const struct team *t)
{
    return t ? t->size : 1;
}
