/* SPDX-License-Identifier: GPL-3.0-or-later
 * overlay.c - premultiplied YUV bitmaps over pictures.
 */
#include "render/overlay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One plane of colour times alpha, and what of the picture stays (255 - alpha). */
struct layer {
    int width, height;
    uint8_t *colour[2]; /* luma: one; chroma: U, V */
    uint8_t *stay;
};

struct overlay {
    int x, y; /* even */
    /* While painting: full resolution, colour times alpha in 16 bits (255 * 255 at most). */
    uint16_t *paint[3];
    uint8_t *alpha;
    struct layer luma, chroma;
};

static int div255(int v)
{
    return (v + 128 + ((v + 128) >> 8)) >> 8;
}

struct overlay *overlay_create(int x, int y, int width, int height, struct err *e)
{
    struct overlay *o = calloc(1, sizeof *o);
    if (!o)
        goto no_memory;
    int right = (x + width + 1) & ~1, bottom = (y + height + 1) & ~1;
    o->x = x & ~1;
    o->y = y & ~1;
    o->luma.width = right - o->x;
    o->luma.height = bottom - o->y;
    o->chroma.width = o->luma.width / 2;
    o->chroma.height = o->luma.height / 2;
    size_t n = (size_t)o->luma.width * (size_t)o->luma.height;
    for (int i = 0; i < 3; i++)
        if (!(o->paint[i] = calloc(n ? n : 1, sizeof *o->paint[i])))
            goto no_memory;
    o->alpha = calloc(n ? n : 1, 1);
    o->luma.colour[0] = malloc(n ? n : 1);
    o->luma.stay = malloc(n ? n : 1);
    o->chroma.colour[0] = malloc(n / 4 + 1);
    o->chroma.colour[1] = malloc(n / 4 + 1);
    o->chroma.stay = malloc(n / 4 + 1);
    if (o->alpha && o->luma.colour[0] && o->luma.stay && o->chroma.colour[0] &&
        o->chroma.colour[1] && o->chroma.stay)
        return o;

no_memory:
    overlay_destroy(o);
    err_set(e, ERR_NO_MEMORY, "no memory for a caption's bitmap");
    return NULL;
}

static void free_paint(struct overlay *o)
{
    for (int i = 0; i < 3; i++) {
        free(o->paint[i]);
        o->paint[i] = NULL;
    }
    free(o->alpha);
    o->alpha = NULL;
}

void overlay_destroy(struct overlay *o)
{
    if (!o)
        return;
    free_paint(o);
    free(o->luma.colour[0]);
    free(o->luma.stay);
    free(o->chroma.colour[0]);
    free(o->chroma.colour[1]);
    free(o->chroma.stay);
    free(o);
}

/* ITU-R BT.709-6, limited range. */
static void rgb_to_yuv(int red, int green, int blue, int yuv[3])
{
    double r = red / 255.0, g = green / 255.0, b = blue / 255.0;
    double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    yuv[0] = (int)lrint(16 + 219 * y);
    yuv[1] = (int)lrint(128 + 224 * (b - y) / 1.8556);
    yuv[2] = (int)lrint(128 + 224 * (r - y) / 1.5748);
}

/* What of a bitmap at (x, y) of the frame falls inside of the overlay, in the bitmap's own columns
 * and rows; x and y become the overlay's. */
struct clip {
    int left, top, right, bottom;
};

static struct clip clip_to(const struct overlay *o, int *x, int *y, int width, int height)
{
    *x -= o->x;
    *y -= o->y;
    return (struct clip){.left = *x < 0 ? -*x : 0,
                         .top = *y < 0 ? -*y : 0,
                         .right = *x + width > o->luma.width ? o->luma.width - *x : width,
                         .bottom = *y + height > o->luma.height ? o->luma.height - *y : height};
}

/* "Over", in premultiplied 16 bits. */
static void lay(struct overlay *o, size_t at, const int yuv[3], int a)
{
    int stay = 255 - a;
    for (int p = 0; p < 3; p++)
        o->paint[p][at] = (uint16_t)(yuv[p] * a + div255(o->paint[p][at] * stay));
    o->alpha[at] = (uint8_t)(a + div255(o->alpha[at] * stay));
}

void overlay_paint(struct overlay *o, const uint8_t *mask, int stride, int x, int y, int width,
                   int height, uint32_t rgb, int alpha)
{
    int yuv[3];
    rgb_to_yuv((int)(rgb >> 16 & 255), (int)(rgb >> 8 & 255), (int)(rgb & 255), yuv);
    struct clip c = clip_to(o, &x, &y, width, height);
    for (int j = c.top; j < c.bottom; j++) {
        const uint8_t *m = mask + (ptrdiff_t)j * stride;
        size_t row = (size_t)(y + j) * (size_t)o->luma.width;
        for (int i = c.left; i < c.right; i++) {
            int a = div255(m[i] * alpha);
            if (a)
                lay(o, row + (size_t)(x + i), yuv, a);
        }
    }
}

void overlay_paint_rgba(struct overlay *o, const uint8_t *rgba, int stride, int x, int y, int width,
                        int height, int alpha)
{
    struct clip c = clip_to(o, &x, &y, width, height);
    for (int j = c.top; j < c.bottom; j++) {
        const uint8_t *line = rgba + (ptrdiff_t)j * stride;
        size_t row = (size_t)(y + j) * (size_t)o->luma.width;
        for (int i = c.left; i < c.right; i++) {
            const uint8_t *px = line + (ptrdiff_t)4 * i;
            int yuv[3], a = div255(px[3] * alpha);
            if (a == 0)
                continue;
            rgb_to_yuv(px[0], px[1], px[2], yuv);
            lay(o, row + (size_t)(x + i), yuv, a);
        }
    }
}

/* Paint has 16 bits, alpha 8. */
static int sample(const void *plane, bool wide, size_t at)
{
    return wide ? ((const uint16_t *)plane)[at] : ((const uint8_t *)plane)[at];
}

/* One chroma sample, times 8: H.264's siting is on the left luma column and between the two lines,
 * so the column left and right of it count half as much. */
static int chroma_sum8(const struct overlay *o, const void *plane, bool wide, int i, int j)
{
    static const int weight[3] = {1, 2, 1};
    int sum = 0;
    for (int dy = 0; dy < 2; dy++) {
        size_t row = (size_t)(2 * j + dy) * (size_t)o->luma.width;
        for (int dx = -1; dx <= 1; dx++) {
            int x = 2 * i + dx < 0 ? 0 : 2 * i + dx;
            sum += weight[dx + 1] * sample(plane, wide, row + (size_t)x);
        }
    }
    return sum;
}

void overlay_finish(struct overlay *o, int alpha)
{
    size_t n = (size_t)o->luma.width * (size_t)o->luma.height, at = 0;
    for (size_t k = 0; k < n && alpha < 255; k++) {
        for (int p = 0; p < 3; p++)
            o->paint[p][k] = (uint16_t)div255(o->paint[p][k] * alpha);
        o->alpha[k] = (uint8_t)div255(o->alpha[k] * alpha);
    }
    for (size_t k = 0; k < n; k++) {
        o->luma.colour[0][k] = (uint8_t)div255(o->paint[0][k]);
        o->luma.stay[k] = (uint8_t)(255 - o->alpha[k]);
    }
    for (int j = 0; j < o->chroma.height; j++) {
        for (int i = 0; i < o->chroma.width; i++, at++) {
            for (int p = 0; p < 2; p++)
                o->chroma.colour[p][at] =
                    (uint8_t)div255((chroma_sum8(o, o->paint[p + 1], true, i, j) + 4) / 8);
            o->chroma.stay[at] = (uint8_t)(255 - (chroma_sum8(o, o->alpha, false, i, j) + 4) / 8);
        }
    }
    free_paint(o);
}

static void blend_row(uint8_t *restrict dst, const uint8_t *restrict colour,
                      const uint8_t *restrict stay, int n)
{
    for (int i = 0; i < n; i++) {
        unsigned v = (unsigned)dst[i] * stay[i] + 128;
        unsigned out = ((v + (v >> 8)) >> 8) + colour[i];
        dst[i] = (uint8_t)(out > 255 ? 255 : out);
    }
}

/* colour and stay are the overlay's as painted; only `alpha` of it is laid on. */
static void blend_row_faded(uint8_t *restrict dst, const uint8_t *restrict colour,
                            const uint8_t *restrict stay, int n, unsigned alpha)
{
    for (int i = 0; i < n; i++) {
        unsigned kept = 255u * 255u - (255u - stay[i]) * alpha; /* of 255 * 255 */
        unsigned v = dst[i] * kept + 255u * colour[i] * alpha;
        unsigned out = (v + 255u * 255u / 2) / (255u * 255u);
        dst[i] = (uint8_t)(out > 255 ? 255 : out);
    }
}

static void blend_plane(const struct layer *l, const uint8_t *colour, int x, int y, uint8_t *dst,
                        int stride, int width, int height, int alpha)
{
    int left = x < 0 ? -x : 0, top = y < 0 ? -y : 0;
    int right = x + l->width > width ? width - x : l->width;
    int bottom = y + l->height > height ? height - y : l->height;
    for (int j = top; j < bottom && left < right; j++) {
        size_t at = (size_t)j * (size_t)l->width + (size_t)left;
        uint8_t *to = dst + (ptrdiff_t)(y + j) * stride + x + left;
        if (alpha == 255)
            blend_row(to, colour + at, l->stay + at, right - left);
        else
            blend_row_faded(to, colour + at, l->stay + at, right - left, (unsigned)alpha);
    }
}

void overlay_blend_faded(const struct overlay *o, struct picture *f, int alpha)
{
    if (alpha <= 0)
        return;
    blend_plane(&o->luma, o->luma.colour[0], o->x, o->y, f->data[0], f->stride[0], f->width,
                f->height, alpha);
    for (int p = 0; p < 2; p++)
        blend_plane(&o->chroma, o->chroma.colour[p], o->x / 2, o->y / 2, f->data[p + 1],
                    f->stride[p + 1], (f->width + 1) / 2, (f->height + 1) / 2, alpha);
}

void overlay_blend(const struct overlay *o, struct picture *f)
{
    overlay_blend_faded(o, f, 255);
}
