/* SPDX-License-Identifier: GPL-3.0-or-later
 * music_loop.h - where music that is shorter than its film may start over.
 *
 * Music whose length is a whole number of bars was made to be looped, and is: from its end to its
 * start, without a cross-fade. Else, where beats are found (analysis/beats.h), from bar line to bar
 * line: a whole number of bars lies between where it jumps from and where it jumps to. Bars are
 * counted in twelves of beats where there are enough, which fits three and four beats to a bar,
 * else in fours. The two places are then shifted against each other by the few milliseconds that
 * make their waves alike, or at least their attacks. Music without beats, and of more than ten
 * minutes, is played to its end.
 *
 * Blocking; decodes all of the music once, which costs about 3 ms of CPU a second of it; memory: 1
 * MB a minute of music. One thread.
 */
#ifndef AIVE_RENDER_MUSIC_LOOP_H
#define AIVE_RENDER_MUSIC_LOOP_H

#include "core/cancel.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

struct music_loop {
    int64_t from, to; /* samples at 48 kHz: what would be `to` is `from` */
    int64_t fade;     /* samples before `to` that the two sounds overlap; <= from */
    double likeness;  /* of what overlaps: correlation, 0..1 */
};

/* `start`: where the film's music starts, sample. `length`: of the music, as its container tells
 * it. */
bool music_find_loop(int fd, int64_t start, int64_t length, struct music_loop *out,
                     const struct cancel *cancel, struct err *e);

#endif
