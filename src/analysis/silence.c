/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/silence.h"

#include <math.h>
#include <stdlib.h>

#define LEVEL_RADIUS 2u     /* 50 ms: shorter than a syllable */
#define FLOOR_RADIUS 10u    /* 210 ms: longer than the gaps inside words */
#define CLICK_HOPS 7        /* loud for 30 ms, smeared by the 50 ms: a click, not a word */
#define MUTE_DB (-60.0f)    /* quiet in any sound track */
#define LOUDEST_DB (-26.0f) /* nothing above this is a pause, however loud the rest */
#define CLEARANCE_DB 10.0f  /* a pause is so far below the usual level, at least */

/* A third of the way up from the noise floor (what the quietest 2 % of 0.2 s stretches have) to the
 * usual level (the 90 % quantile). */
static float threshold(float floor_db, float level_db)
{
    floor_db = fmaxf(floor_db, -80.0f);
    float t = floor_db + 0.35f * (level_db - floor_db);
    t = fminf(t, level_db - CLEARANCE_DB);
    return fmaxf(fminf(t, LOUDEST_DB), MUTE_DB);
}

/* The end of the quiet run that starts at t; clicks inside it are passed over. */
static size_t quiet_end(const float *db, size_t n, size_t t, float limit)
{
    size_t end = t, loud = 0;
    for (; t < n && loud <= CLICK_HOPS; t++) {
        if (db[t] < limit) {
            end = t + 1;
            loud = 0;
        } else {
            loud++;
        }
    }
    return end;
}

static bool add_pause(struct pauses *out, size_t lo, size_t hi, size_t n,
                      const struct silence_options *opt)
{
    double start = (double)lo / HOPS_PER_SECOND, end = (double)hi / HOPS_PER_SECOND;
    start += lo > 0 ? opt->margin_s : 0;
    end -= hi < n ? opt->margin_s : 0;
    if (end - start < opt->min_s)
        return true;
    if (out->count % 64 == 0) {
        struct pause *more = realloc(out->pauses, (out->count + 64) * sizeof *more);
        if (!more)
            return false;
        out->pauses = more;
    }
    out->pauses[out->count++] = (struct pause){start, end};
    return true;
}

bool silence_find(const struct energy_meter *m, const struct silence_options *opt,
                  struct pauses *out, struct err *e)
{
    size_t n = m->power.count;
    *out = (struct pauses){.threshold_db = MUTE_DB};
    if (n == 0)
        return true;
    float *db = malloc(n * sizeof *db);
    bool ok = db != NULL;
    if (!ok)
        goto out;

    energy_db(m, FLOOR_RADIUS, db);
    float floor_db = quantile(db, n, 0.02);
    energy_db(m, LEVEL_RADIUS, db);
    float level_db = quantile_of(db, n, 0.90, &ok);
    out->threshold_db = threshold(floor_db, level_db);
    for (size_t t = 0; ok && t < n;) {
        if (db[t] >= out->threshold_db) {
            t++;
            continue;
        }
        size_t end = quiet_end(db, n, t, out->threshold_db);
        ok = add_pause(out, t, end, n, opt);
        t = end;
    }

out:
    free(db);
    if (ok)
        return true;
    silence_finish(out);
    return err_set(e, ERR_NO_MEMORY, "no memory for pauses");
}

void silence_finish(struct pauses *p)
{
    free(p->pauses);
    *p = (struct pauses){0};
}
