/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Rubber Band's real-time mode, since its offline mode wants to see the whole sound first.
 * It is delayed by a known number of samples, which are thrown away at the start, and it is fed as
 * little as it asks for, so its buffers keep their size.
 */
#include "render/stretch.h"

#include <rubberband/rubberband-c.h>
#include <stdlib.h>

#define RATE 48000
#define BLOCK 1024 /* frames fed at once */

/* Measured: in slowed sound an attack comes early, by as much as if it stood this many frames of
 * input before its place (it starts when the analysis window first touches it). Hearing the input
 * that much later puts attacks within 4 ms of where they belong, down to a quarter of the speed. */
#define ATTACK_FRAMES 264

struct stretch {
    RubberBandState rb;
    int lead;
    int discard; /* frames of output still to throw away */
    float interleaved[2 * BLOCK];
    float left[BLOCK], right[BLOCK];
};

struct stretch *stretch_create(int64_t num, int64_t den, struct err *e)
{
    double speed = num > 0 && den > 0 ? (double)num / (double)den : 0;
    if (speed < 1.0 / 16 || speed > 16) {
        err_set(e, ERR_INVALID, "a speed of %lld/%lld; sound plays at 1/16 to 16 times its speed",
                (long long)num, (long long)den);
        return NULL;
    }
    struct stretch *s = calloc(1, sizeof *s);
    if (s)
        s->rb = rubberband_new(RATE, 2,
                               RubberBandOptionProcessRealTime | RubberBandOptionThreadingNever |
                                   RubberBandOptionEngineFiner | RubberBandOptionChannelsTogether,
                               1 / speed, 1.0);
    if (!s || !s->rb) {
        free(s);
        err_set(e, ERR_NO_MEMORY, "no memory to stretch sound");
        return NULL;
    }
    rubberband_set_debug_level(s->rb, 0);
    rubberband_set_max_process_size(s->rb, BLOCK);
    s->lead = (int)rubberband_get_preferred_start_pad(s->rb);
    if (speed < 1)
        s->lead += (int)(ATTACK_FRAMES * (1 - speed));
    s->discard = (int)rubberband_get_start_delay(s->rb);
    return s;
}

void stretch_destroy(struct stretch *s)
{
    if (!s)
        return;
    rubberband_delete(s->rb);
    free(s);
}

int stretch_lead(const struct stretch *s)
{
    return s->lead;
}

static bool feed(struct stretch *s, stretch_pull_fn pull, void *user, struct err *e)
{
    int n = (int)rubberband_get_samples_required(s->rb);
    if (n < 1)
        n = 1;
    if (n > BLOCK)
        n = BLOCK;
    if (!pull(user, s->interleaved, n, e))
        return false;
    for (int i = 0; i < n; i++) {
        s->left[i] = s->interleaved[2 * i];
        s->right[i] = s->interleaved[2 * i + 1];
    }
    const float *in[2] = {s->left, s->right};
    rubberband_process(s->rb, in, (unsigned)n, 0);
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
