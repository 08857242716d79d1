/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_fade_in.c - the picture appears out of black, or any colour, at the segment's start.
 */
#include "effects/ease.h"
#include "effects/rows.h"
#include "effects/tint.h"

struct fade_in {
    double duration;
    uint32_t color;
    int ease;
};

static bool fade_in_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    const struct fade_in *f = self;
    double u = f->duration > 0 ? (m->t) / f->duration : 1;
    return tint_look(1 - ease_at(f->ease, u), f->color, out);
}

static const struct param fade_in_params[] = {
    ROW_NUMBER(struct fade_in, duration, 0, 10, 0.5, "s", "How long it takes."),
    ROW_COLOUR(struct fade_in, color, 0x000000, "The colour on the other side."),
    ROW_CHOICE(struct fade_in, ease, EASE_LINEAR, ease_names, EASE_HELP),
    {0},
};

const struct effect fx_fade_in = {
    .name = "fade_in",
    .title = "Fade in",
    .help = "The picture appears out of black, or any colour.",
    .params = fade_in_params,
    .self_size = sizeof(struct fade_in),
    .look = fade_in_look,
    .paint = tint_paint,
};
