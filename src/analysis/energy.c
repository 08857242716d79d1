/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/energy_marks.h"

#include <math.h>
#include <stdlib.h>

#define RMS_RADIUS 4u /* 9 hops = 90 ms, about librosa's 2048 samples */

static bool close_hop(struct energy_meter *m, struct err *e)
{
    if (!series_add(&m->power, (float)(m->sum / m->in_hop), e))
        return false;
    m->sum = 0;
    m->in_hop = 0;
    return true;
}

bool energy_push(struct energy_meter *m, const float *mono, size_t n, struct err *e)
{
    int64_t hop_end = hop_sample((int64_t)m->power.count + 1);
    for (size_t i = 0; i < n; i++) {
        m->sum += (double)mono[i] * (double)mono[i];
        m->in_hop++;
        if (++m->samples < hop_end)
            continue;
        if (!close_hop(m, e))
            return false;
        hop_end = hop_sample((int64_t)m->power.count + 1);
    }
    return true;
}

bool energy_end(struct energy_meter *m, struct err *e)
{
    return m->in_hop == 0 || close_hop(m, e);
}

void energy_finish(struct energy_meter *m)
{
    series_finish(&m->power);
    *m = (struct energy_meter){0};
}

void energy_db(const struct energy_meter *m, size_t radius, float *db)
{
    box_mean(m->power.v, db, m->power.count, radius);
    for (size_t t = 0; t < m->power.count; t++)
        db[t] = fmaxf(10.0f * log10f(fmaxf(db[t], 1e-12f)), ENERGY_FLOOR_DB);
}

bool energy_find_marks(const struct energy_meter *m, const float *onset, size_t n,
                       const double *downbeats_s, size_t downbeat_count,
                       struct energy_marks *out, struct err *e)
{
    *out = (struct energy_marks){0};
    if (n > m->power.count)
        n = m->power.count;
    if (n == 0)
        return true;
    float *db = malloc(m->power.count * sizeof *db);
    bool ok = db != NULL;
    if (ok) {
        energy_db(m, RMS_RADIUS, db);
        struct energy_view v = {onset, db, n, downbeats_s, downbeat_count};
        ok = energy_find_peaks(&v, out) && energy_find_parts(&v, out);
    }
    free(db);
    if (ok)
        return true;
    energy_marks_finish(out);
    return err_set(e, ERR_NO_MEMORY, "no memory for the moments of energy");
}

void energy_marks_finish(struct energy_marks *m)
{
    free(m->peaks);
    free(m->drops);
    free(m->sections);
    *m = (struct energy_marks){0};
}
