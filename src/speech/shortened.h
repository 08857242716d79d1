/* SPDX-License-Identifier: GPL-3.0-or-later
 * shortened.h - windows of a sound without its pauses, as pocketsphinx takes them.
 *
 * Units: seconds of the shortened sound. Threads: one at a time.
 */
#ifndef AIVE_SPEECH_SHORTENED_H
#define AIVE_SPEECH_SHORTENED_H

#include "speech/gate.h"
#include "speech/transcribe.h"

#define SHORTENED_MAX_S 40.0

struct shortened {
    const struct speech_sound *sound;
    struct gate gate;
    float *pcm;
    int16_t *loud; /* the window, as loud as it goes */
    size_t samples;
};

/* The gate is in the arena. */
bool shortened_init(struct shortened *s, const struct speech_sound *sound,
                    const struct speech_span *spans, size_t span_count, struct arena *a,
                    struct err *e);
void shortened_finish(struct shortened *s); /* accepts zeroed */

/* Fills `loud` and `samples`. At most SHORTENED_MAX_S. */
bool shortened_read(struct shortened *s, double from_s, double to_s, struct err *e);

#endif
