/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/film_spec.h"

#include "render/render.h"
#include "timeline/timeline.h"

#include <math.h>

/* clang-format off */
#define F(type, member, k, words) {.name = #member, .kind = k, .flags = WIRE_NULLABLE, .offset = offsetof(type, member), .help = words}
static const struct wire_field order_fields[] = {
    F(struct film_order, title, WIRE_STRING, "Title in the film's metadata."),
    F(struct film_order, watermark, WIRE_STRING, "What the watermark says."),
    F(struct film_order, preset, WIRE_STRING, "Quality."),
    F(struct film_order, format, WIRE_STRING, "Shape of the film."),
    F(struct film_order, range_start, WIRE_NUMBER, "Part of the film: from, seconds."),
    F(struct film_order, range_end, WIRE_NUMBER, "Part of the film: to, seconds."),
    F(struct film_order, timeline, WIRE_JSON, "The timeline."),
    {0},
};
const struct wire_type wire_film_order = {.name = "FilmOrder", .fields = order_fields, .size = sizeof(struct film_order)};

static const struct wire_field source_fields[] = {
    F(struct spec_source, name, WIRE_STRING, "What the timeline calls it."),
    F(struct spec_source, asset_id, WIRE_INT, "Its id; 0: none."),
    F(struct spec_source, duration_ticks, WIRE_INT, "Its length."),
    F(struct spec_source, frame_ticks, WIRE_INT, "One frame of it."),
    F(struct spec_source, has_video, WIRE_BOOL, "Has a picture."),
    F(struct spec_source, has_audio, WIRE_BOOL, "Has sound."),
    F(struct spec_source, is_image, WIRE_BOOL, "Is a picture that does not move."),
    F(struct spec_source, has_proxy, WIRE_BOOL, "Its pictures come from a proxy."),
    F(struct spec_source, width, WIRE_INT, "Upright width."),
    F(struct spec_source, height, WIRE_INT, "Upright height."),
    F(struct spec_source, hash, WIRE_STRING, "Hash of its content."),
    {0},
};
static const struct wire_type wire_spec_source = {.name = "FilmSource", .fields = source_fields, .size = sizeof(struct spec_source)};

static const struct wire_field spec_fields[] = {
    {.name = "order", .kind = WIRE_OBJECT, .type = &wire_film_order, .flags = WIRE_REQUIRED, .offset = offsetof(struct film_spec, order), .help = "What to render."},
    F(struct film_spec, project_id, WIRE_INT, "For the metadata."),
    F(struct film_spec, threads, WIRE_INT, "Chunks at once."),
    F(struct film_spec, created, WIRE_STRING, "Time of creation, ISO 8601."),
    {.name = "sources", .kind = WIRE_LIST, .item = WIRE_OBJECT, .type = &wire_spec_source, .offset = offsetof(struct film_spec, sources), .help = "Files, as source:0 ..."},
    F(struct film_spec, time_s, WIRE_NUMBER, "One frame: when, seconds of the film."),
    F(struct film_spec, kind, WIRE_STRING, "One frame: jpeg, webp or png."),
    F(struct film_spec, width, WIRE_INT, "One frame: at most so wide."),
    {0},
};
const struct wire_type wire_film_spec = {.name = "FilmSpec", .fields = spec_fields, .size = sizeof(struct film_spec)};
#undef F
/* clang-format on */

bool film_plan(const struct film_order *o, const struct plan_source *sources, size_t source_count,
               struct arena *a, struct plan *plan, struct err *e)
{
    struct timeline *tl = timeline_parse_trusted(o->timeline.text, o->timeline.len, a, e);
    if (!tl)
        return err_wrap(e, "timeline");
    const struct plan_format *format = plan_format_find(o->format ? o->format : "vertical");
    const struct render_preset *preset =
        render_preset_find(o->preset ? o->preset : RENDER_DEFAULT_PRESET);
    if (!format)
        return err_set(e, ERR_INVALID, "unknown format \"%.40s\"", o->format);
    if (!preset)
        return err_set(e, ERR_INVALID, "unknown preset \"%.40s\"", o->preset);
    struct plan_format scaled = render_preset_format(preset, format);
    struct plan_options opt = {
        .format = &scaled,
        .fps_num = 30,
        .fps_den = 1,
        .watermark = o->watermark,
        .range_start_s = isnan(o->range_start) ? 0 : o->range_start,
        .range_end_s = isnan(o->range_end) ? 0 : o->range_end,
    };
    return plan_build(tl, sources, source_count, &opt, a, plan, e);
}
