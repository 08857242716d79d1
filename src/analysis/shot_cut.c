/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. A cut is an unlike picture (a) in itself, (b) against the changes around it, which rules
 * out whip pans, explosions and whatever else changes all along, and (c) against all pairs across
 * it: when a picture before it is like one after it, that was a flash, a strobe or a drop-out.
 * What is left after that is held against a zoom of the camera.
 */
#include "analysis/shot_cut.h"

#include <math.h>

#define UNLIKE 0.43        /* a cut is at least that */
#define UNLIKE_LIVELY 0.46 /* and that at the border of a lively part */
#define UNLIKE_JUMP 0.33   /* less will do where nothing else moves */
#define JUMP 2.5           /* as far as that times the changes around */
#define JUMP_LEVELS 12.0   /* and that far in itself */
#define AROUND 3           /* pictures on either side that it is held against */
#define RATIO 1.35         /* how far it stands out of them, or of the calmer side */
#define TOP 0.95 /* if the livelier one stays as lively as this and that share of its most */
#define LIVELY 0.6
#define RETURN 0.75 /* a pair across that is unlike by less than this share of it: back again */

/* The largest change from picture `from` to picture `to`. */
static double most(const struct shot_ring *r, int64_t from, int64_t to)
{
    double m = 0;
    for (int64_t j = from; j <= to; j++)
        if (j > shot_ring_first(r) && j < r->pushed)
            m = fmax(m, r->unlike[j % SHOT_RING]);
    return m;
}

/* Is it lively in most of the pictures `from` to `to`, not for a moment as in a whip pan? */
static bool stays_lively(const struct shot_ring *r, int64_t from, int64_t to, double limit)
{
    int lively = 0;
    for (int64_t j = from; j <= to; j++)
        lively += j > shot_ring_first(r) && j < r->pushed && r->unlike[j % SHOT_RING] >= limit;
    return 3 * lively >= 2 * (to - from + 1);
}

/* Does the light jump as nowhere around? Whatever moves changes from picture to picture all along.
 */
static bool jumps(const struct shot_ring *r, int64_t k)
{
    double here2 = shot_distance2(r, k - 1, k);
    for (int64_t j = k - 2 * AROUND; j <= k + 2 * AROUND; j++)
        if (j != k && j > shot_ring_first(r) && j < r->pushed &&
            shot_distance2(r, j - 1, j) * JUMP * JUMP > here2)
            return false;
    return here2 >= JUMP_LEVELS * JUMP_LEVELS;
}

static bool stands_out(const struct shot_ring *r, int64_t k)
{
    double here = r->unlike[k % SHOT_RING];
    double before = most(r, k - AROUND, k - 1), after = most(r, k + 1, k + AROUND);
    if (here < UNLIKE_JUMP || here < TOP * fmax(before, after))
        return false;
    if (here >= RATIO * fmax(before, after))
        return here >= UNLIKE || jumps(r, k);
    if (here < UNLIKE_LIVELY)
        return false;
    return (here >= RATIO * before && stays_lively(r, k + 1, k + 2 * AROUND, LIVELY * after)) ||
           (here >= RATIO * after && stays_lively(r, k - 2 * AROUND, k - 1, LIVELY * before));
}

/* Next ones singly, then every second: a flash's pictures before and after are not that exact. */
static int64_t farther(int64_t step)
{
    return step < 4 ? step + 1 : step + 2;
}

static bool comes_back(const struct shot_ring *r, int64_t k, double limit)
{
    for (int64_t n = 1; k + n < r->pushed && shot_time(r, k + n) - shot_time(r, k) <= CUT_LOOK_S;
         n = farther(n))
        if (shot_unlike(r, k - 1, k + n) < limit)
            return true;
    for (int64_t n = 2;
         k - n >= shot_ring_first(r) && shot_time(r, k) - shot_time(r, k - n) <= CUT_LOOK_S;
         n = farther(n))
        if (shot_unlike(r, k - n, k) < limit)
            return true;
    return false;
}

bool shot_is_cut(const struct shot_ring *r, int64_t k)
{
    double here = r->unlike[k % SHOT_RING];
    return stands_out(r, k) && !comes_back(r, k, fmin(RETURN * here, UNLIKE)) &&
           !shot_is_zoom(r, k - 1, k, here);
}
