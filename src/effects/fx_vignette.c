/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_vignette.c - darker towards the corners, which leads the eye to the middle.
 */
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/planes.h"
#include "effects/rows.h"

#include <math.h>

struct vignette {
    double amount, radius;
};

/* v: the darkness in the corners, where it begins. */
static bool vignette_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    (void)m;
    const struct vignette *s = self;
    out->v[0] = s->amount;
    out->v[1] = s->radius;
    return s->amount > 0;
}

/* How much of the light is left at each sample of the upper half, 65535 for all of it; the lower
 * half is its mirror image. */
/* Distances are shares of the way into a corner, on ellipses of the frame's shape: round ones would
 * leave the long sides of a tall frame as they are. Falls smoothly from the radius on. */
static void fill_light(uint16_t *keep, int width, int height, double amount, double radius)
{
    for (int y = 0; y < (height + 1) / 2; y++) {
        double dy = (2 * y + 1.0) / height - 1;
        for (int x = 0; x < width; x++) {
            double dx = (2 * x + 1.0) / width - 1, d = sqrt((dx * dx + dy * dy) / 2);
            double u = d > radius ? (d - radius) / (1 - radius) : 0;
            u = u > 1 ? 1 : u;
            keep[(size_t)y * (size_t)width + (size_t)x] =
                (uint16_t)lround(65535 * (1 - amount * u * u * (3 - 2 * u)));
        }
    }
}

static const uint16_t *light_of(const struct effect_look *look, int width, int height,
                                struct effect_desk *desk, struct err *e)
{
    struct {
        char word[8];
        double look[2];
        int32_t size[2];
    } key = {"vignett", {look->v[0], look->v[1]}, {width, height}};
    bool fresh;
    size_t samples = (size_t)width * (size_t)((height + 1) / 2);
    uint16_t *keep = effect_desk_table(desk, &key, sizeof key, samples * sizeof *keep, &fresh, e);
    if (keep && fresh)
        fill_light(keep, width, height, look->v[0], look->v[1]);
    return keep;
}

/* Towards `zero`, so that grey stays grey. The 33 rounds, and makes up for 32767 not being 32768:
 * all of the light changes nothing. */
static void darken_row(uint8_t *row, const uint16_t *keep, int n, int zero)
{
    for (int x = 0; x < n; x++) {
        int16_t v = (int16_t)((row[x] - zero) * 128);
        int16_t k = (int16_t)(keep[x] >> 1);
        int16_t scaled = (int16_t)(((int)v * k) >> 16); /* 6 bits of fraction */
        row[x] = (uint8_t)(((scaled + 33) >> 6) + zero);
    }
}

static bool vignette_paint(const struct effect_look *look, struct picture *frame,
                           struct effect_desk *desk, struct err *e)
{
    for (int i = 0; i < 3; i++) {
        int w = plane_width(frame, i), h = plane_height(frame, i);
        const uint16_t *keep = light_of(look, w, h, desk, e);
        if (!keep)
            return false;
        for (int y = 0; y < h; y++)
            darken_row(plane_row(frame, i, y),
                       keep + (size_t)(y < (h + 1) / 2 ? y : h - 1 - y) * (size_t)w, w,
                       i ? PLANE_GREY : PLANE_BLACK);
    }
    return true;
}

static const struct param vignette_params[] = {
    ROW_NUMBER(struct vignette, amount, 0, 1, 0.5, "0..1", "How dark the corners become."),
    ROW_NUMBER(struct vignette, radius, 0, 0.95, 0.35, "0..1",
               "Where it begins, on the way from the middle to a corner."),
    {0},
};

const struct effect fx_vignette = {
    .name = "vignette",
    .title = "Vignette",
    .help = "Darker towards the corners, which leads the eye to the middle.",
    .params = vignette_params,
    .self_size = sizeof(struct vignette),
    .look = vignette_look,
    .paint = vignette_paint,
};
