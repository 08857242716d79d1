/* SPDX-License-Identifier: GPL-3.0-or-later
 * speech_activity.h - where somebody speaks, also over noise and music.
 *
 *     struct speech_activity *s = speech_activity_create(&e);
 *     while (...) speech_activity_push(s, mono, n, &e);        22,050 Hz, mono
 *     speech_activity_finish(s, &speech_defaults, &spans, &e);  ...  speech_spans_finish(&spans);
 *
 * What tells a speaking voice from an instrument is that its pitch never stands still: within a
 * syllable it glides, unbroken, by several semitones a second, where a note stays what it is and a
 * drum has none (pitch contours as in E. Scheirer and M. Slaney, "Construction and evaluation of a
 * robust multifeature speech/music discriminator", ICASSP 1997, and in T. Zhang and C.-C. Kuo, IEEE
 * Trans. SAP 9 (4), 2001). There is speech where such gliding makes up a good share of the sound of
 * a second and of four seconds around it; it begins and ends where the level does, up to 0.3 s from
 * the gliding, since words begin and end without pitch. A vibrato is a note; short sung notes glide
 * like words and may count.
 * Memory: 12 bytes a hop of 10 ms, 24 more while finishing. One thread at a time.
 */
#ifndef AIVE_ANALYSIS_SPEECH_ACTIVITY_H
#define AIVE_ANALYSIS_SPEECH_ACTIVITY_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct speech_span {
    double start_s, end_s;
};

struct speech_options {
    double begins, ends; /* score (log odds for a second of each) above which speech begins, goes on */
    double bridge_s;     /* pauses shorter than this between two syllables belong to speech */
};

/* For showing where somebody speaks: exact, and hardly ever wrong. */
extern const struct speech_options speech_defaults;
/* For choosing what a transcriber listens to, where a miss is worse than a false alarm: faint speech
 * counts, also what little of it comes through a noise, two seconds apart. Margins are the caller's. */
extern const struct speech_options speech_gate;

struct speech_spans {
    struct speech_span *spans; /* ascending, at least 0.3 s apart */
    size_t count;
};

struct speech_activity;
struct speech_activity *speech_activity_create(struct err *e);
bool speech_activity_push(struct speech_activity *s, const float *mono, size_t n, struct err *e);
bool speech_activity_finish(struct speech_activity *s, const struct speech_options *opt,
                            struct speech_spans *out, struct err *e); /* once */
void speech_activity_destroy(struct speech_activity *s);
void speech_spans_finish(struct speech_spans *s); /* accepts zeroed spans */

#endif
