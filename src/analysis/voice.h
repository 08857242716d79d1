/* SPDX-License-Identifier: GPL-3.0-or-later
 * voice.h - is there a pitch at each moment, and which: what voices are told from music by.
 *
 * Push mono sound at ANALYSIS_RATE in blocks of any size; read one value a hop of 10 ms. Pitch is
 * where the autocorrelation of 90 to 2000 Hz, divided by that of the window, is highest (P. Boersma,
 * "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993), between 75
 * and 400 Hz. The sound is brought to a third of its rate for that.
 * Memory: 12 bytes a hop. Threads: one voice belongs to one thread.
 */
#ifndef AIVE_ANALYSIS_VOICE_H
#define AIVE_ANALYSIS_VOICE_H

#include "analysis/series.h"

struct voice_curve {     /* of the same length */
    struct series level; /* dB, 200 to 3400 Hz; white noise of x dBFS is about x */
    struct series clear; /* 0..1: how periodic */
    struct series pitch; /* semitones above 100 Hz; means something where clear is high */
};

struct voice;
struct voice *voice_create(struct err *e);
bool voice_push(struct voice *v, const float *mono, size_t n, struct err *e);
bool voice_end(struct voice *v, struct err *e); /* the last hops; once */
const struct voice_curve *voice_of(const struct voice *v); /* lives as long as v */
void voice_destroy(struct voice *v);

#endif
