/* SPDX-License-Identifier: GPL-3.0-or-later
 * blur.h - a Gaussian blur of any size at about the same cost, across and down apart.
 */
#ifndef AIVE_EFFECTS_BLUR_H
#define AIVE_EFFECTS_BLUR_H

#include "effects/desk.h"

/* Standard deviations in luma samples, to a fraction of one; 0 leaves that way alone, more than an
 * eighth of the longer side counts as that. In place. */
bool blur_picture(struct picture *p, double across, double down, struct effect_desk *desk,
                  struct err *e);

#endif
