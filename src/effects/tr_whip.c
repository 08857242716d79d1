/* SPDX-License-Identifier: GPL-3.0-or-later
 * tr_whip.c - a whip pan: the camera tears from the old picture to the new one, blurred by its
 * speed.
 */
#include "effects/blur.h"
#include "effects/ease.h"
#include "effects/rows.h"
#include "effects/slide.h"

struct whip {
    struct transition_base base;
    double blur;
    int direction;
};

/* The easing's speed, u' of 4u^3 and its mirror image, is 3 in the middle; taken to 0..1. */
static double speed_at(double u)
{
    double v = u < 0.5 ? 2 * u : 2 - 2 * u;
    return v * v;
}

static bool whip_mix(const void *self, double u, const struct picture *from,
                     const struct picture *to, struct picture *out, struct effect_desk *desk,
                     struct err *e)
{
    const struct whip *w = self;
    if (!slide_draw(w->direction, ease_at(EASE_CUBIC, u), from, to, out, desk, e))
        return false;
    bool is_across = w->direction == SLIDE_LEFT || w->direction == SLIDE_RIGHT;
    double sigma = w->blur * speed_at(u) * (is_across ? out->width : out->height);
    return blur_picture(out, is_across ? sigma : 0, is_across ? 0 : sigma, desk, e);
}

static const struct param whip_params[] = {
    TRANSITION_DURATION(0.35),
    ROW_CHOICE(struct whip, direction, SLIDE_LEFT, slide_directions, "Where the old picture goes."),
    ROW_NUMBER(struct whip, blur, 0, 0.12, 0.08, "0..1",
               "How far the move smears in its middle, as a share of the frame."),
    {0},
};

const struct transition tr_whip = {
    .name = "whip",
    .title = "Whip pan",
    .help = "The camera tears from the old picture to the new one, blurred by its speed.",
    .params = whip_params,
    .self_size = sizeof(struct whip),
    .mix = whip_mix,
};
