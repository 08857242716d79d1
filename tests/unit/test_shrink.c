/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "media/shrink.h"

#include <stdlib.h>
#include <string.h>

/* A picture of one's own samples: 4:2:0, 8 or 10 bits, luma rising to the right and downwards. */
struct source {
    struct picture p;
    uint8_t *bytes;
};

static struct source make(int width, int height, int depth)
{
    int size = depth > 8 ? 2 : 1, cw = (width + 1) / 2, ch = (height + 1) / 2;
    struct source s = {.bytes = calloc((size_t)(width * height + 2 * cw * ch + 64), (size_t)size)};
    s.p = (struct picture){.width = width, .height = height, .depth = depth, .chroma_shift_x = 1,
                           .chroma_shift_y = 1, .colour_matrix = 1, .sar_num = 1, .sar_den = 1,
                           .stride = {width * size, cw * size, cw * size}};
    s.p.data[0] = s.bytes;
    s.p.data[1] = s.bytes + width * height * size;
    s.p.data[2] = s.p.data[1] + cw * ch * size;
    return s;
}

static void put(struct source *s, int plane, int i, int v)
{
    if (s->p.depth > 8)
        ((uint16_t *)(void *)s->p.data[plane])[i] = (uint16_t)(v << (s->p.depth - 8));
    else
        s->p.data[plane][i] = (uint8_t)v;
}

static void fill(struct source *s)
{
    int w = s->p.width, h = s->p.height;
    for (int i = 0; i < w * h; i++)
        put(s, 0, i, 16 + 160 * (i % w) / w + 40 * (i / w) / h);
    for (int i = 0; i < ((w + 1) / 2) * ((h + 1) / 2); i++) {
        put(s, 1, i, 100);
        put(s, 2, i, 150);
    }
}

static void sizes(void)
{
    static const struct {
        int width, height, sar_num, sar_den, rotation, w, h;
    } cases[] = {
        {1920, 1080, 1, 1, 0, 320, 180},  {1080, 1920, 1, 1, 0, 180, 320},
        {1920, 1080, 1, 1, 90, 180, 320}, {3840, 2160, 1, 1, 0, 320, 180},
        {320, 240, 1, 1, 0, 320, 240},    {64, 36, 1, 1, 0, 64, 36},
        {720, 576, 16, 15, 0, 256, 192},  {720, 576, 16, 15, 90, 192, 256},
        {8192, 2, 1, 1, 0, 316, 2},       {1, 1, 1, 1, 0, 2, 2},
        {1000, 1000, 1000, 1, 0, 320, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct picture p = {.width = cases[i].width, .height = cases[i].height,
                            .sar_num = cases[i].sar_num, .sar_den = cases[i].sar_den,
                            .rotation = cases[i].rotation};
        int w, h;
        shrink_size(&p, 320, &w, &h);
        CHECK_NEAR(w, cases[i].w, 2);
        CHECK_NEAR(h, cases[i].h, 2);
        CHECK(w <= 320 && h <= 320 && w % 2 == 0 && h % 2 == 0);
    }
}

/* The mean of luma, for pictures of any kind, at the middle and two corners. */
static void means(void)
{
    static const struct {
        int width, height, depth, out_w, out_h;
    } cases[] = {
        {1920, 1080, 8, 320, 180}, {1920, 1080, 10, 320, 180}, {322, 182, 8, 160, 90},
        {853, 479, 8, 284, 160},   {640, 360, 12, 320, 180},   {100, 4000, 8, 8, 320},
        {64, 36, 8, 64, 36},       {2, 2, 8, 2, 2},
    };
    struct err e = {0};
    struct shrinker *s = shrinker_create(&e);
    for (size_t i = 0; s && i < sizeof cases / sizeof *cases; i++) {
        struct source src = make(cases[i].width, cases[i].height, cases[i].depth);
        int w = cases[i].out_w, h = cases[i].out_h;
        fill(&src);
        struct picture *p = shrink(s, &src.p, w, h, &e);
        if (CHECK(p && p->width == w && p->height == h && p->depth == 8)) {
            CHECK_NEAR(p->data[0][(h / 2) * p->stride[0] + w / 2], 120, 8);
            CHECK_NEAR(p->data[0][0], w > 2 ? 16 : 36, w > 2 ? 12 : 20);
            CHECK_NEAR(p->data[0][(h - 1) * p->stride[0] + w - 1], w > 2 ? 215 : 120, 12);
            CHECK_NEAR(p->data[1][0], 100, 1);
            CHECK_NEAR(p->data[2][p->stride[2] * (h / 2 - 1) + w / 2 - 1], 150, 1);
        }
        picture_unref(&p);
        free(src.bytes);
    }
    shrinker_destroy(s);
}

/* Dark at the left, turned by 90 degrees clockwise: dark at the top. */
static void turned(void)
{
    struct err e = {0};
    struct shrinker *s = shrinker_create(&e);
    struct source src = make(640, 360, 8);
    fill(&src);
    src.p.rotation = 90;
    struct picture *p = s ? shrink(s, &src.p, 180, 320, &e) : NULL;
    if (CHECK(p && p->width == 180 && p->height == 320)) {
        int top = p->data[0][90], bottom = p->data[0][319 * p->stride[0] + 90];
        CHECK(bottom - top > 140);
    }
    picture_unref(&p);
    free(src.bytes);
    shrinker_destroy(s);
}

/* Full range white and black become limited range. */
static void full_range(void)
{
    struct err e = {0};
    struct shrinker *s = shrinker_create(&e);
    struct source src = make(64, 64, 8);
    memset(src.bytes, 128, 64 * 64 * 3 / 2);
    memset(src.p.data[0], 255, 64 * 32);
    memset(src.p.data[0] + 64 * 32, 0, 64 * 32);
    src.p.full_range = true;
    struct picture *p = s ? shrink(s, &src.p, 32, 32, &e) : NULL;
    if (CHECK(p)) {
        CHECK_NEAR(p->data[0][0], 235, 1);
        CHECK_NEAR(p->data[0][31 * p->stride[0]], 16, 1);
    }
    picture_unref(&p);
    free(src.bytes);
    shrinker_destroy(s);
}

int main(void)
{
    sizes();
    means();
    turned();
    full_range();
    return check_done();
}
