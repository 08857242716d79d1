/* SPDX-License-Identifier: GPL-3.0-or-later
 * through.h - transitions that go through one colour: the old picture until the middle, then the
 * new.
 */
#ifndef AIVE_EFFECTS_THROUGH_H
#define AIVE_EFFECTS_THROUGH_H

#include "effects/transition.h"

struct through {
    struct transition_base base;
    uint32_t color;
};

int through_needs(const void *self, double u);

/* Draws the one picture that is needed, under `cover` (0..1) of the colour. */
void through_draw(const struct through *t, double u, double cover, const struct picture *from,
                  const struct picture *to, struct picture *out);

#endif
