/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/shrink.h"

#include "media/av.h"
#include "media/scale.h"

#include <stdlib.h>
#include <string.h>

struct shrinker {
    struct scaler *scaler;
    struct picture_pool *out;
    struct picture *mean; /* in src's own colours, not turned; of the last size and depth */
    uint16_t sums[MEDIA_MAX_EDGE];
};

struct shrinker *shrinker_create(struct err *e)
{
    struct shrinker *s = calloc(1, sizeof *s);
    if (!s)
        err_set(e, ERR_NO_MEMORY, "no memory to make pictures small");
    else if ((s->scaler = scaler_create(e)))
        return s;
    free(s);
    return NULL;
}

void shrinker_destroy(struct shrinker *s)
{
    if (!s)
        return;
    picture_unref(&s->mean);
    picture_pool_destroy(s->out);
    scaler_destroy(s->scaler);
    free(s);
}

static int even(double x)
{
    int n = 2 * (int)(x / 2 + 0.5);
    return n < 2 ? 2 : n;
}

void shrink_size(const struct picture *p, int max_edge, int *width, int *height)
{
    int w, h;
    picture_upright_size(p, &w, &h);
    bool lying = p->rotation % 180 != 0;
    double square_w = lying ? w : (double)w * p->sar_num / p->sar_den;
    double square_h = lying ? (double)h * p->sar_num / p->sar_den : h;
    double longer = square_w > square_h ? square_w : square_h;
    int by = (int)(longer / max_edge);
    by += longer > (double)by * max_edge;
    *width = even(square_w / by);
    *height = even(square_h / by);
    if (*width > max_edge)
        *width = max_edge & ~1;
    if (*height > max_edge)
        *height = max_edge & ~1;
}

/* --- Means of rectangles ---------------------------------------------------------------------- */

struct plane {
    uint8_t *data;
    int stride, width, height;
    int depth; /* bits a sample; two bytes each above 8 */
};

static struct plane plane_of(const struct picture *p, int i)
{
    int sx = i ? p->chroma_shift_x : 0, sy = i ? p->chroma_shift_y : 0;
    return (struct plane){p->data[i], p->stride[i], -(-p->width >> sx), -(-p->height >> sy),
                          p->depth};
}

static void add_row(uint16_t *restrict sums, const uint8_t *restrict row, int n)
{
    for (int i = 0; i < n; i++)
        sums[i] = (uint16_t)(sums[i] + row[i]);
}

static void add_deep_row(uint16_t *restrict sums, const uint16_t *restrict row, int n)
{
    for (int i = 0; i < n; i++)
        sums[i] = (uint16_t)(sums[i] + row[i]);
}

/* Adds up the rows from..to-1, column by column; returns how many, which is fewer where so many
 * would not fit: those are spread evenly. */
static int sum_rows(uint16_t *sums, const struct plane *p, int from, int to)
{
    int most = 65535 >> p->depth, rows = to - from;
    if (most < 1)
        most = 1;
    if (rows > most)
        rows = most;
    memset(sums, 0, (size_t)p->width * sizeof *sums);
    for (int i = 0; i < rows; i++) {
        ptrdiff_t y = from + (int64_t)i * (to - from) / rows;
        const void *row = p->data + y * p->stride;
        if (p->depth > 8)
            add_deep_row(sums, row, p->width);
        else
            add_row(sums, row, p->width);
    }
    return rows;
}

static inline uint32_t sum_of(const uint16_t *sums, int n)
{
    uint32_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += sums[i];
    return sum;
}

/* First source sample of number i of `to`, of `from` samples in all. */
static int border(int i, int to, int from)
{
    return (int)((int64_t)i * from / to);
}

/* One row of `to` out of the column sums of `rows` rows. `drop` bits are too many. */
static void write_row(const uint16_t *sums, int rows, int columns, const struct plane *to, int y,
                      int drop)
{
    uint8_t *row = to->data + (ptrdiff_t)y * to->stride;
    for (int x = 0; x < to->width; x++) {
        int from = border(x, to->width, columns), end = border(x + 1, to->width, columns);
        int n = end > from ? end - from : 1;
        float mean = (float)sum_of(sums + from, n) / (float)(n * rows);
        uint32_t v = (uint32_t)(mean + 0.5f) >> drop;
        if (to->depth > 8)
            ((uint16_t *)(void *)row)[x] = (uint16_t)v;
        else
            row[x] = (uint8_t)v;
    }
}

static void average(uint16_t *sums, const struct plane *from, const struct plane *to)
{
    for (int y = 0; y < to->height; y++) {
        int first = border(y, to->height, from->height);
        int end = border(y + 1, to->height, from->height);
        int rows = sum_rows(sums, from, first, end > first ? end : first + 1);
        write_row(sums, rows, from->width, to, y, from->depth - to->depth);
    }
}

/* --- Pictures --------------------------------------------------------------------------------- */

/* 8-bit 4:2:0, or 10-bit for anything deeper. */
static struct picture *find_mean(struct shrinker *s, int width, int height, bool deep,
                                 struct err *e)
{
    int depth = deep ? 10 : 8;
    if (s->mean && s->mean->width == width && s->mean->height == height && s->mean->depth == depth)
        return s->mean;
    picture_unref(&s->mean);
    AVFrame *f = av_frame_alloc();
    if (f) {
        f->width = width;
        f->height = height;
        f->format = deep ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P;
        if (av_frame_get_buffer(f, 0) >= 0)
            s->mean = picture_take_frame(f);
    }
    av_frame_free(&f);
    if (!s->mean)
        err_set(e, ERR_NO_MEMORY, "no memory for a small picture");
    return s->mean;
}

struct picture *shrink(struct shrinker *s, const struct picture *src, int width, int height,
                       struct err *e)
{
    bool lying = src->rotation % 180 != 0;
    struct picture *mean =
        find_mean(s, lying ? height : width, lying ? width : height, src->depth > 8, e);
    struct picture *out = mean ? picture_pool_take_sized(&s->out, width, height, e) : NULL;
    if (!out)
        return NULL;
    picture_copy_looks(mean, src);
    mean->sar_num = mean->sar_den = 1; /* its size is in the proportions of what is seen */
    for (int i = 0; i < 3; i++) {
        struct plane from = plane_of(src, i), to = plane_of(mean, i);
        average(s->sums, &from, &to);
    }
    if (!scale_picture(s->scaler, mean, NULL, out, e))
        picture_unref(&out);
    else
        out->pts_ticks = src->pts_ticks;
    return out;
}
