/* SPDX-License-Identifier: GPL-3.0-or-later
 * view.h - what is seen of a picture, changed step by step.
 */
#ifndef AIVE_EFFECTS_VIEW_H
#define AIVE_EFFECTS_VIEW_H

#include "effects/effect.h"

/* Enlarges what is seen so far by `factor` >= 1 around the point (x, y) of it, and moves it by
 * (dx, dy), in shares of the frame. Never shows more than was seen so far as long as the moves are
 * at most (factor - 1) / 2 and the point is in the middle. */
void view_enlarge(struct effect_view *v, double factor, double x, double y, double dx, double dy);

#endif
