/* SPDX-License-Identifier: GPL-3.0-or-later
 * ease.c - how a change is spread over its time.
 */
#include "effects/ease.h"

#include <stddef.h>

const char *const ease_names[] = {"cubic", "linear", "in", "out", NULL};

static double clamp01(double u)
{
    return u < 0 ? 0 : u > 1 ? 1 : u;
}

static double cube(double u)
{
    return u * u * u;
}

double ease_at(int ease, double u)
{
    u = clamp01(u);
    switch (ease) {
    case EASE_CUBIC:
        return u < 0.5 ? 4 * cube(u) : 1 - 4 * cube(1 - u);
    case EASE_IN:
        return cube(u);
    case EASE_OUT:
        return 1 - cube(1 - u);
    default:
        return u;
    }
}

double ease_area(int ease, double u)
{
    u = clamp01(u);
    double w = 1 - u;
    switch (ease) {
    case EASE_CUBIC:
        return u < 0.5 ? u * cube(u) : u - 0.5 + w * cube(w);
    case EASE_IN:
        return u * cube(u) / 4;
    case EASE_OUT:
        return u - (1 - w * cube(w)) / 4;
    default:
        return u * u / 2;
    }
}

int ease_quarters(int ease)
{
    return ease == EASE_IN ? 1 : ease == EASE_OUT ? 3 : 2;
}
