/* SPDX-License-Identifier: GPL-3.0-or-later
 * through.c - transitions that go through one colour.
 */
#include "effects/through.h"

#include "effects/planes.h"

int through_needs(const void *self, double u)
{
    (void)self;
    return u < 0.5 ? TRANSITION_FROM : TRANSITION_TO;
}

void through_draw(const struct through *t, double u, double cover, const struct picture *from,
                  const struct picture *to, struct picture *out)
{
    uint8_t yuv[3];
    plane_colour(t->color, yuv);
    planes_copy(u < 0.5 ? from : to, out);
    planes_toward(out, yuv, plane_weight(cover));
}
