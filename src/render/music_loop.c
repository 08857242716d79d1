/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/music_loop.h"

#include "analysis/beats.h"
#include "media/media.h"

#include <math.h>
#include <stdlib.h>

#define RATE 48000
#define WHOLE_FADE 2400 /* 50 ms */
#define BAR_FADE 960    /* 20 ms */
#define MAX_SECONDS 600
#define MIN_LOOP_S 4.0
#define BLOCK 4096

/* Waves are compared over this much around the seam, shifted by so much at most. */
#define LIKE_WINDOW 9600
#define LIKE_SHIFT 960

#define MS 48
/* Chance alone makes waves, and attacks, less alike than this. */
#define ENOUGH_ALIKE 0.4

/* Beats by which the length of a loop may miss whole bars. */
#define WHOLE_BARS 0.06
/* So much must follow where music jumps back from, to be compared with what it jumps to. */
#define SOUND_AFTER_S 0.15

/* A bar may be so much quieter than the usual one and still be what music jumps back from. */
#define QUIET_DB 8.0f

static bool listen(int fd, struct beats *b, const struct cancel *cancel, struct err *e)
{
    struct audio_reader *r = audio_reader_create(fd, ANALYSIS_RATE, 1, cancel, e);
    float block[BLOCK];
    int n = r ? 0 : -1;
    while (r && (n = audio_reader_read(r, block, BLOCK, e)) > 0) {
        if (cancel_fired(cancel))
            n = err_set(e, ERR_CANCELED, "canceled") - 1;
        else if (!beats_push(b, block, (size_t)n, e))
            n = -1;
        if (n < 0)
            break;
    }
    audio_reader_destroy(r);
    return n == 0;
}

/* --- Bars ---------------------------------------------------------------------------------------
 */

/* Mean level of [from, to) seconds. */
static float level(const float *db, size_t n, double from, double to)
{
    size_t i = (size_t)fmax(0, from * HOPS_PER_SECOND), end = (size_t)(to * HOPS_PER_SECOND);
    double sum = 0;
    size_t count = 0;
    for (; i < end && i < n; i++, count++)
        sum += pow(10, (double)db[i] / 10);
    return count ? (float)(10 * log10(sum / (double)count)) : ENERGY_FLOOR_DB;
}

/* Which of the first `group` beats begins a bar: the one whose beats are the loudest. */
static size_t first_bar(const struct beats_result *r, const float *db, size_t n, size_t group)
{
    size_t best = 0;
    double most = -INFINITY;
    for (size_t phase = 0; phase < group; phase++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = phase; i < r->count; i += group, count++)
            sum += (double)level(db, n, r->beats_s[i], r->beats_s[i] + 0.1);
        if (count && sum / (double)count > most) {
            most = sum / (double)count;
            best = phase;
        }
    }
    return best;
}

/* Beats in so many seconds of steady music. */
static double beats_in(const struct beats_result *r, double seconds)
{
    return seconds * r->tempo / 60;
}

/* Is it a loop as a whole? */
static bool is_loop(const struct beats_result *r, const float *db, size_t n)
{
    double beats = beats_in(r, r->duration_s);
    return r->steady && beats > 7 && fabs(beats - 4 * round(beats / 4)) < WHOLE_BARS &&
           level(db, n, r->duration_s - 1, r->duration_s) >
               level(db, n, 0, r->duration_s) - QUIET_DB;
}

/* Bar lines to loop between; false: none. */
static bool choose_bars(const struct beats_result *r, const float *db, size_t n, double start_s,
                        double *from, double *to)
{
    float usual = level(db, n, 0, r->duration_s);
    size_t group = r->count >= 36 ? 12 : 4, first = first_bar(r, db, n, 4);
    while (first + group < r->count &&
           (r->beats_s[first] < start_s ||
            level(db, n, r->beats_s[first], r->beats_s[first] + 1) < usual - QUIET_DB))
        first += 4;
    for (size_t bars = r->count > first ? (r->count - 1 - first) / group : 0; bars > 0; bars--) {
        size_t last = first + bars * group;
        *from = r->beats_s[first];
        *to = r->beats_s[last];
        if (r->steady) /* the line through all beats knows better than any of them */
            *to = *from + (double)(last - first) * 60 / r->tempo;
        if (*to - *from < MIN_LOOP_S)
            return false;
        if (*to + SOUND_AFTER_S < r->duration_s &&
            level(db, n, r->beats_s[last - 4], *to) > usual - QUIET_DB)
            return true;
    }
    return false;
}

/* --- The seam -----------------------------------------------------------------------------------
 */

static bool read_mono(int fd, int64_t at, float *out, int n, const struct cancel *cancel,
                      struct err *e)
{
    struct audio_reader *r = audio_reader_create(fd, RATE, 1, cancel, e);
    int skip = at < 0 ? (int)-at : 0, done = skip;
    bool ok = r && audio_reader_seek(r, at + skip, e);
    for (int i = 0; i < skip; i++)
        out[i] = 0;
    while (ok && done < n) {
        int k = audio_reader_read(r, out + done, n - done, e);
        ok = k >= 0;
        if (k <= 0)
            break;
        done += k;
    }
    for (; done < n; done++)
        out[done] = 0;
    audio_reader_destroy(r);
    return ok;
}

static double likeness(const float *a, const float *b, int n)
{
    double ab = 0, aa = 1e-9, bb = 1e-9;
    for (int i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

/* How quickly the sound grows, millisecond by millisecond. */
static void attacks(const float *in, int n, float *out)
{
    float before = 0;
    for (int i = 0; i < n / MS; i++) {
        float sum = 0;
        for (int k = 0; k < MS; k++)
            sum += fabsf(in[i * MS + k]) / MS;
        out[i] = sum > before ? sum - before : 0;
        before += 0.3f * (sum - before);
    }
}

/* The shift, in steps, at which `a` is most like `b`; 0 where nothing is like it enough. */
static int best_shift(const float *a, const float *b, int n, int steps, double enough)
{
    int best = steps;
    for (int i = 0; i <= 2 * steps; i++) {
        double like = likeness(a, b + i, n);
        if (like > enough) {
            enough = like;
            best = i;
        }
    }
    return best - steps;
}

struct seam {
    float from[LIKE_WINDOW], to[LIKE_WINDOW + 2 * LIKE_SHIFT];
    float from_attacks[LIKE_WINDOW / MS], to_attacks[(LIKE_WINDOW + 2 * LIKE_SHIFT) / MS];
};

/* Shifts loop->to to where what is heard from `before` samples before it to `after` samples behind
 * it is most like what is heard around loop->from. */
static bool align(int fd, struct music_loop *loop, int before, int after,
                  const struct cancel *cancel, struct err *e)
{
    const int n = before + after, fade = (int)loop->fade;
    struct seam *s = malloc(sizeof *s);
    if (!s)
        return err_set(e, ERR_NO_MEMORY, "no memory to loop music");
    bool ok = read_mono(fd, loop->from - before, s->from, n, cancel, e) &&
              read_mono(fd, loop->to - before - LIKE_SHIFT, s->to, n + 2 * LIKE_SHIFT, cancel, e);
    if (ok) {
        int shift = best_shift(s->from, s->to, n, LIKE_SHIFT, ENOUGH_ALIKE);
        if (shift == 0) {
            attacks(s->from, n, s->from_attacks);
            attacks(s->to, n + 2 * LIKE_SHIFT, s->to_attacks);
            shift = MS * best_shift(s->from_attacks, s->to_attacks, n / MS, LIKE_SHIFT / MS,
                                    ENOUGH_ALIKE);
        }
        loop->to += shift;
        loop->likeness = fmax(
            0, likeness(s->from + before - fade, s->to + LIKE_SHIFT + shift + before - fade, fade));
    }
    free(s);
    return ok;
}

/* All of it, over a cross-fade. */
static void whole(struct music_loop *loop, int64_t length)
{
    int64_t fade = length / 4 < WHOLE_FADE ? length / 4 : WHOLE_FADE;
    *loop = (struct music_loop){.from = fade, .to = length, .fade = fade};
}

bool music_find_loop(int fd, int64_t start, int64_t length, struct music_loop *out,
                     const struct cancel *cancel, struct err *e)
{
    struct beats_result r = {0};
    struct beats *b = NULL;
    float *db = NULL;
    bool ok = true;
    double from, to;

    whole(out, length);
    if (length > (int64_t)MAX_SECONDS * RATE)
        return true;
    b = beats_create(e);
    ok = b && listen(fd, b, cancel, e) && beats_finish(b, &r, e);
    if (!ok)
        goto out;
    if (r.duration_s > 0.2) /* containers may tell more than there is */
        whole(out, llround(r.duration_s * RATE));
    size_t n = beats_meter(b)->power.count;
    db = malloc((n ? n : 1) * sizeof *db);
    if (!db) {
        ok = err_set(e, ERR_NO_MEMORY, "no memory to loop music");
        goto out;
    }
    energy_db(beats_meter(b), 2, db);
    if (is_loop(&r, db, n)) {
        out->from = out->fade = 0;
    } else if (r.count >= 8 && choose_bars(&r, db, n, (double)start / RATE, &from, &to)) {
        out->from = llround(from * RATE);
        out->to = llround(to * RATE);
        out->fade = out->from < BAR_FADE ? out->from : BAR_FADE;
        ok = align(fd, out, LIKE_WINDOW / 2, LIKE_WINDOW / 2, cancel, e);
    } else if (out->fade == WHOLE_FADE) {
        out->to -= LIKE_SHIFT;
        ok = align(fd, out, WHOLE_FADE, 0, cancel, e);
    }

out:
    free(db);
    beats_result_finish(&r);
    beats_destroy(b);
    return ok;
}
