/* SPDX-License-Identifier: GPL-3.0-or-later
 * tr_dip_to_black.c - the old picture goes into black, the new one comes out of it.
 */
#include "effects/rows.h"
#include "effects/through.h"

static bool dip_mix(const void *self, double u, const struct picture *from,
                    const struct picture *to, struct picture *out, struct effect_desk *desk,
                    struct err *e)
{
    (void)desk;
    (void)e;
    through_draw(self, u, u < 0.5 ? 2 * u : 2 - 2 * u, from, to, out);
    return true;
}

static const struct param dip_params[] = {
    TRANSITION_DURATION(0.6),
    ROW_COLOUR(struct through, color, 0x000000, "The colour in the middle."),
    {0},
};

const struct transition tr_dip_to_black = {
    .name = "dip_to_black",
    .title = "Dip to black",
    .help = "The old picture goes into black, or any colour, and the new one comes out of it.",
    .params = dip_params,
    .self_size = sizeof(struct through),
    .sound_fades = true,
    .needs = through_needs,
    .mix = dip_mix,
};
