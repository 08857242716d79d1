/* SPDX-License-Identifier: GPL-3.0-or-later
 * tr_flash.c - a burst of light over the cut: it comes fast and goes slower.
 */
#include "effects/rows.h"
#include "effects/through.h"

static bool flash_mix(const void *self, double u, const struct picture *from,
                      const struct picture *to, struct picture *out, struct effect_desk *desk,
                      struct err *e)
{
    (void)desk;
    (void)e;
    double k = u < 0.5 ? 2 * u : 2 - 2 * u; /* how near to the cut */
    through_draw(self, u, u < 0.5 ? k * k * k : k * k, from, to, out);
    return true;
}

static const struct param flash_params[] = {
    TRANSITION_DURATION(0.3),
    ROW_COLOUR(struct through, color, 0xffffff, "The light's colour."),
    {0},
};

const struct transition tr_flash = {
    .name = "flash",
    .title = "Flash",
    .help = "A burst of light over the cut.",
    .params = flash_params,
    .self_size = sizeof(struct through),
    .needs = through_needs,
    .mix = flash_mix,
};
