/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a timeline that is planned: either it is refused, or the plan is sound and every
 * frame of it can be said. */
#include "core/timebase.h"
#include "render/frame.h"
#include "timeline/timeline.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define S TICKS_PER_SECOND
#define FRAMES 200 /* looked at, spread over the film */

static const struct plan_source sources[] = {
    {.path = "a", .asset_id = 1, .duration_ticks = 30 * S, .frame_ticks = S / 30, .has_video = true,
     .has_audio = true, .width = 1280, .height = 720, .hash = "aa"},
    {.path = "b", .asset_id = 7, .duration_ticks = 5 * S, .has_audio = true, .hash = "bb"},
    {.path = "c", .asset_id = 8, .duration_ticks = S, .has_video = true, .hash = "cc"},
};

static void check_shot(const struct plan *p, const struct frame_shot *s)
{
    const struct effect_view *v = &s->view;
    if (!s->segment)
        return;
    const struct plan_source *src = &p->sources[s->segment->source];
    if (s->source_ticks >= 0 && !(src->has_video && s->source_ticks <= src->duration_ticks + S))
        abort();
    if (!(v->scale >= 1) || !(v->x >= 0 && v->x <= 1) || !(v->y >= 0 && v->y <= 1))
        abort();
}

static void check_frame(const struct plan *p, int64_t n)
{
    static struct frame f;
    struct buf text;
    buf_init(&text, 1 << 20);
    frame_at(p, n, &f);
    frame_describe(p, &f, NULL, &text);
    if (text.failed || !(f.to.segment || (f.transition && f.from.segment)))
        abort();
    check_shot(p, &f.from);
    check_shot(p, &f.to);
    buf_finish(&text);
}

static void check_plan(const struct plan *p)
{
    int64_t frame = 0;
    for (size_t i = 0; i < p->chunk_count; i++) {
        if (p->chunks[i].first_frame != frame || p->chunks[i].end_frame <= frame)
            abort();
        frame = p->chunks[i].end_frame;
    }
    if (frame != p->frame_count)
        abort();
    for (size_t i = 0; i < p->caption_count; i++)
        if (p->captions[i].out_start < 0 || p->captions[i].out_end > p->duration_ticks)
            abort();
    int64_t step = p->frame_count / FRAMES + 1;
    for (int64_t n = 0; n < p->frame_count; n += step)
        check_frame(p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct wire_errors errs = {0};
    struct plan plan;
    struct plan_options opt = {.format = &plan_formats[0], .fps_num = 30, .fps_den = 1};
    arena_init(&a, 256 << 20);
    struct timeline *tl = timeline_parse((const char *)data, size, NULL, &a, &errs);
    for (int range = 0; tl && range < 2; range++) {
        opt.range_start_s = range * 0.7;
        opt.range_end_s = range * 2.2;
        if (plan_build(tl, sources, 3, &opt, &a, &plan, NULL))
            check_plan(&plan);
    }
    wire_errors_finish(&errs);
    arena_finish(&a);
    return 0;
}
