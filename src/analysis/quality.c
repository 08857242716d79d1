/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Sharpness is told by how steep edges are, not by how many there are: a sharp edge makes
 * its step within a sample or two, a blurred one over many. So of places with an edge the step over
 * one sample is held against the range over seven (as Crete et al., "The blur effect", 2007, hold a
 * picture against itself blurred). Shake is what is left of the motion of the whole picture when
 * its slow part, the pan, is taken off.
 */
#include "analysis/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLACK 16 /* limited range */
#define WHITE 235
#define EDGE_LEVELS 20         /* a range over seven samples that is an edge, not noise */
#define EDGES_ENOUGH 0.01      /* share of samples with an edge that judge as surely as more */
#define STEEP_BLURRED 0.20     /* step to range of an edge as soft as seven samples, with noise */
#define STEEP_SHARP 0.70       /* and of one as sharp as lenses, scaling and codecs leave */
#define DETAIL_LEVELS 45.0     /* spread of luma of a picture with much to see */
#define PROFILE_STEP 2         /* samples that profiles of columns and rows are thinned by */
#define FRAMES_PER_SECOND 30.0 /* shake is told for */
#define REACH 20               /* profile samples that the picture may jump, at most */
#define MOTION_LEVELS 25.0     /* mean change of luma a frame that counts as everything moving */
#define NOISE_LEVELS 0.3       /* of the mean of a line */
#define CLEARLY 0.8     /* what is left over when moved is less than that share of it unmoved */
#define CUT_LEVELS 45.0 /* a mean change of luma that is no motion of a camera */
#define PROFILE_MAX (SMALL_EDGE / PROFILE_STEP)

/* --- One picture ------------------------------------------------------------------------------ */

static double clamp01(double x)
{
    return x > 1 ? 1 : x > 0 ? x : 0;
}

struct edges {
    int64_t steps, ranges; /* sums over edges: the steepest step, the whole range */
    int count, places;
};

/* Samples i-3..i+3, `apart` bytes from each other. */
static void edge_at(struct edges *e, const uint8_t *p, ptrdiff_t apart)
{
    int low = 255, high = 0, steepest = 0;
    for (int i = -3; i <= 3; i++) {
        int v = p[i * apart];
        low = v < low ? v : low;
        high = v > high ? v : high;
        if (i < 3) {
            int step = abs(p[(i + 1) * apart] - v);
            steepest = step > steepest ? step : steepest;
        }
    }
    e->places++;
    if (high - low < EDGE_LEVELS)
        return;
    e->steps += steepest;
    e->ranges += high - low;
    e->count++;
}

static double sharpness_of(const struct small_picture *f)
{
    struct edges e = {0};
    for (int y = 3; y < f->height - 3; y += 3)
        for (int x = 3 + y % 4; x < f->width - 3; x += 4) {
            const uint8_t *p = f->plane[0] + (ptrdiff_t)y * f->stride[0] + x;
            edge_at(&e, p, 1);
            edge_at(&e, p, f->stride[0]);
        }
    if (e.count == 0)
        return 0;
    double steep = (double)e.steps / (double)e.ranges;
    double sure = clamp01((double)e.count / e.places / EDGES_ENOUGH);
    return sure * clamp01((steep - STEEP_BLURRED) / (STEEP_SHARP - STEEP_BLURRED));
}

struct light {
    double mean, spread; /* levels */
    double black, white; /* share of samples at the ends */
};

static struct light light_of(const struct small_picture *f)
{
    int64_t sum = 0, squares = 0, black = 0, white = 0, n = 0;
    for (int y = 0; y < f->height; y += 2) {
        const uint8_t *row = f->plane[0] + (ptrdiff_t)y * f->stride[0];
        for (int x = y / 2 % 2; x < f->width; x += 2, n++) {
            sum += row[x];
            squares += row[x] * row[x];
            black += row[x] <= BLACK + 6;
            white += row[x] >= WHITE - 4;
        }
    }
    double mean = (double)sum / (double)n;
    return (struct light){mean, sqrt(fmax((double)squares / (double)n - mean * mean, 0)),
                          (double)black / (double)n, (double)white / (double)n};
}

/* 1 between both inner borders, falling to 0 at the outer ones. */
static double within(double x, double out_low, double low, double high, double out_high)
{
    return x < low ? clamp01((x - out_low) / (low - out_low))
                   : clamp01((out_high - x) / (out_high - high));
}

/* A dark stage behind a lit face is well exposed: shares at the ends cost only when they are large,
 * and white costs sooner than black. */
static double exposure_of(struct light l)
{
    double mean = within(l.mean, BLACK + 4, 60, 175, WHITE);
    return mean * (1 - clamp01((l.black - 0.4) / 0.6)) * (1 - clamp01((l.white - 0.15) / 0.6));
}

/* How colour spreads: the mean distance from grey. */
static double colour_of(const struct small_picture *f)
{
    int64_t sum = 0, n = 0;
    for (int y = 0; y < (f->height + 1) / 2; y += 2)
        for (int x = 0; x < (f->width + 1) / 2; x += 2, n++)
            sum += abs(f->plane[1][(ptrdiff_t)y * f->stride[1] + x] - 128) +
                   abs(f->plane[2][(ptrdiff_t)y * f->stride[2] + x] - 128);
    return (double)sum / (double)n;
}

struct quality_still quality_of(const struct small_picture *f)
{
    struct light l = light_of(f);
    return (struct quality_still){
        .sharpness = sharpness_of(f),
        .exposure = exposure_of(l),
        .detail = clamp01((l.spread + 0.5 * colour_of(f)) / DETAIL_LEVELS),
    };
}

double quality_poster(struct quality_still q)
{
    return cbrt((0.02 + 0.98 * q.sharpness) * q.exposure * q.detail);
}

/* --- A film ----------------------------------------------------------------------------------- */

struct profile {
    int columns[PROFILE_MAX], rows[PROFILE_MAX]; /* sums of luma */
    int width, height;                           /* samples of each */
};

struct motion {
    double x, y; /* profile samples that the picture moved */
};

struct quality {
    struct quality_list list;
    size_t capacity;
    int64_t pushed;
    int width, height;
    double time_s;
    struct profile before;
    uint8_t luma_before[SMALL_EDGE / 4 * SMALL_EDGE / 4];
    struct motion pan; /* slow part of the motion, a frame */

    /* The second at work */
    int64_t second;
    double sharpness, exposure, shake, motion;
    int pictures, steps;
    double poster, poster_s;
};

struct quality *quality_create(struct err *e)
{
    struct quality *q = calloc(1, sizeof *q);
    if (!q)
        err_set(e, ERR_NO_MEMORY, "no memory for the judging of pictures");
    return q;
}

void quality_destroy(struct quality *q)
{
    if (!q)
        return;
    quality_list_finish(&q->list);
    free(q);
}

void quality_list_finish(struct quality_list *l)
{
    free(l->seconds);
    *l = (struct quality_list){0};
}

static void make_profile(const struct small_picture *f, struct profile *p)
{
    memset(p, 0, sizeof *p);
    p->width = f->width / PROFILE_STEP;
    p->height = f->height / PROFILE_STEP;
    for (int y = 0; y < p->height; y++) {
        const uint8_t *row = f->plane[0] + (ptrdiff_t)y * PROFILE_STEP * f->stride[0];
        for (int x = 0; x < p->width; x++) {
            p->columns[x] += row[x * PROFILE_STEP];
            p->rows[y] += row[x * PROFILE_STEP];
        }
    }
}

/* Mean difference of profiles shifted by s, without their means. */
static double profile_difference(const int *a, const int *b, int n, int s)
{
    int from = s < 0 ? -s : 0, to = s < 0 ? n : n - s;
    int64_t offset = 0, sum = 0;
    for (int i = from; i < to; i++)
        offset += b[i] - a[i + s];
    offset /= to - from;
    for (int i = from; i < to; i++)
        sum += llabs(b[i] - a[i + s] - offset);
    return (double)sum / (to - from);
}

/* By how much b is a moved, to a part of a sample: the tip of a parabola through the best three. 0
 * where the profile has nothing to tell by; `lines` went into each of its sums. */
static double profile_shift(const int *a, const int *b, int n, int lines)
{
    int reach = n / 4 < REACH ? n / 4 : REACH, best = 0;
    double cost[2 * REACH + 1], least = HUGE_VAL;
    for (int s = -reach; s <= reach; s++) {
        cost[s + reach] = profile_difference(a, b, n, s);
        if (cost[s + reach] < least) {
            least = cost[s + reach];
            best = s;
        }
    }
    if (best != 0 && least > CLEARLY * cost[reach] - NOISE_LEVELS * lines)
        return 0;
    if (best == -reach || best == reach)
        return best;
    double left = cost[best + reach - 1], right = cost[best + reach + 1];
    double bend = left + right - 2 * least;
    return bend > NOISE_LEVELS * lines ? best + (left - right) / (2 * bend) : best;
}

/* Mean change of luma on a grid of 4 x 4 samples, levels; keeps the grid. */
static double grid_change(struct quality *q, const struct small_picture *f)
{
    int64_t sum = 0, n = 0;
    for (int y = 0; y < f->height / 4; y++)
        for (int x = 0; x < f->width / 4; x++, n++) {
            const uint8_t *p = f->plane[0] + (ptrdiff_t)(4 * y + 1) * f->stride[0] + 4 * x + 1;
            int v = (p[0] + p[1] + p[f->stride[0]] + p[f->stride[0] + 1] + 2) / 4;
            uint8_t *kept = &q->luma_before[y * (SMALL_EDGE / 4) + x];
            sum += abs(v - *kept);
            *kept = (uint8_t)v;
        }
    return n ? (double)sum / (double)n : 0;
}

/* How far the camera jumped, pixels a frame at 1080p. What goes on in one direction is a pan. */
static double shake_of(struct quality *q, const struct profile *now, double frames)
{
    struct motion m = {
        profile_shift(q->before.columns, now->columns, now->width, now->height) / frames,
        profile_shift(q->before.rows, now->rows, now->height, now->width) / frames,
    };
    double dx = m.x - q->pan.x, dy = m.y - q->pan.y, slow = fmin(0.2 * frames, 1);
    q->pan.x += slow * dx;
    q->pan.y += slow * dy;
    int longer = now->width > now->height ? now->width : now->height;
    return hypot(dx, dy) * 1920 / longer;
}

static void close_second(struct quality *q, struct quality_second *row)
{
    *row = (struct quality_second){
        .time_s = (double)q->second + 0.5,
        .sharpness = q->sharpness / q->pictures,
        .exposure = q->exposure / q->pictures,
        .shake = q->steps ? q->shake / q->steps : 0,
        .motion = q->steps ? clamp01(q->motion / q->steps / MOTION_LEVELS) : 0,
        .poster_s = q->poster_s,
        .poster = q->poster,
    };
    q->sharpness = q->exposure = q->shake = q->motion = q->poster = 0;
    q->pictures = q->steps = 0;
}

static bool end_second(struct quality *q, struct err *e)
{
    if (q->pictures == 0)
        return true;
    if (q->list.count == q->capacity) {
        size_t capacity = q->capacity ? 2 * q->capacity : 64;
        struct quality_second *more = realloc(q->list.seconds, capacity * sizeof *more);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "no memory for the judging of pictures");
        q->list.seconds = more;
        q->capacity = capacity;
    }
    close_second(q, &q->list.seconds[q->list.count++]);
    return true;
}

static void look(struct quality *q, const struct small_picture *f, double time_s)
{
    struct quality_still still = quality_of(f);
    double poster = quality_poster(still);
    q->sharpness += still.sharpness;
    q->exposure += still.exposure;
    if (q->pictures++ == 0 || poster > q->poster) {
        q->poster = poster;
        q->poster_s = time_s;
    }
}

bool quality_push(struct quality *q, const struct small_picture *f, double time_s, struct err *e)
{
    if (q->pushed == 0) {
        q->width = f->width;
        q->height = f->height;
    }
    if (f->width != q->width || f->height != q->height)
        return err_set(e, ERR_INTERNAL, "judging pictures: the picture size changed");
    int64_t second = (int64_t)floor(time_s);
    if (second != q->second && !end_second(q, e))
        return false;
    q->second = second;
    look(q, f, time_s);

    struct profile now;
    make_profile(f, &now);
    double change = grid_change(q, f), frames = (time_s - q->time_s) * FRAMES_PER_SECOND;
    if (q->pushed > 0 && frames > 0 && now.width >= 8 && now.height >= 8) {
        q->shake += change < CUT_LEVELS ? shake_of(q, &now, frames) : 0;
        q->motion += change / fmax(frames, 1);
        q->steps++;
    }
    q->before = now;
    q->time_s = time_s;
    q->pushed++;
    return true;
}

bool quality_finish(struct quality *q, struct quality_list *out, struct err *e)
{
    *out = (struct quality_list){0};
    if (!end_second(q, e))
        return false;
    *out = q->list;
    q->list = (struct quality_list){0};
    return true;
}
