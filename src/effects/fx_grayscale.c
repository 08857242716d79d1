/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_grayscale.c - the colours go, all or in part.
 */
#include "effects/effect.h"
#include "effects/planes.h"
#include "effects/rows.h"

struct grayscale {
    double amount;
};

static bool grayscale_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    (void)m;
    out->v[0] = plane_weight(((const struct grayscale *)self)->amount);
    return out->v[0] > 0;
}

static bool grayscale_paint(const struct effect_look *look, struct picture *frame,
                            struct effect_desk *desk, struct err *e)
{
    (void)desk;
    (void)e;
    for (int i = 1; i < 3; i++)
        for (int y = 0; y < plane_height(frame, i); y++)
            plane_row_toward(plane_row(frame, i, y), plane_width(frame, i), PLANE_GREY,
                             (int)look->v[0]);
    return true;
}

static const struct param grayscale_params[] = {
    ROW_NUMBER(struct grayscale, amount, 0, 1, 1, "0..1", "How much of the colour goes."),
    {0},
};

const struct effect fx_grayscale = {
    .name = "grayscale",
    .title = "Grayscale",
    .help = "Black and white, or paler colours.",
    .params = grayscale_params,
    .self_size = sizeof(struct grayscale),
    .look = grayscale_look,
    .paint = grayscale_paint,
};
