/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. A cut is an unlike picture (a) in itself, (b) against the changes around it, which rules
 * out whip pans, explosions and whatever else changes all along, and (c) against all pairs across
 * it: when a picture before it is like one after it, that was a flash, a strobe or a drop-out.
 */
#include "analysis/shot_cut.h"

#include <math.h>

#define UNLIKE 0.40 /* a cut is at least that */
#define AROUND 3    /* pictures on either side that it is held against */
#define RATIO 1.35  /* how far it stands out of them */
#define RETURN 0.75 /* a pair across that is unlike by less than this share of it: back again */

static double most_around(const struct shot_ring *r, int64_t k)
{
    double most = 0;
    for (int64_t j = k - AROUND; j <= k + AROUND; j++)
        if (j != k && j > shot_ring_first(r) && j < r->pushed)
            most = fmax(most, r->unlike[j % SHOT_RING]);
    return most;
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
    return here >= UNLIKE && here >= RATIO * most_around(r, k) && !comes_back(r, k, RETURN * here);
}
