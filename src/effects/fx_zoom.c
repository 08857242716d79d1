/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_zoom.c - a slow push-in: the picture grows from its own size to `amount` over the segment.
 */
#include "effects/effect.h"

enum { EASE_CUBIC, EASE_LINEAR };
static const char *const eases[] = {"cubic", "linear", NULL};

struct zoom {
    double amount, x, y;
    int ease;
};

/* Slow at both ends: 4u^3 up to the middle, mirrored behind it. */
static double ease_cubic(double u)
{
    double w = 1 - u;
    return u < 0.5 ? 4 * u * u * u : 1 - 4 * w * w * w;
}

static void zoom_view(const void *self, const struct effect_moment *m, struct effect_view *v)
{
    const struct zoom *z = self;
    double k = z->ease == EASE_CUBIC ? ease_cubic(m->u) : m->u;
    v->scale *= 1 + (z->amount - 1) * k;
    v->x = z->x;
    v->y = z->y;
}

static const struct param zoom_params[] = {
    {.name = "amount",
     .kind = PARAM_NUMBER,
     .min = 1,
     .max = 4,
     .def = 1.15,
     .unit = "x",
     .help = "How much larger the picture is at the end.",
     .offset = offsetof(struct zoom, amount)},
    {.name = "x",
     .kind = PARAM_NUMBER,
     .min = 0,
     .max = 1,
     .def = 0.5,
     .unit = "0..1",
     .help = "The point it grows towards, from the left.",
     .offset = offsetof(struct zoom, x)},
    {.name = "y",
     .kind = PARAM_NUMBER,
     .min = 0,
     .max = 1,
     .def = 0.5,
     .unit = "0..1",
     .help = "The point it grows towards, from the top.",
     .offset = offsetof(struct zoom, y)},
    {.name = "ease",
     .kind = PARAM_CHOICE,
     .def = EASE_CUBIC,
     .unit = "",
     .help = "cubic starts and ends softly, linear is even.",
     .choices = eases,
     .offset = offsetof(struct zoom, ease)},
    {0},
};

const struct effect fx_zoom = {
    .name = "zoom",
    .title = "Zoom",
    .help = "A slow push-in over the whole segment.",
    .params = zoom_params,
    .self_size = sizeof(struct zoom),
    .view = zoom_view,
};
