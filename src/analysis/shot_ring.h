/* SPDX-License-Identifier: GPL-3.0-or-later
 * shot_ring.h - the last pictures, as points in a space: what cuts and blends are judged by.
 *
 * Pictures have numbers from 0 on, in order of time. Of the last SHOT_RING the views are kept and
 * the inner products of all pairs, so distances cost nothing. One thread at a time.
 */
#ifndef AIVE_ANALYSIS_SHOT_RING_H
#define AIVE_ANALYSIS_SHOT_RING_H

#include "analysis/shot_view.h"

#include <stdbool.h>
#include <stdint.h>

#define SHOT_RING 128 /* four seconds of 30 pictures a second */

struct shot_ring {
    int64_t pushed; /* the next number */
    double time_s[SHOT_RING];
    double unlike[SHOT_RING]; /* view_unlike() of the picture before; less than it for like ones */
    struct shot_view view[SHOT_RING];
    int32_t product[SHOT_RING][SHOT_RING];
};

void shot_ring_push(struct shot_ring *r, const struct small_picture *f, double time_s);

static inline int64_t shot_ring_first(const struct shot_ring *r) /* the oldest that is kept */
{
    return r->pushed > SHOT_RING ? r->pushed - SHOT_RING : 0;
}

static inline double shot_time(const struct shot_ring *r, int64_t k)
{
    return r->time_s[k % SHOT_RING];
}

static inline const struct shot_view *shot_view_at(const struct shot_ring *r, int64_t k)
{
    return &r->view[k % SHOT_RING];
}

/* Mean square of the difference of two pictures' grids, in levels squared. */
double shot_distance2(const struct shot_ring *r, int64_t i, int64_t j);

/* How much of picture j is not in picture i, see view_unlike(). Costs time. */
double shot_unlike(const struct shot_ring *r, int64_t i, int64_t j);

/* Does a fast zoom or move of the camera explain why they are so `unlike`? Costs ten times that. */
bool shot_is_zoom(const struct shot_ring *r, int64_t i, int64_t j, double unlike);

#endif
