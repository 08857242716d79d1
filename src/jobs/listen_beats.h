/* SPDX-License-Identifier: GPL-3.0-or-later
 * listen_beats.h - only the beats of a file, for people and programs: `aive beats`.
 */
#ifndef AIVE_JOBS_LISTEN_BEATS_H
#define AIVE_JOBS_LISTEN_BEATS_H

#include "core/arena.h"
#include "core/cancel.h"
#include "core/err.h"
#include "jobs/horse.h"

extern const struct horse_kind horse_beats;

/* What follows a long listening; may be NULL. */
typedef void (*listen_progress_fn)(void *user, double percent, const char *stage);

/* Finds the beats of the media behind fd in a work-horse. click_fd >= 0: an empty file that gets the
 * sound as a WAV with a click on each beat, a higher one on downbeats. The answer is JSON in the
 * arena; NULL: *e says why (ERR_UNSUPPORTED: no sound). */
const char *listen_beats_run(int fd, int click_fd, listen_progress_fn progress, void *user,
                             const struct cancel *cancel, struct arena *a, struct err *e);

#endif
