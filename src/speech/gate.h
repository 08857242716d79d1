/* SPDX-License-Identifier: GPL-3.0-or-later
 * gate.h - what of a sound is worth listening to: speech with its short pauses, put end to end.
 *
 * A recogniser that is given silence or noise makes words up. So it gets a shortened sound, in which
 * nothing is left of a pause longer than GATE_PAUSE_S but its edges, and the gate tells what time of
 * the shortened sound is what time of the real one. Within a piece the sound is untouched.
 * Units: seconds. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_GATE_H
#define AIVE_SPEECH_GATE_H

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define GATE_EDGE_S 0.4  /* kept before and after speech */
#define GATE_PAUSE_S 2.0 /* pauses up to this are kept whole */

struct gate_piece {
    double start_s, end_s; /* of the real sound */
    double at_s;           /* where it begins in the shortened one */
};

struct gate {
    struct gate_piece *pieces; /* ascending, apart from each other */
    size_t count;
    double length_s; /* of the shortened sound */
};

struct speech_span;

/* spans: where somebody speaks, ascending (analysis/speech_activity.h); all of it where spans is
 * NULL. In the arena. */
bool gate_make(const struct speech_span *spans, size_t count, double duration_s, struct arena *a,
               struct gate *out, struct err *e);

/* A time of the shortened sound in the real one. At a seam, a start belongs to the piece after it
 * and an end to the one before. */
double gate_start(const struct gate *g, double at_s);
double gate_end(const struct gate *g, double at_s);

#endif
