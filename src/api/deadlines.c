/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN  A watch changes phase several times a request, so that costs no lock: phase and the time
 * it began are one 64-bit word. The list has a lock, which the sweeper holds for a whole round;
 * that is what makes "removed before closed" enough against reuse of a descriptor's number.
 */
#include "api/deadlines.h"

#include "api/http.h"
#include "core/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#define PHASE_BITS 3

struct watch {
    struct watch *next, **here; /* guarded by deadlines.lock */
    int fd;
    atomic_uint_fast64_t stamp;    /* ms << PHASE_BITS | phase */
    atomic_uint_fast64_t received; /* bytes of bodies in all */
    struct cancel gone;
    /* The sweeper's own notes. */
    uint64_t seen, seen_received, window_ms, window_mark;
};

struct deadlines {
    const struct http_limits *limits;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;       /* guarded by lock */
    bool canceled;       /* guarded by lock */
    struct watch *first; /* guarded by lock */
};

void watch_enter(struct watch *w, enum watch_phase phase)
{
    if (!w)
        return;
    if (phase == WATCH_HEAD)
        atomic_store(&w->gone.fired, false);
    atomic_store(&w->stamp, (uint64_t)clock_mono_ms() << PHASE_BITS | phase);
}

struct cancel *watch_gone(struct watch *w)
{
    return w ? &w->gone : NULL;
}

void watch_received(struct watch *w, size_t bytes)
{
    if (w)
        atomic_fetch_add_explicit(&w->received, bytes, memory_order_relaxed);
}

/* Has the body brought too little in a whole window? Begins the next window otherwise. */
static bool too_slow(const struct http_limits *l, struct watch *w, uint64_t now_ms)
{
    if (now_ms < w->window_ms + l->body_window_ms)
        return false;
    uint64_t received = atomic_load(&w->received);
    uint64_t least = (uint64_t)l->body_min_rate * (now_ms - w->window_ms) / 1000;
    if (received - w->window_mark < least)
        return true;
    w->window_ms = now_ms;
    w->window_mark = received;
    return false;
}

/* The client has closed, and all it sent has been read. libmicrohttpd misses that when the end
 * comes together with the last bytes (its epoll is edge-triggered, and it reads once). */
static bool peer_gone(const struct watch *w)
{
    char c;
    return recv(w->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool expired(const struct http_limits *l, struct watch *w, uint64_t now_ms)
{
    uint64_t stamp = atomic_load(&w->stamp), since_ms = stamp >> PHASE_BITS;
    uint64_t received = atomic_load(&w->received);
    bool unchanged = stamp == w->seen && received == w->seen_received; /* for a whole round */
    w->seen_received = received;
    if (stamp != w->seen) {
        w->seen = stamp;
        w->window_ms = since_ms;
        w->window_mark = received;
    }
    uint64_t age_ms = now_ms > since_ms ? now_ms - since_ms : 0;
    enum watch_phase phase = (enum watch_phase)(stamp & ((1u << PHASE_BITS) - 1));
    if (unchanged && peer_gone(w)) {
        if (phase != WATCH_BUSY)
            return true;
        cancel_fire(&w->gone); /* it may still read: a handler need not heed it */
    }
    switch (phase) {
    case WATCH_HEAD:
        return age_ms > l->header_ms;
    case WATCH_BODY:
        return too_slow(l, w, now_ms);
    case WATCH_DRAIN:
        return age_ms > l->drain_ms;
    case WATCH_IDLE:
        return age_ms > l->idle_ms;
    case WATCH_BUSY:
        break;
    }
    return false;
}

static unsigned sweep_locked(struct deadlines *d, uint64_t now_ms)
{
    unsigned cut = 0;
    for (struct watch *w = d->first; d->canceled && w; w = w->next)
        cancel_fire(&w->gone);
    for (struct watch *w = d->first; w; w = w->next)
        if (expired(d->limits, w, now_ms)) {
            shutdown(w->fd, SHUT_RDWR);
            watch_enter(w, WATCH_BUSY); /* once is enough */
            cut++;
        }
    return cut;
}

unsigned deadlines_sweep(struct deadlines *d, uint64_t now_ms)
{
    pthread_mutex_lock(&d->lock);
    unsigned cut = sweep_locked(d, now_ms);
    pthread_mutex_unlock(&d->lock);
    return cut;
}

void deadlines_cancel(struct deadlines *d)
{
    pthread_mutex_lock(&d->lock);
    d->canceled = true;
    for (struct watch *w = d->first; w; w = w->next)
        cancel_fire(&w->gone);
    pthread_mutex_unlock(&d->lock);
}

static void *sweeper(void *arg)
{
    struct deadlines *d = arg;
    pthread_mutex_lock(&d->lock);
    while (!d->stopping) {
        struct timespec at;
        clock_gettime(CLOCK_MONOTONIC, &at);
        at.tv_nsec += (long)(d->limits->sweep_ms % 1000) * 1000000;
        at.tv_sec += d->limits->sweep_ms / 1000 + at.tv_nsec / 1000000000;
        at.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&d->stop, &d->lock, &at);
        sweep_locked(d, (uint64_t)clock_mono_ms());
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

struct deadlines *deadlines_create(const struct http_limits *limits, struct err *e)
{
    struct deadlines *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    d->limits = limits;
    pthread_mutex_init(&d->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);

    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&d->thread, NULL, sweeper, d);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc == 0) {
        pthread_setname_np(d->thread, "http-deadlines");
        return d;
    }
    err_errno(e, rc, "start a thread");
    pthread_cond_destroy(&d->stop);
    pthread_mutex_destroy(&d->lock);
    free(d);
    return NULL;
}

void deadlines_destroy(struct deadlines *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->stopping = true;
    pthread_cond_signal(&d->stop);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_cond_destroy(&d->stop);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

struct watch *deadlines_add(struct deadlines *d, int fd)
{
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->fd = fd;
    atomic_init(&w->stamp, 0);
    atomic_init(&w->received, 0);
    w->gone.fd = -1;
    atomic_init(&w->gone.fired, false);
    watch_enter(w, WATCH_HEAD);
    pthread_mutex_lock(&d->lock);
    w->next = d->first;
    w->here = &d->first;
    if (w->next)
        w->next->here = &w->next;
    d->first = w;
    pthread_mutex_unlock(&d->lock);
    return w;
}

void deadlines_remove(struct deadlines *d, struct watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&d->lock);
    *w->here = w->next;
    if (w->next)
        w->next->here = w->here;
    pthread_mutex_unlock(&d->lock);
    free(w);
}
