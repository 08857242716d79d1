/* SPDX-License-Identifier: GPL-3.0-or-later
 * stretch.h - slower or faster sound at the same pitch, 48 kHz stereo, streaming.
 *
 * The stretcher pulls its input from a function and gives exactly as many samples as asked for, for
 * as long as asked. It hears a little of the sound before its first sample (stretch_lead()), so
 * that it starts without a fade: output sample 0 is the input sample that follows the lead. Memory:
 * constant. The same input gives the same output. Threads: one stretcher, one thread.
 *
 * Where the speed changes, a function tells the place in the output of every input sample. Attacks
 * come within 5 ms of it.
 */
#ifndef AIVE_RENDER_STRETCH_H
#define AIVE_RENDER_STRETCH_H

#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Must fill n frames of interleaved stereo (silence past the end). */
typedef bool (*stretch_pull_fn)(void *user, float *out, int n, struct err *e);

/* Output frame of an input frame (0: the one after the lead; may be negative or past the end);
 * never falls. */
typedef double (*stretch_place_fn)(void *user, double in);

struct stretch;
/* num / den seconds of input for each second of output, 1/16 .. 16. */
struct stretch *stretch_create(int64_t num, int64_t den, struct err *e);
/* As `place` says. `user` must live as long as the stretcher. */
struct stretch *stretch_create_ramp(stretch_place_fn place, void *user, struct err *e);
void stretch_destroy(struct stretch *s);

/* Frames of input that it takes before the one that output frame 0 stands for. */
int stretch_lead(const struct stretch *s);

/* The next n frames of output, interleaved stereo. */
bool stretch_read(struct stretch *s, float *out, int n, stretch_pull_fn pull, void *user,
                  struct err *e);

#endif
