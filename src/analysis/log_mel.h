/* SPDX-License-Identifier: GPL-3.0-or-later
 * log_mel.h - what Whisper hears: log-mel of mono sound at 16 kHz, a hundred frames a second.
 *
 * Whisper's scale hangs on the loudest number of the *whole* sound, so there are two steps:
 *
 *     struct log_mel *m = log_mel_create(80, sink, user, &e);
 *     log_mel_push(m, samples, n, &e); ... log_mel_end(m, &e);     frames come to the sink
 *     log_mel_window(frames, count, 80, log_mel_loudest(m), out, width);
 *
 * The sink gets each frame of [mels] numbers, the log10 of the power, -10 at least, as soon as its
 * sound is there; log_mel_loudest() is the largest so far. For hours of sound keep the frames (28
 * MB an hour at 80 mels, 2 bytes each, or 115 MB as they are), or go through the sound twice, or
 * scale each window by what was loudest until then: then only a loud spot still to come would
 * change it. A clip in memory in one go: log_mel_clip().
 *
 * As the original has it: a Hann window of 400, a hop of 160, centred, mirrored at the start;
 * Slaney's filters to 8 kHz; silence behind the end. Frame t is centred on sample 160 t. Frames
 * which no sound reaches are LOG_MEL_SILENCE. Memory: fixed, some 100 KiB. Threads: one log_mel
 * belongs to one thread.
 */
#ifndef AIVE_ANALYSIS_LOG_MEL_H
#define AIVE_ANALYSIS_LOG_MEL_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_MEL_RATE 16000
#define LOG_MEL_HOP 160
#define LOG_MEL_BINS 201
#define LOG_MEL_MOST 128 /* mels */
#define LOG_MEL_SILENCE (-10.0f)

typedef bool (*log_mel_sink)(void *user, const float *mels, struct err *e);

struct log_mel;
struct log_mel *log_mel_create(int mels, log_mel_sink sink, void *user, struct err *e);
bool log_mel_push(struct log_mel *m, const float *mono, size_t n, struct err *e);
bool log_mel_end(struct log_mel *m, struct err *e); /* the last frames; once */
float log_mel_loudest(const struct log_mel *m);
void log_mel_destroy(struct log_mel *m); /* accepts NULL */

/* Frames that reach some of n samples: what a sink gets. */
size_t log_mel_count(size_t samples);

/* out[mels][width], as whisper_encode() wants it, from `count` frames of [mels]; columns behind
 * them are silence, scaled like the rest. */
void log_mel_window(const float *frames, size_t count, int mels, float loudest, float *out,
                    size_t width);

/* out[mels][width] of a clip of n samples; columns behind the clip are silence. */
bool log_mel_clip(int mels, const float *mono, size_t n, float *out, size_t width, struct err *e);

/* weights[mels][LOG_MEL_BINS]: triangles evenly spaced on Slaney's scale of pitch, of area 1. */
void log_mel_filters(int mels, float *weights);

#endif
