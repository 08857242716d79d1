/* SPDX-License-Identifier: GPL-3.0-or-later
 * mel.h - sound as the ear has it: how loud 81 bands of pitch are, a hundred times a second.
 *
 * Push mono sound at ANALYSIS_RATE in blocks of any size; every hop of 10 ms is handed to the sink
 * as soon as its window is complete: magnitudes (not powers) in triangular bands between 30 Hz and
 * 10 kHz, evenly spaced on the mel scale, each of weight 1. Hop t is centred on sample t * 220.5;
 * the window is a Hann of 1024 samples, zeros count before the start and after the end.
 * Memory: fixed, 60 KiB. Threads: one mel belongs to one thread.
 */
#ifndef AIVE_ANALYSIS_MEL_H
#define AIVE_ANALYSIS_MEL_H

#include "analysis/series.h"

#define MEL_BANDS 81

typedef bool (*mel_sink)(void *user, const float bands[MEL_BANDS], struct err *e);

struct mel;
struct mel *mel_create(mel_sink sink, void *user, struct err *e);
bool mel_push(struct mel *m, const float *mono, size_t n, struct err *e);
bool mel_end(struct mel *m, struct err *e); /* the last hops; once */
void mel_destroy(struct mel *m);

#endif
