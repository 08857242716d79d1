/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_voice.h - inside sound: one segment being played, at its speed and in its direction.
 *
 * A voice gives the samples that the film's samples from `from` on hear of a segment; it may start
 * before the segment's beginning and play on past its end, as fades and transitions ask for.
 * Backwards, sound is read in blocks of two seconds; at other speeds it is stretched at kept pitch.
 *
 * Stretching costs more than all else together. What was stretched (up to a minute of it) is kept
 * in the store as a piece of its own, so that neither the second pass over a film nor a film whose
 * other sounds were changed does it again.
 *
 * The pool keeps readers that no voice plays from, for the next one. Memory: one reader a voice and
 * POOL_READERS idle ones. One thread.
 */
#ifndef AIVE_RENDER_SOUND_VOICE_H
#define AIVE_RENDER_SOUND_VOICE_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"

#include <stdbool.h>
#include <stdint.h>

#define POOL_READERS 8

struct render_store; /* render.h */
struct audio_reader;

struct sound_pool {
    const struct plan *plan;
    const int *fds;                   /* one a source */
    const struct render_store *store; /* NULL: nothing is kept */
    const struct cancel *cancel;
    struct pool_reader {
        struct audio_reader *reader; /* NULL: none */
        int source;
        int64_t pos;  /* sample it stands at */
        int64_t used; /* number of the last use */
    } idle[POOL_READERS];
    int64_t uses;
};

void sound_pool_finish(struct sound_pool *pool);

/* NULL with ERR_NONE: the source has no sound. [from, to): samples of the film. */
struct sound_voice;
struct sound_voice *sound_voice_create(struct sound_pool *pool, const struct plan_segment *s,
                                       int64_t from, int64_t to, struct err *e);
/* The next n frames, interleaved stereo; silence where the source has none. */
bool sound_voice_read(struct sound_voice *v, float *out, int n, struct err *e);
void sound_voice_destroy(struct sound_voice *v);

#endif
