/* SPDX-License-Identifier: GPL-3.0-or-later
 * job_row.h - reading and moving job rows, shared by the job_*.c files and by nobody else.
 */
#ifndef AIVE_JOBS_JOB_ROW_H
#define AIVE_JOBS_JOB_ROW_H

#include "jobs/job.h"
#include "store/sql.h"

#define JOB_COLUMNS                                                                                \
    "j.id, j.created_us, j.updated_us, j.started_us, j.ended_us, j.run_after_us, j.kind, "         \
    "j.state, j.project_id, j.asset_id, j.attempt, j.handed_back, j.cancel_requested, "            \
    "j.lease_owner, j.lease_boot, j.lease_until_ms, j.progress, j.stage, j.output_path, "          \
    "j.error_code, j.error"
#define JOB_COLUMN_COUNT 21
/* The states that are not over, for WHERE j.state IN (...). */
#define JOB_ACTIVE "('queued', 'started', 'rendering')"
#define JOB_RUNNING "('started', 'rendering')"

void job_read(struct sql *q, struct job *out, struct arena *a); /* JOB_COLUMNS from column 0 */

/* The whole row, spec and result too. */
bool job_load(struct store *s, const char *id, struct job *out, struct arena *a, struct err *e);

/* The only writer of `state`. Moves the row from what was read as `old` to `next`: the table must
 * allow it, and the row must still be in old's state and attempt, or ERR_CONFLICT. A job that is
 * over is settled by its kind. Call it inside a transaction. */
bool job_move(const struct jobs *js, const struct job *old, struct job *next, struct err *e);

const struct job_kind *job_find_kind(const struct jobs *js, const char *name); /* NULL: unknown */

/* `next` without its lease. */
void job_drop_lease(struct job *next);

/* Room for one row while a change is made. */
#define JOB_ARENA_BYTES (64u << 20)

#endif
