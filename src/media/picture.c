/* SPDX-License-Identifier: GPL-3.0-or-later
 * picture.c - pictures over AVFrame, and pools of them.
 */
#include "media/av.h"
#include "media/colour.h"

#include <libavutil/buffer.h>
#include <libavutil/pixdesc.h>

#include <stdlib.h>

/* Rows start at multiples of this, so that any SIMD width of libav may touch them. */
#define ROW_ALIGN 64

AVFrame *picture_frame(const struct picture *p)
{
    return p->owner;
}

bool picture_holds_format(int pixel_format)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(pixel_format);
    const uint64_t foreign = AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                             AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_BAYER |
                             AV_PIX_FMT_FLAG_FLOAT;

    if (!d || d->flags & foreign || !(d->flags & AV_PIX_FMT_FLAG_PLANAR) || d->nb_components < 3)
        return false;
    for (int i = 0; i < 3; i++)
        if (d->comp[i].plane != i || d->comp[i].shift != 0)
            return false; /* nv12 keeps U and V in one plane, p010 keeps its bits on top */
    return true;
}

static void describe_colours(struct picture *p, const AVFrame *f)
{
    p->full_range = f->color_range == AVCOL_RANGE_JPEG || f->format == AV_PIX_FMT_YUVJ420P ||
                    f->format == AV_PIX_FMT_YUVJ422P || f->format == AV_PIX_FMT_YUVJ444P ||
                    f->format == AV_PIX_FMT_YUVJ440P || f->format == AV_PIX_FMT_YUVJ411P;
    p->colour_matrix = f->colorspace;
    p->colour_transfer = f->color_trc;
    p->colour_primaries = f->color_primaries;
    p->sar_num = 1;
    p->sar_den = 1;
    if (f->sample_aspect_ratio.num > 0 && f->sample_aspect_ratio.den > 0) {
        p->sar_num = f->sample_aspect_ratio.num;
        p->sar_den = f->sample_aspect_ratio.den;
    }
}

static void describe_samples(struct picture *p, const AVFrame *f)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);

    p->width = f->width;
    p->height = f->height;
    p->depth = d->comp[0].depth;
    p->chroma_shift_x = d->log2_chroma_w;
    p->chroma_shift_y = d->log2_chroma_h;
    for (int i = 0; i < 3; i++) {
        p->data[i] = f->data[i];
        p->stride[i] = f->linesize[i];
    }
}

struct picture *picture_take_frame(AVFrame *f)
{
    struct picture *p = calloc(1, sizeof *p);
    AVFrame *own = av_frame_alloc();

    if (!p || !own) {
        free(p);
        av_frame_free(&own);
        return NULL;
    }
    av_frame_move_ref(own, f);
    describe_samples(p, own);
    describe_colours(p, own);
    p->owner = own;
    return p;
}

struct picture *picture_ref(const struct picture *p)
{
    struct picture *copy = malloc(sizeof *copy);

    if (!copy)
        return NULL;
    *copy = *p;
    copy->owner = av_frame_clone(p->owner);
    if (!copy->owner) {
        free(copy);
        return NULL;
    }
    return copy;
}

void picture_unref(struct picture **p)
{
    AVFrame *f;

    if (!*p)
        return;
    f = (*p)->owner;
    av_frame_free(&f);
    free(*p);
    *p = NULL;
}

void picture_copy_looks(struct picture *to, const struct picture *from)
{
    to->full_range = from->full_range;
    to->colour_matrix = colour_matrix_of(from);
    to->colour_transfer = from->colour_transfer;
    to->colour_primaries = from->colour_primaries;
    to->sar_num = from->sar_num;
    to->sar_den = from->sar_den;
    to->rotation = from->rotation;
    to->mirrored = from->mirrored;
}

/* --- Pools --- */
struct picture_pool {
    AVBufferPool *buffers;
    int width, height;
    size_t stride[3], offset[3];
};

static size_t align_up(size_t n)
{
    return (n + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
}

struct picture_pool *picture_pool_create(int width, int height, struct err *e)
{
    struct picture_pool *pool;
    size_t chroma_rows = ((size_t)height + 1) / 2;

    if (width < 2 || height < 2 || width > MEDIA_MAX_EDGE || height > MEDIA_MAX_EDGE) {
        err_set(e, ERR_INVALID, "a picture of %dx%d is outside 2x2 to %dx%d", width, height,
                MEDIA_MAX_EDGE, MEDIA_MAX_EDGE);
        return NULL;
    }
    pool = calloc(1, sizeof *pool);
    if (!pool)
        goto no_memory;
    pool->width = width;
    pool->height = height;
    pool->stride[0] = align_up((size_t)width);
    pool->stride[1] = pool->stride[2] = align_up(((size_t)width + 1) / 2);
    pool->offset[1] = pool->stride[0] * (size_t)height;
    pool->offset[2] = pool->offset[1] + pool->stride[1] * chroma_rows;
    /* One row more, because SIMD may write past the end of the last one. */
    pool->buffers =
        av_buffer_pool_init(pool->offset[2] + pool->stride[2] * (chroma_rows + 1), NULL);
    if (!pool->buffers)
        goto no_memory;
    return pool;

no_memory:
    free(pool);
    err_set(e, ERR_NO_MEMORY, "no memory for pictures");
    return NULL;
}

struct picture *picture_pool_take(struct picture_pool *pool, struct err *e)
{
    struct picture *p = NULL;
    AVFrame *f = av_frame_alloc();

    if (f)
        f->buf[0] = av_buffer_pool_get(pool->buffers);
    if (!f || !f->buf[0])
        goto out;
    f->width = pool->width;
    f->height = pool->height;
    f->format = AV_PIX_FMT_YUV420P;
    f->color_range = AVCOL_RANGE_MPEG;
    f->colorspace = AVCOL_SPC_BT709;
    f->color_trc = AVCOL_TRC_BT709;
    f->color_primaries = AVCOL_PRI_BT709;
    for (int i = 0; i < 3; i++) {
        f->data[i] = f->buf[0]->data + pool->offset[i];
        f->linesize[i] = (int)pool->stride[i];
    }
    p = picture_take_frame(f);

out:
    av_frame_free(&f);
    if (!p)
        err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    return p;
}

void picture_pool_destroy(struct picture_pool *pool)
{
    if (!pool)
        return;
    av_buffer_pool_uninit(&pool->buffers);
    free(pool);
}

struct picture *picture_pool_take_sized(struct picture_pool **pool, int width, int height,
                                        struct err *e)
{
    if (!*pool || (*pool)->width != width || (*pool)->height != height) {
        picture_pool_destroy(*pool);
        *pool = picture_pool_create(width, height, e);
    }
    return *pool ? picture_pool_take(*pool, e) : NULL;
}
