/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_letterbox.c - bars above and below, as in the cinema; they may slide in.
 */
#include "effects/ease.h"
#include "effects/effect.h"
#include "effects/planes.h"
#include "effects/rows.h"

#include <math.h>

struct letterbox {
    double size, duration;
    uint32_t color;
};

/* v: height of a bar as a share of the frame's, colour. */
static bool letterbox_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    const struct letterbox *b = self;
    double k = b->duration > 0 ? ease_at(EASE_OUT, m->t / b->duration) : 1;
    out->v[0] = b->size * k;
    out->v[1] = b->color;
    return out->v[0] > 0;
}

/* A bar ends anywhere in a row: that row is covered in part. */
static void paint_bars(struct picture *p, int plane, double bar, uint8_t value)
{
    int rows = plane_height(p, plane), n = plane_width(p, plane);
    for (int y = 0; y < rows && y < bar; y++) {
        int weight = plane_weight(bar - y);
        plane_row_toward(plane_row(p, plane, y), n, value, weight);
        plane_row_toward(plane_row(p, plane, rows - 1 - y), n, value, weight);
    }
}

static bool letterbox_paint(const struct effect_look *look, struct picture *frame,
                            struct effect_desk *desk, struct err *e)
{
    (void)desk;
    (void)e;
    uint8_t yuv[3];
    plane_colour((uint32_t)look->v[1], yuv);
    for (int i = 0; i < 3; i++)
        paint_bars(frame, i, look->v[0] * plane_height(frame, i), yuv[i]);
    return true;
}

static const struct param letterbox_params[] = {
    ROW_NUMBER(struct letterbox, size, 0, 0.45, 0.12, "0..1", "Each bar's share of the height."),
    ROW_NUMBER(struct letterbox, duration, 0, 5, 0, "s",
               "How long they take to slide in; 0: there at once."),
    ROW_COLOUR(struct letterbox, color, 0x000000, "The bars' colour."),
    {0},
};

const struct effect fx_letterbox = {
    .name = "letterbox",
    .title = "Letterbox",
    .help = "Bars above and below, as in the cinema.",
    .params = letterbox_params,
    .self_size = sizeof(struct letterbox),
    .look = letterbox_look,
    .paint = letterbox_paint,
};
