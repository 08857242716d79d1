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

bool tempo_prior_of(const float *act, size_t n, struct tempo_prior *out, struct err *e);

/* Score of a tempo in BPM, 0 outside the range. */
float tempo_score(const struct tempo_prior *p, double bpm);

#endif
