/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/shot_ring.h"

/* Pictures nearer than that, in levels squared, are not worth to be searched for motion: even jump
 * cuts in the same scene change more. */
#define ALIKE2 (2.5 * 2.5)

/* A zoom leaves less than that of what makes two pictures unlike: it was half at most for all true
 * ones, and 0.78 at least for cuts. */
#define ZOOM_LEAVES 0.65

void shot_ring_push(struct shot_ring *r, const struct small_picture *f, double time_s)
{
    int64_t k = r->pushed++;
    int slot = (int)(k % SHOT_RING);
    view_make(&r->view[slot], f);
    r->time_s[slot] = time_s;
    for (int64_t j = shot_ring_first(r); j <= k; j++) {
        int32_t product = view_product(&r->view[j % SHOT_RING], &r->view[slot]);
        r->product[slot][j % SHOT_RING] = r->product[j % SHOT_RING][slot] = product;
    }
    r->unlike[slot] = k > 0 && shot_distance2(r, k - 1, k) > ALIKE2 ? shot_unlike(r, k - 1, k) : 0;
}

double shot_distance2(const struct shot_ring *r, int64_t i, int64_t j)
{
    int a = (int)(i % SHOT_RING), b = (int)(j % SHOT_RING), cells = VIEW_CELLS;
    return ((double)r->product[a][a] + r->product[b][b] - 2.0 * r->product[a][b]) /
           ((double)VIEW_UNIT * VIEW_UNIT * cells);
}

double shot_unlike(const struct shot_ring *r, int64_t i, int64_t j)
{
    return view_unlike(shot_view_at(r, i), shot_view_at(r, j));
}

bool shot_is_zoom(const struct shot_ring *r, int64_t i, int64_t j, double unlike)
{
    return view_unlike_zoomed(shot_view_at(r, i), shot_view_at(r, j)) < ZOOM_LEAVES * unlike;
}
