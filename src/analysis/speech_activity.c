/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/speech_activity.h"

#include "analysis/voice.h"

#include <math.h>
#include <stdlib.h>

/* A stretch of pitch without a break */
#define CLEAR 0.4f      /* that periodic, at least: about 0 dB over noise */
#define JUMP 0.5f       /* semitones from hop to hop, at most */
#define SHORTEST_RUN 5u /* hops */
#define GLIDE 0.03f     /* semitones a hop: 3 a second; less is a note */
#define SLOPE_HOPS 4u   /* over which that is measured */

/* In a stretch longer than a syllable, a vibrato (5 to 6 a second) is no gliding: its swings cancel
 * in a mean over one. */
#define LONG_RUN 30u
#define SWING_RADIUS 9u
#define LONG_SLOPE_HOPS 8u

/* What sounds, rather than being a pause of it */
#define RANGE_DB 32.0f /* below the loudest within three seconds */
#define MUTE_DB (-72.0f)
#define PEAK_HOPS 50u /* of which the loudest are kept */
#define PEAK_REACH 6u

/* Of shares of gliding within a second (near) and four (far), and of notes. By logistic regression on
 * what bench/speech_sounds.py makes with espeak-ng, and the music of beat_songs.py and beat_traps.py. */
#define NEAR_HOPS 50u /* either way */
#define FAR_HOPS 200u
#define NEAR_WEIGHT 12.0f
#define FAR_WEIGHT (-0.8f)
#define NOTES_WEIGHT (-2.9f)
#define BIAS (-1.1f)

#define SHORTEST_SPEECH 8u /* of gliding */
#define GROWTH_HOPS 30u

const struct speech_options speech_defaults = {.begins = 1.7, .ends = 0, .bridge_s = 0.6};
const struct speech_options speech_gate = {.begins = 0.2, .ends = -1, .bridge_s = 2};

struct speech_activity {
    struct voice *voice;
};

struct speech_activity *speech_activity_create(struct err *e)
{
    struct speech_activity *s = calloc(1, sizeof *s);
    if (!s)
        err_set(e, ERR_NO_MEMORY, "no memory to listen for speech");
    else if ((s->voice = voice_create(e)))
        return s;
    free(s);
    return NULL;
}

void speech_activity_destroy(struct speech_activity *s)
{
    if (!s)
        return;
    voice_destroy(s->voice);
    free(s);
}

bool speech_activity_push(struct speech_activity *s, const float *mono, size_t n, struct err *e)
{
    return voice_push(s->voice, mono, n, e);
}

/* --- What each hop is --------------------------------------------------------------------------- */

struct marks { /* one a hop, 0 or 1 */
    float *sounds, *glides, *notes;
    float *score;
    float *smooth; /* scratch */
    size_t n;
};

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/* The loudest around each block of PEAK_HOPS. */
static float loudest_around(const float *peaks, size_t count, size_t i)
{
    size_t from = i > PEAK_REACH ? i - PEAK_REACH : 0;
    size_t to = i + PEAK_REACH < count ? i + PEAK_REACH : count - 1;
    float top = peaks[from];
    for (size_t k = from + 1; k <= to; k++)
        top = larger(top, peaks[k]);
    return top;
}

/* `level` is smooth. False: no memory. */
static bool mark_sound(const float *level, struct marks *m)
{
    size_t count = (m->n + PEAK_HOPS - 1) / PEAK_HOPS;
    float *peaks = malloc((count + 1) * sizeof *peaks);
    if (!peaks)
        return false;
    for (size_t i = 0; i < m->n; i++)
        peaks[i / PEAK_HOPS] =
            i % PEAK_HOPS ? larger(peaks[i / PEAK_HOPS], level[i]) : level[i];
    for (size_t i = 0; i < count; i++) {
        float limit = larger(loudest_around(peaks, count, i) - RANGE_DB, MUTE_DB);
        for (size_t t = i * PEAK_HOPS; t < m->n && t < (i + 1) * PEAK_HOPS; t++)
            m->sounds[t] = level[t] > limit;
    }
    free(peaks);
    return true;
}

/* The end of the unbroken pitch that begins at t. */
static size_t run_end(const struct voice_curve *c, size_t t, size_t n)
{
    for (t++; t < n && c->clear.v[t] >= CLEAR; t++)
        if (fabsf(c->pitch.v[t] - c->pitch.v[t - 1]) >= JUMP)
            break;
    return t;
}

/* By the slope around each hop of the run from..end-1. */
static void mark_run(const float *pitch, size_t from, size_t end, struct marks *m)
{
    size_t n = end - from, span = SLOPE_HOPS;
    pitch += from;
    if (n >= LONG_RUN) {
        box_mean(pitch, m->smooth, n, SWING_RADIUS);
        pitch = m->smooth;
        span = LONG_SLOPE_HOPS;
    }
    for (size_t t = 0; t < n; t++) {
        size_t at = t < span / 2 ? 0 : t - span / 2;
        if (at + span >= n)
            at = n - 1 - span;
        bool is_glide = fabsf(pitch[at + span] - pitch[at]) > GLIDE * (float)span;
        (is_glide ? m->glides : m->notes)[from + t] = m->sounds[from + t];
    }
}

static void mark_pitch(const struct voice_curve *c, struct marks *m)
{
    for (size_t t = 0; t < m->n;) {
        if (c->clear.v[t] < CLEAR) {
            t++;
            continue;
        }
        size_t end = run_end(c, t, m->n);
        if (end - t >= SHORTEST_RUN)
            mark_run(c->pitch.v, t, end, m);
        t = end;
    }
}

/* Adds weight * the share of x in what sounds within `radius`. A sound that was short counts as if a
 * part of it had been none of x. */
static void add_share(const struct marks *m, const float *x, size_t radius, float weight)
{
    double sum = 0, all = 0, doubt = 0.27 * (double)radius;
    for (size_t t = 0; t < m->n + radius; t++) {
        if (t < m->n) {
            sum += (double)x[t];
            all += (double)m->sounds[t];
        }
        if (t > 2 * radius) {
            sum -= (double)x[t - 2 * radius - 1];
            all -= (double)m->sounds[t - 2 * radius - 1];
        }
        if (t >= radius)
            m->score[t - radius] += weight * (float)(sum / (all + doubt));
    }
}

/* --- Spans -------------------------------------------------------------------------------------- */

static bool add_span(struct speech_spans *out, double start_s, double end_s)
{
    if (out->count > 0 &&
        start_s - out->spans[out->count - 1].end_s < (double)GROWTH_HOPS / HOPS_PER_SECOND) {
        out->spans[out->count - 1].end_s = end_s;
        return true;
    }
    if (out->count % 64 == 0) {
        struct speech_span *more = realloc(out->spans, (out->count + 64) * sizeof *more);
        if (!more)
            return false;
        out->spans = more;
    }
    out->spans[out->count++] = (struct speech_span){start_s, end_s};
    return true;
}

/* Out to where the sound begins and ends, if that is near. */
static bool add_grown(const struct marks *m, size_t from, size_t end, struct speech_spans *out)
{
    if (end - from < SHORTEST_SPEECH)
        return true;
    size_t first = from > GROWTH_HOPS ? from - GROWTH_HOPS : 0;
    size_t last = end + GROWTH_HOPS < m->n ? end + GROWTH_HOPS : m->n;
    while (from > first && m->sounds[from - 1] > 0)
        from--;
    while (end < last && m->sounds[end] > 0)
        end++;
    return add_span(out, (double)from / HOPS_PER_SECOND, (double)end / HOPS_PER_SECOND);
}

static bool find_spans(const struct marks *m, const struct speech_options *opt,
                       struct speech_spans *out)
{
    size_t from = 0, end = 0; /* of what glides while it is speech; gaps are bridged */
    bool speech = false;
    for (size_t t = 0; t < m->n; t++) {
        speech = (double)m->score[t] > (speech ? opt->ends : opt->begins);
        if (!speech || m->glides[t] <= 0)
            continue;
        if (end > from && (double)(t - end) >= opt->bridge_s * HOPS_PER_SECOND) {
            if (!add_grown(m, from, end, out))
                return false;
            from = end = t;
        }
        if (end == from)
            from = t;
        end = t + 1;
    }
    return end == from || add_grown(m, from, end, out);
}

static bool judge(const struct voice_curve *c, const float *level, struct marks *m,
                  const struct speech_options *opt, struct speech_spans *out)
{
    if (!mark_sound(level, m))
        return false;
    mark_pitch(c, m);
    for (size_t t = 0; t < m->n; t++)
        m->score[t] = BIAS;
    add_share(m, m->glides, NEAR_HOPS, NEAR_WEIGHT);
    add_share(m, m->glides, FAR_HOPS, FAR_WEIGHT);
    add_share(m, m->notes, FAR_HOPS, NOTES_WEIGHT);
    return find_spans(m, opt, out);
}

bool speech_activity_finish(struct speech_activity *s, const struct speech_options *opt,
                            struct speech_spans *out, struct err *e)
{
    *out = (struct speech_spans){0};
    if (!voice_end(s->voice, e))
        return false;
    const struct voice_curve *c = voice_of(s->voice);
    size_t n = c->level.count;
    float *all = calloc(6 * n + 1, sizeof *all);
    bool ok = all != NULL;
    if (ok && n > 0) {
        float *level = all + 5 * n;
        struct marks m = {.sounds = all, .glides = all + n, .notes = all + 2 * n,
                          .score = all + 3 * n, .smooth = all + 4 * n, .n = n};
        box_mean(c->level.v, level, n, 3);
        ok = judge(c, level, &m, opt, out);
    }
    free(all);
    if (ok)
        return true;
    speech_spans_finish(out);
    return err_set(e, ERR_NO_MEMORY, "no memory for speech");
}

void speech_spans_finish(struct speech_spans *s)
{
    free(s->spans);
    *s = (struct speech_spans){0};
}
