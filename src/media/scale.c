/* SPDX-License-Identifier: GPL-3.0-or-later
 * scale.c - one picture into another: crop, scale, turn upright, right colours.
 *
 * The order is chosen for cheapness: the crop is a matter of pointers, libswscale reads the
 * source's samples of any depth once and writes 4:2:0 in the target's size, and what is left
 * (light, matrix, turning) works on that. Where nothing changes its size, libswscale is left out.
 */
#include "media/scale.h"

#include "media/av.h"
#include "media/colour.h"
#include "media/tone.h"

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include <stdlib.h>
#include <string.h>

#define GEOMETRIES 4
#define SCALE_FLAGS (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT)

struct geometry {
    int src_width, src_height, src_format, full_range;
    int dst_width, dst_height, dst_format;
};

struct scaler {
    struct {
        struct geometry g;
        struct SwsContext *sws;
    } kept[GEOMETRIES];
    int next;                  /* the one to replace */
    struct picture_pool *pool; /* of scratch pictures, last used size */
    struct picture *deep; /* 10-bit scratch of the last used size, for tone mapping */
    struct tone_mapper *tone;
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
    picture_unref(&s->deep);
    tone_mapper_destroy(s->tone);
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
    return scale_is_direct(src) && !src->full_range && colour_same_matrix(colour_matrix_of(src), 1);
}

static bool is_8bit_420(const struct picture *p)
{
    return p->depth == 8 && p->chroma_shift_x == 1 && p->chroma_shift_y == 1;
}

bool scale_is_direct(const struct picture *src)
{
    return src->rotation == 0 && !src->mirrored && is_8bit_420(src) && !tone_needed(src);
}

void scale_finish_colours(struct picture *resampled, const struct picture *src)
{
    int matrix = colour_matrix_of(src);

    if (src->full_range || !colour_same_matrix(matrix, 1))
        colour_to_bt709(resampled, matrix, src->full_range);
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
    av_opt_set_int(sws, "dst_format", g->dst_format, 0);
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
    struct geometry g = {r->width,   r->height,   format_of(src), src->full_range,
                         dst->width, dst->height, format_of(dst)};
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

/* Any turn is: x and y each perhaps counted from the other end, then perhaps swapped. */
struct turn {
    bool swap, flip_x, flip_y;
};

static struct turn turn_of(const struct picture *p)
{
    bool m = p->mirrored;

    switch (p->rotation) {
    case 90:
        return (struct turn){true, m, true};
    case 180:
        return (struct turn){false, !m, true};
    case 270:
        return (struct turn){true, !m, false};
    default:
        return (struct turn){false, m, false};
    }
}

#define BLOCK 8 /* samples a side, one 64-bit word a row */

/* Swaps rows and columns of a block by swapping ever smaller quarters; byte k of word j was byte j
 * of word k. */
static void transpose(uint64_t word[BLOCK])
{
    static const uint64_t masks[] = {0, 0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0,
                                     0x00000000ffffffff};

    for (int n = BLOCK / 2; n > 0; n /= 2)
        for (int i = 0; i < BLOCK; i++)
            if (!(i & n)) {
                uint64_t t = ((word[i] >> (8 * n)) ^ word[i + n]) & masks[n];
                word[i + n] ^= t;
                word[i] ^= t << (8 * n);
            }
}

static void swap_block(const uint8_t *from, ptrdiff_t from_step, uint8_t *to, ptrdiff_t to_step)
{
    uint64_t word[BLOCK];

    for (int i = 0; i < BLOCK; i++)
        memcpy(&word[i], from + i * from_step, BLOCK);
    transpose(word);
    for (int i = 0; i < BLOCK; i++)
        memcpy(to + i * to_step, &word[i], BLOCK);
}

/* Sample x, y goes to row x (or width-1-x), column y (or height-1-y). */
static void swap_plane(const uint8_t *from, ptrdiff_t from_stride, int width, int height,
                       uint8_t *to, ptrdiff_t to_stride, struct turn t)
{
    ptrdiff_t step = t.flip_x ? -to_stride : to_stride;
    uint8_t *first = t.flip_x ? to + (width - 1) * to_stride : to;
    int whole_x = width / BLOCK * BLOCK, whole_y = height / BLOCK * BLOCK;

    for (int y = 0; y < whole_y; y += BLOCK)
        for (int x = 0; x < whole_x; x += BLOCK) {
            const uint8_t *row = from + y * from_stride + x;
            if (t.flip_y)
                swap_block(row + (BLOCK - 1) * from_stride, -from_stride,
                           first + x * step + height - y - BLOCK, step);
            else
                swap_block(row, from_stride, first + x * step + y, step);
        }
    for (int y = 0; y < height; y++)
        for (int x = y < whole_y ? whole_x : 0; x < width; x++)
            first[x * step + (t.flip_y ? height - 1 - y : y)] = from[y * from_stride + x];
}

static void turn_plane(const uint8_t *from, ptrdiff_t from_stride, int width, int height,
                       uint8_t *to, ptrdiff_t to_stride, struct turn t)
{
    if (t.swap) {
        swap_plane(from, from_stride, width, height, to, to_stride, t);
        return;
    }
    for (int y = 0; y < height; y++) {
        const uint8_t *restrict in = from + y * from_stride;
        uint8_t *restrict out = to + (t.flip_y ? height - 1 - y : y) * to_stride;
        if (!t.flip_x)
            memcpy(out, in, (size_t)width);
        else
            for (int x = 0; x < width; x++)
                out[x] = in[width - 1 - x];
    }
}

/* The part `r` of p (even offset) as a picture that shares its samples and owns nothing. */
static struct picture window_of(const struct picture *p, const struct scale_rect *r)
{
    struct picture w = *p;

    w.width = r->width;
    w.height = r->height;
    w.owner = NULL;
    for (int i = 0; i < 3; i++) {
        int x = i ? r->x >> p->chroma_shift_x : r->x, y = i ? r->y >> p->chroma_shift_y : r->y;
        w.data[i] += (ptrdiff_t)y * p->stride[i] + (ptrdiff_t)x * (p->depth > 8 ? 2 : 1);
    }
    return w;
}

/* Turns an 8-bit 4:2:0 picture into one of the right size, as `like` says. */
static void put(const struct picture *from, const struct picture *like, struct picture *to)
{
    for (int i = 0; i < 3; i++) {
        int half = i ? 1 : 0;
        turn_plane(from->data[i], from->stride[i], (from->width + half) >> half,
                   (from->height + half) >> half, to->data[i], to->stride[i], turn_of(like));
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
    if (p->mirrored)
        u.x = p->width - u.x - u.width;
    /* To whole chroma samples; the cut-off part is kept on the other side. */
    u.width += u.x & ((1 << p->chroma_shift_x) - 1);
    u.height += u.y & ((1 << p->chroma_shift_y) - 1);
    u.x &= ~((1 << p->chroma_shift_x) - 1);
    u.y &= ~((1 << p->chroma_shift_y) - 1);
    return u;
}

/* A 10-bit picture to scale into before its light is mapped. */
static struct picture *find_deep(struct scaler *s, int width, int height, struct err *e)
{
    AVFrame *f;

    if (s->deep && s->deep->width == width && s->deep->height == height)
        return s->deep;
    picture_unref(&s->deep);
    f = av_frame_alloc();
    if (f) {
        f->width = width;
        f->height = height;
        f->format = AV_PIX_FMT_YUV420P10;
        if (av_frame_get_buffer(f, 0) >= 0)
            s->deep = picture_take_frame(f);
    }
    av_frame_free(&f);
    if (!s->deep)
        err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    return s->deep;
}

static bool check_target(const struct picture *dst, const struct scale_rect *into, struct err *e)
{
    if (!is_8bit_420(dst))
        return err_set(e, ERR_INTERNAL, "pictures are scaled to 8-bit 4:2:0 only");
    if (into->x < 0 || into->y < 0 || into->width < 2 || into->height < 2 || into->x % 2 ||
        into->y % 2 || into->x + into->width > dst->width || into->y + into->height > dst->height)
        return err_set(e, ERR_INTERNAL, "a rectangle outside of the picture to draw on");
    return true;
}

/* Scales the part of src to all of out, in bt709, not turned. */
static bool make_plain(struct scaler *s, const struct picture *src, const struct scale_rect *part,
                       struct picture *out, struct err *e)
{
    int matrix = colour_matrix_of(src);
    struct picture *deep;

    if (!tone_needed(src)) {
        if (!run_sws(s, src, part, out, e))
            return false;
        if (!colour_same_matrix(matrix, 1))
            colour_to_bt709(out, matrix, false);
        return true;
    }
    deep = find_deep(s, out->width, out->height, e);
    if (!deep || (!s->tone && !(s->tone = tone_mapper_create(e))))
        return false;
    return run_sws(s, src, part, deep, e) && tone_map(s->tone, src, deep, out, e);
}

bool scale_picture_into(struct scaler *s, const struct picture *src, const struct scale_rect *crop,
                        struct picture *dst, const struct scale_rect *into, struct err *e)
{
    bool whole =
        into->x == 0 && into->y == 0 && into->width == dst->width && into->height == dst->height;
    bool lying = src->rotation % 180 != 0, ok;
    int width = lying ? into->height : into->width, height = lying ? into->width : into->height;
    struct scale_rect part = place_crop(src, crop);
    struct picture *scratch, target;

    if (!check_target(dst, into, e))
        return false;
    target = window_of(dst, into);
    if (is_8bit_420(src) && !tone_needed(src) && part.width == width && part.height == height) {
        struct picture same = window_of(src, &part);
        put(&same, src, &target);
        scale_finish_colours(&target, src);
        return true;
    }
    /* libswscale may write past the end of a line, so only whole pictures are its direct target. */
    if (src->rotation == 0 && !src->mirrored && whole)
        return make_plain(s, src, &part, dst, e);
    scratch = picture_pool_take_sized(&s->pool, width, height, e);
    ok = scratch && make_plain(s, src, &part, scratch, e);
    if (ok)
        put(scratch, src, &target);
    picture_unref(&scratch);
    return ok;
}

bool scale_picture(struct scaler *s, const struct picture *src, const struct scale_rect *crop,
                   struct picture *dst, struct err *e)
{
    struct scale_rect all = {0, 0, dst->width, dst->height};

    return scale_picture_into(s, src, crop, dst, &all, e);
}
