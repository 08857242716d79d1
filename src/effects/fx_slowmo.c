/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_slowmo.c - slow motion; the sound is stretched with it and keeps its pitch.
 */
#include "effects/effect.h"
#include "effects/rows.h"

#include <math.h>

struct slowmo {
    double factor;
};

/* A whole number of ten-thousandths, so that times stay exact. */
#define SLOWMO_DEN 10000

static void slowmo_rate(const void *self, struct effect_rate *r)
{
    const struct slowmo *s = self;
    r->num = llround(s->factor * SLOWMO_DEN);
    r->den = SLOWMO_DEN;
}

static const struct param slowmo_params[] = {
    ROW_NUMBER(struct slowmo, factor, 0.25, 1, 0.5, "x", "Speed: 0.5 takes twice as long."),
    {0},
};

const struct effect fx_slowmo = {
    .name = "slowmo",
    .title = "Slow motion",
    .help = "Slows picture and sound down; the sound keeps its pitch.",
    .params = slowmo_params,
    .self_size = sizeof(struct slowmo),
    .rate = slowmo_rate,
};
