/* SPDX-License-Identifier: GPL-3.0-or-later
 * series.h - a growing row of numbers on the analysis grid, and the statistics we need of it.
 *
 * The grid: sound at 22,050 Hz mono, 100 hops a second; hop t starts at sample t * 220.5.
 * Ownership: the caller's struct, the row's memory: series_finish(). Threads: none of this locks.
 */
#ifndef AIVE_ANALYSIS_SERIES_H
#define AIVE_ANALYSIS_SERIES_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANALYSIS_RATE 22050
#define HOPS_PER_SECOND 100

/* First sample of hop t. */
static inline int64_t hop_sample(int64_t t)
{
    return (t * 441 + 1) / 2;
}

struct series {
    float *v;
    size_t count, cap;
};

/* False with ERR_NO_MEMORY, or ERR_TOO_LARGE past 48 hours of hops. */
bool series_add(struct series *s, float x, struct err *e);
void series_finish(struct series *s); /* accepts a zeroed series */

/* The p-quantile (0..1) of v[0..n); shuffles v. 0 for n = 0. */
float quantile(float *v, size_t n, double p);
/* The same, leaving v as it is; *ok is cleared when there is no memory. */
float quantile_of(const float *v, size_t n, double p, bool *ok);

/* out[t] = mean of in[t - radius .. t + radius], the window cut at the ends; out != in. */
void box_mean(const float *in, float *out, size_t n, size_t radius);

#endif
