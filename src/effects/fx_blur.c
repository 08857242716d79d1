/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_blur.c - out of focus, all the time or on the way into or out of it.
 */
#include "effects/blur.h"
#include "effects/ease.h"
#include "effects/effect.h"
#include "effects/rows.h"

enum { RAMP_NONE, RAMP_IN, RAMP_OUT };
static const char *const ramps[] = {"none", "in", "out", NULL};

struct blur {
    double radius, duration;
    int ramp;
};

/* v: standard deviation as a share of the frame's height. */
static bool blur_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    const struct blur *b = self;
    double time = b->duration > 0 ? b->duration : m->length, k = 1;
    if (b->ramp == RAMP_IN)
        k = ease_at(EASE_CUBIC, m->t / time);
    else if (b->ramp == RAMP_OUT)
        k = 1 - ease_at(EASE_CUBIC, m->t / time);
    out->v[0] = b->radius * k / 2;
    return out->v[0] > 0;
}

static bool blur_paint(const struct effect_look *look, struct picture *frame,
                       struct effect_desk *desk, struct err *e)
{
    double sigma = look->v[0] * frame->height;
    return blur_picture(frame, sigma, sigma, desk, e);
}

static const struct param blur_params[] = {
    ROW_NUMBER(struct blur, radius, 0, 0.2, 0.02, "0..1",
               "How far light spreads, as a share of the frame's height."),
    ROW_CHOICE(struct blur, ramp, RAMP_NONE, ramps,
               "in goes out of focus, out comes into focus, none stays blurred."),
    ROW_NUMBER(struct blur, duration, 0, 60, 0, "s",
               "How long the ramp takes; 0: the whole segment."),
    {0},
};

const struct effect fx_blur = {
    .name = "blur",
    .title = "Blur",
    .help = "Out of focus, all the time or on the way into it or out of it.",
    .params = blur_params,
    .self_size = sizeof(struct blur),
    .look = blur_look,
    .paint = blur_paint,
};
