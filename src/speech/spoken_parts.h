/* SPDX-License-Identifier: GPL-3.0-or-later
 * spoken_parts.h - what the spoken*.c share.
 */
#ifndef AIVE_SPEECH_SPOKEN_PARTS_H
#define AIVE_SPEECH_SPOKEN_PARTS_H

#include "speech/spoken.h"

/* The ways to say what can be said in several. */
enum style {
    STYLE_PLAIN,  /* one thousand nine hundred five dollars; NASA as a word */
    STYLE_PAIRS,  /* nineteen oh five; letters one by one; no unit of money */
    STYLE_DIGITS, /* one nine zero five */
    STYLE_OH,     /* one nine oh five */
};

struct line {
    char text[SPOKEN_MAX];
    bool full; /* what did not fit is left out */
};

void line_add(struct line *l, const char *word);    /* with a blank before it */
void line_append(struct line *l, const char *more); /* to the last word */

void say_number(struct line *l, const char *digits, enum style style);
void say_ordinal(struct line *l);
void say_plural(struct line *l);

#endif
