/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_color.c - brightness, contrast, saturation and temperature.
 *
 * Contrast and brightness act as they would on red, green and blue: with R' = c (R - 1/2) + 1/2 +
 * b, luma does the same and chroma is multiplied by c. Temperature multiplies red by 1 + t/4 and
 * blue by 1 - t/4 and keeps the luma of greys; its effect on chroma is taken from a grey of the
 * same luma: n = 1 + (Kr - Kb) t/4,   Cb += Y ((1 - t/4) / n - 1) / 1.8556,   Cr += Y ((1 + t/4) /
 * n - 1) / 1.5748
 */
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/planes.h"
#include "effects/rows.h"

#include <math.h>

struct color {
    double brightness, contrast, saturation, temperature;
};

static bool color_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    (void)m;
    const struct color *c = self;
    out->v[0] = c->brightness;
    out->v[1] = c->contrast;
    out->v[2] = c->saturation;
    out->v[3] = c->temperature;
    return c->brightness != 0 || c->contrast != 1 || c->saturation != 1 || c->temperature != 0;
}

#define FRACTION_BITS 4

struct color_tables {
    uint8_t luma[256];
    uint8_t colour[256];        /* U and V where there is no warmth */
    int16_t chroma[256];        /* with FRACTION_BITS, around 0 */
    int16_t warmth[2][4 * 256]; /* what the sum of four lumas adds to U and V; the same bits */
};

static double clamp(double v, double least, double most)
{
    return v < least ? least : v > most ? most : v;
}

static uint8_t chroma_sample(int v)
{
    v = (v + (128 << FRACTION_BITS) + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS;
    return (uint8_t)(v < 16 ? 16 : v > 240 ? 240 : v);
}

static void fill_tables(struct color_tables *t, const struct effect_look *look)
{
    double bright = look->v[0], contrast = look->v[1], colour = contrast * look->v[2];
    double warm = look->v[3] / 4, n = 1 + (0.2126 - 0.0722) * warm;
    double slope[2] = {224.0 / 219 * ((1 - warm) / n - 1) / 1.8556,
                       224.0 / 219 * ((1 + warm) / n - 1) / 1.5748};
    bool same_luma = bright == 0 && contrast == 1; /* then what is whiter than white stays so */
    for (int i = 0; i < 256; i++) {
        double y = (i - 16) / 219.0, changed = (y - 0.5) * contrast + 0.5 + bright;
        t->luma[i] = same_luma
                         ? (uint8_t)i
                         : (uint8_t)lround(clamp(16 + 219 * changed, PLANE_BLACK, PLANE_WHITE));
        t->chroma[i] = (int16_t)lround((i - 128) * colour * (1 << FRACTION_BITS));
        t->colour[i] = chroma_sample(t->chroma[i]);
    }
    for (int i = 0; i < 4 * 256; i++)
        for (int k = 0; k < 2; k++)
            t->warmth[k][i] = (int16_t)lround((i / 4.0 - 16) * slope[k] * (1 << FRACTION_BITS));
}

static const struct color_tables *tables_of(const struct effect_look *look,
                                            struct effect_desk *desk, struct err *e)
{
    struct {
        char word[8];
        double v[4];
    } key = {"color", {look->v[0], look->v[1], look->v[2], look->v[3]}};
    bool fresh;
    struct color_tables *t = effect_desk_table(desk, &key, sizeof key, sizeof *t, &fresh, e);
    if (t && fresh)
        fill_tables(t, look);
    return t;
}

static void look_up_row(uint8_t *restrict row, const uint8_t *restrict table, int n)
{
    for (int x = 0; x < n; x++)
        row[x] = table[row[x]];
}

static void chroma_rows(uint8_t *u, uint8_t *v, const uint8_t *y0, const uint8_t *y1, int n,
                        const struct color_tables *t)
{
    for (int x = 0; x < n; x++) {
        int light = y0[2 * x] + y0[2 * x + 1] + y1[2 * x] + y1[2 * x + 1];
        u[x] = chroma_sample(t->chroma[u[x]] + t->warmth[0][light]);
        v[x] = chroma_sample(t->chroma[v[x]] + t->warmth[1][light]);
    }
}

static bool color_paint(const struct effect_look *look, struct picture *frame,
                        struct effect_desk *desk, struct err *e)
{
    const struct color_tables *t = tables_of(look, desk, e);
    if (!t)
        return false;
    if (look->v[0] != 0 || look->v[1] != 1)
        for (int y = 0; y < frame->height; y++)
            look_up_row(plane_row(frame, 0, y), t->luma, frame->width);
    if (look->v[3] == 0) {
        for (int i = 1; i < 3; i++)
            for (int y = 0; y < frame->height / 2; y++)
                look_up_row(plane_row(frame, i, y), t->colour, frame->width / 2);
        return true;
    }
    for (int y = 0; y < frame->height / 2; y++)
        chroma_rows(plane_row(frame, 1, y), plane_row(frame, 2, y), plane_row(frame, 0, 2 * y),
                    plane_row(frame, 0, 2 * y + 1), frame->width / 2, t);
    return true;
}

static const struct param color_params[] = {
    ROW_NUMBER(struct color, brightness, -1, 1, 0, "",
               "Added to the light; 1 is from black to white."),
    ROW_NUMBER(struct color, contrast, 0, 2, 1, "x", "Around middle grey; 1 leaves it."),
    ROW_NUMBER(struct color, saturation, 0, 3, 1, "x", "Strength of the colours; 1 leaves them."),
    ROW_NUMBER(struct color, temperature, -1, 1, 0, "", "Above 0 warmer, below 0 colder."),
    {0},
};

const struct effect fx_color = {
    .name = "color",
    .title = "Colour",
    .help = "Brightness, contrast, saturation and temperature.",
    .params = color_params,
    .self_size = sizeof(struct color),
    .look = color_look,
    .paint = color_paint,
};
