/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. While one picture is mixed into another, all that comes between lies on the straight line
 * between both, and moves along it evenly. So for each middle and each of some lengths we take the
 * pictures at both ends and ask of every one between: how far along is it (`along`, 0..1), how far
 * off the line (`off`, as a share of the line's length squared)? What moves bends the way: three
 * unrelated pictures make an equal-sided triangle, whose third corner is 0.75 off; a wipe is
 * 0.25 off in its middle. A length that is too short covers a part of the way, one that is too long
 * is not even: the score is best for the right one.
 */
#include "analysis/shot_blend.h"

#include <math.h>
#include <stddef.h>

#define LENGTH_MIN_2 (9.0 * 9.0) /* levels squared from end to end */
#define OFF_MAX 0.13             /* mean over the way */
#define UNEVEN_MAX 0.12          /* rms of along against time */
#define STEP_MAX 0.6             /* of the way in one picture: that would be a cut */
#define SCORE_MIN 9.0
#define UNLIKE 0.45        /* of the ends, see view_unlike() */
#define MIXTURE 0.30       /* what may be left over of a mixture of both ends */
#define MIXTURE_SURE 0.15  /* and is sure to be one, however alike an end is */
#define MIXTURE_FADE 0.48  /* and of a fade, where the ways of light differ */
#define MIXTURE_SHARE 0.82 /* of what is left over of the ends that have moved */
#define JUMP 0.5           /* of the way that a flash jumps */
#define FLASH_S 0.5        /* and how long it lasts */
#define VOID_SPREAD 4.0    /* levels: a picture with less and with less */
#define VOID_CONTRAST 1.0  /* than this shows nothing */
#define VOID_BLACK 44.0    /* and it is darker than this or lighter than that */
#define VOID_WHITE 200.0
#define VOID_NEAR_S 0.25
#define LIGHT_SHARE                                                                                \
    0.88         /* of the way that is the same for all of the picture: no more than light */
#define PURE 0.1 /* of the way: what the ends are read off at, and 1 less that */

/* Half lengths in seconds, each about 1.35 times the one before. */
static const double halves_s[] = {
    0.08, 0.11, 0.15, 0.2, 0.27, 0.36, 0.49, 0.66, 0.9, 1.2, BLEND_HALF_MAX_S};
#define HALVES (sizeof halves_s / sizeof *halves_s)

/* How far along the way from a to b picture i is; *off: its distance from the line. */
static double along(const struct shot_ring *r, int64_t a, int64_t b, int64_t i, double way2,
                    double *off)
{
    double from2 = shot_distance2(r, a, i);
    double dot = (from2 + way2 - shot_distance2(r, i, b)) / 2;
    *off = fmax(from2 - dot * dot / way2, 0) / way2;
    return dot / way2;
}

/* The score of the way from a to b, 0 if it is none. */
static double score(const struct shot_ring *r, int64_t a, int64_t b)
{
    double way2 = shot_distance2(r, a, b);
    if (way2 < LENGTH_MIN_2 || b - a < 3)
        return 0;
    double off_sum = 0, uneven2 = 0, before = 0, span_s = shot_time(r, b) - shot_time(r, a);
    int64_t between = b - a - 1;
    for (int64_t i = a + 1; i < b; i++) {
        double off, at = along(r, a, b, i, way2, &off);
        double even = at - (shot_time(r, i) - shot_time(r, a)) / span_s;
        if (at - before > STEP_MAX)
            return 0;
        off_sum += off;
        uneven2 += even * even;
        before = at;
    }
    double off = off_sum / (double)between, uneven = sqrt(uneven2 / (double)between);
    if (1 - before > STEP_MAX || off > OFF_MAX || uneven > UNEVEN_MAX)
        return 0;
    return sqrt(way2) * (1 - off / OFF_MAX / 2 - uneven / UNEVEN_MAX / 2);
}

static int64_t earlier(const struct shot_ring *r, int64_t k, double by_s)
{
    int64_t i = k;
    while (i > shot_ring_first(r) && shot_time(r, k) - shot_time(r, i) < by_s)
        i--;
    return i;
}

static int64_t later(const struct shot_ring *r, int64_t k, double by_s)
{
    int64_t i = k;
    while (i + 1 < r->pushed && shot_time(r, i) - shot_time(r, k) < by_s)
        i++;
    return i;
}

struct shot_blend shot_blend_around(const struct shot_ring *r, int64_t k)
{
    struct shot_blend best = {0};
    int64_t a = k, b = k;
    for (size_t h = 0; h < HALVES; h++) {
        int64_t new_a = earlier(r, k, halves_s[h]), new_b = later(r, k, halves_s[h]);
        if (new_a == a && new_b == b)
            continue;
        a = new_a;
        b = new_b;
        double s = score(r, a, b);
        if (s > SCORE_MIN && s > best.score)
            best = (struct shot_blend){.first = a, .last = b, .score = s};
    }
    best.start_s = shot_time(r, best.first);
    best.end_s = shot_time(r, best.last);
    return best;
}

bool shot_is_void(const struct shot_ring *r, int64_t k)
{
    const struct shot_view *v = shot_view_at(r, k);
    bool lit = v->mean > VOID_BLACK && v->mean < VOID_WHITE;
    return !lit && v->spread < VOID_SPREAD && v->contrast < VOID_CONTRAST;
}

/* A fade is followed to the picture that shows nothing, if that is near: the last steps hardly
 * lengthen the way, yet light decides what is alike. */
static void follow_to_void(const struct shot_ring *r, struct shot_blend *b)
{
    int64_t i = b->first, j = b->last;
    while (i > shot_ring_first(r) && !shot_is_void(r, i) &&
           b->start_s - shot_time(r, i) < VOID_NEAR_S)
        i--;
    while (j + 1 < r->pushed && !shot_is_void(r, j) && shot_time(r, j) - b->end_s < VOID_NEAR_S)
        j++;
    b->from_void = shot_is_void(r, i);
    b->to_void = shot_is_void(r, j);
    b->first = b->from_void ? i : b->first;
    b->last = b->to_void ? j : b->last;
    b->start_s = shot_time(r, b->first);
    b->end_s = shot_time(r, b->last);
}

/* Does the light jump to or from picture `end` (one of b's) and is picture `other` seen again
 * there? Then that end was a flash, or somebody blinked. `step`: away from the blend. */
static bool is_flash_at(const struct shot_ring *r, const struct shot_blend *b, int64_t end,
                        int64_t other, int step)
{
    double way2 = shot_distance2(r, b->first, b->last);
    for (int64_t i = end + step; i >= shot_ring_first(r) && i < r->pushed &&
                                 fabs(shot_time(r, i) - shot_time(r, end)) <= FLASH_S;
         i += step)
        if (shot_distance2(r, i, end) > JUMP * JUMP * way2)
            return shot_unlike(r, i, other) < UNLIKE;
    return false;
}

static bool is_flash(const struct shot_ring *r, const struct shot_blend *b)
{
    return is_flash_at(r, b, b->first, b->last, -1) || is_flash_at(r, b, b->last, b->first, 1);
}

/* Is the middle more of a mixture of both ends than of either, moved? */
static bool is_mixture(const struct shot_ring *r, const struct shot_blend *b)
{
    struct shot_view both;
    double way2 = shot_distance2(r, b->first, b->last), off;
    int64_t middle = (b->first + b->last) / 2;
    double share = along(r, b->first, b->last, middle, way2, &off);
    view_mix(&both, shot_view_at(r, b->first), shot_view_at(r, b->last), share);
    double left = view_unlike(&both, shot_view_at(r, middle));
    if (b->from_void || b->to_void)
        return left <= MIXTURE_FADE;
    if (left <= MIXTURE_SURE)
        return true;
    double moved = fmin(shot_unlike(r, b->first, middle), shot_unlike(r, middle, b->last));
    return left <= MIXTURE && left <= MIXTURE_SHARE * moved;
}

/* The ends to a part of a picture: where the way passes PURE and 1 - PURE, and evenly on. */
static void set_ends(const struct shot_ring *r, struct shot_blend *b)
{
    double way2 = shot_distance2(r, b->first, b->last), off;
    int64_t i = b->first, j = b->last;
    while (i + 1 < b->last && along(r, b->first, b->last, i + 1, way2, &off) < PURE)
        i++;
    while (j - 1 > i && along(r, b->first, b->last, j - 1, way2, &off) > 1 - PURE)
        j--;
    double from = along(r, b->first, b->last, i, way2, &off);
    double to = along(r, b->first, b->last, j, way2, &off);
    double rate = (to - from) / (shot_time(r, j) - shot_time(r, i));
    if (!(rate > 0))
        return;
    double start_s = shot_time(r, i) - from / rate, end_s = shot_time(r, j) + (1 - to) / rate;
    b->start_s = fmax(start_s, b->start_s);
    b->end_s = fmin(end_s, b->end_s);
}

/* Does all of the picture become lighter or darker, and hardly anything else happen? */
static bool is_light(const struct shot_ring *r, const struct shot_blend *b)
{
    double way2 = shot_distance2(r, b->first, b->last);
    double by = shot_view_at(r, b->last)->mean - shot_view_at(r, b->first)->mean;
    int luma = VIEW_LONG * VIEW_SHORT, all = VIEW_CELLS;
    return by * by * luma > LIGHT_SHARE * way2 * all;
}

/* Does it lead to another picture? */
static bool is_other(const struct shot_ring *r, const struct shot_blend *b)
{
    double unlike = shot_unlike(r, b->first, b->last);
    return unlike >= UNLIKE && !is_light(r, b) && !shot_is_zoom(r, b->first, b->last, unlike);
}

bool shot_blend_holds(const struct shot_ring *r, struct shot_blend *b)
{
    if (b->first < shot_ring_first(r))
        return false;
    follow_to_void(r, b);
    if (b->from_void && b->to_void)
        return false;
    bool fade = b->from_void || b->to_void;
    if ((!fade && !is_other(r, b)) || is_flash(r, b) || !is_mixture(r, b))
        return false;
    set_ends(r, b);
    return true;
}
