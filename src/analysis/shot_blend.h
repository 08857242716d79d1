/* SPDX-License-Identifier: GPL-3.0-or-later
 * shot_blend.h - pictures that turn into others little by little: dissolves and fades.
 */
#ifndef AIVE_ANALYSIS_SHOT_BLEND_H
#define AIVE_ANALYSIS_SHOT_BLEND_H

#include "analysis/shot_ring.h"

#include <stdbool.h>

#define BLEND_HALF_MAX_S                                                                           \
    1.6 /* half of the longest: what must be known on both sides of its middle */

/* A straight way from one picture to another. */
struct shot_blend {
    int64_t first, last; /* numbers of its pure ends */
    double start_s, end_s;
    double score;            /* how far it goes and how straight, in levels; 0: none */
    bool from_void, to_void; /* an end that shows nothing: all black, all white */
};

/* The best one whose middle is picture k, from what the ring has. */
struct shot_blend shot_blend_around(const struct shot_ring *r, int64_t k);

/* Is it more than a change of light or a slow move? Sets its exact ends. Costs time. */
bool shot_blend_holds(const struct shot_ring *r, struct shot_blend *b);

/* Does picture k show nothing? */
bool shot_is_void(const struct shot_ring *r, int64_t k);

#endif
