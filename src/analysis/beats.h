/* SPDX-License-Identifier: GPL-3.0-or-later
 * beats.h - when to tap the foot: beats, tempo, and the moments of energy of a sound track.
 *
 *     struct beats *b = beats_create(&e);
 *     while ((n = audio_reader_read(reader, block, 4096, &e)) > 0)   22,050 Hz, mono
 *         beats_push(b, block, n, &e);
 *     beats_finish(b, &result, &e);  beats_destroy(b);  ...  beats_result_finish(&result);
 *
 * A sound without a beat (silence, speech, noise) has count 0 and tempo NAN; that is no error.
 * Memory: about 120 bytes a hop of 10 ms while finishing. Threads: one thread at a time each.
 */
#ifndef AIVE_ANALYSIS_BEATS_H
#define AIVE_ANALYSIS_BEATS_H

#include "analysis/energy.h"
#include "analysis/series.h"

struct tempo_candidate {
    double bpm;
    double score; /* 0..1 */
};

struct beats_result {
    double *beats_s;     /* ascending */
    double *tempo_curve; /* BPM around each beat: a line through eight beats */
    size_t count;
    double tempo;      /* BPM; NAN without beats */
    double confidence; /* 0..1: how much the beats stand out of what lies between them */
    bool steady;       /* one tempo throughout: the beats lie on a line within 20 ms */
    struct tempo_candidate candidates[3]; /* the tempo, its half and its double */
    double *downbeats_s; /* the beats that begin a bar, ascending */
    size_t downbeat_count;
    int beats_per_bar;          /* 3 or 4; 0: not known, and no downbeats */
    struct energy_marks energy; /* also for a sound without a beat */
    double duration_s; /* of the sound pushed */
};

struct beats;
struct beats *beats_create(struct err *e);
bool beats_push(struct beats *b, const float *mono, size_t n, struct err *e);
bool beats_finish(struct beats *b, struct beats_result *out, struct err *e); /* once */
/* The level meter that ran along, complete after beats_finish(); lives as long as `b`. For pauses.
 */
const struct energy_meter *beats_meter(const struct beats *b);
void beats_destroy(struct beats *b);
void beats_result_finish(struct beats_result *r); /* accepts a zeroed result */

#endif
