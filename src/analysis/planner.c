/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/planner.h"

#include <pthread.h>

static pthread_mutex_t planner_lock = PTHREAD_MUTEX_INITIALIZER;

void planner_begin(void)
{
    pthread_mutex_lock(&planner_lock);
}

void planner_end(void)
{
    pthread_mutex_unlock(&planner_lock);
}
