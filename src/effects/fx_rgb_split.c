/* SPDX-License-Identifier: GPL-3.0-or-later
 * fx_rgb_split.c - red and blue leave green to either side, as in a bad lens or a worn tape.
 *
 * Formula. Red comes from d to the left, R'(x) = R(x - d), blue from d to the right, green stays.
 * In bt709, with R = Y + 1.5748 Cr, B = Y + 1.8556 Cb and Y = 0.2126 R + 0.7152 G + 0.0722 B, that
 * is Y'  = Y + 0.2126 (Y1 - Y + 1.5748 (Cr1 - Cr)) + 0.0722 (Y2 - Y + 1.8556 (Cb2 - Cb)) Cr' = (R'
 * - Y') / 1.5748 = Cr1 + (Y1 - Y') / 1.5748 Cb' = (B' - Y') / 1.8556 = Cb2 + (Y2 - Y') / 1.8556
 * where 1 means at x - d and 2 at x + d. Limited range has 219 steps of luma and 224 of chroma,
 * hence the 219/224 below. Exact but for the rounding, and for chroma being known at every other
 * sample.
 */
#include "effects/desk.h"
#include "effects/effect.h"
#include "effects/planes.h"
#include "effects/rows.h"
#include "effects/trigger.h"

#include <math.h>
#include <string.h>

struct rgb_split {
    double amount, decay;
    int on;
};

/* v: d as a share of the frame's width. */
static bool rgb_split_look(const void *self, const struct effect_moment *m, struct effect_look *out)
{
    const struct rgb_split *s = self;
    out->v[0] = s->amount * trigger_strength(s->on, s->decay, m);
    return out->v[0] > 0;
}

/* Of 128. */
enum { LUMA_RED = 27, LUMA_BLUE = 9, LUMA_CR = 42, LUMA_CB = 17 };
/* 224 / 219 / 1.5748 and / 1.8556, of 65536, for the sum of four lumas */
enum { CR_LUMA = 10642, CB_LUMA = 9031 };

/* Rows of the work on two lines of luma and one of chroma. */
struct rows {
    uint8_t *wide;       /* a row with its ends repeated */
    uint8_t *y1, *y2;    /* luma at x - d and at x + d */
    uint8_t *cr1, *cb2;  /* chroma at x - d and at x + d */
    int16_t *colour;     /* what chroma adds to luma, of 128, for each luma sample */
    int16_t *red, *blue; /* Y1 - Y' and Y2 - Y', sums of four */
};

/* A distance as whole samples and a share of 256 of the next one. */
struct shift {
    int whole, part;
};

static struct shift shift_of(double d)
{
    long n = lround(d * 256);
    return (struct shift){(int)(n / 256), (int)(n % 256)};
}

static void lerp_row(const uint8_t *restrict a, const uint8_t *restrict b, int part, int n,
                     uint8_t *restrict out)
{
    uint16_t wa = (uint16_t)(256 - part), wb = (uint16_t)part;
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((uint16_t)(a[x] * wa + b[x] * wb + 128) >> 8);
}

/* before[x] = row(x - d), behind[x] = row(x + d); either may be NULL. */
static void shift_row(const uint8_t *row, int n, struct shift d, uint8_t *wide, uint8_t *before,
                      uint8_t *behind)
{
    size_t pad = (size_t)d.whole + 1;
    memset(wide, row[0], pad);
    memcpy(wide + pad, row, (size_t)n);
    memset(wide + pad + n, row[n - 1], pad);
    const uint8_t *s = wide + pad;
    if (before)
        lerp_row(s - d.whole, s - d.whole - 1, d.part, n, before);
    if (behind)
        lerp_row(s + d.whole, s + d.whole + 1, d.part, n, behind);
}

static void colour_of_luma(const uint8_t *u, const uint8_t *v, const struct rows *r, int n)
{
    for (int x = 0; x < n; x++) {
        int16_t c = (int16_t)(LUMA_CR * (r->cr1[x] - v[x]) + LUMA_CB * (r->cb2[x] - u[x]));
        r->colour[2 * x] = c;
        r->colour[2 * x + 1] = c;
    }
}

static uint8_t byte(int16_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void luma_row(uint8_t *restrict y, const uint8_t *restrict y1, const uint8_t *restrict y2,
                     const int16_t *restrict colour, int n)
{
    for (int x = 0; x < n; x++) {
        int16_t more =
            (int16_t)(LUMA_RED * (y1[x] - y[x]) + LUMA_BLUE * (y2[x] - y[x]) + colour[x] + 64);
        y[x] = byte((int16_t)(y[x] + (int16_t)(more >> 7)));
    }
}

static void add_pairs(int16_t *restrict sum, const uint8_t *restrict shifted,
                      const uint8_t *restrict y, int n)
{
    for (int x = 0; x < n; x++)
        sum[x] = (int16_t)(sum[x] + shifted[2 * x] + shifted[2 * x + 1] - y[2 * x] - y[2 * x + 1]);
}

static void chroma_row(uint8_t *restrict out, const uint8_t *restrict shifted,
                       const int16_t *restrict light, int16_t factor, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = byte((int16_t)(shifted[x] + (int16_t)((light[x] * factor + 32768) >> 16)));
}

/* Two lines of luma and the line of chroma between them. */
static void split_lines(struct picture *p, int line, struct shift d, struct shift half,
                        const struct rows *r)
{
    int n = p->width / 2;
    uint8_t *u = plane_row(p, 1, line), *v = plane_row(p, 2, line);
    shift_row(v, n, half, r->wide, r->cr1, NULL);
    shift_row(u, n, half, r->wide, NULL, r->cb2);
    colour_of_luma(u, v, r, n);
    memset(r->red, 0, (size_t)n * sizeof *r->red);
    memset(r->blue, 0, (size_t)n * sizeof *r->blue);
    for (int i = 0; i < 2; i++) {
        uint8_t *y = plane_row(p, 0, 2 * line + i);
        shift_row(y, 2 * n, d, r->wide, r->y1, r->y2);
        luma_row(y, r->y1, r->y2, r->colour, 2 * n);
        add_pairs(r->red, r->y1, y, n);
        add_pairs(r->blue, r->y2, y, n);
    }
    chroma_row(v, r->cr1, r->red, CR_LUMA, n);
    chroma_row(u, r->cb2, r->blue, CB_LUMA, n);
}

static bool take_rows(struct rows *r, int width, struct shift d, struct effect_desk *desk,
                      struct err *e)
{
    struct {
        char word[8];
        int32_t width, reach;
    } key = {"rgbrows", width, d.whole};
    bool fresh;
    size_t w = (size_t)width, wide = w + 2 * (size_t)d.whole + 2;
    int16_t *room = effect_desk_table(desk, &key, sizeof key,
                                      2 * w * sizeof(int16_t) + 3 * w + wide, &fresh, e);
    if (!room)
        return false;
    uint8_t *bytes = (uint8_t *)(room + 2 * w);
    *r = (struct rows){.colour = room,
                       .red = room + w,
                       .blue = room + w + w / 2,
                       .y1 = bytes,
                       .y2 = bytes + w,
                       .cr1 = bytes + 2 * w,
                       .cb2 = bytes + 2 * w + w / 2,
                       .wide = bytes + 3 * w};
    return true;
}

static bool rgb_split_paint(const struct effect_look *look, struct picture *frame,
                            struct effect_desk *desk, struct err *e)
{
    double distance = look->v[0] * frame->width;
    struct shift d = shift_of(distance), half = shift_of(distance / 2);
    struct rows r;
    if (!take_rows(&r, frame->width, d, desk, e))
        return false;
    for (int line = 0; line < frame->height / 2; line++)
        split_lines(frame, line, d, half, &r);
    return true;
}

static const struct param rgb_split_params[] = {
    ROW_NUMBER(struct rgb_split, amount, 0, 0.1, 0.008, "0..1",
               "How far red and blue go, as a share of the frame's width."),
    ROW_CHOICE(struct rgb_split, on, ON_ALWAYS, trigger_names, TRIGGER_HELP),
    ROW_NUMBER(struct rgb_split, decay, 0.05, 5, 0.3, "s", "How long it takes to close again."),
    {0},
};

const struct effect fx_rgb_split = {
    .name = "rgb_split",
    .title = "RGB split",
    .help = "Red and blue leave green to either side, all the time or at beats.",
    .params = rgb_split_params,
    .self_size = sizeof(struct rgb_split),
    .look = rgb_split_look,
    .paint = rgb_split_paint,
};
