/* SPDX-License-Identifier: GPL-3.0-or-later
 * kinds.h - kinds.c holds the two lists: what a work-horse can do (horse_kinds, declared in
 * horse.h), and what a worker can be asked for.
 */
#ifndef AIVE_JOBS_KINDS_H
#define AIVE_JOBS_KINDS_H

#include "jobs/horse.h"
#include "jobs/job.h"

extern const struct job_kind *const job_kinds[];     /* ended by NULL; job_run_user() is the
                                                      * struct workspace */

#endif
