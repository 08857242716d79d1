/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/sound_thinner.h"

#include "media/av.h"

#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>

#include <stdlib.h>

struct sound_thinner {
    SwrContext *swr;
    float mixed[THINNER_BLOCK];
};

struct sound_thinner *sound_thinner_create(struct err *e)
{
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    struct sound_thinner *t = calloc(1, sizeof *t);
    int rc = t ? swr_alloc_set_opts2(&t->swr, &mono, AV_SAMPLE_FMT_FLT, THINNER_OUT_RATE, &mono,
                                     AV_SAMPLE_FMT_FLT, THINNER_IN_RATE, 0, NULL)
               : AVERROR(ENOMEM);
    if (rc >= 0)
        rc = swr_init(t->swr);
    if (rc >= 0)
        return t;
    av_fail(e, rc, "start the resampler");
    sound_thinner_destroy(t);
    return NULL;
}

void sound_thinner_destroy(struct sound_thinner *t)
{
    if (!t)
        return;
    swr_free(&t->swr);
    free(t);
}

static int run(struct sound_thinner *t, const uint8_t *in, int frames, float *mono, struct err *e)
{
    uint8_t *out = (uint8_t *)mono;
    int n = swr_convert(t->swr, &out, THINNER_BLOCK, in ? &in : NULL, frames);
    if (n < 0)
        av_fail(e, n, "resample the sound");
    return n < 0 ? -1 : n;
}

int sound_thinner_push(struct sound_thinner *t, const float *stereo, int frames, float *mono,
                       struct err *e)
{
    for (int i = 0; i < frames; i++)
        t->mixed[i] = (stereo[2 * i] + stereo[2 * i + 1]) / 2;
    return run(t, (const uint8_t *)t->mixed, frames, mono, e);
}

int sound_thinner_end(struct sound_thinner *t, float *mono, struct err *e)
{
    return run(t, NULL, 0, mono, e);
}
