/* SPDX-License-Identifier: GPL-3.0-or-later
 * backdrop.c - the blurred fill behind `fit: blur`.
 */
#include "render/backdrop.h"

#define RADIUS 5
#define LIGHT_NUM 5 /* of 8 */
#define SIDE_MAX 4096

/* A running mean over 2 r + 1 samples `step` apart; the border sample repeats. */
static void box_line(uint8_t *line, int n, int step, int r, uint8_t *copy)
{
    int sum = 0;
    for (int i = 0; i < n; i++)
        copy[i] = line[(ptrdiff_t)i * step];
    for (int k = -r; k <= r; k++)
        sum += copy[k < 0 ? 0 : k >= n ? n - 1 : k];
    for (int i = 0; i < n; i++) {
        line[(ptrdiff_t)i * step] = (uint8_t)((sum + r) / (2 * r + 1));
        sum += copy[i + r + 1 >= n ? n - 1 : i + r + 1] - copy[i - r < 0 ? 0 : i - r];
    }
}

/* Three box filters each way come close to a Gaussian. */
static void blur_plane(uint8_t *data, int stride, int width, int height, int r)
{
    uint8_t copy[SIDE_MAX];
    if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
        return;
    for (int pass = 0; pass < 3; pass++) {
        for (int y = 0; y < height; y++)
            box_line(data + (ptrdiff_t)y * stride, width, 1, r, copy);
        for (int x = 0; x < width; x++)
            box_line(data + x, height, stride, r, copy);
    }
}

static void darken(struct picture *p)
{
    for (int y = 0; y < p->height; y++) {
        uint8_t *row = p->data[0] + (ptrdiff_t)y * p->stride[0];
        for (int x = 0; x < p->width; x++)
            row[x] = (uint8_t)(16 + (row[x] - 16) * LIGHT_NUM / 8);
    }
}

void backdrop_blur(struct picture *p)
{
    for (int i = 0; i < 3; i++)
        blur_plane(p->data[i], p->stride[i], i ? p->width / 2 : p->width,
                   i ? p->height / 2 : p->height, i ? (RADIUS + 1) / 2 : RADIUS);
    darken(p);
}
