/* SPDX-License-Identifier: GPL-3.0-or-later
 * slide.h - two pictures side by side, and the frame moving from one to the other.
 */
#ifndef AIVE_EFFECTS_SLIDE_H
#define AIVE_EFFECTS_SLIDE_H

#include "effects/transition.h"

/* Where the new picture pushes the old one to. */
enum slide_direction { SLIDE_LEFT, SLIDE_RIGHT, SLIDE_UP, SLIDE_DOWN };
extern const char *const slide_directions[]; /* for a PARAM_CHOICE */

/* What is seen after `way` (0..1) of the move, to a fraction of a sample. */
bool slide_draw(int direction, double way, const struct picture *from, const struct picture *to,
                struct picture *out, struct effect_desk *desk, struct err *e);

#endif
