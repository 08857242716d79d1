/* SPDX-License-Identifier: GPL-3.0-or-later
 * selftest.h - does a work-horse encode inside its cage? For `aive doctor`.
 */
#ifndef AIVE_JOBS_SELFTEST_H
#define AIVE_JOBS_SELFTEST_H

#include "core/arena.h"
#include "core/cancel.h"
#include "core/err.h"
#include "jobs/horse.h"

extern const struct horse_kind horse_selftest;

/* Encodes a few grey pictures and silence into a film in memory-backed files. The text (in the
 * arena) names the encoders; NULL: e says what does not work. */
const char *selftest_run(const struct cancel *cancel, struct arena *a, struct err *e);

#endif
