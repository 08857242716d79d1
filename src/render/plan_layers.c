/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_layers.c - what lies over the segments: b-roll, titles, images, sound effects, music.
 *
 * Times of layers are the film's. A range of the film cuts and moves them like everything else;
 * what lies behind the film's end is left out.
 */
#include "core/timebase.h"
#include "render/plan_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool check_times(double start, double end, struct err *e)
{
    if (start >= 0 && end > start && end <= TIMELINE_MAX_SECONDS)
        return true;
    return err_set(e, ERR_INVALID, "end (%g) must come after start (%g), start not before 0", end,
                   start);
}

/* A stretch of the whole film, in ticks of the plan; false: nothing of it is in there. */
static bool place(const struct plan_maker *m, double start, double end, int64_t *from, int64_t *to)
{
    *from = ticks_from_seconds(start) - m->from;
    *to = ticks_from_seconds(end) - m->from;
    return *to > 0 && *from < m->plan->duration_ticks;
}

static bool find_file(const struct plan_maker *m, int64_t asset_id, const char *path, int *source,
                      struct err *e)
{
    const char *name = timeline_source_name(asset_id, path, m->arena);
    if (!name)
        return asset_id > 0 ? plan_no_memory(e)
                            : err_set(e, ERR_INVALID, "it names no file: give asset_id or path");
    return plan_source_named(m->plan, name, source, e);
}

/* --- B-roll --------------------------------------------------------------------------------- */

static bool lay_broll(struct plan_maker *m, const struct timeline_broll *in,
                      struct plan_segment *s, bool *seen, struct err *e)
{
    const struct timeline *t = m->timeline;
    int64_t from = 0, to = 0;
    *seen = false;
    if (!check_times(in->start, in->end, e) ||
        !find_file(m, in->asset_id, in->path, &s->source, e) ||
        !plan_read_effects(m, &in->effects, s, e) ||
        !plan_read_fit(in->fit ? in->fit : t->fit ? t->fit : "crop", &s->fit, e))
        return false;
    const struct plan_source *src = &m->plan->sources[s->source];
    if (!src->has_video)
        return err_set(e, ERR_INVALID, "its file has no picture");
    if (!(in->source_start >= 0 && in->source_start <= TIMELINE_MAX_SECONDS) ||
        ticks_from_seconds(in->source_start) >= src->duration_ticks)
        return err_set(e, ERR_INVALID, "source_start (%g) lies behind the end of its file (%g)",
                       in->source_start, ticks_to_seconds(src->duration_ticks));
    *seen = place(m, in->start, in->end, &from, &to);
    s->gain = 0;
    s->effect_start = from;
    s->effect_end = to;
    s->src_start = s->whole_start = ticks_from_seconds(in->source_start);
    s->src_end = s->whole_end = s->whole_start + ticks_scale(to - from, s->rate.num, s->rate.den);
    s->out_start = from > 0 ? from : 0;
    s->out_end = to < m->plan->duration_ticks ? to : m->plan->duration_ticks;
    plan_put_on_grids(m->plan, s);
    return true;
}

static int by_start(const void *x, const void *y)
{
    const struct plan_segment *a = x, *b = y;
    if (a->effect_start != b->effect_start)
        return a->effect_start < b->effect_start ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static bool build_broll(struct plan_maker *m, struct err *e)
{
    const struct wire_list *list = &m->timeline->broll;
    const struct timeline_broll *in = list->items;
    struct plan_segment *out = arena_array(m->arena, list->count ? list->count : 1, sizeof *out);
    if (!out)
        return plan_no_memory(e);
    for (size_t i = 0; i < list->count; i++) {
        struct plan_segment s = {.index = i};
        bool seen;
        if (!lay_broll(m, &in[i], &s, &seen, e))
            return err_wrap(e, "broll[%zu]", i);
        if (seen && s.end_frame > s.first_frame)
            out[m->plan->broll_count++] = s;
    }
    qsort(out, m->plan->broll_count, sizeof *out, by_start);
    m->plan->broll = out;
    return true;
}

/* --- Titles and images ---------------------------------------------------------------------- */

static void lay_text(struct plan_maker *m, const struct timeline_overlay *in, struct plan_text *t)
{
    *t = (struct plan_text){
        .text = in->text,
        .style = in->style.text ? &in->style : NULL,
        .fade_in = ticks_from_seconds(in->fade_in),
        .fade_out = ticks_from_seconds(in->fade_out),
        .x = in->x,
        .y = in->y,
        .size = in->size,
        .opacity = in->opacity,
    };
    if (place(m, in->start, in->end, &t->out_start, &t->out_end))
        m->plan->text_count++;
}

static bool lay_image(struct plan_maker *m, const struct timeline_overlay *in,
                      struct plan_image *image, struct err *e)
{
    *image = (struct plan_image){
        .fade_in = ticks_from_seconds(in->fade_in),
        .fade_out = ticks_from_seconds(in->fade_out),
        .x = in->x,
        .y = in->y,
        .width = in->width,
        .opacity = in->opacity,
    };
    if (!find_file(m, in->asset_id, in->path, &image->source, e))
        return false;
    if (!m->plan->sources[image->source].has_video)
        return err_set(e, ERR_INVALID, "its file has no picture");
    if (place(m, in->start, in->end, &image->out_start, &image->out_end))
        m->plan->image_count++;
    return true;
}

static bool build_overlays(struct plan_maker *m, struct err *e)
{
    const struct wire_list *list = &m->timeline->overlays;
    const struct timeline_overlay *in = list->items;
    size_t n = list->count ? list->count : 1;
    struct plan_text *texts = arena_array(m->arena, n, sizeof *texts);
    struct plan_image *images = arena_array(m->arena, n, sizeof *images);
    if (!texts || !images)
        return plan_no_memory(e);
    for (size_t i = 0; i < list->count; i++) {
        bool is_image = in[i].asset_id > 0 || in[i].path;
        if (!check_times(in[i].start, in[i].end, e))
            return err_wrap(e, "overlays[%zu]", i);
        if (in[i].text && is_image)
            return err_set(e, ERR_INVALID, "overlays[%zu]: give a text or an image, not both", i);
        if (in[i].text)
            lay_text(m, &in[i], &texts[m->plan->text_count]);
        else if (!lay_image(m, &in[i], &images[m->plan->image_count], e))
            return err_wrap(e, "overlays[%zu]", i);
    }
    m->plan->texts = texts;
    m->plan->images = images;
    return true;
}

/* --- Sounds --------------------------------------------------------------------------------- */

static struct plan_sfx place_sfx(const struct plan_maker *m, size_t segment,
                                 const struct timeline_sfx *in)
{
    const struct plan_segment *s = &m->plan->segments[segment];
    const char *file = timeline_source_name(in->asset_id, in->path, m->arena);
    struct err none = {0};
    int source = -1;
    if (file)
        plan_source_named(m->plan, file, &source, &none);
    /* A path that is no source names a built-in sound. */
    struct plan_sfx sfx = {.segment = segment,
                           .name = source < 0 && file ? file : in->name,
                           .source = source,
                           .max_samples = INT64_MAX,
                           .gain_db = PLAN_SFX_GAIN_DB};
    int64_t start = plan_sample_of(s->effect_start);
    sfx.first_sample = start > 0 ? start : 0;
    sfx.skip_samples = start < 0 ? -start : 0;
    if (isfinite(in->duration) && in->duration <= TIMELINE_MAX_SECONDS) {
        int64_t whole = plan_sample_of(ticks_from_seconds(in->duration));
        sfx.max_samples = whole > sfx.skip_samples ? whole - sfx.skip_samples : 0;
    }
    return sfx;
}

static bool build_sfx(struct plan_maker *m, struct err *e)
{
    struct plan *p = m->plan;
    const struct timeline_segment *in = timeline_segments(m->timeline);
    struct plan_sfx *out = arena_array(m->arena, p->segment_count, sizeof *out);
    if (!out)
        return plan_no_memory(e);
    for (size_t i = 0; i < p->segment_count; i++) {
        const struct timeline_sfx *sfx = in[p->segments[i].index].sfx;
        if (!sfx || (!sfx->name && !sfx->path && sfx->asset_id <= 0))
            continue;
        struct plan_sfx placed = place_sfx(m, i, sfx);
        if (placed.max_samples > 0)
            out[p->sfx_count++] = placed;
    }
    p->sfx = out;
    return true;
}

static bool build_music(struct plan_maker *m, struct err *e)
{
    const struct timeline_music *in = m->timeline->music;
    if (!in)
        return true;
    struct plan_music *music = arena_alloc(m->arena, sizeof *music);
    if (!music)
        return plan_no_memory(e);
    *music = (struct plan_music){
        .gain_db = in->gain_db,
        .duck_db = in->duck_db,
        .start_samples = plan_sample_of(ticks_from_seconds(in->start)),
        .skip_samples = plan_sample_of(m->from),
        .fade_in_samples = plan_sample_of(ticks_from_seconds(in->fade_in)),
        .fade_out_samples = plan_sample_of(ticks_from_seconds(in->fade_out)),
        .whole_samples = plan_sample_of(m->whole),
        .loop = in->loop == 1,
    };
    if (!find_file(m, in->asset_id, in->path, &music->source, e))
        return err_wrap(e, "music");
    const struct plan_source *src = &m->plan->sources[music->source];
    if (!src->has_audio)
        return err_set(e, ERR_INVALID, "music: its file has no sound");
    if (in->start >= ticks_to_seconds(src->duration_ticks))
        return err_set(e, ERR_INVALID, "music: start (%g) lies behind its end (%g)", in->start,
                       ticks_to_seconds(src->duration_ticks));
    m->plan->music = music;
    return true;
}

bool plan_build_layers(struct plan_maker *m, struct err *e)
{
    return build_broll(m, e) && build_overlays(m, e) && build_sfx(m, e) && build_music(m, e);
}
