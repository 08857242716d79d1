/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. The best way through places x moments by dynamic programming (Viterbi): each moment pays
 * what the window sees there, each move costs by its length.
 */
#include "analysis/subject_eye.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 25
#define MOVE_COST                                                                                  \
    3.0 /* of the whole way across: it takes some moments of seeing much more to pay */

/* Share of what there is that a window sees, with parts of bins at its ends. */
static double seen_by(const uint8_t *bins, double from, double to)
{
    double sum = 0;
    for (int i = 0; i < SALIENCY_BINS; i++) {
        double part = fmin(to, i + 1) - fmax(from, i);
        sum += part > 0 ? part * bins[i] : 0;
    }
    return sum / SALIENCY_SUM;
}

static double place_centre(int place, double window)
{
    return window / 2 + (1 - window) * place / (PLACES - 1);
}

/* The best way that ends at each place, moved on by one moment; came[place] is where it came from.
 */
static void step_on(const uint8_t *bins, double window, double *best, uint8_t *came)
{
    double next[PLACES];
    for (int to = 0; to < PLACES; to++) {
        double most = -INFINITY;
        for (int from = 0; from < PLACES; from++) {
            double v = best[from] - MOVE_COST * abs(to - from) / (PLACES - 1);
            if (v <= most)
                continue;
            most = v;
            came[to] = (uint8_t)from;
        }
        double low = (place_centre(to, window) - window / 2) * SALIENCY_BINS;
        next[to] = most + seen_by(bins, low, low + window * SALIENCY_BINS);
    }
    memcpy(best, next, sizeof next);
}

bool subject_eye(const uint8_t *bins, size_t step, size_t count, double window, double *centre,
                 struct err *e)
{
    double best[PLACES] = {0};
    uint8_t *came = malloc(count * PLACES + 1);
    if (!came)
        return err_set(e, ERR_NO_MEMORY, "no memory to see what stands out");
    for (size_t i = 0; i < count; i++)
        step_on(bins + i * step, window, best, came + i * PLACES);
    int place = PLACES / 2;
    for (int i = 0; i < PLACES; i++)
        place = best[i] > best[place] ? i : place;
    for (size_t i = count; i-- > 0;) {
        centre[i] = place_centre(place, window);
        place = came[i * PLACES + (size_t)place];
    }
    free(came);
    return true;
}
