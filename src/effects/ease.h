/* SPDX-License-Identifier: GPL-3.0-or-later
 * ease.h - how a change is spread over its time. Polynomials only: the same on every machine.
 */
#ifndef AIVE_EFFECTS_EASE_H
#define AIVE_EFFECTS_EASE_H

enum ease {
    EASE_CUBIC,  /* slow at both ends: 4u^3 up to the middle, mirrored behind it */
    EASE_LINEAR, /* u */
    EASE_IN,     /* slow at the start: u^3 */
    EASE_OUT,    /* slow at the end: 1 - (1 - u)^3 */
};

/* For a PARAM_CHOICE. */
extern const char *const ease_names[];
#define EASE_HELP "cubic starts and ends softly, in starts softly, out ends softly, linear is even."

/* 0..1 -> 0..1, rising; u outside is taken as the nearer end. */
double ease_at(int ease, double u);

/* The area under ease_at() from 0 to u; the whole of it is ease_quarters() / 4, exactly. */
double ease_area(int ease, double u);
int ease_quarters(int ease);

#endif
