/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A counter for each topic and one condition variable: waking counts up, waiting ends when the
 * counter is no longer the mark. So a hint between mark and wait is never slept through.
 */
#include "queue/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    pthread_mutex_t lock; /* guards count */
    pthread_cond_t changed;
    uint64_t count[QUEUE_TOPIC_COUNT];
};

struct queue *queue_open(const char *url, struct err *e)
{
    if (url && *url) {
        err_set(e, ERR_UNAVAILABLE,
                "%s: no queue server is built into this version; leave AIVE_REDIS_URL empty for "
                "the embedded queue",
                url);
        return NULL;
    }
    struct queue *q = calloc(1, sizeof *q);
    if (!q) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&q->lock, NULL);
    return q;
}

void queue_close(struct queue *q)
{
    if (!q)
        return;
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

const char *queue_name(const struct queue *q)
{
    (void)q;
    return "embedded";
}

bool queue_is_remote(const struct queue *q)
{
    (void)q;
    return false;
}

bool queue_answers(struct queue *q)
{
    return q != NULL;
}

void queue_wake(struct queue *q, enum queue_topic topic, const char *job_id)
{
    (void)job_id;
    pthread_mutex_lock(&q->lock);
    q->count[topic]++;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

uint64_t queue_mark(struct queue *q, enum queue_topic topic)
{
    pthread_mutex_lock(&q->lock);
    uint64_t mark = q->count[topic];
    pthread_mutex_unlock(&q->lock);
    return mark;
}

static struct timespec after_ms(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

void queue_wait(struct queue *q, enum queue_topic topic, uint64_t mark, int timeout_ms)
{
    struct timespec until = after_ms(timeout_ms);
    pthread_mutex_lock(&q->lock);
    int rc = 0;
    while (rc == 0 && q->count[topic] == mark)
        rc = pthread_cond_timedwait(&q->changed, &q->lock, &until);
    pthread_mutex_unlock(&q->lock);
}
