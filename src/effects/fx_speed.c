/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_speed.c - faster or slower: one speed, or a ramp from one to another.
 *
 * Formula. At share u of the film's time the speed is v(u) = a + (b - a) E(u), where E is the
 * easing, or, when the ramp comes back, E(2u) up to the middle and E(2 - 2u) behind it. Both have
 * the same area A under them, a whole number of quarters, so the mean speed V = a + (b - a) A = ((4
 * - 4A) a + 4A b) / 4 is a fraction as exact as a and b, which are whole numbers of
 * ten-thousandths. The share of the source that has passed is p(u) = (a u + (b - a) I(u)) / V, I(u)
 * = the area under E from 0 to u, and coming back I(u) is I_E(2u) / 2, mirrored behind the middle.
 * v > 0, so p rises from 0 to 1.
 */
#include "effects/ease.h"
#include "effects/effect.h"
#include "effects/rows.h"

#include <math.h>

struct speed {
    double factor, from, to;
    int ease, back;
};

#define SPEED_DEN 10000
#define SPEED_MIN 2500 /* 0.25x */

static int64_t ten_thousandths(double v)
{
    int64_t n = llround(v * SPEED_DEN);
    return n < SPEED_MIN ? SPEED_MIN : n;
}

static int64_t speed_end(const struct speed *s, double end)
{
    return ten_thousandths(end > 0 ? end : s->factor);
}

static void speed_rate(const void *self, struct effect_rate *r)
{
    const struct speed *s = self;
    int q = ease_quarters(s->ease);
    r->num = (4 - q) * speed_end(s, s->from) + q * speed_end(s, s->to);
    r->den = 4 * SPEED_DEN;
}

static double area(const struct speed *s, double u)
{
    if (!s->back)
        return ease_area(s->ease, u);
    if (u <= 0.5)
        return ease_area(s->ease, 2 * u) / 2;
    return ease_quarters(s->ease) / 4.0 - ease_area(s->ease, 2 - 2 * u) / 2;
}

static double speed_ramp(const void *self, double u)
{
    const struct speed *s = self;
    double a = (double)speed_end(s, s->from), b = (double)speed_end(s, s->to);
    if (a == b || u <= 0 || u >= 1)
        return u < 0 ? 0 : u > 1 ? 1 : u;
    double p = (a * u + (b - a) * area(s, u)) / (a + (b - a) * ease_quarters(s->ease) / 4.0);
    return p > 1 ? 1 : p;
}

static const struct param speed_params[] = {
    ROW_NUMBER(struct speed, factor, 0.25, 4, 1.5, "x", "Speed: 2 takes half as long."),
    ROW_NUMBER(struct speed, from, 0, 4, 0, "x",
               "Speed at the start of a ramp, at least 0.25; 0 stands for factor."),
    ROW_NUMBER(struct speed, to, 0, 4, 0, "x",
               "Speed at the end of a ramp, at least 0.25; 0 stands for factor."),
    ROW_CHOICE(struct speed, ease, EASE_CUBIC, ease_names, EASE_HELP),
    ROW_BOOL(struct speed, back, 0,
             "The ramp reaches `to` in the middle and comes back to `from`."),
    {0},
};

const struct effect fx_speed = {
    .name = "speed",
    .title = "Speed",
    .help = "Faster or slower, evenly or as a ramp; the sound keeps its pitch.",
    .params = speed_params,
    .self_size = sizeof(struct speed),
    .rate = speed_rate,
    .ramp = speed_ramp,
};
