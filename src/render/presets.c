/* SPDX-License-Identifier: GPL-3.0-or-later
 * presets.c - how well and how fast. docs/render-presets.md says how the numbers were found.
 *
 * Look-ahead is what an encoder's memory goes to, about 7 MB a frame of 1080x1920, once for each
 * core: 5 frames instead of 10 take 70 MB from a film on two cores, and no more bytes for the same
 * SSIM. 12 Mbit/s is what the platforms take without encoding the worse for it.
 */
#include "render/render.h"

#include <string.h>

const struct render_preset render_presets[] = {
    {.name = "draft",
     .help = "Fast, to look at cuts and captions.",
     .x264 = "ultrafast",
     .x264_params = "bframes=0",
     .crf = 26,
     .lookahead = 0,
     .max_bitrate = 6000000,
     .sound_bitrate = 128000,
     .size_divisor = 2,
     .proxies = true},
    {.name = "standard",
     .help = "For phones and platforms.",
     .x264 = "superfast",
     .x264_params = "mbtree=1:aq-strength=0.5",
     .crf = 20.3,
     .lookahead = 5,
     .max_bitrate = 12000000,
     .sound_bitrate = 192000,
     .size_divisor = 1},
    {.name = "high",
     .help = "The best picture, about twice as slow.",
     .x264 = "veryfast",
     .x264_params = "subme=4:aq-strength=0.6",
     .crf = 17.2,
     .lookahead = 10,
     .max_bitrate = 12000000,
     .sound_bitrate = 192000,
     .size_divisor = 1},
    {.name = NULL},
};

const struct render_preset *render_preset_find(const char *name)
{
    for (const struct render_preset *p = render_presets; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

struct plan_format render_preset_format(const struct render_preset *p, const struct plan_format *f)
{
    struct plan_format scaled = *f;
    scaled.width = f->width / p->size_divisor & ~1;
    scaled.height = f->height / p->size_divisor & ~1;
    return scaled;
}

struct h264_settings render_preset_h264(const struct render_preset *p, const struct plan *plan)
{
    return (struct h264_settings){.width = plan->format.width,
                                  .height = plan->format.height,
                                  .fps_num = plan->fps_num,
                                  .fps_den = plan->fps_den,
                                  .preset = p->x264,
                                  .params = p->x264_params,
                                  .crf = p->crf,
                                  .max_bitrate = p->max_bitrate,
                                  .lookahead = p->lookahead};
}
