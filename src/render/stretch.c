/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Rubber Band's real-time mode, since its offline mode wants to see the whole sound first.
 * It is delayed by a known number of samples, which are thrown away at the start, and it is fed as
 * little as it asks for, so its buffers keep their size.
 *
 * A ramp is a control loop: before every few milliseconds of input the ratio is set to the one that
 * puts the input HORIZON ahead where it belongs, given how far the output has come. Rubber Band
 * rounds its steps and forgets nothing, so errors are seen and mended, and never add up.
 *
 * Slower than half the speed, one stretcher makes two attacks of one, some 30 ms apart (measured:
 * 17 and 19 of 8 clicks at a quarter). Two of them in a row, each with the root of the ratio,
 * hardly do: 9 and 10 of the 8. A ramp passes through such speeds too briefly to be worth it.
 */
#include "render/stretch.h"

#include <math.h>
#include <rubberband/rubberband-c.h>
#include <stdlib.h>

#define RATE 48000
#define BLOCK 1024 /* frames fed at once */

/* Measured: in slowed sound an attack comes early, by as much as if it stood this many frames of
 * input before its place (it starts when the analysis window first touches it). Hearing the input
 * that much later puts attacks within 4 ms of where they belong, down to a quarter of the speed. */
#define ATTACK_FRAMES 264

/* Measured: the frame under Rubber Band's window is this far behind what it was fed, and its output
 * this far ahead of what it has given. */
#define WINDOW_IN 2048
#define WINDOW_OUT 1950

#define ONE_STAGE_RATIO 2.0

#define RAMP_BLOCK 128
#define HORIZON 1024.0 /* frames of input */
#define MAX_SPEED 16.0

struct stretch {
    RubberBandState rb;
    struct stretch *before; /* what it is fed from; NULL: from the caller's sound */
    int lead;
    int discard;            /* frames of output still to throw away */
    stretch_place_fn place; /* NULL: constant speed */
    void *place_user;
    int64_t fed, given; /* frames since the start; given may be negative: still thrown away */
    float interleaved[2 * BLOCK];
    float left[BLOCK], right[BLOCK];
};

static double attack_frames(double ratio)
{
    return ratio > 1 ? ATTACK_FRAMES * (1 - 1 / ratio) : 0;
}

static double ratio_at(stretch_place_fn place, void *user, double in)
{
    double ratio = (place(user, in + HORIZON) - place(user, in)) / HORIZON;
    return ratio < 1 / MAX_SPEED ? 1 / MAX_SPEED : ratio > MAX_SPEED ? MAX_SPEED : ratio;
}

static struct stretch *create(double ratio, struct err *e)
{
    struct stretch *s = calloc(1, sizeof *s);
    if (s)
        s->rb = rubberband_new(RATE, 2,
                               RubberBandOptionProcessRealTime | RubberBandOptionThreadingNever |
                                   RubberBandOptionEngineFiner | RubberBandOptionChannelsTogether,
                               ratio, 1.0);
    if (!s || !s->rb) {
        free(s);
        err_set(e, ERR_NO_MEMORY, "no memory to stretch sound");
        return NULL;
    }
    rubberband_set_debug_level(s->rb, 0);
    rubberband_set_max_process_size(s->rb, BLOCK);
    s->lead = (int)rubberband_get_preferred_start_pad(s->rb);
    s->lead += (int)attack_frames(ratio);
    s->discard = (int)rubberband_get_start_delay(s->rb);
    s->given = -s->discard;
    return s;
}

/* The second one's lead lies in what the first one gives, so that has to begin earlier by it. */
static struct stretch *create_in_two(double ratio, struct err *e)
{
    double root = sqrt(ratio);
    struct stretch *first = create(root, e), *second = first ? create(root, e) : NULL;
    if (!second) {
        stretch_destroy(first);
        return NULL;
    }
    int earlier = (int)ceil(second->lead / root);
    first->discard += (int)lrint(earlier * root) - second->lead;
    second->lead = first->lead + earlier;
    second->before = first;
    return second;
}

struct stretch *stretch_create(int64_t num, int64_t den, struct err *e)
{
    double speed = num > 0 && den > 0 ? (double)num / (double)den : 0;
    if (speed < 1 / MAX_SPEED || speed > MAX_SPEED) {
        err_set(e, ERR_INVALID, "a speed of %lld/%lld; sound plays at 1/16 to 16 times its speed",
                (long long)num, (long long)den);
        return NULL;
    }
    return 1 / speed > ONE_STAGE_RATIO ? create_in_two(1 / speed, e) : create(1 / speed, e);
}

struct stretch *stretch_create_ramp(stretch_place_fn place, void *user, struct err *e)
{
    struct stretch *s = create(ratio_at(place, user, 0), e);
    if (s) {
        s->place = place;
        s->place_user = user;
    }
    return s;
}

void stretch_destroy(struct stretch *s)
{
    if (!s)
        return;
    stretch_destroy(s->before);
    rubberband_delete(s->rb);
    free(s);
}

int stretch_lead(const struct stretch *s)
{
    return s->lead;
}

/* The ratio for what is under the window now. */
static void steer(struct stretch *s)
{
    double in = (double)(s->fed - s->lead - WINDOW_IN);
    double out = (double)(s->given + rubberband_available(s->rb) + WINDOW_OUT);
    double plain = ratio_at(s->place, s->place_user, in);
    double late = out - s->place(s->place_user, in) - attack_frames(plain) * plain;
    double ratio = plain - late / HORIZON;
    /* Mended gently: a jump of the ratio is heard, a few milliseconds are not. */
    ratio = ratio < plain / 1.5 ? plain / 1.5 : ratio > plain * 1.5 ? plain * 1.5 : ratio;
    rubberband_set_time_ratio(s->rb, ratio);
}

static bool feed(struct stretch *s, stretch_pull_fn pull, void *user, struct err *e)
{
    int most = s->place ? RAMP_BLOCK : BLOCK;
    int n = (int)rubberband_get_samples_required(s->rb);
    if (n < 1)
        n = 1;
    if (n > most)
        n = most;
    if (s->place)
        steer(s);
    if (!(s->before ? stretch_read(s->before, s->interleaved, n, pull, user, e)
                    : pull(user, s->interleaved, n, e)))
        return false;
    for (int i = 0; i < n; i++) {
        s->left[i] = s->interleaved[2 * i];
        s->right[i] = s->interleaved[2 * i + 1];
    }
    const float *in[2] = {s->left, s->right};
    rubberband_process(s->rb, in, (unsigned)n, 0);
    s->fed += n;
    return true;
}

bool stretch_read(struct stretch *s, float *out, int n, stretch_pull_fn pull, void *user,
                  struct err *e)
{
    float *planes[2] = {s->left, s->right};
    while (n > 0) {
        int ready = rubberband_available(s->rb);
        if (ready <= 0) {
            if (!feed(s, pull, user, e))
                return false;
            continue;
        }
        int want = s->discard > 0 ? s->discard : n;
        int k = ready < want ? ready : want;
        k = (int)rubberband_retrieve(s->rb, planes, (unsigned)(k < BLOCK ? k : BLOCK));
        s->given += k;
        if (s->discard > 0) {
            s->discard -= k;
            continue;
        }
        for (int i = 0; i < k; i++) {
            *out++ = s->left[i];
            *out++ = s->right[i];
        }
        n -= k;
    }
    return true;
}
