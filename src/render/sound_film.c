/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. The film is a row of bodies and joints. In the body of a segment its voice plays alone. A
 * joint is the 10 ms around a cut, half of it on either side: the old voice plays on past its end,
 * the new one starts before its beginning, and both are mixed into a small buffer that is then
 * handed out. So at any time there is one voice, and each source needs one reader.
 */
#include "render/sound_film.h"

#include "core/timebase.h"
#include "media/media.h"
#include "render/stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_PER_SAMPLE (TICKS_PER_SECOND / PLAN_SAMPLE_RATE)
#define HALF (SOUND_FADE / 2)

struct source_sound {
    struct audio_reader *reader; /* opened when first heard */
    int64_t pos;                 /* sample it stands at */
};

/* A segment being played: samples of a source, in order, maybe stretched. */
struct voice {
    struct source_sound *sound; /* NULL: silence */
    int64_t pos;                /* next sample of the source */
    struct stretch *stretch;    /* NULL: at its own speed */
};

struct sound_film {
    const struct plan *p;
    const int *fds;
    const struct cancel *cancel;
    struct source_sound *sources; /* one for each source of the plan */

    const struct plan_segment *now; /* whose voice it is; NULL before the first, after the last */
    struct voice voice;
    int64_t pos, body_end; /* samples of the film */
    float joint[2 * SOUND_FADE];
    int joint_pos, joint_len; /* frames */
    bool ended;
};

/* --- Voices -------------------------------------------------------------------------------------
 */

static void voice_stop(struct voice *v)
{
    stretch_destroy(v->stretch);
    *v = (struct voice){0};
}

/* n frames of the source from v->pos on; silence before its start and after its end. */
static bool voice_pull(void *user, float *out, int n, struct err *e)
{
    struct voice *v = user;
    struct source_sound *s = v->sound;
    int done = 0;
    if (v->pos < 0) {
        done = -v->pos < n ? (int)-v->pos : n;
        memset(out, 0, 2 * sizeof *out * (size_t)done);
        v->pos += done;
    }
    if (done < n && s->pos != v->pos) {
        if (!audio_reader_seek(s->reader, v->pos, e))
            return false;
        s->pos = v->pos;
    }
    while (done < n) {
        int k = audio_reader_read(s->reader, out + 2 * done, n - done, e);
        if (k < 0)
            return false;
        if (k == 0) { /* the end: the reader stays where it is */
            memset(out + 2 * done, 0, 2 * sizeof *out * (size_t)(n - done));
            v->pos += n - done;
            return true;
        }
        done += k;
        v->pos += k;
        s->pos += k;
    }
    return true;
}

static bool voice_read(struct voice *v, float *out, int n, struct err *e)
{
    if (!v->sound) {
        memset(out, 0, 2 * sizeof *out * (size_t)n);
        return true;
    }
    return v->stretch ? stretch_read(v->stretch, out, n, voice_pull, v, e)
                      : voice_pull(v, out, n, e);
}

/* The voice of a segment, ready to play from sample `at` of the film. */
static bool voice_start(struct sound_film *f, const struct plan_segment *s, int64_t at,
                        struct err *e)
{
    voice_stop(&f->voice);
    if (!f->p->sources[s->source].has_audio || f->fds[s->source] < 0)
        return true;
    struct source_sound *sound = &f->sources[s->source];
    if (!sound->reader)
        sound->reader = audio_reader_create(f->fds[s->source], PLAN_SAMPLE_RATE, 2, f->cancel, e);
    if (!sound->reader)
        return false;
    int64_t into = ticks_scale(at * TICKS_PER_SAMPLE - s->out_start, s->rate.num, s->rate.den);
    struct voice v = {.sound = sound, .pos = ticks_scale(s->src_start + into, 1, TICKS_PER_SAMPLE)};
    if (s->rate.num != s->rate.den) {
        v.stretch = stretch_create(s->rate.num, s->rate.den, e);
        if (!v.stretch)
            return false;
        v.pos -= stretch_lead(v.stretch);
    }
    f->voice = v;
    return true;
}

/* --- Joints -------------------------------------------------------------------------------------
 */

static int64_t length(const struct plan_segment *s)
{
    return s->end_sample - s->first_sample;
}

/* The next segment that is heard at all; NULL: none. */
static const struct plan_segment *following(const struct sound_film *f,
                                            const struct plan_segment *s)
{
    const struct plan_segment *end = f->p->segments + f->p->segment_count;
    for (s = s ? s + 1 : f->p->segments; s < end; s++)
        if (length(s) > 0)
            return s;
    return NULL;
}

/* Does b go on where a ends, at the same speed? */
static bool seamless(const struct plan_segment *a, const struct plan_segment *b)
{
    int64_t gap = b->src_start - a->src_end;
    return b == a + 1 && a->source == b->source && a->rate.num == b->rate.num &&
           a->rate.den == b->rate.den && gap >= -1 && gap <= 1;
}

/* Half the length of the joint between a and b (either may be NULL: the film's ends). */
static int half_joint(const struct plan_segment *a, const struct plan_segment *b)
{
    int64_t half = HALF;
    if (a && b && seamless(a, b))
        return 0;
    if (a && length(a) / 2 < half)
        half = length(a) / 2;
    if (b && length(b) / 2 < half)
        half = length(b) / 2;
    return (int)half;
}

/* Fades the voice of f->now out and that of `next` in, into f->joint. At the film's ends there is
 * nothing on the other side, so the fade runs over the half that lies inside. */
static bool make_joint(struct sound_film *f, const struct plan_segment *next, int half,
                       struct err *e)
{
    float in[2 * SOUND_FADE] = {0};
    int len = f->now && next ? 2 * half : half;
    memset(f->joint, 0, sizeof f->joint);
    if (f->now && !voice_read(&f->voice, f->joint, len, e))
        return false;
    if (next && (!voice_start(f, next, f->pos, e) || !voice_read(&f->voice, in, len, e)))
        return false;
    for (int i = 0; i < len; i++) {
        double angle = M_PI / 2 * (i + 0.5) / len;
        float fade_out = (float)cos(angle), fade_in = (float)sin(angle);
        for (int c = 0; c < 2; c++)
            f->joint[2 * i + c] = fade_out * f->joint[2 * i + c] + fade_in * in[2 * i + c];
    }
    f->joint_pos = 0;
    f->joint_len = len;
    return true;
}

static bool go_on(struct sound_film *f, struct err *e)
{
    const struct plan_segment *next = following(f, f->now);
    int half = half_joint(f->now, next);
    if (half > 0) {
        if (!make_joint(f, next, half, e))
            return false;
    } else if (next && !(f->now && seamless(f->now, next))) {
        /* Segments of a single sample: nothing to fade over. */
        if (!voice_start(f, next, f->pos, e))
            return false;
    }
    f->now = next;
    f->ended = !next;
    if (next)
        f->body_end = next->end_sample - half_joint(next, following(f, next));
    return true;
}

bool sound_film_read(struct sound_film *f, float *out, int n, struct err *e)
{
    while (n > 0) {
        int k = f->joint_len - f->joint_pos;
        if (k > 0) {
            k = k < n ? k : n;
            memcpy(out, f->joint + 2 * f->joint_pos, 2 * sizeof *out * (size_t)k);
            f->joint_pos += k;
        } else if (f->ended) {
            k = n;
            memset(out, 0, 2 * sizeof *out * (size_t)k);
        } else if (f->pos < f->body_end) {
            k = f->body_end - f->pos < n ? (int)(f->body_end - f->pos) : n;
            if (!voice_read(&f->voice, out, k, e))
                return false;
        } else {
            if (!go_on(f, e))
                return false;
            continue;
        }
        f->pos += k;
        out += 2 * k;
        n -= k;
    }
    return true;
}

struct sound_film *sound_film_create(const struct plan *p, const int *source_fds,
                                     const struct cancel *cancel, struct err *e)
{
    struct sound_film *f = calloc(1, sizeof *f);
    if (f)
        f->sources = calloc(p->source_count ? p->source_count : 1, sizeof *f->sources);
    if (!f || !f->sources) {
        free(f);
        err_set(e, ERR_NO_MEMORY, "no memory for the sound");
        return NULL;
    }
    f->p = p;
    f->fds = source_fds;
    f->cancel = cancel;
    return f;
}

void sound_film_destroy(struct sound_film *f)
{
    if (!f)
        return;
    voice_stop(&f->voice);
    for (size_t i = 0; i < f->p->source_count; i++)
        audio_reader_destroy(f->sources[i].reader);
    free(f->sources);
    free(f);
}
