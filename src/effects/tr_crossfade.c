/* SPDX-License-Identifier: GPL-3.0-or-later
 * tr_crossfade.c - the old picture fades out while the new one fades in.
 */
#include "effects/transition.h"

#include <math.h>

static void mix_plane(const uint8_t *a, int a_stride, const uint8_t *b, int b_stride, uint8_t *out,
                      int stride, int width, int height, int weight)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++)
            out[x] = (uint8_t)((a[x] * (256 - weight) + b[x] * weight + 128) >> 8);
        a += a_stride;
        b += b_stride;
        out += stride;
    }
}

static bool crossfade_mix(const void *self, double u, const struct picture *from,
                          const struct picture *to, struct picture *out, struct effect_desk *desk,
                          struct err *e)
{
    (void)self;
    (void)desk;
    (void)e;
    int weight = (int)lround(u * 256);
    for (int i = 0; i < 3; i++)
        mix_plane(from->data[i], from->stride[i], to->data[i], to->stride[i], out->data[i],
                  out->stride[i], i ? (out->width + 1) / 2 : out->width,
                  i ? (out->height + 1) / 2 : out->height, weight);
    return true;
}

static const struct param crossfade_params[] = {TRANSITION_DURATION(0.5), {0}};

const struct transition tr_crossfade = {
    .name = "crossfade",
    .title = "Cross-fade",
    .help = "The old picture fades out while the new one fades in; so does the sound.",
    .params = crossfade_params,
    .self_size = sizeof(struct transition_base),
    .sound_fades = true,
    .mix = crossfade_mix,
};
