/* SPDX-License-Identifier: GPL-3.0-or-later
 * Films whose decoders take much memory are made with fewer workers. */
#include "check.h"
#include "render/workers.h"

enum { HD, UHD, SOUND, UNKNOWN, PROXY };
static const struct plan_source sources[] = {
    [HD] = {.has_video = true, .width = 1080, .height = 1920},
    [UHD] = {.has_video = true, .width = 3840, .height = 2160},
    [SOUND] = {.has_audio = true},
    [UNKNOWN] = {.has_video = true},
    [PROXY] = {.has_video = true, .width = 3840, .height = 2160, .picture_hash = "c0"},
};

static const struct {
    const char *name;
    int first, second, broll; /* sources; broll -1: none */
    bool transition, backwards;
    int of_2, of_8; /* workers on so many cores */
} cases[] = {
    {"1080p", HD, HD, -1, false, false, 2, 8},
    {"1080p, a transition", HD, HD, -1, true, false, 2, 8},
    {"1080p, a transition, backwards", HD, HD, -1, true, true, 2, 8},
    {"unknown size, a transition", UNKNOWN, UNKNOWN, -1, true, false, 2, 8},
    {"4K", UHD, UHD, -1, false, false, 2, 8},
    {"4K, a transition", UHD, UHD, -1, true, false, 1, 4},
    {"4K by a small copy, a transition", PROXY, PROXY, -1, true, false, 2, 8},
    {"4K, a transition from 1080p", HD, UHD, -1, true, false, 1, 7},
    {"4K, backwards", UHD, UHD, -1, false, true, 1, 4},
    {"4K, a transition, backwards", UHD, UHD, -1, true, true, 1, 2},
    {"1080p under 4K", HD, HD, UHD, false, false, 1, 7},
    {"4K under 4K", UHD, UHD, UHD, false, false, 1, 4},
    {"4K over sound", SOUND, SOUND, UHD, false, false, 2, 8},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        static const struct transition fade = {.name = "crossfade"};
        struct plan_segment segments[] = {{.source = cases[i].first}, {.source = cases[i].second}};
        struct plan_segment broll = {.source = cases[i].broll};
        segments[0].rate.backwards = segments[1].rate.backwards = cases[i].backwards;
        segments[1].transition.kind = cases[i].transition ? &fade : NULL;
        const struct plan p = {.sources = sources,
                               .segments = segments,
                               .segment_count = 2,
                               .broll = &broll,
                               .broll_count = cases[i].broll >= 0};
        CHECK(workers_that_fit(&p, 1) == 1);
        CHECK(workers_that_fit(&p, 2) == cases[i].of_2);
        CHECK(workers_that_fit(&p, 8) == cases[i].of_8);
    }
    return check_done();
}
