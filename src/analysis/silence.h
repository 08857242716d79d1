/* SPDX-License-Identifier: GPL-3.0-or-later
 * silence.h - the pauses of a sound track: where a jump cut may cut.
 *
 * The threshold follows the sound: between the noise floor and the usual level of the half minute
 * around, so that a pause in front of a humming fridge is one, a soft speaker after a loud one is
 * none, and neither is a soft passage of music.
 */
#ifndef AIVE_ANALYSIS_SILENCE_H
#define AIVE_ANALYSIS_SILENCE_H

#include "analysis/energy.h"

struct silence_options {
    double margin_s; /* kept around sound, so that no breath or ending is clipped */
    double min_s;    /* pauses shorter than this after the margins are none */
};

/* auto-editor's defaults, which editors are used to. */
#define SILENCE_DEFAULTS ((struct silence_options){.margin_s = 0.2, .min_s = 0.2})

struct pause {
    double start_s, end_s; /* no margin at the very start and end of the file */
};

struct pauses {
    struct pause *pauses; /* ascending, apart from each other */
    size_t count;
    float threshold_db; /* of the file as a whole, dBFS */
};

/* `m` must be complete (energy_end, beats_finish). False: no memory. */
bool silence_find(const struct energy_meter *m, const struct silence_options *opt,
                  struct pauses *out, struct err *e);
void silence_finish(struct pauses *p); /* accepts zeroed pauses */

#endif
