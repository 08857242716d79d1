/* SPDX-License-Identifier: GPL-3.0-or-later
 * safe_zone.c - the table of safe zones.
 */
#include "render/safe_zone.h"

#include <string.h>

/* Covered pixels of a frame of 1080x1920. Reels: Meta's 14 %, 35 %, 6 %. TikTok: the larger of what
 * is reported for films that are no advertisements. Shorts: 10 % and 25 %. Universal: what is free
 * on all of them, but for the lowest quarter of what Reels asks, which only its advertisements
 * cover; "reels" has it. */
static const struct {
    const char *name;
    double top, bottom, left, right;
} zones[] = {
    {.name = "universal", .top = 270, .bottom = 480, .left = 65, .right = 170},
    {.name = "shorts", .top = 192, .bottom = 480, .left = 60, .right = 150},
    {.name = "tiktok", .top = 250, .bottom = 440, .left = 60, .right = 170},
    {.name = "reels", .top = 269, .bottom = 672, .left = 65, .right = 65},
    {.name = "none", .top = 0, .bottom = 0, .left = 0, .right = 0},
};
#define ZONE_COUNT (sizeof zones / sizeof zones[0])
#define ZONE_WIDTH 1080
#define ZONE_HEIGHT 1920
#define UPRIGHT 1.5 /* height / width from which on a film is upright */
#define TITLE_SAFE 0.05

const char *safe_zone_name(size_t i)
{
    return i < ZONE_COUNT ? zones[i].name : NULL;
}

struct safe_zone safe_zone_find(const char *name, const struct plan_format *f)
{
    size_t i = 0;
    for (size_t k = 0; name && k < ZONE_COUNT; k++)
        if (strcmp(zones[k].name, name) == 0)
            i = k;
    double w = f->width, h = f->height;
    double left = zones[i].left / ZONE_WIDTH, right = zones[i].right / ZONE_WIDTH;
    double top = zones[i].top / ZONE_HEIGHT, bottom = zones[i].bottom / ZONE_HEIGHT;
    if (h < w * UPRIGHT && strcmp(zones[i].name, "none") != 0)
        left = right = top = bottom = TITLE_SAFE;
    return (struct safe_zone){
        .left = left * w, .top = top * h, .right = (1 - right) * w, .bottom = (1 - bottom) * h};
}
