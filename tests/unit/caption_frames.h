/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_frames.h - what the tests of captions share: plans, grey frames, what was painted on
 * them.
 */
#ifndef AIVE_TESTS_CAPTION_FRAMES_H
#define AIVE_TESTS_CAPTION_FRAMES_H

#include "check.h"
#include "core/timebase.h"
#include "render/captions.h"

#include <stdlib.h>

/* fontconfig keeps its configuration's patterns by offsets, which the leak checker cannot follow:
 * 288 bytes a process, however many font sets are made. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}

static inline struct picture *grey_frame(int w, int h)
{
    struct picture_pool *pool = picture_pool_create(w, h, NULL);
    struct picture *p = pool ? picture_pool_take(pool, NULL) : NULL;
    picture_pool_destroy(pool);
    for (int i = 0; p && i < 3; i++)
        for (int y = 0; y < (i ? h / 2 : h); y++)
            memset(p->data[i] + (ptrdiff_t)y * p->stride[i], i ? 128 : 100,
                   (size_t)(i ? w / 2 : w));
    return p;
}

static inline int sample(const struct picture *p, int plane, int x, int y)
{
    return p->data[plane][(ptrdiff_t)y * p->stride[plane] + x];
}

static inline struct plan_caption caption(const char *text, double start, double end)
{
    int64_t from = ticks_from_seconds(start), to = ticks_from_seconds(end);
    return (struct plan_caption){
        .text = text, .out_start = from, .out_end = to, .whole_start = from, .whole_end = to};
}

static inline struct plan plan_of(struct plan_caption *captions, size_t n, const char *watermark)
{
    return (struct plan){.format = plan_formats[0],
                         .fps_num = 30,
                         .fps_den = 1,
                         .frame_count = 300,
                         .captions = captions,
                         .caption_count = n,
                         .safe_zone = "universal",
                         .watermark = watermark};
}

struct box {
    int left, top, right, bottom;
};

/* What differs from the grey frame. Empty: right < left. */
static inline struct box painted(const struct picture *p)
{
    struct box b = {p->width, p->height, -1, -1};
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            if (abs(sample(p, 0, x, y) - 100) < 3)
                continue;
            b.left = x < b.left ? x : b.left;
            b.right = x > b.right ? x : b.right;
            b.top = y < b.top ? y : b.top;
            b.bottom = y > b.bottom ? y : b.bottom;
        }
    }
    return b;
}

static inline struct box paint_at(struct captions *c, int64_t frame)
{
    struct caption_painter *painter = caption_painter_create(c, NULL);
    struct picture *p = grey_frame(1080, 1920);
    CHECK(painter && p && caption_paint(painter, frame, p, NULL));
    struct box b = painted(p);
    picture_unref(&p);
    caption_painter_destroy(painter);
    return b;
}

static inline bool fonts_installed(void)
{
    struct plan p = plan_of(NULL, 0, "x");
    struct err e = {0};
    struct captions *c = captions_create(&p, &e);
    if (!c)
        printf("skipped the drawing of letters: %s\n", e.msg);
    captions_destroy(c);
    return c;
}

#endif
