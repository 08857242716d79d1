/* SPDX-License-Identifier: GPL-3.0-or-later
 * decode.h - the most likely row of beats under an activation.
 *
 * The beat-pointer model of F. Krebs, S. Boeck, G. Widmer, "An efficient state-space model for
 * joint tempo and meter tracking" (ISMIR 2015), solved exactly over whole beats instead of single
 * hops: the same answer at a tenth of the cost.
 */
#ifndef AIVE_ANALYSIS_DECODE_H
#define AIVE_ANALYSIS_DECODE_H

#include "analysis/tempo.h"

struct decoded_beat {
    int64_t hop;  /* where its zone starts; the first one may lie before 0 */
    int interval; /* hops to the next beat; the zone is decode_zone(interval) hops long */
};

static inline int decode_zone(int interval)
{
    return (interval + 6) / 12 > 1 ? (interval + 6) / 12 : 1;
}

/* `act` is 0..1 a hop. *beats is malloc'd, ascending. Memory while running: 30 bytes a hop. */
bool decode_beats(const float *act, size_t n, const struct tempo_map *map,
                  struct decoded_beat **beats, size_t *count, struct err *e);

#endif
