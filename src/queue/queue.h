/* SPDX-License-Identifier: GPL-3.0-or-later
 * queue.h - "look into the database now": a hint between those who queue jobs and those who run
 * them. The database is the truth; a hint that is lost costs the poll interval, never a job.
 *
 *     uint64_t mark = queue_mark(q, QUEUE_WORK);      first the mark, then the look
 *     if (!job_claim(...))
 *         queue_wait(q, QUEUE_WORK, mark, 500);        back at once if woken since the mark
 *
 * The embedded queue reaches the threads of this process; other processes find out by polling.
 * Hints are given after the commit they speak of.
 * Threads: all functions from any thread. Blocking: queue_wait() only.
 */
#ifndef AIVE_QUEUE_QUEUE_H
#define AIVE_QUEUE_QUEUE_H

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

enum queue_topic {
    QUEUE_WORK, /* a job was queued */
    QUEUE_OVER, /* a job is over, or somebody asked for its end */
    QUEUE_TOPIC_COUNT
};

struct queue;

/* url NULL or "": embedded. Others: ERR_UNAVAILABLE, not built into this version. */
struct queue *queue_open(const char *url, struct err *e);
void queue_close(struct queue *q);

const char *queue_name(const struct queue *q); /* "embedded" */
bool queue_is_remote(const struct queue *q);   /* healthz: does a server stand behind it? */
bool queue_answers(struct queue *q);           /* healthz: does it answer right now? */

/* The job the hint is about: the embedded queue wakes everybody and needs no name. */
void queue_wake(struct queue *q, enum queue_topic topic, const char *job_id);
uint64_t queue_mark(struct queue *q, enum queue_topic topic);
void queue_wait(struct queue *q, enum queue_topic topic, uint64_t mark, int timeout_ms);

#endif
