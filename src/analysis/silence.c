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

#define AROUND_HOPS 1500u   /* either way: what is quiet is told from half a minute */
#define STEP_HOPS 500u      /* how often that is looked at anew */
#define ALIVE_DB 12.0f      /* floor and level this far apart: something comes and goes */

/* A third of the way up from the noise floor (what the quietest 2 % of 0.2 s stretches have) to the
 * usual level (the 90 % quantile). */
static float threshold(float floor_db, float level_db)
{
    floor_db = fmaxf(floor_db, -80.0f);
    float t = floor_db + 0.35f * (level_db - floor_db);
    t = fminf(t, level_db - CLEARANCE_DB);
    return fmaxf(fminf(t, LOUDEST_DB), MUTE_DB);
}

/* One threshold for every STEP_HOPS, from `around` (210 ms) and `db` (50 ms). Where nothing comes and
 * goes for half a minute, it is the file's own: a long silence stays one, steady music is none. */
static bool local_thresholds(const float *around, const float *db, size_t n, float whole,
                             float *limits)
{
    bool ok = true;
    for (size_t i = 0; i * STEP_HOPS < n && ok; i++) {
        size_t at = i * STEP_HOPS, from = at > AROUND_HOPS ? at - AROUND_HOPS : 0;
        size_t count = (n - from < 2 * AROUND_HOPS ? n - from : 2 * AROUND_HOPS);
        float floor_db = quantile_of(around + from, count, 0.02, &ok);
        float level_db = quantile_of(db + from, count, 0.90, &ok);
        limits[i] = level_db - floor_db < ALIVE_DB ? whole : threshold(floor_db, level_db);
    }
    return ok;
}

/* The end of the quiet run that starts at t; clicks inside it are passed over. */
static size_t quiet_end(const float *db, size_t n, size_t t, const float *limits)
{
    size_t end = t, loud = 0;
    for (; t < n && loud <= CLICK_HOPS; t++) {
        if (db[t] < limits[t / STEP_HOPS]) {
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
    float *db = malloc(n * sizeof *db), *around = malloc(n * sizeof *around);
    float *limits = malloc((n / STEP_HOPS + 1) * sizeof *limits);
    bool ok = db && around && limits;
    if (!ok)
        goto out;

    energy_db(m, FLOOR_RADIUS, around);
    energy_db(m, LEVEL_RADIUS, db);
    float floor_db = quantile_of(around, n, 0.02, &ok);
    float level_db = quantile_of(db, n, 0.90, &ok);
    out->threshold_db = threshold(floor_db, level_db);
    ok = ok && local_thresholds(around, db, n, out->threshold_db, limits);
    for (size_t t = 0; ok && t < n;) {
        if (db[t] >= limits[t / STEP_HOPS]) {
            t++;
            continue;
        }
        size_t end = quiet_end(db, n, t, limits);
        ok = add_pause(out, t, end, n, opt);
        t = end;
    }

out:
    free(limits);
    free(around);
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
