/* SPDX-License-Identifier: GPL-3.0-or-later
 * tempo.h - which beat intervals are likely, before the beats are known.
 *
 * An interval is a whole number of hops: TEMPO_SHORTEST (215 BPM) .. TEMPO_LONGEST (55 BPM); state
 * k stands for the interval TEMPO_SHORTEST + k.
 */
#ifndef AIVE_ANALYSIS_TEMPO_H
#define AIVE_ANALYSIS_TEMPO_H

#include "analysis/series.h"

#define TEMPO_SHORTEST 27
#define TEMPO_LONGEST 110
#define TEMPO_STATES (TEMPO_LONGEST - TEMPO_SHORTEST + 1)

struct tempo_prior {
    float log_prior[TEMPO_STATES];
    float score[TEMPO_STATES]; /* 0..1: periodicity of the activation at this interval */
    float periodicity;         /* of the best one, in units of autocorrelation: music above 0.5 */
};

/* One prior every half minute, each from the minute around it: an hour may hold many songs. */
#define TEMPO_SPAN ((size_t)30 * HOPS_PER_SECOND)

struct tempo_map {
    struct tempo_prior *priors;
    size_t count; /* at least 1 */
};

bool tempo_map_make(const float *act, size_t n, struct tempo_map *out, struct err *e);
void tempo_map_finish(struct tempo_map *m); /* accepts a zeroed map */

static inline const struct tempo_prior *tempo_map_at(const struct tempo_map *m, size_t hop)
{
    size_t i = hop / TEMPO_SPAN;
    return &m->priors[i < m->count ? i : m->count - 1];
}

/* Score of a tempo in BPM, 0 outside the range. */
float tempo_score(const struct tempo_prior *p, double bpm);

#endif
