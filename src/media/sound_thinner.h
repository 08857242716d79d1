/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_thinner.h - 48 kHz stereo as 22,050 Hz mono: one decoding for those who measure how loud a
 * sound is and those who only listen to it.
 *
 *     n = sound_thinner_push(t, stereo, frames, mono, e);
 *     n = sound_thinner_end(t, mono, e);                     what is left, once
 *
 * Sample n of the result is at n / 22,050 s of what was pushed.
 * Threads: a thinner belongs to one thread.
 */
#ifndef AIVE_MEDIA_SOUND_THINNER_H
#define AIVE_MEDIA_SOUND_THINNER_H

#include "core/err.h"

#define THINNER_IN_RATE 48000
#define THINNER_OUT_RATE 22050
#define THINNER_BLOCK 8192 /* frames pushed at once, at most; as much room is needed for the result */

struct sound_thinner;
struct sound_thinner *sound_thinner_create(struct err *e);
/* Samples written to mono, -1 on failure. */
int sound_thinner_push(struct sound_thinner *t, const float *stereo, int frames, float *mono,
                       struct err *e);
int sound_thinner_end(struct sound_thinner *t, float *mono, struct err *e);
void sound_thinner_destroy(struct sound_thinner *t);

#endif
