/* SPDX-License-Identifier: GPL-3.0-or-later
 * tr_zoom_blur.c - a rush forward: the old picture smears away from the middle, out of the blur
 * comes the new one.
 */
#include "effects/ease.h"
#include "effects/planes.h"
#include "effects/radial.h"
#include "effects/rows.h"

#include "effects/transition.h"

struct zoom_blur {
    struct transition_base base;
    double amount;
};

/* Both pictures are seen in the middle part only. */
#define BOTH_FROM 0.4
#define BOTH_TO 0.6

static int zoom_blur_needs(const void *self, double u)
{
    (void)self;
    return (u < BOTH_TO ? TRANSITION_FROM : 0) | (u > BOTH_FROM ? TRANSITION_TO : 0);
}

static bool zoom_blur_mix(const void *self, double u, const struct picture *from,
                          const struct picture *to, struct picture *out, struct effect_desk *desk,
                          struct err *e)
{
    const struct zoom_blur *z = self;
    double k = u < 0.5 ? 2 * u : 2 - 2 * u; /* how near to the cut */
    double share = ease_at(EASE_LINEAR, (u - BOTH_FROM) / (BOTH_TO - BOTH_FROM));
    int weight = plane_weight(share);
    if (weight == 0 || weight == 256)
        planes_copy(weight ? to : from, out);
    else
        planes_mix(from, to, weight, out);
    return radial_blur(out, z->amount * k * k, desk, e);
}

static const struct param zoom_blur_params[] = {
    TRANSITION_DURATION(0.5),
    ROW_NUMBER(struct zoom_blur, amount, 0, 1, 0.5, "0..1",
               "How far the picture smears at the cut."),
    {0},
};

const struct transition tr_zoom_blur = {
    .name = "zoom_blur",
    .title = "Zoom blur",
    .help = "A rush forward: the old picture smears outwards, the new one comes out of the blur.",
    .params = zoom_blur_params,
    .self_size = sizeof(struct zoom_blur),
    .needs = zoom_blur_needs,
    .mix = zoom_blur_mix,
};
