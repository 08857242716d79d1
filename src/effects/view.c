/* SPDX-License-Identifier: GPL-3.0-or-later
 * view.c - what is seen of a picture, changed step by step.
 */
#include "effects/view.h"

/* A view of scale s and anchor a begins at (1 - 1/s) a and is 1/s long, in shares of the picture.
 */
static double anchor(double before, double s0, double s1, double at, double move)
{
    if (s0 == 1 && move == 0)
        return at;
    double begin = (1 - 1 / s0) * before + (1 / s0 - 1 / s1) * at - move / s1;
    double a = begin / (1 - 1 / s1);
    return a < 0 ? 0 : a > 1 ? 1 : a;
}

void view_enlarge(struct effect_view *v, double factor, double x, double y, double dx, double dy)
{
    if (!(factor > 1))
        return;
    double s1 = v->scale * factor;
    v->x = anchor(v->x, v->scale, s1, v->mirrored ? 1 - x : x, v->mirrored ? -dx : dx);
    v->y = anchor(v->y, v->scale, s1, y, dy);
    v->scale = s1;
}
