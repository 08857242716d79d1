/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. The cascades know faces of one size, so the picture is made smaller step by step. Every
 * second level is scanned; the levels between them, and the integral images of all, are made only
 * when somebody looks there. Neighbours of a hit are three levels by five by five places.
 */
#include "analysis/faces.h"

#include "analysis/cascade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS 24
#define LEVEL_RATIO 1.12 /* from one level to the next */
#define FIRST_RATIO 1.1  /* from the picture to the first: the smallest face is 22 samples */
#define SCAN_STEP 4      /* rows of a level between windows of a scan */
#define SCAN_SLACK 4     /* stages that such a window may miss: its neighbours are asked too */
#define AROUND 2         /* as far as neighbours reach, samples of a level */
#define NEIGHBOURS 75    /* 3 * (2 * AROUND + 1)^2 */
#define MIN_NEIGHBOURS 3 /* of what nobody expected there */
#define MIN_EXPECTED 3   /* of a face that was there a moment ago */
#define MAX_HITS 256     /* of one scan, before neighbours of each other become one */

/* The cascades that see a face from the side frame the part of the head that is turned to us: the
 * face lies further to where it looks, and is smaller. Shares of the window's side. */
static const struct {
    float aside, size;
} framing[FACES_VIEWS] = {
    [FACES_FRONTAL] = {0, 1},
    [FACES_LEFT] = {-0.15f, 0.85f},
    [FACES_RIGHT] = {0.15f, 0.85f},
};

struct level {
    double ratio; /* samples of the picture for one of its own */
    int width, height;
    uint8_t *px; /* rows of `width` */
    struct integral sums;
    bool made;
};

struct faces {
    struct cascade_ready *views[FACES_VIEWS];
    int window; /* width and height of what the cascades look at */
    const struct small_picture *picture;
    struct level levels[LEVELS];
    int level_count;
};

/* --- Levels --------------------------------------------------------------------------------- */

static bool create_level(struct level *l, double ratio, int width, int height, int stride)
{
    l->ratio = ratio;
    l->width = (int)(width / ratio);
    l->height = (int)(height / ratio);
    l->sums.stride = stride;
    size_t entries = (size_t)stride * (size_t)(l->height + 1) + CASCADE_LANES;
    l->px = malloc((size_t)l->width * (size_t)l->height);
    l->sums.sum = malloc(entries * sizeof *l->sums.sum);
    l->sums.square = malloc(entries * sizeof *l->sums.square);
    return l->px && l->sums.sum && l->sums.square;
}

struct faces *faces_create(int width, int height, struct err *e)
{
    struct faces *f = calloc(1, sizeof *f);
    if (!f)
        goto fail;
    static const struct cascade *const cascades[FACES_VIEWS] = {
        [FACES_FRONTAL] = &cascade_frontal,
        [FACES_LEFT] = &cascade_profile,
        [FACES_RIGHT] = &cascade_profile,
    };
    for (int i = 0; i < FACES_VIEWS; i++) {
        f->views[i] = cascade_prepare(cascades[i], i == FACES_RIGHT, width + 1, e);
        if (!f->views[i])
            goto fail;
    }
    f->window = cascade_frontal.width;
    double ratio = FIRST_RATIO;
    int shorter = width < height ? width : height;
    for (; f->level_count < LEVELS && shorter / ratio >= f->window; ratio *= LEVEL_RATIO)
        if (!create_level(&f->levels[f->level_count++], ratio, width, height, width + 1))
            goto fail;
    return f;

fail:
    faces_destroy(f);
    err_set(e, ERR_NO_MEMORY, "no memory for the face detector");
    return NULL;
}

void faces_destroy(struct faces *f)
{
    if (!f)
        return;
    for (int i = 0; i < f->level_count; i++) {
        free(f->levels[i].px);
        free(f->levels[i].sums.sum);
        free(f->levels[i].sums.square);
    }
    for (int i = 0; i < FACES_VIEWS; i++)
        cascade_release(f->views[i]);
    free(f);
}

void faces_show(struct faces *f, const struct small_picture *p)
{
    f->picture = p;
    for (int i = 0; i < f->level_count; i++)
        f->levels[i].made = false;
}

/* Bilinear: `ratio` samples of the source, hardly more than one, for each of the level. */
static void shrink(const uint8_t *src, int stride, int width, int height, double ratio,
                   struct level *to)
{
    int step = (int)lround(ratio * 65536), last_x = width - 1, last_y = height - 1;
    int y16 = (step - 65536) / 2;
    for (int y = 0; y < to->height; y++, y16 += step) {
        int row = y16 >> 16, part_y = (y16 >> 8) & 255;
        row = row > last_y ? last_y : row;
        const uint8_t *a = src + (ptrdiff_t)row * stride, *b = row < last_y ? a + stride : a;
        uint8_t *out = to->px + (ptrdiff_t)y * to->width;
        int x16 = (step - 65536) / 2;
        for (int x = 0; x < to->width; x++, x16 += step) {
            int i = x16 >> 16, part_x = (x16 >> 8) & 255;
            i = i > last_x ? last_x : i;
            int j = i < last_x ? i + 1 : i;
            int top = a[i] * (256 - part_x) + a[j] * part_x;
            int low = b[i] * (256 - part_x) + b[j] * part_x;
            out[x] = (uint8_t)((top * (256 - part_y) + low * part_y + 32768) >> 16);
        }
    }
}

/* A level is made from the scanned one before it, so that none is shrunk by much at once. */
static const struct level *make_level(struct faces *f, int index)
{
    struct level *l = &f->levels[index];
    if (l->made)
        return l;
    if (index == 0) {
        shrink(f->picture->plane[0], f->picture->stride[0], f->picture->width, f->picture->height,
               l->ratio, l);
    } else {
        const struct level *from = make_level(f, index % 2 ? index - 1 : index - 2);
        shrink(from->px, from->width, from->width, from->height, l->ratio / from->ratio, l);
    }
    integral_fill(&l->sums, l->px, l->width, l->width, l->height);
    l->made = true;
    return l;
}

/* --- Neighbours ----------------------------------------------------------------------------- */

struct agreement {
    int count;
    double x, y, ratio; /* sums: centres in samples of the picture */
};

static void ask_around(struct faces *f, enum faces_view view, int index, double x, double y,
                       struct agreement *sum)
{
    const struct level *l = make_level(f, index);
    int mid_x = (int)lround(x / l->ratio) - f->window / 2;
    int mid_y = (int)lround(y / l->ratio) - f->window / 2;
    for (int j = mid_y - AROUND; j <= mid_y + AROUND; j++)
        for (int i = mid_x - AROUND; i <= mid_x + AROUND; i++) {
            if (i < 0 || j < 0 || i + f->window > l->width || j + f->window > l->height ||
                !cascade_matches(f->views[view], &l->sums, i, j))
                continue;
            sum->count++;
            sum->x += (i + f->window * 0.5) * l->ratio;
            sum->y += (j + f->window * 0.5) * l->ratio;
            sum->ratio += l->ratio;
        }
}

/* A face centred on x, y of the picture, about as large as the window in a level. */
static bool agree(struct faces *f, enum faces_view view, int index, double x, double y, int least,
                  struct face_box *out)
{
    struct agreement sum = {0};
    for (int i = index - 1; i <= index + 1; i++)
        if (i >= 0 && i < f->level_count)
            ask_around(f, view, i, x, y, &sum);
    if (sum.count < least)
        return false;
    float side = (float)(sum.ratio / sum.count * f->window);
    *out = (struct face_box){
        .x = (float)(sum.x / sum.count) + framing[view].aside * side,
        .y = (float)(sum.y / sum.count),
        .size = side * framing[view].size,
        .strength = (float)sum.count / NEIGHBOURS,
    };
    return true;
}

/* Where a face of that size fills a window; -1: the picture is too small for any. */
static int find_level(const struct faces *f, enum faces_view view, float size)
{
    double side = size / framing[view].size;
    double index = log(side / f->window / FIRST_RATIO) / log(LEVEL_RATIO);
    int level = (int)lround(index < 0 ? 0 : index);
    return level < f->level_count ? level : f->level_count - 1;
}

bool faces_look(struct faces *f, enum faces_view view, const struct face_box *near_to,
                struct face_box *out)
{
    float side = near_to->size / framing[view].size;
    int level = find_level(f, view, near_to->size);
    return level >= 0 && agree(f, view, level, near_to->x - framing[view].aside * side, near_to->y,
                               MIN_EXPECTED, out);
}

/* --- Scan ----------------------------------------------------------------------------------- */

bool faces_same(const struct face_box *a, const struct face_box *b)
{
    float smaller = a->size < b->size ? a->size : b->size;
    return fabsf(a->x - b->x) < smaller * 0.5f && fabsf(a->y - b->y) < smaller * 0.5f;
}

/* The stronger of two that are one face stays. */
static size_t add_face(struct face_box *out, size_t count, size_t max, struct face_box found)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        if (faces_same(&out[i], &found) && out[i].strength >= found.strength)
            return count;
    for (size_t i = 0; i < count; i++) /* weaker ones of the same face leave */
        if (!faces_same(&out[i], &found))
            out[at++] = out[i];
    count = at;
    for (at = 0; at < count && out[at].strength >= found.strength; at++)
        ;
    if (at == max)
        return count;
    count = count < max ? count + 1 : max;
    memmove(out + at + 1, out + at, (count - 1 - at) * sizeof *out);
    out[at] = found;
    return count;
}

/* What the strongest faces of a scan are gathered in. */
struct scan {
    double x0, y0, x1, y1; /* samples of the picture: centres of windows lie between */
    struct face_box *found;
    size_t count, max;
    int hits;
};

static void follow_hit(struct faces *f, enum faces_view view, int index, int x, int y,
                       struct scan *s)
{
    double ratio = f->levels[index].ratio, half = f->window * 0.5;
    struct face_box found;
    if (s->hits++ < MAX_HITS &&
        agree(f, view, index, (x + half) * ratio, (y + half) * ratio, MIN_NEIGHBOURS, &found))
        s->count = add_face(s->found, s->count, s->max, found);
}

static void scan_level(struct faces *f, enum faces_view view, int index, struct scan *s)
{
    const struct level *l = make_level(f, index);
    int half = f->window / 2;
    int first = (int)fmax(s->x0 / l->ratio - half, 0);
    int last = (int)fmin(s->x1 / l->ratio - half, l->width - f->window);
    int top = (int)fmax(s->y0 / l->ratio - half, 0);
    int low = (int)fmin(s->y1 / l->ratio - half, l->height - f->window);
    for (int y = top; y <= low; y += SCAN_STEP)
        for (int x = first; x <= last; x += CASCADE_LANES) {
            int count = last - x + 1 < CASCADE_LANES ? last - x + 1 : CASCADE_LANES;
            unsigned hits = cascade_matches_row(f->views[view], &l->sums, x, y, count, SCAN_SLACK);
            for (int i = 0; hits >> i; i++)
                if (hits >> i & 1)
                    follow_hit(f, view, index, x + i, y, s);
        }
}

size_t faces_scan(struct faces *f, enum faces_view view, enum faces_sizes sizes,
                  struct face_box *out, size_t max)
{
    static const struct {
        int first, step;
    } levels[] = {[FACES_ALL] = {0, 2}, [FACES_SOME] = {0, 4}, [FACES_OTHERS] = {2, 4}};
    struct scan s = {.x1 = INFINITY, .y1 = INFINITY, .found = out, .max = max};
    for (int i = levels[sizes].first; i < f->level_count; i += levels[sizes].step)
        scan_level(f, view, i, &s);
    return s.count;
}

size_t faces_seek(struct faces *f, enum faces_view view, const struct face_box *was, float reach,
                  struct face_box *out, size_t max)
{
    float x = was->x - framing[view].aside * was->size / framing[view].size;
    struct scan s = {x - reach, was->y - reach, x + reach, was->y + reach, out, 0, max, 0};
    int level = find_level(f, view, was->size);
    for (int i = level > 1 ? level - 1 : 0; i <= level + 1 && i < f->level_count; i++)
        scan_level(f, view, i, &s);
    return s.count;
}
