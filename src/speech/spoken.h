/* SPDX-License-Identifier: GPL-3.0-or-later
 * spoken.h - a written English word as it may be said: "42" is "forty two", "Dr." is "doctor".
 *
 * Pure functions.
 */
#ifndef AIVE_SPEECH_SPOKEN_H
#define AIVE_SPEECH_SPOKEN_H

#include <stdbool.h>
#include <stddef.h>

#define SPOKEN_WAYS 4
#define SPOKEN_MAX 256

struct spoken_ways {
    /* Words with a blank between, in a-z and apostrophes; a capital is the name of that letter. */
    char text[SPOKEN_WAYS][SPOKEN_MAX];
    int count; /* 0: nothing of it is said (a dash, a bracketed remark) */
};

/* written: from blank to blank, UTF-8. What is no English letter, number or sign is left out. */
void spoken_ways_of(const char *written, struct spoken_ways *out);

#endif
