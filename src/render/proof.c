/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Cross-correlation, normalised to 0..1, of the half second that the plan put there with
 * the film's sound up to a quarter of a second to either side: first on every twelfth sample, then
 * around the best place on all of them, and between samples by a parabola. An offset counts only
 * where one place is clearly better than all others.
 */
#include "render/proof.h"

#include "core/timebase.h"
#include "media/media.h"

#include <math.h>
#include <stdlib.h>

#define COARSE 12
#define MAX_LAG 12000 /* samples: 0.25 s */
#define FILM (SOUND_WINDOW + 2 * MAX_LAG)
#define COARSE_WINDOW (SOUND_WINDOW / COARSE)
#define COARSE_LAGS (2 * MAX_LAG / COARSE + 1)
#define LANES 8

#define QUIET 0.003f /* RMS, -50 dBFS: less is silence, and the encoder's noise */
#define ENOUGH 0.6   /* of a match */
#define APART 20     /* coarse steps (5 ms): further away it is another place */
#define NEARLY_AS_GOOD 0.96

struct ear {
    struct audio_reader *reader;
    float plan[SOUND_WINDOW], film[FILM];
    float plan_coarse[COARSE_WINDOW], film_coarse[COARSE_WINDOW + COARSE_LAGS];
};

/* Sums in LANES, which the compiler makes one register of; LANES divides n. */
static double correlate(const float *a, const float *b, int n)
{
    float ab[LANES] = {0}, aa[LANES] = {0}, bb[LANES] = {0};
    double sum_ab = 0, sum_aa = 1e-9, sum_bb = 1e-9;
    for (int i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            ab[k] += a[i + k] * b[i + k];
            aa[k] += a[i + k] * a[i + k];
            bb[k] += b[i + k] * b[i + k];
        }
    for (int k = 0; k < LANES; k++) {
        sum_ab += (double)ab[k];
        sum_aa += (double)aa[k];
        sum_bb += (double)bb[k];
    }
    return sum_ab / sqrt(sum_aa * sum_bb);
}

static void thin(const float *in, int n, float *out)
{
    for (int i = 0; i < n; i++) {
        out[i] = 0;
        for (int k = 0; k < COARSE; k++)
            out[i] += in[COARSE * i + k] / COARSE;
    }
}

/* The film's sound from MAX_LAG before the window on; silence beyond its ends. */
static bool read_film(struct ear *ear, int64_t at, struct err *e)
{
    float block[2 * 1024];
    int64_t from = at - MAX_LAG;
    int done = from < 0 ? (int)-from : 0;
    for (int i = 0; i < FILM; i++)
        ear->film[i] = 0;
    if (!audio_reader_seek(ear->reader, from + done, e))
        return false;
    while (done < FILM) {
        int n = audio_reader_read(ear->reader, block, FILM - done < 1024 ? FILM - done : 1024, e);
        if (n <= 0)
            return n == 0;
        for (int i = 0; i < n; i++)
            ear->film[done + i] =
                SOUND_LEFT_SHARE * block[2 * i] + (1 - SOUND_LEFT_SHARE) * block[2 * i + 1];
        done += n;
    }
    return true;
}

/* The coarse place that fits best, -1 when another one fits as well. */
static int best_place(struct ear *ear)
{
    double match[COARSE_LAGS];
    int best = 0;
    thin(ear->plan, COARSE_WINDOW, ear->plan_coarse);
    thin(ear->film, FILM / COARSE, ear->film_coarse);
    for (int i = 0; i < COARSE_LAGS; i++) {
        match[i] = correlate(ear->plan_coarse, ear->film_coarse + i, COARSE_WINDOW);
        if (match[i] > match[best])
            best = i;
    }
    for (int i = 0; i < COARSE_LAGS; i++)
        if (abs(i - best) > APART && match[i] > NEARLY_AS_GOOD * match[best])
            return -1;
    return best;
}

static void refine(struct ear *ear, int place, double *offset_ms, double *match)
{
    double m[2 * COARSE + 1];
    int best = 0, first = place * COARSE - COARSE;
    first = first < 0 ? 0 : first > 2 * MAX_LAG - 2 * COARSE ? 2 * MAX_LAG - 2 * COARSE : first;
    for (int i = 0; i <= 2 * COARSE; i++) {
        m[i] = correlate(ear->plan, ear->film + first + i, SOUND_WINDOW);
        if (m[i] > m[best])
            best = i;
    }
    double shift = 0;
    if (best > 0 && best < 2 * COARSE) {
        double bend = m[best - 1] - 2 * m[best] + m[best + 1];
        shift = bend < 0 ? 0.5 * (m[best - 1] - m[best + 1]) / bend : 0;
    }
    *match = m[best];
    *offset_ms = (first + best + shift - MAX_LAG) * 1000.0 / PLAN_SAMPLE_RATE;
}

/* At the cut, else at the end of the film next to it. */
static bool listen(struct ear *ear, const struct sound_notes *notes, int cut, int end, bool *known,
                   double *offset_ms, double *match, struct err *e)
{
    const int tried[] = {cut, end};
    for (int i = 0; i < 2 && !*known; i++) {
        const struct sound_window *w = &notes->windows[tried[i]];
        float power = 0;
        for (int k = 0; k < SOUND_WINDOW; k++) {
            ear->plan[k] = (float)w->mono[k] / 32767;
            power += ear->plan[k] * ear->plan[k] / SOUND_WINDOW;
        }
        if (power < QUIET * QUIET)
            continue;
        if (!read_film(ear, w->at, e))
            return false;
        int place = best_place(ear);
        if (place < 0)
            continue;
        refine(ear, place, offset_ms, match);
        *known = *match >= ENOUGH;
    }
    return true;
}

static bool prove_sound(int film_fd, const struct sound_notes *notes, const struct cancel *cancel,
                        struct proof_report *out, struct err *e)
{
    struct ear *ear = calloc(1, sizeof *ear);
    if (!ear)
        return err_set(e, ERR_NO_MEMORY, "no memory to check the film");
    ear->reader = audio_reader_create(film_fd, PLAN_SAMPLE_RATE, 2, cancel, e);
    bool ok = ear->reader &&
              listen(ear, notes, SOUND_FIRST_CUT, SOUND_START, &out->first_known,
                     &out->first_offset_ms, &out->first_match, e) &&
              listen(ear, notes, SOUND_LAST_CUT, SOUND_END, &out->last_known, &out->last_offset_ms,
                     &out->last_match, e);
    audio_reader_destroy(ear->reader);
    free(ear);
    return ok;
}

static bool prove_picture(const struct plan *p, int film_fd, const struct cancel *cancel,
                          struct proof_report *out, struct err *e)
{
    struct media_info info;
    if (!media_probe(film_fd, &info, cancel, e))
        return false;
    int64_t length = info.video_end_ticks - info.video_start_ticks;
    out->picture_s = ticks_to_seconds(length);
    out->sound_s =
        info.has_audio ? ticks_to_seconds(info.audio_end_ticks - info.audio_start_ticks) : 0;
    out->frames = ticks_scale(length, p->fps_num, TICKS_PER_SECOND * p->fps_den);
    if (info.has_video && out->frames == p->frame_count)
        return true;
    return err_set(e, ERR_INTERNAL, "the film has %lld frames instead of %lld",
                   (long long)out->frames, (long long)p->frame_count);
}

static bool off(bool known, double offset_ms, const struct plan *p)
{
    return known && fabs(offset_ms) * p->fps_num > 1000.0 * p->fps_den;
}

bool proof_film(const struct plan *p, int film_fd, const struct sound_notes *notes,
                const struct cancel *cancel, struct proof_report *out, struct err *e)
{
    *out = (struct proof_report){0};
    if (!prove_picture(p, film_fd, cancel, out, e) ||
        (notes && !prove_sound(film_fd, notes, cancel, out, e)))
        return err_wrap(e, "check the film");
    bool first = off(out->first_known, out->first_offset_ms, p);
    if (first || off(out->last_known, out->last_offset_ms, p))
        return err_set(
            e, ERR_INTERNAL, "check the film: its sound is %.0f ms from its place at the %s cut",
            first ? out->first_offset_ms : out->last_offset_ms, first ? "first" : "last");
    return true;
}
