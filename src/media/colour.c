/* SPDX-License-Identifier: GPL-3.0-or-later
 * colour.c - matrices of YUV.
 *
 * libswscale changes the matrix only by a detour over 16-bit RGB, at several times the cost of the
 * scaling. Between two matrices over the same primaries the step is linear: Y' = Y + a Cb + b Cr,
 * and likewise for the chroma, so it is done here on the scaled picture.
 */
#include "media/colour.h"

#include <math.h>
#include <stddef.h>

#define FIX_BITS 14
#define HD_LINES 720

struct matrix {
    int code;
    double kr, kb; /* weights of red and blue in luma, ISO/IEC 23001-8 table 4 */
};

static const struct matrix matrices[] = {
    {1, 0.2126, 0.0722}, {4, 0.30, 0.11},     {5, 0.299, 0.114},    {6, 0.299, 0.114},
    {7, 0.212, 0.087},   {9, 0.2627, 0.0593}, {10, 0.2627, 0.0593},
};

static const struct matrix *find_matrix(int code)
{
    for (size_t i = 0; i < sizeof matrices / sizeof matrices[0]; i++)
        if (matrices[i].code == code)
            return &matrices[i];
    return NULL;
}

int colour_matrix_of(const struct picture *p)
{
    int lines = p->width < p->height ? p->width : p->height;

    if (find_matrix(p->colour_matrix))
        return p->colour_matrix;
    return lines >= HD_LINES ? 1 : 6;
}

bool colour_same_matrix(int a, int b)
{
    const struct matrix *x = find_matrix(a), *y = find_matrix(b);

    return x && y && x->kr == y->kr && x->kb == y->kb;
}

/* What Cb and Cr of the old matrix add to Y, Cb and Cr of the new one; fixed point. */
struct change {
    int y_cb, y_cr, cb_cb, cb_cr, cr_cb, cr_cr;
};

static int fix(double x)
{
    return (int)lround(x * (1 << FIX_BITS));
}

static struct change change_between(const struct matrix *a, const struct matrix *b)
{
    const double luma = 219.0 / 224.0; /* limited range: steps of luma for a step of chroma */
    double kg = 1 - a->kr - a->kb, new_kg = 1 - b->kr - b->kb;
    /* R = y + r cr, B = y + u cb, G = y + g_cb cb + g_cr cr, with y in 0..1, chroma in +-0.5 */
    double r = 2 * (1 - a->kr), u = 2 * (1 - a->kb);
    double g_cb = -a->kb * u / kg, g_cr = -a->kr * r / kg;
    double y_cb = new_kg * g_cb + b->kb * u, y_cr = b->kr * r + new_kg * g_cr;
    double new_r = 2 * (1 - b->kr), new_u = 2 * (1 - b->kb);

    return (struct change){
        .y_cb = fix(y_cb * luma),
        .y_cr = fix(y_cr * luma),
        .cb_cb = fix((u - y_cb) / new_u),
        .cb_cr = fix(-y_cr / new_u),
        .cr_cb = fix(-y_cb / new_r),
        .cr_cr = fix((r - y_cr) / new_r),
    };
}

static int round_fix(int x)
{
    return (x + (1 << (FIX_BITS - 1))) >> FIX_BITS;
}

static uint8_t clip(int x)
{
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
}

/* One line of chroma and the one or two lines of luma that belong to it. */
static void change_lines(const struct change *c, uint8_t *restrict y0, uint8_t *restrict y1,
                         uint8_t *restrict cb, uint8_t *restrict cr, int width)
{
    for (int i = 0; i < (width + 1) / 2; i++) {
        int u = cb[i] - 128, v = cr[i] - 128;
        int add = round_fix(c->y_cb * u + c->y_cr * v);
        int last = 2 * i + 1 < width ? 2 * i + 1 : 2 * i;

        y0[2 * i] = clip(y0[2 * i] + add);
        if (last > 2 * i)
            y0[last] = clip(y0[last] + add);
        if (y1) {
            y1[2 * i] = clip(y1[2 * i] + add);
            if (last > 2 * i)
                y1[last] = clip(y1[last] + add);
        }
        cb[i] = clip(128 + round_fix(c->cb_cb * u + c->cb_cr * v));
        cr[i] = clip(128 + round_fix(c->cr_cb * u + c->cr_cr * v));
    }
}

void colour_to_bt709(struct picture *p, int from_matrix)
{
    struct change c = change_between(find_matrix(from_matrix), find_matrix(1));

    for (int row = 0; row < (p->height + 1) / 2; row++) {
        uint8_t *y0 = p->data[0] + (ptrdiff_t)(2 * row) * p->stride[0];
        uint8_t *y1 = 2 * row + 1 < p->height ? y0 + p->stride[0] : NULL;

        change_lines(&c, y0, y1, p->data[1] + (ptrdiff_t)row * p->stride[1],
                     p->data[2] + (ptrdiff_t)row * p->stride[2], p->width);
    }
}
