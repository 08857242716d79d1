/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Six pictures are kept, as hue, saturation and brightness at chroma resolution. A change
 * is judged when two more pictures have come: against the two changes before and after it, and by
 * whether what was seen before comes back, as after a flash.
 */
#include "analysis/shots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RING 6
#define SIZE_MAX_PX 1024

struct hsv {
    uint8_t h, s, v; /* hue in steps of 2 degrees, as OpenCV has it */
};

struct kept {
    struct hsv *px;
    double time_s;
    double change; /* from the picture before; 0 for the first */
};

struct shots {
    struct shots_options opt;
    double *cuts_s;
    size_t cut_count;
    int width, height; /* of the frames; 0 before the first */
    size_t px_count;   /* at chroma resolution */
    struct kept ring[RING];
    int64_t pushed;
    double first_s, last_cut_s;
};

/* Changes that count without doubt, that count when they are RATIO times their neighbours. */
#define CONTENT 27.0
#define MIN_CONTENT 15.0
#define RATIO 3.0

struct shots *shots_create(struct shots_options opt, struct err *e)
{
    struct shots *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "no memory for the shot detector");
        return NULL;
    }
    s->opt = opt;
    return s;
}

void shots_destroy(struct shots *s)
{
    if (!s)
        return;
    for (int i = 0; i < RING; i++)
        free(s->ring[i].px);
    free(s->cuts_s);
    free(s);
}

void shot_list_finish(struct shot_list *l)
{
    free(l->shots);
    *l = (struct shot_list){0};
}

static int clip8(int x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}

/* BT.601 limited range to RGB in whole numbers, then the hexcone. Which matrix the film really has
 * shifts all hues alike, and only changes of hue are looked at. */
static struct hsv hsv_of(int y, int u, int v)
{
    int c = 298 * (y - 16) + 128, d = u - 128, w = v - 128;
    int r = clip8((c + 409 * w) >> 8), g = clip8((c - 100 * d - 208 * w) >> 8);
    int b = clip8((c + 516 * d) >> 8);
    int top = r > g ? (r > b ? r : b) : (g > b ? g : b);
    int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
    int span = top - low;
    int hue = 0;
    if (span > 0) {
        if (top == r)
            hue = 30 * (g - b) / span;
        else if (top == g)
            hue = 60 + 30 * (b - r) / span;
        else
            hue = 120 + 30 * (r - g) / span;
    }
    return (struct hsv){(uint8_t)(hue < 0 ? hue + 180 : hue), (uint8_t)(top ? 255 * span / top : 0),
                        (uint8_t)top};
}

static void convert(const struct small_picture *f, struct hsv *out)
{
    for (int y = 0; y < (f->height + 1) / 2; y++) {
        const uint8_t *top = f->plane[0] + (ptrdiff_t)(2 * y) * f->stride[0];
        const uint8_t *low = 2 * y + 1 < f->height ? top + f->stride[0] : top;
        const uint8_t *u = f->plane[1] + (ptrdiff_t)y * f->stride[1];
        const uint8_t *v = f->plane[2] + (ptrdiff_t)y * f->stride[2];
        for (int x = 0; x < (f->width + 1) / 2; x++) {
            int a = 2 * x, b = 2 * x + 1 < f->width ? 2 * x + 1 : 2 * x;
            *out++ = hsv_of((top[a] + top[b] + low[a] + low[b] + 2) / 4, u[x], v[x]);
        }
    }
}

/* Mean change of the three, 0..255. The hue of a grey or black pixel is noise, so hue counts by how
 * much colour both pixels have (saturation times brightness). */
static double change(const struct hsv *a, const struct hsv *b, size_t n)
{
    double hue = 0;
    int64_t sat = 0, val = 0;
    for (size_t i = 0; i < n; i++) {
        int dh = abs(a[i].h - b[i].h);
        int colour_a = a[i].s * a[i].v, colour_b = b[i].s * b[i].v;
        int colour = colour_a < colour_b ? colour_a : colour_b;
        hue += (dh > 90 ? 180 - dh : dh) * fmin(colour / 8192.0, 1.0);
        sat += abs(a[i].s - b[i].s) * (a[i].v > b[i].v ? a[i].v : b[i].v) / 255;
        val += abs(a[i].v - b[i].v);
    }
    return (hue + (double)sat + (double)val) / (3.0 * (double)n);
}

static bool add_cut(struct shots *s, double time_s, struct err *e)
{
    if (s->cut_count % 64 == 0) {
        double *more = realloc(s->cuts_s, (s->cut_count + 64) * sizeof *more);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "no memory for shots");
        s->cuts_s = more;
    }
    s->cuts_s[s->cut_count++] = time_s;
    s->last_cut_s = time_s;
    return true;
}

static const struct kept *at(const struct shots *s, int64_t number)
{
    return &s->ring[number % RING];
}

/* Is the change into picture k the start of a flash (what was before it is seen again within two
 * pictures) or its end (picture k has been seen before it)? */
static bool comes_back(const struct shots *s, int64_t k, int64_t last, double limit)
{
    for (int64_t j = k + 1; j <= k + 2 && j <= last; j++)
        if (change(at(s, k - 1)->px, at(s, j)->px, s->px_count) < limit)
            return true;
    for (int64_t j = k - 2; j >= k - 3 && j >= 0; j--)
        if (change(at(s, j)->px, at(s, k)->px, s->px_count) < limit)
            return true;
    return false;
}

/* Does picture k begin a shot? `last` is the newest picture there is. */
static bool is_cut(const struct shots *s, int64_t k, int64_t last)
{
    double here = at(s, k)->change, others = 0;
    int count = 0;
    if (here < MIN_CONTENT || at(s, k)->time_s - s->last_cut_s < s->opt.min_shot_s)
        return false;
    for (int64_t j = k - 2; j <= k + 2; j++)
        if (j > 0 && j != k && j <= last && j > last - RING) {
            others += at(s, j)->change;
            count++;
        }
    double usual = count ? others / count : 0;
    /* The change out of a flash or into the next of two quick cuts must not hide this one: even so
     * a clear change is at least half again as large as the mean around it. */
    bool stands_out =
        here >= RATIO * usual || (here >= CONTENT && here >= 1.5 * usual);
    if (!stands_out)
        return false;
    return !comes_back(s, k, last, 0.5 * here);
}

static bool judge(struct shots *s, int64_t k, struct err *e)
{
    if (k < 1 || !is_cut(s, k, s->pushed - 1))
        return true;
    return add_cut(s, at(s, k)->time_s, e);
}

static bool start(struct shots *s, const struct small_picture *f, double time_s, struct err *e)
{
    if (f->width < 2 || f->height < 2 || f->width > SIZE_MAX_PX || f->height > SIZE_MAX_PX)
        return err_set(e, ERR_INTERNAL, "shot detector: pictures of %dx%d", f->width, f->height);
    s->width = f->width;
    s->height = f->height;
    s->px_count = (size_t)((f->width + 1) / 2) * (size_t)((f->height + 1) / 2);
    s->first_s = s->last_cut_s = time_s; /* the first shot has its minimum length too */
    for (int i = 0; i < RING; i++) {
        s->ring[i].px = malloc(s->px_count * sizeof *s->ring[i].px);
        if (!s->ring[i].px)
            return err_set(e, ERR_NO_MEMORY, "no memory for the shot detector");
    }
    return true;
}

bool shots_push(struct shots *s, const struct small_picture *f, double time_s, struct err *e)
{
    if (s->pushed == 0 && !start(s, f, time_s, e))
        return false;
    if (f->width != s->width || f->height != s->height)
        return err_set(e, ERR_INTERNAL, "shot detector: the picture size changed");
    struct kept *k = &s->ring[s->pushed % RING];
    convert(f, k->px);
    k->time_s = time_s;
    k->change = s->pushed ? change(at(s, s->pushed - 1)->px, k->px, s->px_count) : 0;
    s->pushed++;
    return judge(s, s->pushed - 3, e);
}

bool shots_finish(struct shots *s, struct shot_list *out, struct err *e)
{
    *out = (struct shot_list){0};
    if (!judge(s, s->pushed - 2, e) || !judge(s, s->pushed - 1, e))
        return false;
    if (s->pushed == 0)
        return true;
    out->shots = calloc(s->cut_count + 1, sizeof *out->shots);
    if (!out->shots)
        return err_set(e, ERR_NO_MEMORY, "no memory for shots");
    out->count = s->cut_count + 1;
    for (size_t i = 0; i < out->count; i++) {
        struct shot_span *x = &out->shots[i];
        x->begins = i ? SHOT_CUT : SHOT_START;
        x->start_s = i ? s->cuts_s[i - 1] : s->first_s;
        x->end_s = i < s->cut_count ? s->cuts_s[i] : at(s, s->pushed - 1)->time_s;
    }
    return true;
}

const char *shot_begin_name(enum shot_begin how)
{
    static const char *const names[] = {"start", "cut", "fade", "dissolve"};
    return names[how];
}
