/* SPDX-License-Identifier: GPL-3.0-or-later
 * scale.c - one picture into another: crop, scale, turn upright, right colours.
 *
 * The order is chosen for cheapness: the crop is a matter of pointers, libswscale reads the
 * source's samples of any depth once and writes 8-bit 4:2:0 in the target's size, and what is left
 * (turning, matrix) works on that.
 */
#include "media/scale.h"

#include "media/av.h"
#include "media/colour.h"

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include <stdlib.h>
#include <string.h>

#define GEOMETRIES 4
#define SCALE_FLAGS (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT)

struct geometry {
    int src_width, src_height, src_format, full_range, dst_width, dst_height;
};

struct scaler {
    struct {
        struct geometry g;
        struct SwsContext *sws;
    } kept[GEOMETRIES];
    int next;                  /* the one to replace */
    struct picture_pool *pool; /* of scratch pictures, last used size */
    int pool_width, pool_height;
};

struct scaler *scaler_create(struct err *e)
{
    struct scaler *s = calloc(1, sizeof *s);

    if (!s)
        err_set(e, ERR_NO_MEMORY, "no memory for a scaler");
    return s;
}

void scaler_destroy(struct scaler *s)
{
    if (!s)
        return;
    for (int i = 0; i < GEOMETRIES; i++)
        sws_freeContext(s->kept[i].sws);
    picture_pool_destroy(s->pool);
    free(s);
}

void picture_upright_size(const struct picture *p, int *width, int *height)
{
    bool lying = p->rotation % 180 != 0;

    *width = lying ? p->height : p->width;
    *height = lying ? p->width : p->height;
}

bool scale_is_plain(const struct picture *src)
{
    return src->rotation == 0 && src->depth == 8 && src->chroma_shift_x == 1 &&
           src->chroma_shift_y == 1 && !src->full_range &&
           colour_same_matrix(colour_matrix_of(src), 1);
}

/* --- libswscale --- */

/* A picture knows its samples by depth and subsampling; libav knows them by name. */
static enum AVPixelFormat format_of(const struct picture *p)
{
    const AVPixFmtDescriptor *d = NULL;

    while ((d = av_pix_fmt_desc_next(d))) {
        enum AVPixelFormat format = av_pix_fmt_desc_get_id(d);
        if (d->nb_components == 3 && d->comp[0].depth == p->depth &&
            d->log2_chroma_w == p->chroma_shift_x && d->log2_chroma_h == p->chroma_shift_y &&
            picture_holds_format(format) && strncmp(d->name, "yuvj", 4) != 0)
            return format;
    }
    return AV_PIX_FMT_NONE;
}

static struct SwsContext *open_sws(const struct geometry *g)
{
    struct SwsContext *sws = sws_alloc_context();
    const int *m = sws_getCoefficients(SWS_CS_ITU709); /* the same on both sides: not converted */

    if (!sws)
        return NULL;
    av_opt_set_int(sws, "srcw", g->src_width, 0);
    av_opt_set_int(sws, "srch", g->src_height, 0);
    av_opt_set_int(sws, "src_format", g->src_format, 0);
    av_opt_set_int(sws, "src_range", g->full_range, 0);
    av_opt_set_int(sws, "dstw", g->dst_width, 0);
    av_opt_set_int(sws, "dsth", g->dst_height, 0);
    av_opt_set_int(sws, "dst_format", AV_PIX_FMT_YUV420P, 0);
    av_opt_set_int(sws, "dst_range", 0, 0);
    av_opt_set_int(sws, "sws_flags", SCALE_FLAGS, 0);
    if (sws_init_context(sws, NULL, NULL) < 0) {
        sws_freeContext(sws);
        return NULL;
    }
    sws_setColorspaceDetails(sws, m, g->full_range, m, 0, 0, 1 << 16, 1 << 16);
    return sws;
}

static struct SwsContext *find_sws(struct scaler *s, const struct geometry *g)
{
    int i;

    for (i = 0; i < GEOMETRIES; i++)
        if (s->kept[i].sws && memcmp(&s->kept[i].g, g, sizeof *g) == 0)
            return s->kept[i].sws;
    i = s->next;
    s->next = (i + 1) % GEOMETRIES;
    sws_freeContext(s->kept[i].sws);
    s->kept[i].g = *g;
    s->kept[i].sws = open_sws(g);
    return s->kept[i].sws;
}

/* Scales the part `r` of src (in its own, unturned samples) to all of dst. */
static bool run_sws(struct scaler *s, const struct picture *src, const struct scale_rect *r,
                    struct picture *dst, struct err *e)
{
    struct geometry g = {r->width,        r->height,  format_of(src),
                         src->full_range, dst->width, dst->height};
    struct SwsContext *sws = g.src_format == AV_PIX_FMT_NONE ? NULL : find_sws(s, &g);
    int bytes = src->depth > 8 ? 2 : 1;
    const uint8_t *from[4] = {NULL};

    if (!sws)
        return err_set(e, ERR_INVALID, "a picture of %dx%d cannot be scaled to %dx%d", r->width,
                       r->height, dst->width, dst->height);
    for (int i = 0; i < 3; i++) {
        int x = i ? r->x >> src->chroma_shift_x : r->x;
        int y = i ? r->y >> src->chroma_shift_y : r->y;
        from[i] = src->data[i] + (ptrdiff_t)y * src->stride[i] + (ptrdiff_t)x * bytes;
    }
    if (sws_scale(sws, from, src->stride, 0, r->height, dst->data, dst->stride) != dst->height)
        return err_set(e, ERR_INVALID, "a picture could not be scaled");
    return true;
}

/* --- Turning --- */

/* Where a sample of the unturned plane goes: start + x * step_x + y * step_y in the turned one. */
static void turn_plane(const uint8_t *from, int from_stride, int width, int height, uint8_t *to,
                       int to_stride, int degrees)
{
    ptrdiff_t step_x, step_y;
    const int block = 16; /* walks in small squares, for the cache */

    switch (degrees) {
    case 90:
        to += height - 1;
        step_x = to_stride;
        step_y = -1;
        break;
    case 180:
        to += (ptrdiff_t)(height - 1) * to_stride + width - 1;
        step_x = -1;
        step_y = -to_stride;
        break;
    case 270:
        to += (ptrdiff_t)(width - 1) * to_stride;
        step_x = -to_stride;
        step_y = 1;
        break;
    default:
        step_x = 1;
        step_y = to_stride;
        break;
    }
    for (int by = 0; by < height; by += block)
        for (int bx = 0; bx < width; bx += block)
            for (int y = by; y < height && y < by + block; y++)
                for (int x = bx; x < width && x < bx + block; x++)
                    to[x * step_x + y * step_y] = from[(ptrdiff_t)y * from_stride + x];
}

/* Turns scratch into the rectangle `into` of dst. */
static void put(const struct picture *scratch, int degrees, struct picture *dst,
                const struct scale_rect *into)
{
    for (int i = 0; i < 3; i++) {
        int half = i ? 1 : 0;
        uint8_t *to =
            dst->data[i] + (ptrdiff_t)(into->y >> half) * dst->stride[i] + (into->x >> half);
        turn_plane(scratch->data[i], scratch->stride[i], (scratch->width + half) >> half,
                   (scratch->height + half) >> half, to, dst->stride[i], degrees);
    }
}

/* --- Rectangles --- */
static int clamp(int x, int low, int high)
{
    return x < low ? low : x > high ? high : x;
}

/* Cuts a rectangle of the upright picture to even offsets and to the picture, and says where it
 * lies in the unturned one. */
static struct scale_rect place_crop(const struct picture *p, const struct scale_rect *crop)
{
    int w, h;
    struct scale_rect r, u;

    picture_upright_size(p, &w, &h);
    r = crop ? *crop : (struct scale_rect){0, 0, w, h};
    r.x = clamp(r.x, 0, w - 1);
    r.y = clamp(r.y, 0, h - 1);
    r.width = clamp(r.width, 1, w - r.x);
    r.height = clamp(r.height, 1, h - r.y);
    switch (p->rotation) {
    case 90: /* the unturned picture's top is on the right */
        u = (struct scale_rect){r.y, w - r.x - r.width, r.height, r.width};
        break;
    case 180:
        u = (struct scale_rect){w - r.x - r.width, h - r.y - r.height, r.width, r.height};
        break;
    case 270:
        u = (struct scale_rect){h - r.y - r.height, r.x, r.height, r.width};
        break;
    default:
        u = r;
        break;
    }
    /* To whole chroma samples; the cut-off part is kept on the other side. */
    u.width += u.x & ((1 << p->chroma_shift_x) - 1);
    u.height += u.y & ((1 << p->chroma_shift_y) - 1);
    u.x &= ~((1 << p->chroma_shift_x) - 1);
    u.y &= ~((1 << p->chroma_shift_y) - 1);
    return u;
}

static struct picture *take_scratch(struct scaler *s, int width, int height, struct err *e)
{
    if (!s->pool || s->pool_width != width || s->pool_height != height) {
        picture_pool_destroy(s->pool);
        s->pool = picture_pool_create(width, height, e);
        s->pool_width = width;
        s->pool_height = height;
    }
    return s->pool ? picture_pool_take(s->pool, e) : NULL;
}

static bool check_target(const struct picture *dst, const struct scale_rect *into, struct err *e)
{
    if (dst->depth != 8 || dst->chroma_shift_x != 1 || dst->chroma_shift_y != 1)
        return err_set(e, ERR_INTERNAL, "pictures are scaled to 8-bit 4:2:0 only");
    if (into->x < 0 || into->y < 0 || into->width < 2 || into->height < 2 || into->x % 2 ||
        into->y % 2 || into->x + into->width > dst->width || into->y + into->height > dst->height)
        return err_set(e, ERR_INTERNAL, "a rectangle outside of the picture to draw on");
    return true;
}

bool scale_picture_into(struct scaler *s, const struct picture *src, const struct scale_rect *crop,
                        struct picture *dst, const struct scale_rect *into, struct err *e)
{
    bool ok = false;
    bool whole =
        into->x == 0 && into->y == 0 && into->width == dst->width && into->height == dst->height;
    bool lying = src->rotation % 180 != 0;
    int matrix = colour_matrix_of(src);
    struct scale_rect part = place_crop(src, crop);
    struct picture *scratch = NULL, *out = dst;

    if (!check_target(dst, into, e))
        return false;
    /* libswscale may write past the end of a line, so only whole pictures are its direct target. */
    if (src->rotation != 0 || !whole) {
        out = scratch = take_scratch(s, lying ? into->height : into->width,
                                     lying ? into->width : into->height, e);
        if (!scratch)
            return false;
    }
    if (!run_sws(s, src, &part, out, e))
        goto out;
    if (!colour_same_matrix(matrix, 1))
        colour_to_bt709(out, matrix);
    if (scratch)
        put(scratch, src->rotation, dst, into);
    ok = true;

out:
    picture_unref(&scratch);
    return ok;
}

bool scale_picture(struct scaler *s, const struct picture *src, const struct scale_rect *crop,
                   struct picture *dst, struct err *e)
{
    struct scale_rect all = {0, 0, dst->width, dst->height};

    return scale_picture_into(s, src, crop, dst, &all, e);
}
