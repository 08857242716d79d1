/* SPDX-License-Identifier: GPL-3.0-or-later
 * tr_crossfade.c - the old picture fades out while the new one fades in.
 */
#include "effects/planes.h"
#include "effects/transition.h"

static bool crossfade_mix(const void *self, double u, const struct picture *from,
                          const struct picture *to, struct picture *out, struct effect_desk *desk,
                          struct err *e)
{
    (void)self;
    (void)desk;
    (void)e;
    planes_mix(from, to, plane_weight(u), out);
    return true;
}

static const struct param crossfade_params[] = {TRANSITION_DURATION(0.5), {0}};

const struct transition tr_crossfade = {
    .name = "crossfade",
    .title = "Cross-fade",
    .help = "The old picture fades out while the new one fades in; so does the sound.",
    .params = crossfade_params,
    .self_size = sizeof(struct transition_base),
    .sound_fades = true,
    .mix = crossfade_mix,
};
