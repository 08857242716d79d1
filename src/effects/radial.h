/* SPDX-License-Identifier: GPL-3.0-or-later
 * radial.h - the blur of a picture that rushes towards the viewer.
 */
#ifndef AIVE_EFFECTS_RADIAL_H
#define AIVE_EFFECTS_RADIAL_H

#include "effects/desk.h"

/* Each point is smeared along the line to the middle: the mean of the picture at scales from 1 to
 * 1 + amount, 0 <= amount <= 1. In place. */
bool radial_blur(struct picture *p, double amount, struct effect_desk *desk, struct err *e);

#endif
