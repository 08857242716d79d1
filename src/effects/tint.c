/* SPDX-License-Identifier: GPL-3.0-or-later
 * tint.c - the look and the paint of everything that fades towards one colour.
 */
#include "effects/tint.h"

#include "effects/planes.h"

bool tint_look(double share, uint32_t colour, struct effect_look *out)
{
    out->v[0] = plane_weight(share);
    out->v[1] = colour;
    return out->v[0] > 0;
}

bool tint_paint(const struct effect_look *look, struct picture *frame, struct effect_desk *desk,
                struct err *e)
{
    (void)desk;
    (void)e;
    uint8_t yuv[3];
    plane_colour((uint32_t)look->v[1], yuv);
    planes_toward(frame, yuv, (int)look->v[0]);
    return true;
}
