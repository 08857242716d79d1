/* SPDX-License-Identifier: GPL-3.0-or-later
 * deinterlace.c - one whole picture out of the two fields of an interlaced one.
 *
 * For a sample of a missing line there are two guesses: in time, the mean of the same place in the
 * other field just before and just after; in space, the mean of the samples above and below along
 * the direction in which they differ least. The guess in space is taken, but never further from the
 * guess in time than anything around it has moved: so what stands still keeps its full detail, and
 * what moves shows no comb.
 */
#include "media/deinterlace.h"

#include "media/av.h"

#include <libavutil/frame.h>

#include <stdlib.h>
#include <string.h>

#define MAX_SLOPE 2 /* samples to each side in which a direction is looked for */
#define PAD 4       /* samples beyond each end of a line, copies of its last one */
#define MAX_DEPTH 12

/* Lines around a missing one; "other" is the field of the missing line. */
enum line {
    ABOVE,
    BELOW,
    BEFORE_ABOVE,
    BEFORE_BELOW,
    AFTER_ABOVE,
    AFTER_BELOW,
    OTHER_BEFORE,
    OTHER_AFTER,
    GUESS,  /* in time */
    MOTION, /* at this sample */
    MADE,
    LINE_COUNT
};

struct work {
    int16_t *line[LINE_COUNT]; /* each `width` samples, with PAD more on both sides */
    int width;
    int bytes; /* a sample in the pictures */
};

static bool work_init(struct work *w, int width, int bytes, struct err *e)
{
    size_t each = (size_t)width + 2 * PAD;
    int16_t *all = calloc(each * LINE_COUNT, sizeof *all);

    if (!all)
        return err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    for (int i = 0; i < LINE_COUNT; i++)
        w->line[i] = all + (size_t)i * each + PAD;
    w->bytes = bytes;
    return true;
}

static void work_finish(struct work *w)
{
    free(w->line[0] - PAD);
}

static void load(const struct work *w, enum line which, const uint8_t *from)
{
    int16_t *restrict to = w->line[which];

    if (w->bytes == 2)
        memcpy(to, from, (size_t)w->width * 2);
    else
        for (int x = 0; x < w->width; x++)
            to[x] = from[x];
    for (int i = 1; i <= PAD; i++) {
        to[-i] = to[0];
        to[w->width - 1 + i] = to[w->width - 1];
    }
}

static void store(const struct work *w, const int16_t *restrict from, uint8_t *to)
{
    if (w->bytes == 2)
        memcpy(to, from, (size_t)w->width * 2);
    else
        for (int x = 0; x < w->width; x++)
            to[x] = (uint8_t)from[x];
}

/* All in 16 bits, of which SIMD holds twice as many: sums of three samples fit up to MAX_DEPTH. */
static int16_t larger(int16_t a, int16_t b)
{
    return a > b ? a : b;
}

static int16_t smaller(int16_t a, int16_t b)
{
    return a < b ? a : b;
}

static int16_t distance(int16_t a, int16_t b)
{
    return (int16_t)(larger(a, b) - smaller(a, b));
}

static int16_t half(int16_t a, int16_t b)
{
    return (int16_t)((int16_t)(a + b) >> 1);
}

/* The guess in time, and how much the field of the missing line moved. */
static void look_at_other(const int16_t *restrict before, const int16_t *restrict after,
                          int16_t *restrict guess, int16_t *restrict motion, int width)
{
    for (int x = 0; x < width; x++) {
        guess[x] = half(before[x], (int16_t)(after[x] + 1));
        motion[x] = half(distance(before[x], after[x]), 0);
    }
}

/* What the lines above and below moved from another picture to this one, if that is more. */
static void look_at_own(const int16_t *restrict there_above, const int16_t *restrict there_below,
                        const int16_t *restrict above, const int16_t *restrict below,
                        int16_t *restrict motion, int width)
{
    for (int x = 0; x < width; x++)
        motion[x] = larger(motion[x], half(distance(there_above[x], above[x]),
                                           distance(there_below[x], below[x])));
}

static void look_in_time(const struct work *w)
{
    int16_t *motion = w->line[MOTION];

    look_at_other(w->line[OTHER_BEFORE], w->line[OTHER_AFTER], w->line[GUESS], motion, w->width);
    look_at_own(w->line[BEFORE_ABOVE], w->line[BEFORE_BELOW], w->line[ABOVE], w->line[BELOW],
                motion, w->width);
    look_at_own(w->line[AFTER_ABOVE], w->line[AFTER_BELOW], w->line[ABOVE], w->line[BELOW], motion,
                w->width);
    for (int i = 1; i <= PAD; i++) {
        motion[-i] = motion[0];
        motion[w->width - 1 + i] = motion[w->width - 1];
    }
}

/* How much a differs from b around one place in each. */
static int16_t differ(const int16_t *a, const int16_t *b)
{
    return (int16_t)(distance(a[-1], b[-1]) + distance(a[0], b[0]) + distance(a[1], b[1]));
}

/* The mean along the direction in which above and below differ least; straight down wins a tie. */
static void look_in_space(const struct work *w)
{
    const int16_t *restrict a = w->line[ABOVE], *restrict b = w->line[BELOW];
    int16_t *restrict made = w->line[MADE];

    for (int x = 0; x < w->width; x++) {
        int16_t best = (int16_t)(differ(a + x, b + x) - 1);
        int16_t mean = (int16_t)(a[x] + b[x]);

        for (int k = 1; k <= MAX_SLOPE; k++) {
            int16_t right = differ(a + x + k, b + x - k), left = differ(a + x - k, b + x + k);

            mean = right < best ? (int16_t)(a[x + k] + b[x - k]) : mean;
            best = smaller(right, best);
            mean = left < best ? (int16_t)(a[x - k] + b[x + k]) : mean;
            best = smaller(left, best);
        }
        made[x] = half(mean, 1);
    }
}

static void hold_to_time(const struct work *w)
{
    const int16_t *restrict guess = w->line[GUESS], *restrict motion = w->line[MOTION];
    int16_t *restrict made = w->line[MADE];

    for (int x = 0; x < w->width; x++) {
        int16_t room = larger(motion[x], larger(motion[x - 1], motion[x + 1]));
        int16_t low = (int16_t)(guess[x] - room), high = (int16_t)(guess[x] + room);

        made[x] = smaller(larger(made[x], low), high);
    }
}

static const uint8_t *row(const struct picture *p, int plane, int y)
{
    return p->data[plane] + (ptrdiff_t)y * p->stride[plane];
}

static void make_line(const struct work *w, int plane, int y, int rows,
                      const struct picture *before, const struct picture *p,
                      const struct picture *after, uint8_t *to)
{
    int above = y > 0 ? y - 1 : y + 1, below = y + 1 < rows ? y + 1 : y - 1;
    const struct picture *past = before ? before : after, *future = after ? after : before;

    load(w, ABOVE, row(p, plane, above));
    load(w, BELOW, row(p, plane, below));
    look_in_space(w);
    if (past) {
        load(w, BEFORE_ABOVE, row(past, plane, above));
        load(w, BEFORE_BELOW, row(past, plane, below));
        load(w, AFTER_ABOVE, row(future, plane, above));
        load(w, AFTER_BELOW, row(future, plane, below));
        load(w, OTHER_BEFORE, row(past, plane, y));
        load(w, OTHER_AFTER, row(p, plane, y));
        look_in_time(w);
        hold_to_time(w);
    }
    store(w, w->line[MADE], to);
}

static void make_plane(struct work *w, int plane, int first_line, const struct picture *before,
                       const struct picture *p, const struct picture *after, struct picture *out)
{
    int rows = plane ? -(-p->height >> p->chroma_shift_y) : p->height;

    w->width = plane ? -(-p->width >> p->chroma_shift_x) : p->width;
    for (int y = 0; y < rows; y++) {
        uint8_t *to = out->data[plane] + (ptrdiff_t)y * out->stride[plane];
        if (y % 2 == first_line || rows < 2)
            memcpy(to, row(p, plane, y), (size_t)w->width * (size_t)w->bytes);
        else
            make_line(w, plane, y, rows, before, p, after, to);
    }
}

static bool is_alike(const struct picture *a, const struct picture *b)
{
    return a && a->width == b->width && a->height == b->height && a->depth == b->depth &&
           a->chroma_shift_x == b->chroma_shift_x && a->chroma_shift_y == b->chroma_shift_y;
}

/* An empty picture with everything else as p's. */
static struct picture *blank_like(const struct picture *p, struct err *e)
{
    const AVFrame *from = picture_frame(p);
    AVFrame *f = av_frame_alloc();
    struct picture *out = NULL;

    if (!f || av_frame_copy_props(f, from) < 0)
        goto out;
    f->format = from->format;
    f->width = from->width;
    f->height = from->height;
    f->interlaced_frame = 0;
    if (av_frame_get_buffer(f, 0) < 0)
        goto out;
    out = picture_take_frame(f);
    if (out) {
        struct picture blank = *out;
        *out = *p;
        memcpy(out->data, blank.data, sizeof out->data);
        memcpy(out->stride, blank.stride, sizeof out->stride);
        out->owner = blank.owner;
    }

out:
    av_frame_free(&f);
    if (!out)
        err_set(e, ERR_NO_MEMORY, "no memory for a picture");
    return out;
}

struct picture *deinterlace(const struct picture *before, const struct picture *p,
                            const struct picture *after, bool top_first, struct err *e)
{
    struct work w;
    struct picture *out;

    if (p->depth > MAX_DEPTH)
        return picture_ref(p);
    if (!work_init(&w, p->width, p->depth > 8 ? 2 : 1, e))
        return NULL;
    out = blank_like(p, e);
    for (int i = 0; out && i < 3; i++)
        make_plane(&w, i, top_first ? 0 : 1, is_alike(before, p) ? before : NULL, p,
                   is_alike(after, p) ? after : NULL, out);
    work_finish(&w);
    return out;
}
