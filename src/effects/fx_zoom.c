/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_zoom.c - a slow zoom over the whole segment, to a point or away from it.
 */
#include "effects/ease.h"
#include "effects/effect.h"
#include "effects/rows.h"
#include "effects/view.h"

enum { ZOOM_IN, ZOOM_OUT };
static const char *const directions[] = {"in", "out", NULL};

struct zoom {
    double amount, x, y;
    int ease, direction;
};

static void zoom_view(const void *self, const struct effect_moment *m, struct effect_view *v)
{
    const struct zoom *z = self;
    double k = ease_at(z->ease, z->direction == ZOOM_IN ? m->u : 1 - m->u);
    view_enlarge(v, 1 + (z->amount - 1) * k, z->x, z->y, 0, 0);
}

static const struct param zoom_params[] = {
    ROW_NUMBER(struct zoom, amount, 1, 4, 1.15, "x", "How much larger the picture becomes."),
    ROW_NUMBER(struct zoom, x, 0, 1, 0.5, "0..1", "The point that keeps its place, from the left."),
    ROW_NUMBER(struct zoom, y, 0, 1, 0.5, "0..1", "The point that keeps its place, from the top."),
    ROW_CHOICE(struct zoom, ease, EASE_CUBIC, ease_names, EASE_HELP),
    ROW_CHOICE(struct zoom, direction, ZOOM_IN, directions,
               "in grows towards the point, out starts there and ends at the whole picture."),
    {0},
};

const struct effect fx_zoom = {
    .name = "zoom",
    .title = "Zoom",
    .help = "A slow zoom over the whole segment, towards a point or away from it.",
    .params = zoom_params,
    .self_size = sizeof(struct zoom),
    .view = zoom_view,
};
