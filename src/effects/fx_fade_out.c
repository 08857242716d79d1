/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_fade_out.c - the picture goes into black, or any colour, before the segment's end.
 */
#include "effects/ease.h"
#include "effects/rows.h"
#include "effects/tint.h"

struct fade_out {
    double duration;
    uint32_t color;
    int ease;
};

static bool fade_out_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    const struct fade_out *f = self;
    double u = f->duration > 0 ? (m->length - m->t) / f->duration : 1;
    return tint_look(1 - ease_at(f->ease, u), f->color, out);
}

static const struct param fade_out_params[] = {
    ROW_NUMBER(struct fade_out, duration, 0, 10, 0.5, "s", "How long it takes."),
    ROW_COLOUR(struct fade_out, color, 0x000000, "The colour on the other side."),
    ROW_CHOICE(struct fade_out, ease, EASE_LINEAR, ease_names, EASE_HELP),
    {0},
};

const struct effect fx_fade_out = {
    .name = "fade_out",
    .title = "Fade out",
    .help = "The picture goes into black, or any colour.",
    .params = fade_out_params,
    .self_size = sizeof(struct fade_out),
    .look = fade_out_look,
    .paint = tint_paint,
};
