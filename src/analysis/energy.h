/* SPDX-License-Identifier: GPL-3.0-or-later
 * energy.h - how loud it is over time, and the moments that stand out.
 *
 * Push mono sound at ANALYSIS_RATE in blocks of any size; read the curve afterwards. Values are
 * dBFS of the RMS (a full-scale sine is -3.01), never below ENERGY_FLOOR_DB.
 * Memory: 4 bytes a hop. Threads: one meter belongs to one thread.
 */
#ifndef AIVE_ANALYSIS_ENERGY_H
#define AIVE_ANALYSIS_ENERGY_H

#include "analysis/series.h"

#define ENERGY_FLOOR_DB (-100.0f)

struct energy_meter {
    struct series power; /* mean square of each hop of 10 ms */
    int64_t samples;     /* pushed so far */
    double sum;          /* of squares in the hop under way */
    int in_hop;
};

bool energy_push(struct energy_meter *m, const float *mono, size_t n, struct err *e);
bool energy_end(struct energy_meter *m, struct err *e); /* closes the last, shorter hop */
void energy_finish(struct energy_meter *m);             /* accepts a zeroed meter */

/* Level around hop t: mean power over t - radius .. t + radius, in dB. One float a hop into `db`.
 */
void energy_db(const struct energy_meter *m, size_t radius, float *db);

struct energy_peak {
    double time_s;
    double score; /* onset relative to the strongest, times level; about 0..1, may pass 1 */
};

struct energy_drop { /* where the music sets in */
    double time_s;
    double rise_db; /* mean level of the four seconds after it less that of those before: >= 4 */
};

struct energy_section { /* a part of even loudness */
    double start_s, end_s;
    double level_db; /* dBFS of its mean power */
};

struct energy_marks {
    struct energy_peak *peaks; /* ascending in time, at least 0.5 s apart */
    size_t peak_count;
    struct energy_drop *drops; /* the largest first */
    size_t drop_count;
    struct energy_section *sections; /* ascending, without gaps, from 0 to the end */
    size_t section_count;
};

/* `onset` is onset strength on the same grid (n hops); borders of sections and drops are moved to
 * the downbeat (s, ascending) or else the onset next to them. False: no memory. */
bool energy_find_marks(const struct energy_meter *m, const float *onset, size_t n,
                       const double *downbeats_s, size_t downbeat_count,
                       struct energy_marks *out, struct err *e);
void energy_marks_finish(struct energy_marks *m); /* accepts zeroed marks */

#endif
