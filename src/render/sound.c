/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/sound.h"

#include "media/encode.h"
#include "render/key.h"
#include "render/limiter.h"
#include "render/loudness.h"
#include "render/sound_film.h"
#include "render/sound_mix.h"
#include "render/sound_pieces.h"

#include <ebur128.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 3840 /* frames at once */

/* What the limiter is set to first: coding makes peaks higher, by up to 0.7 dB on fifteen songs,
 * films and voices that needed limiting. */
#define CEILING_DB (-1.8)
/* When the decoded film is still too high: lower by what it is, and by this, in steps. */
#define CEILING_MARGIN_DB 0.2
#define CEILING_STEP_DB 0.1
/* Gains are multiples of this, and films up to half of it off their loudness: a sound effect put
 * elsewhere seldom changes a film's gain then, and so nothing of what it does not touch. */
#define GAIN_STEP_DB 0.25
#define TOLERANCE_LU 0.3
#define MAX_PASSES 4

#define MEASURE_SHARE 0.25 /* of the progress */

/* A mix no longer than this is kept between the passes, 25 MB, and not made again: most films that
 * are made upright are as short as that. */
#define KEPT_SAMPLES (64 * PLAN_SAMPLE_RATE)

struct maker {
    const struct sound_job *job;
    struct sound_notes *notes;
    double gain_db, ceiling_db;
    double told; /* progress */

    float *kept;                 /* all of the mix, of kept_count frames; NULL: too long */
    int64_t kept_count, kept_at; /* kept_at: the next one to be given out */
    struct sound_mix *mix;       /* NULL where it was kept */
    struct sound_writer *writer;
    bool limits; /* false: no peak comes near the ceiling, so what is known needs no second look */
    ebur128_state *meter; /* NULL without limits */
    struct limiter limiter;
    struct sound_pieces pieces;
    int64_t pos; /* sample of the film that goes to the encoder next */
    float block[2 * BLOCK];
};

static void tell(struct maker *m, double fraction)
{
    if (fraction <= m->told)
        return;
    m->told = fraction;
    if (m->job->progress)
        m->job->progress(m->job->user, fraction);
}

/* --- The mix ------------------------------------------------------------------------------------
 */

static bool open_mix(struct maker *m, struct err *e)
{
    const struct sound_job *job = m->job;
    m->kept_at = 0;
    if (m->kept && m->kept_count == job->plan->sample_count)
        return true;
    m->mix = sound_mix_create(job->plan, job->source_fds, job->store, job->cancel, e);
    return m->mix != NULL;
}

static void close_mix(struct maker *m)
{
    sound_mix_destroy(m->mix);
    m->mix = NULL;
}

/* The next frames into m->block: how many, 0 at the end, -1 on failure. */
static int read_mix(struct maker *m, struct err *e)
{
    if (m->mix)
        return sound_mix_read(m->mix, m->block, BLOCK, e);
    if (cancel_fired(m->job->cancel))
        return err_set(e, ERR_CANCELED, "canceled"), -1;
    int64_t left = m->kept_count - m->kept_at;
    int n = left < BLOCK ? (int)left : BLOCK;
    memcpy(m->block, m->kept + 2 * m->kept_at, 2 * sizeof *m->kept * (size_t)n);
    m->kept_at += n;
    return n;
}

/* Room for a mix that is to be kept; without it, it is made again. */
static void make_room(struct maker *m)
{
    int64_t n = m->job->plan->sample_count;
    if (n <= KEPT_SAMPLES)
        m->kept = malloc(2 * sizeof *m->kept * (size_t)n);
}

static void keep(struct maker *m, int n)
{
    if (!m->kept)
        return;
    memcpy(m->kept + 2 * m->kept_count, m->block, 2 * sizeof *m->kept * (size_t)n);
    m->kept_count += n;
}

/* --- First pass: how loud is it? ----------------------------------------------------------------
 */

static bool measure(struct maker *m, struct loudness *l, struct err *e)
{
    int64_t done = 0;
    int n = open_mix(m, e) ? 1 : -1;
    make_room(m);
    while (m->mix && (n = read_mix(m, e)) > 0) {
        loudness_add(l, m->block, n);
        keep(m, n);
        done += n;
        tell(m, MEASURE_SHARE * (double)done / (double)m->job->plan->sample_count);
    }
    close_mix(m);
    memset(m->block, 0, sizeof m->block); /* so that the last step is whole */
    loudness_add(l, m->block, SOUND_FADE);
    m->notes->report.lufs_in = loudness_integrated(l);
    m->notes->report.true_peak_in_db = loudness_true_peak_db(l);
    return n == 0;
}

/* --- Second pass: encode ------------------------------------------------------------------------
 */

/* Two channels as one, such that opposite ones do not vanish. */
static float both(float left, float right)
{
    return SOUND_LEFT_SHARE * left + (1 - SOUND_LEFT_SHARE) * right;
}

static void note(struct maker *m, const float *samples, int n)
{
    for (int w = 0; w < SOUND_WINDOWS; w++) {
        struct sound_window *win = &m->notes->windows[w];
        int64_t from = win->at > m->pos ? win->at : m->pos;
        int64_t to = win->at + SOUND_WINDOW < m->pos + n ? win->at + SOUND_WINDOW : m->pos + n;
        for (int64_t i = from; i < to; i++) {
            const float *x = samples + 2 * (i - m->pos);
            win->mono[i - win->at] = (int16_t)lrintf(32767 * fmaxf(-1, fminf(both(x[0], x[1]), 1)));
        }
    }
}

static bool put(struct maker *m, const float *samples, int n, struct err *e)
{
    note(m, samples, n);
    if (m->meter && ebur128_add_frames_float(m->meter, samples, (size_t)n) != EBUR128_SUCCESS)
        return err_set(e, ERR_NO_MEMORY, "no memory to measure loudness");
    m->pos += n;
    double share = (double)m->pos / (double)m->job->plan->sample_count;
    tell(m, MEASURE_SHARE + (1 - MEASURE_SHARE) * share);
    return sound_writer_add(m->writer, samples, n, e);
}

/* The limiter lags, so the mix runs on for its delay, and as much is dropped at the start. */
static bool encode_mix(struct maker *m, struct err *e)
{
    float gain = (float)pow(10, m->gain_db / 20);
    int64_t skip = m->limits ? LIMITER_DELAY : 0, left = m->job->plan->sample_count;
    while (left > 0) {
        int n = read_mix(m, e);
        if (n < 0)
            return false;
        for (int i = 0; i < 2 * n; i++)
            m->block[i] *= gain;
        if (n == 0) {
            n = LIMITER_DELAY;
            memset(m->block, 0, sizeof m->block);
        }
        if (m->limits)
            limiter_run(&m->limiter, m->block, n);
        int drop = skip < n ? (int)skip : n;
        int keep = n - drop < left ? n - drop : (int)left;
        if (keep > 0 && !put(m, m->block + 2 * (ptrdiff_t)drop, keep, e))
            return false;
        skip -= drop;
        left -= keep;
    }
    return true;
}

static void place_windows(struct maker *m)
{
    const struct plan *p = m->job->plan;
    int64_t last = p->sample_count > SOUND_WINDOW ? p->sample_count - SOUND_WINDOW : 0;
    int64_t at[SOUND_WINDOWS] = {[SOUND_START] = 0, [SOUND_END] = last};
    at[SOUND_FIRST_CUT] = p->segments[0].end_sample - SOUND_WINDOW / 2;
    at[SOUND_LAST_CUT] = p->segments[p->segment_count - 1].first_sample - SOUND_WINDOW / 2;
    memset(m->notes->windows, 0, sizeof m->notes->windows);
    for (int w = 0; w < SOUND_WINDOWS; w++)
        m->notes->windows[w].at = at[w] < 0 ? 0 : at[w] > last ? last : at[w];
}

static void read_meters(struct maker *m)
{
    struct sound_report *r = &m->notes->report;
    double lufs = r->lufs_in + m->gain_db;
    if (m->meter && ebur128_loudness_global(m->meter, &lufs) != EBUR128_SUCCESS)
        lufs = -INFINITY;
    r->lufs = lufs;
    r->true_peak_db = m->pieces.peak > 0 ? 20 * log10((double)m->pieces.peak) : -INFINITY;
    r->gain_db = m->gain_db;
    r->limited_db = fabs(20 * log10((double)m->limiter.least));
    r->passes++;
}

static bool encode(struct maker *m, int fd, struct err *e)
{
    m->pos = 0;
    sound_pieces_init(&m->pieces, m->job->store, m->job->bit_rate);
    limiter_init(&m->limiter, m->ceiling_db);
    place_windows(m);
    if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return err_set(e, ERR_IO, "the sound cannot be written anew");
    m->limits = m->notes->report.true_peak_in_db + m->gain_db > m->ceiling_db;
    if (m->limits) {
        m->meter = ebur128_init(2, PLAN_SAMPLE_RATE, EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM);
        if (!m->meter)
            return err_set(e, ERR_NO_MEMORY, "no memory to measure loudness");
    }
    m->writer = open_mix(m, e) ? sound_writer_create(m->job->bit_rate, fd, e) : NULL;
    bool ok = m->writer && sound_writer_use_shelf(m->writer, &m->pieces.shelf, e) &&
              encode_mix(m, e) && sound_writer_finish(m->writer, e);
    if (ok)
        read_meters(m);
    sound_writer_destroy(m->writer);
    close_mix(m);
    if (m->meter)
        ebur128_destroy(&m->meter);
    m->writer = NULL;
    return ok;
}

/* --- Both ---------------------------------------------------------------------------------------
 */

static double in_steps(double gain_db)
{
    return GAIN_STEP_DB * nearbyint(gain_db / GAIN_STEP_DB);
}

/* Is what was encoded as it should be? If not, sets gain and ceiling for another pass. */
static bool good(struct maker *m, const struct loudness *l)
{
    const struct sound_report *r = &m->notes->report;
    double target = m->job->plan->loudness, high = r->true_peak_db - SOUND_TRUE_PEAK_DB;
    if (high > 0) {
        m->ceiling_db -= CEILING_STEP_DB * ceil((high + CEILING_MARGIN_DB) / CEILING_STEP_DB);
        if (target < 0)
            m->gain_db = in_steps(loudness_gain(l, target, m->ceiling_db));
        return false;
    }
    if (target >= 0 || !isfinite(r->lufs) || fabs(r->lufs - target) <= TOLERANCE_LU)
        return true;
    double most = fmin(LOUDNESS_MAX_GAIN_DB, target - r->lufs_in + LOUDNESS_MAX_MAKE_UP_DB);
    double wanted = in_steps(fmin(m->gain_db + target - r->lufs, most));
    if (fabs(wanted - m->gain_db) < GAIN_STEP_DB / 2)
        return true;
    m->gain_db = wanted;
    return false;
}

static bool make(struct maker *m, int fd, struct err *e)
{
    struct loudness *l = loudness_create(e);
    bool ok = l && measure(m, l, e);
    m->ceiling_db = CEILING_DB;
    if (ok && m->job->plan->loudness < 0)
        m->gain_db = in_steps(loudness_gain(l, m->job->plan->loudness, m->ceiling_db));
    do
        ok = ok && encode(m, fd, e);
    while (ok && !good(m, l) && m->notes->report.passes < MAX_PASSES);
    loudness_destroy(l);
    free(m->kept);
    return ok;
}

/* --- The store ----------------------------------------------------------------------------------
 */

/* The notes lie beside the sound, under a name made of its. */
static void notes_key(const char *key, char out[KEY_SIZE])
{
    static const char kind[] = "aive sound notes";
    const uint64_t size = sizeof(struct sound_notes);
    unsigned char hash[32];
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, sizeof hash);
    crypto_generichash_update(&h, (const unsigned char *)kind, sizeof kind);
    crypto_generichash_update(&h, (const unsigned char *)&size, sizeof size);
    crypto_generichash_update(&h, (const unsigned char *)key, strlen(key));
    crypto_generichash_final(&h, hash, sizeof hash);
    sodium_bin2hex(out, KEY_SIZE, hash, sizeof hash);
}

/* Not being there is no error: *fd is -1 then. */
static bool open_if_there(const struct render_store *s, const char *key, int *fd, struct err *e)
{
    struct err why = {0};
    *fd = s->open(s->user, key, &why);
    if (*fd >= 0 || why.code == ERR_NOT_FOUND)
        return true;
    *e = why;
    return false;
}

static bool recall(const struct sound_job *job, const char *key, struct sound_notes *notes,
                   bool *found, struct err *e)
{
    char beside[KEY_SIZE];
    int sound = -1, fd = -1;
    notes_key(key, beside);
    bool ok =
        open_if_there(job->store, key, &sound, e) && open_if_there(job->store, beside, &fd, e);
    *found =
        ok && sound >= 0 && fd >= 0 && pread(fd, notes, sizeof *notes, 0) == (ssize_t)sizeof *notes;
    if (sound >= 0)
        close(sound);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool keep_notes(const struct sound_job *job, const char *key,
                       const struct sound_notes *notes, struct err *e)
{
    char beside[KEY_SIZE];
    notes_key(key, beside);
    int fd = job->store->create(job->store->user, beside, e);
    if (fd < 0)
        return false;
    bool ok = pwrite(fd, notes, sizeof *notes, 0) == (ssize_t)sizeof *notes ||
              err_set(e, ERR_IO, "what was measured cannot be written");
    ok = ok && job->store->commit(job->store->user, beside, e);
    close(fd);
    return ok;
}

bool sound_make(const struct sound_job *job, const char *key, struct sound_notes *notes,
                bool *reused, struct err *e)
{
    struct err why = {0};
    bool ok = recall(job, key, notes, reused, &why);
    struct maker *m = NULL;
    int fd = -1;
    if (!ok || *reused)
        goto out;
    memset(notes, 0, sizeof *notes);
    m = calloc(1, sizeof *m);
    ok = m || err_set(&why, ERR_NO_MEMORY, "no memory for the sound");
    if (!ok)
        goto out;
    *m = (struct maker){.job = job, .notes = notes};
    fd = job->store->create(job->store->user, key, &why);
    ok = fd >= 0 && make(m, fd, &why) && keep_notes(job, key, notes, &why) &&
         job->store->commit(job->store->user, key, &why);

out:
    if (fd >= 0)
        close(fd);
    free(m);
    if (ok && job->progress)
        job->progress(job->user, 1);
    if (!ok && e)
        *e = why;
    return ok ? true : err_wrap(e, "sound");
}
