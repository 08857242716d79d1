/* SPDX-License-Identifier: GPL-3.0-or-later
 * colour.c - matrices and ranges of YUV.
 *
 * libswscale changes the matrix only by a detour over 16-bit RGB, at several times the cost of the
 * scaling. Between two matrices over the same primaries the step is linear: Y' = s Y + a Cb + b Cr,
 * and likewise for the chroma, so it is done here on the scaled picture.
 */
#include "media/colour.h"

#include "media/av.h"

#include <math.h>
#include <stddef.h>

#define FIX_BITS 13
#define HD_WIDTH 1280
#define SD_LINES 576

static const struct colour_matrix matrices[] = {
    {1, 0.2126, 0.0722}, {4, 0.30, 0.11},     {5, 0.299, 0.114},    {6, 0.299, 0.114},
    {7, 0.212, 0.087},   {9, 0.2627, 0.0593}, {10, 0.2627, 0.0593},
};

const struct colour_matrix *colour_find_matrix(int code)
{
    for (size_t i = 0; i < sizeof matrices / sizeof matrices[0]; i++)
        if (matrices[i].code == code)
            return &matrices[i];
    return NULL;
}

int colour_matrix_of(const struct picture *p)
{
    int longer = p->width > p->height ? p->width : p->height;
    int shorter = p->width > p->height ? p->height : p->width;

    if (colour_find_matrix(p->colour_matrix))
        return p->colour_matrix;
    if (p->colour_transfer == AVCOL_TRC_SMPTE2084 || p->colour_transfer == AVCOL_TRC_ARIB_STD_B67 ||
        p->colour_primaries == AVCOL_PRI_BT2020)
        return AVCOL_SPC_BT2020_NCL;
    return longer >= HD_WIDTH || shorter > SD_LINES ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

bool colour_same_matrix(int a, int b)
{
    const struct colour_matrix *x = colour_find_matrix(a), *y = colour_find_matrix(b);

    return x && y && x->kr == y->kr && x->kb == y->kb;
}

/* What Y, Cb and Cr of the old kind make of the new one's; fixed point, offsets with their half. In
 * 16 bits, because products of two of those are what SIMD is good at. */
struct change {
    int16_t y_y, y_cb, y_cr, cb_cb, cb_cr, cr_cb, cr_cr;
    int y_add;
};

static int16_t fix(double x)
{
    return (int16_t)lround(x * (1 << FIX_BITS));
}

static struct change change_between(const struct colour_matrix *a, bool full,
                                    const struct colour_matrix *b)
{
    const double half = 0.5;
    double luma = full ? 219.0 / 255.0 : 1, chroma = full ? 224.0 / 255.0 : 1;
    double luma_of_chroma = full ? 219.0 / 255.0 : 219.0 / 224.0;
    double kg = 1 - a->kr - a->kb, new_kg = 1 - b->kr - b->kb;
    /* R = y + r cr, B = y + u cb, G = y + g_cb cb + g_cr cr, with y in 0..1, chroma in +-0.5 */
    double r = 2 * (1 - a->kr), u = 2 * (1 - a->kb);
    double g_cb = -a->kb * u / kg, g_cr = -a->kr * r / kg;
    double y_cb = new_kg * g_cb + b->kb * u, y_cr = b->kr * r + new_kg * g_cr;
    double new_r = 2 * (1 - b->kr), new_u = 2 * (1 - b->kb);

    return (struct change){
        .y_y = fix(luma),
        .y_cb = fix(y_cb * luma_of_chroma),
        .y_cr = fix(y_cr * luma_of_chroma),
        .y_add = (int)lround((16 - (full ? 0 : 16) * luma + half) * (1 << FIX_BITS)),
        .cb_cb = fix((u - y_cb) / new_u * chroma),
        .cb_cr = fix(-y_cr / new_u * chroma),
        .cr_cb = fix(-y_cb / new_r * chroma),
        .cr_cr = fix((r - y_cr) / new_r * chroma),
    };
}

/* In 16 bits, for the same reason. */
static uint8_t clip(int x)
{
    int16_t low = (int16_t)((int16_t)x < 0 ? 0 : (int16_t)x);

    return (uint8_t)(low > 255 ? (int16_t)255 : low);
}

/* What the chroma adds to two neighbouring samples of luma, in whole steps. */
static void luma_from_chroma(const struct change *c, const uint8_t *restrict cb,
                             const uint8_t *restrict cr, int16_t *restrict add, int width)
{
    const int16_t y_cb = c->y_cb, y_cr = c->y_cr;

    for (int i = 0; i < width; i++) {
        int16_t u = (int16_t)(cb[i] - 128), v = (int16_t)(cr[i] - 128);
        int sum = (1 << (FIX_BITS - 1)) + y_cb * u + y_cr * v;
        add[2 * i] = (int16_t)(sum >> FIX_BITS);
        add[2 * i + 1] = (int16_t)(sum >> FIX_BITS);
    }
}

static void add_to_luma(uint8_t *restrict y, const int16_t *restrict add, int width)
{
    for (int i = 0; i < width; i++)
        y[i] = clip((int16_t)(y[i] + add[i]));
}

static void change_luma(const struct change *c, uint8_t *restrict y, const int16_t *restrict add,
                        int width)
{
    const int16_t y_y = c->y_y;
    const int y_add = c->y_add;

    if (y_y == 1 << FIX_BITS)
        add_to_luma(y, add, width);
    else
        for (int i = 0; i < width; i++)
            y[i] = clip((((int16_t)y[i] * y_y + y_add) >> FIX_BITS) + add[i]);
}

static void change_chroma(const struct change *c, uint8_t *restrict cb, uint8_t *restrict cr,
                          int width)
{
    const int half = (128 << FIX_BITS) + (1 << (FIX_BITS - 1));
    const struct change k = *c;

    for (int i = 0; i < width; i++) {
        int16_t u = (int16_t)(cb[i] - 128), v = (int16_t)(cr[i] - 128);
        cb[i] = clip((half + k.cb_cb * u + k.cb_cr * v) >> FIX_BITS);
        cr[i] = clip((half + k.cr_cb * u + k.cr_cr * v) >> FIX_BITS);
    }
}

/* In stretches that fit in the nearest cache. */
#define STRETCH 512

static void change_picture(struct picture *p, const struct change *c)
{
    int16_t add[STRETCH] = {0};

    for (int row = 0; row < (p->height + 1) / 2; row++) {
        uint8_t *y = p->data[0] + (ptrdiff_t)(2 * row) * p->stride[0];
        uint8_t *cb = p->data[1] + (ptrdiff_t)row * p->stride[1];
        uint8_t *cr = p->data[2] + (ptrdiff_t)row * p->stride[2];

        for (int x = 0; x < p->width; x += STRETCH) {
            int n = p->width - x < STRETCH ? p->width - x : STRETCH;
            luma_from_chroma(c, cb + x / 2, cr + x / 2, add, (n + 1) / 2);
            change_luma(c, y + x, add, n);
            if (2 * row + 1 < p->height)
                change_luma(c, y + p->stride[0] + x, add, n);
            change_chroma(c, cb + x / 2, cr + x / 2, (n + 1) / 2);
        }
    }
}

void colour_to_bt709(struct picture *p, int from_matrix, bool from_full_range)
{
    struct change c = change_between(colour_find_matrix(from_matrix), from_full_range,
                                     colour_find_matrix(AVCOL_SPC_BT709));

    change_picture(p, &c);
}

void colour_from_bt709(struct picture *p, int to_matrix)
{
    struct change c =
        change_between(colour_find_matrix(AVCOL_SPC_BT709), false, colour_find_matrix(to_matrix));

    change_picture(p, &c);
}
