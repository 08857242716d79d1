/* SPDX-License-Identifier: GPL-3.0-or-later
 * tint.h - the look and the paint of everything that fades towards one colour.
 */
#ifndef AIVE_EFFECTS_TINT_H
#define AIVE_EFFECTS_TINT_H

#include "effects/effect.h"

/* false: nothing to be seen. */
bool tint_look(double share, uint32_t colour, struct effect_look *out);
bool tint_paint(const struct effect_look *look, struct picture *frame, struct effect_desk *desk,
                struct err *e);

#endif
