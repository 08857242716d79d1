/* SPDX-License-Identifier: GPL-3.0-or-later
 * team.h - threads that share one loop.
 *
 *     struct team *team = team_create(0, &e);
 *     team_run(team, 12, draw_tile, &picture);      draw_tile(&picture, 0..11, thread)
 *
 * The caller works too: a team of one has no threads of its own, and NULL is a team of one. Each
 * task is done once, by whoever comes first; what a task computes must not depend on the thread,
 * so that results are the same for any number of threads. Between loops the threads look for the
 * next one for some microseconds and then sleep.
 * Threads: one at a time may call team_run(), and not from within a task.
 */
#ifndef AIVE_NN_TEAM_H
#define AIVE_NN_TEAM_H

#include "core/err.h"

#define TEAM_MAX 64

struct team;

/* thread: 0 .. team_size() - 1, no two tasks at the same time have the same: for scratch memory. */
typedef void (*team_fn)(void *user, int task, int thread);

/* threads: the caller's included, at most TEAM_MAX; 0: one for each core that the process may use.
 * Fewer where the system refuses some. */
struct team *team_create(int threads, struct err *e);
void team_destroy(struct team *t); /* accepts NULL */
int team_size(const struct team *t);

void team_run(struct team *t, int tasks, team_fn fn, void *user); /* returns when all are done */

#endif
