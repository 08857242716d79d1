/* SPDX-License-Identifier: GPL-3.0-or-later
 * tr_slide.c - the new picture pushes the old one out of the frame.
 */
#include "effects/ease.h"
#include "effects/rows.h"
#include "effects/slide.h"

struct slide {
    struct transition_base base;
    int direction, ease;
};

static bool slide_mix(const void *self, double u, const struct picture *from,
                      const struct picture *to, struct picture *out, struct effect_desk *desk,
                      struct err *e)
{
    const struct slide *s = self;
    return slide_draw(s->direction, ease_at(s->ease, u), from, to, out, desk, e);
}

static const struct param slide_params[] = {
    TRANSITION_DURATION(0.5),
    ROW_CHOICE(struct slide, direction, SLIDE_LEFT, slide_directions,
               "Where the old picture goes."),
    ROW_CHOICE(struct slide, ease, EASE_CUBIC, ease_names, EASE_HELP),
    {0},
};

const struct transition tr_slide = {
    .name = "slide",
    .title = "Slide",
    .help = "The new picture pushes the old one out of the frame.",
    .params = slide_params,
    .self_size = sizeof(struct slide),
    .mix = slide_mix,
};
