/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. The film is a row of bodies and joints. In the body of a segment its voice plays alone. A
 * joint is the 10 ms around a cut (or what a transition takes), half of it on either side: the old
 * voice plays on past its end, the new one starts before its beginning, and they fade into each
 * other with equal power. Joints never touch, so there are two voices at most.
 *
 * Where a segment goes on where the one before ended, its voice just plays on.
 */
#include "render/sound_film.h"

#include "render/sound_voice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 1024

enum joint { JOINT_FADE, JOINT_NONE /* the voice plays on */ };

struct sound_film {
    const struct plan *p;
    struct sound_pool pool;
    int64_t pos; /* sample of the film */

    /* The segment that plays, NULL before the first; the one after it, NULL after the last. */
    const struct plan_segment *now, *next;
    struct sound_voice *voice, *next_voice; /* NULL: silence */
    enum joint joint;
    int64_t joint_from, joint_to; /* around the cut between now and next */
    bool in_joint, ended;
    float block[2 * BLOCK];
};

/* --- Joints -------------------------------------------------------------------------------------
 */

static int64_t length(const struct plan_segment *s)
{
    return s->end_sample - s->first_sample;
}

/* The next segment that is heard at all; NULL: none. */
static const struct plan_segment *following(const struct plan *p, const struct plan_segment *s)
{
    const struct plan_segment *end = p->segments + p->segment_count;
    for (s = s ? s + 1 : p->segments; s < end; s++)
        if (length(s) > 0)
            return s;
    return NULL;
}

/* Does b go on where a ends, at the same speed? */
static bool seamless(const struct plan_segment *a, const struct plan_segment *b)
{
    int64_t gap = a->rate.backwards ? a->src_start - b->src_end : b->src_start - a->src_end;
    return b == a + 1 && a->source == b->source && !a->ramped && !b->ramped &&
           a->rate.num == b->rate.num && a->rate.den == b->rate.den &&
           a->rate.backwards == b->rate.backwards && gap >= -1 && gap <= 1;
}

/* Half the length of the joint between a and b (either may be NULL: the film's ends). */
static int64_t half_joint(const struct plan_segment *a, const struct plan_segment *b)
{
    int64_t half = (a && b && b->fade_samples > 0 ? b->fade_samples : SOUND_FADE) / 2;
    if (a && length(a) / 2 < half)
        half = length(a) / 2;
    if (b && length(b) / 2 < half)
        half = length(b) / 2;
    return half;
}

/* Where the voice that plays s, and what follows seamlessly, is heard no more. */
static int64_t voice_end(const struct plan *p, const struct plan_segment *s)
{
    for (;;) {
        const struct plan_segment *next = following(p, s);
        if (!next)
            return s->end_sample;
        if (!seamless(s, next))
            return s->end_sample + half_joint(s, next);
        s = next;
    }
}

/* Places the joint that ends f->now. At the film's ends there is nothing on the other side, so the
 * fade runs over the half that lies inside. */
static void plan_joint(struct sound_film *f)
{
    f->next = following(f->p, f->now);
    int64_t half = half_joint(f->now, f->next), cut = f->now ? f->now->end_sample : 0;
    f->joint = f->now && f->next && seamless(f->now, f->next) ? JOINT_NONE : JOINT_FADE;
    f->joint_from = f->now ? cut - half : 0;
    f->joint_to = f->next ? cut + half : cut;
}

static bool begin_joint(struct sound_film *f, struct err *e)
{
    f->in_joint = true;
    if (!f->next || f->joint == JOINT_NONE)
        return true;
    f->next_voice =
        sound_voice_create(&f->pool, f->next, f->joint_from, voice_end(f->p, f->next), e);
    return f->next_voice || e->code == ERR_NONE;
}

static void end_joint(struct sound_film *f)
{
    if (f->joint == JOINT_FADE) {
        sound_voice_destroy(f->voice);
        f->voice = f->next_voice;
        f->next_voice = NULL;
    }
    f->in_joint = false;
    f->now = f->next;
    f->ended = !f->now;
    if (f->now)
        plan_joint(f);
}

/* --- Playing ------------------------------------------------------------------------------------
 */

static bool read_voice(struct sound_voice *v, float *out, int n, struct err *e)
{
    if (v)
        return sound_voice_read(v, out, n, e);
    memset(out, 0, 2 * sizeof *out * (size_t)n);
    return true;
}

static void amplify(float *x, int n, double gain)
{
    if (gain != 1)
        for (int i = 0; i < 2 * n; i++)
            x[i] *= (float)gain;
}

/* One voice over the cut, from one segment's volume to the other's. */
static bool play_on(struct sound_film *f, float *out, int n, struct err *e)
{
    double from = f->now->gain, to = f->next->gain;
    if (!read_voice(f->voice, out, n, e))
        return false;
    if (from == to) {
        amplify(out, n, from);
        return true;
    }
    double step = (to - from) / (double)(f->joint_to - f->joint_from);
    for (int i = 0; i < n; i++) {
        float gain = (float)(from + step * ((double)(f->pos + i - f->joint_from) + 0.5));
        out[2 * i] *= gain;
        out[2 * i + 1] *= gain;
    }
    return true;
}

static bool fade_over(struct sound_film *f, float *out, int n, struct err *e)
{
    double gain_out = f->now ? f->now->gain : 0, gain_in = f->next ? f->next->gain : 0;
    if (!read_voice(f->voice, out, n, e) || !read_voice(f->next_voice, f->block, n, e))
        return false;
    for (int i = 0; i < n; i++) {
        double angle = M_PI / 2 * ((double)(f->pos + i - f->joint_from) + 0.5) /
                       (double)(f->joint_to - f->joint_from);
        float a = (float)(gain_out * cos(angle)), b = (float)(gain_in * sin(angle));
        out[2 * i] = a * out[2 * i] + b * f->block[2 * i];
        out[2 * i + 1] = a * out[2 * i + 1] + b * f->block[2 * i + 1];
    }
    return true;
}

static bool play(struct sound_film *f, float *out, int n, struct err *e)
{
    if (f->in_joint)
        return f->joint == JOINT_NONE ? play_on(f, out, n, e) : fade_over(f, out, n, e);
    if (!read_voice(f->voice, out, n, e))
        return false;
    amplify(out, n, f->now->gain);
    return true;
}

bool sound_film_read(struct sound_film *f, float *out, int n, struct err *e)
{
    while (n > 0) {
        if (f->ended) {
            memset(out, 0, 2 * sizeof *out * (size_t)n);
            return true;
        }
        int64_t left = (f->in_joint ? f->joint_to : f->joint_from) - f->pos;
        if (left <= 0) {
            if (f->in_joint)
                end_joint(f);
            else if (!begin_joint(f, e))
                return false;
            continue;
        }
        int k = n < BLOCK ? n : BLOCK;
        k = left < k ? (int)left : k;
        if (!play(f, out, k, e))
            return false;
        f->pos += k;
        out += 2 * k;
        n -= k;
    }
    return true;
}

struct sound_film *sound_film_create(const struct plan *p, const int *source_fds,
                                     const struct render_store *store, const struct cancel *cancel,
                                     struct err *e)
{
    struct sound_film *f = calloc(1, sizeof *f);
    if (!f) {
        err_set(e, ERR_NO_MEMORY, "no memory for the sound");
        return NULL;
    }
    f->p = p;
    f->pool = (struct sound_pool){.plan = p, .fds = source_fds, .store = store, .cancel = cancel};
    plan_joint(f);
    f->ended = !f->next;
    return f;
}

void sound_film_destroy(struct sound_film *f)
{
    if (!f)
        return;
    sound_voice_destroy(f->voice);
    sound_voice_destroy(f->next_voice);
    sound_pool_finish(&f->pool);
    free(f);
}
