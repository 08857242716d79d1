/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.c - from a timeline to what is shown and heard when: sources, segments, time.
 *
 * DESIGN. Segments are laid end to end in ticks first; frames and samples are that sum rounded, so
 * a film of 10,000 segments ends where the arithmetic says. A range cuts the laid-out segments
 * afterwards and shifts them to 0; captions, layers and sounds follow from the cut segments. Chunks
 * come last: a changed text, effect or sound never moves a chunk border.
 */
#include "render/plan.h"

#include "core/timebase.h"
#include "render/plan_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How far behind the duration a segment may end when the length of a frame is not known. */
#define END_SLACK_TICKS (TICKS_PER_SECOND / 10)

const struct plan_format plan_formats[] = {
    {"vertical", 1080, 1920},
    {"square", 1080, 1080},
    {"landscape", 1920, 1080},
    {NULL, 0, 0},
};

const struct plan_format *plan_format_find(const char *name)
{
    for (const struct plan_format *f = plan_formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

bool plan_no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "no memory for the render plan");
}

/* --- Time ----------------------------------------------------------------------------------- */

int64_t plan_frame_of(const struct plan *p, int64_t ticks)
{
    return ticks_scale(ticks, p->fps_num, TICKS_PER_SECOND * p->fps_den);
}

int64_t plan_sample_of(int64_t ticks)
{
    return ticks_scale(ticks, PLAN_SAMPLE_RATE, TICKS_PER_SECOND);
}

int64_t plan_frame_ticks(const struct plan *p, int64_t frame)
{
    return ticks_scale(frame, TICKS_PER_SECOND * p->fps_den, p->fps_num);
}

/* How much of the source has passed when `into` ticks of the film have, from the segment's start. A
 * ramp goes on evenly beside the segment, at its mean speed. */
static int64_t source_passed(const struct plan_segment *s, int64_t into)
{
    int64_t length = s->effect_end - s->effect_start;
    if (!s->ramped || into <= 0 || into >= length)
        return ticks_scale_floor(into, s->rate.num, s->rate.den);
    double u = effect_total_ramp(s->effects, s->effect_count, (double)into / (double)length);
    return (int64_t)floor(u * (double)(s->whole_end - s->whole_start));
}

int64_t plan_source_at(const struct plan_segment *s, int64_t film_ticks)
{
    int64_t passed = source_passed(s, film_ticks - s->effect_start);
    return s->rate.backwards ? s->whole_end - 1 - passed : s->whole_start + passed;
}

/* The inverse of source_passed() for ramps: it rises, so halving finds the place. */
static int64_t film_passed(const struct plan_segment *s, int64_t passed)
{
    int64_t lo = 0, hi = s->effect_end - s->effect_start;
    if (!s->ramped || passed <= 0 || passed >= s->whole_end - s->whole_start)
        return ticks_scale(passed, s->rate.den, s->rate.num);
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (source_passed(s, mid) < passed)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int64_t plan_film_at(const struct plan_segment *s, int64_t source_ticks)
{
    int64_t passed =
        s->rate.backwards ? s->whole_end - source_ticks : source_ticks - s->whole_start;
    return s->effect_start + film_passed(s, passed);
}

const struct plan_segment *plan_segment_at(const struct plan *p, int64_t frame)
{
    size_t lo = 0, hi = p->segment_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (p->segments[mid].end_frame <= frame)
            lo = mid + 1;
        else
            hi = mid;
    }
    return &p->segments[lo];
}

/* --- What a segment names ------------------------------------------------------------------- */

static int find_source(const struct plan *p, const char *name)
{
    int64_t id = timeline_source_id(name);
    for (size_t i = 0; i < p->source_count; i++) {
        const struct plan_source *s = &p->sources[i];
        if ((s->path && strcmp(s->path, name) == 0) || (id && s->asset_id == id))
            return (int)i;
    }
    return -1;
}

bool plan_source_named(const struct plan *p, const char *name, int *source, struct err *e)
{
    *source = find_source(p, name);
    return *source >= 0 || err_set(e, ERR_INVALID, "there is no file \"%.100s\"", name);
}

bool plan_read_effects(struct plan_maker *m, const struct wire_list *list, struct plan_segment *s,
                       struct err *e)
{
    const struct wire_raw *raw = list->items;
    size_t n = list->count;
    struct effect_use *uses = arena_array(m->arena, n ? n : 1, sizeof *uses);
    int *files = arena_array(m->arena, n ? n : 1, sizeof *files);
    if (!uses || !files)
        return plan_no_memory(e);
    for (size_t i = 0; i < n; i++) {
        if (!effect_parse(raw[i].text, raw[i].len, m->arena, &uses[i], e))
            return false;
        const char *file = effect_file(&uses[i]);
        files[i] = -1;
        if (file && !plan_source_named(m->plan, file, &files[i], e))
            return err_wrap(e, "effect %s", uses[i].effect->name);
    }
    s->effects = uses;
    s->effect_files = files;
    s->effect_count = n;
    s->ramped = effect_has_ramp(uses, n);
    return effect_total_rate(uses, n, &s->rate, e);
}

bool plan_read_fit(const char *word, enum plan_fit *fit, struct err *e)
{
    static const char *const words[] = {
        [FIT_CROP] = "crop", [FIT_BLUR] = "blur", [FIT_PAD] = "pad"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            *fit = (enum plan_fit)i;
            return true;
        }
    }
    return err_set(e, ERR_INVALID, "fit must be crop, blur or pad, not \"%.40s\"", word);
}

/* Keyframes as the plan has them; an empty list is NULL. */
static bool convert_crop(struct plan_maker *m, const struct wire_list *list,
                         const struct plan_crop **crop, size_t *count, struct err *e)
{
    const struct timeline_crop *keys = list->items;
    struct plan_crop *out = arena_array(m->arena, list->count ? list->count : 1, sizeof *out);
    if (!out)
        return plan_no_memory(e);
    for (size_t i = 0; i < list->count; i++) {
        if (!(fabs(keys[i].time) <= TIMELINE_MAX_SECONDS) || !isfinite(keys[i].x) ||
            !isfinite(keys[i].y) || !isfinite(keys[i].scale))
            return err_set(e, ERR_INVALID, "crop[%zu]: time, x, y and scale must be numbers", i);
        out[i] = (struct plan_crop){ticks_from_seconds(keys[i].time), keys[i].x, keys[i].y,
                                    keys[i].scale};
        if (i && out[i].time < out[i - 1].time)
            return err_set(e, ERR_INVALID, "crop[%zu]: the times of keyframes must rise", i);
    }
    *crop = list->count ? out : NULL;
    *count = list->count;
    return true;
}

static bool read_crop(struct plan_maker *m, const struct timeline_segment *in,
                      struct plan_segment *s, struct err *e)
{
    if (in->crop.items)
        return convert_crop(m, &in->crop, &s->crop, &s->crop_count, e);
    if (s->source == 0) {
        s->crop = m->crop;
        s->crop_count = m->crop_count;
    }
    return true;
}

static bool read_source(const struct plan_maker *m, const struct timeline_segment *in,
                        struct plan_segment *s, struct err *e)
{
    s->source = 0;
    if (in->asset_id <= 0)
        return true;
    const char *name = timeline_source_name(in->asset_id, NULL, m->arena);
    if (!name)
        return plan_no_memory(e);
    return plan_source_named(m->plan, name, &s->source, e);
}

static bool check_times(const struct timeline_segment *in, const struct plan_source *src,
                        struct err *e)
{
    if (!isfinite(in->start) || !isfinite(in->end))
        return err_set(e, ERR_INVALID, "start and end must be numbers");
    if (in->start < 0 || in->end <= in->start)
        return err_set(e, ERR_INVALID, "end (%g) must come after start (%g), start not before 0",
                       in->end, in->start);
    int64_t slack = src->frame_ticks > 0 ? src->frame_ticks : END_SLACK_TICKS;
    double last = ticks_to_seconds(src->duration_ticks + slack);
    if (in->end > last + 1e-6)
        return err_set(e, ERR_INVALID, "end (%g) lies behind the end of the source (%g)", in->end,
                       ticks_to_seconds(src->duration_ticks));
    return true;
}

/* --- Laying out ----------------------------------------------------------------------------- */

/* Lays one segment at `at`, the exact sum of those before it. */
static bool lay_segment(struct plan_maker *m, const struct timeline_segment *in, int64_t at,
                        struct plan_segment *s, struct err *e)
{
    if (!read_source(m, in, s, e) || !check_times(in, &m->plan->sources[s->source], e) ||
        !plan_read_effects(m, &in->effects, s, e) ||
        !plan_read_fit(timeline_fit_of(m->timeline, in), &s->fit, e) || !read_crop(m, in, s, e))
        return false;
    s->name = in->name;
    s->gain = isfinite(in->volume) ? in->volume : 1;
    s->src_start = s->whole_start = ticks_from_seconds(in->start);
    s->src_end = s->whole_end = ticks_from_seconds(in->end);
    if (s->src_end <= s->src_start)
        return err_set(e, ERR_INVALID, "too short to be shown");
    s->out_start = s->effect_start = at;
    s->out_end = at + ticks_scale(s->src_end - s->src_start, s->rate.den, s->rate.num);
    s->effect_end = s->out_end;
    if (s->out_end > PLAN_MAX_HOURS * 3600 * TICKS_PER_SECOND)
        return err_set(e, ERR_INVALID, "the film is longer than %d hours", PLAN_MAX_HOURS);
    return true;
}

static int64_t length_of(const struct plan_segment *s)
{
    return s->effect_end - s->effect_start;
}

/* A transition takes at most half of the segments on its sides. */
static bool lay_transition(struct plan_maker *m, const struct timeline_segment *in,
                           const struct plan_segment *before, struct plan_segment *s,
                           struct err *e)
{
    struct transition_use use;
    if (!in->transition.text)
        return true;
    if (!transition_parse(in->transition.text, in->transition.len, m->arena, &use, e))
        return false;
    const struct transition_base *base = use.self;
    int64_t half = ticks_from_seconds(base->duration / 2);
    if (!before || !use.kind || half <= 0)
        return true;
    half = half < length_of(s) / 2 ? half : length_of(s) / 2;
    half = half < length_of(before) / 2 ? half : length_of(before) / 2;
    s->transition = use;
    s->transition_from = s->out_start - half;
    s->transition_to = s->out_start + half;
    s->fade_samples = use.kind->sound_fades ? plan_sample_of(2 * half) : 0;
    return true;
}

static bool lay_segments(struct plan_maker *m, struct plan_segment *segs, struct err *e)
{
    const struct timeline_segment *in = timeline_segments(m->timeline);
    for (size_t i = 0; i < m->timeline->segments.count; i++) {
        const struct plan_segment *before = i ? &segs[i - 1] : NULL;
        segs[i].index = i;
        if (!lay_segment(m, &in[i], before ? before->out_end : 0, &segs[i], e) ||
            !lay_transition(m, &in[i], before, &segs[i], e))
            return err_wrap(e, "segments[%zu] \"%.60s\"", i, in[i].name ? in[i].name : "");
    }
    return true;
}

/* The part of the source that a cut segment shows. */
static void cut_source(struct plan_segment *s, int64_t head, int64_t tail)
{
    int64_t from = s->src_start, to = s->src_end;
    if (s->ramped || s->rate.backwards) {
        int64_t a = plan_source_at(s, s->effect_start + head);
        int64_t b = plan_source_at(s, s->effect_end - tail);
        from = s->rate.backwards ? b + 1 : a;
        to = s->rate.backwards ? a + 1 : b;
    } else {
        from += ticks_scale(head, s->rate.num, s->rate.den);
        to -= ticks_scale(tail, s->rate.num, s->rate.den);
    }
    s->src_start = from > s->whole_start ? from : s->whole_start;
    s->src_end = to < s->whole_end ? to : s->whole_end;
}

/* Keeps what lies in [from, to) of the film and moves it to 0. Returns how many segments stay. */
static size_t cut_to_range(struct plan_segment *segs, size_t n, int64_t from, int64_t to)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct plan_segment s = segs[i];
        if (s.out_end <= from || s.out_start >= to)
            continue;
        int64_t head = from > s.out_start ? from - s.out_start : 0;
        int64_t tail = s.out_end > to ? s.out_end - to : 0;
        cut_source(&s, head, tail);
        s.out_start += head - from;
        s.out_end -= tail + from;
        s.effect_start -= from;
        s.effect_end -= from;
        s.transition_from -= from;
        s.transition_to -= from;
        if (kept == 0) { /* what it came from is not there any more */
            s.transition = (struct transition_use){0};
            s.fade_samples = 0;
        }
        if (s.src_end > s.src_start)
            segs[kept++] = s;
    }
    return kept;
}

void plan_put_on_grids(const struct plan *p, struct plan_segment *s)
{
    s->first_frame = plan_frame_of(p, s->out_start);
    s->end_frame = plan_frame_of(p, s->out_end);
    s->first_sample = plan_sample_of(s->out_start);
    s->end_sample = plan_sample_of(s->out_end);
}

static bool read_range(const struct plan_options *opt, struct plan_maker *m, struct err *e)
{
    double a = opt->range_start_s, b = opt->range_end_s;
    m->from = 0;
    m->to = ticks_from_seconds(PLAN_ALL_SECONDS);
    if (a == 0 && b == 0)
        return true;
    if (!(a >= 0 && a < b && b <= PLAN_ALL_SECONDS))
        return err_set(e, ERR_INVALID, "range: start and end must be film times, 0 <= start < end");
    m->from = ticks_from_seconds(a);
    m->to = ticks_from_seconds(b);
    return true;
}

static bool build_segments(struct plan_maker *m, struct err *e)
{
    struct plan *p = m->plan;
    size_t n = m->timeline->segments.count;
    if (n == 0)
        return err_set(e, ERR_INVALID, "the timeline has no segments");
    struct plan_segment *segs = arena_array(m->arena, n, sizeof *segs);
    if (!segs)
        return plan_no_memory(e);
    memset(segs, 0, n * sizeof *segs);
    if (!convert_crop(m, &m->timeline->crop, &m->crop, &m->crop_count, e) ||
        !lay_segments(m, segs, e))
        return false;
    m->whole = segs[n - 1].out_end;
    n = cut_to_range(segs, n, m->from, m->to);
    if (n == 0)
        return err_set(e, ERR_INVALID, "range: it lies behind the end of the film");
    for (size_t i = 0; i < n; i++)
        plan_put_on_grids(p, &segs[i]);
    p->segments = segs;
    p->segment_count = n;
    p->duration_ticks = segs[n - 1].out_end;
    p->frame_count = segs[n - 1].end_frame;
    p->sample_count = segs[n - 1].end_sample;
    if (p->frame_count < 1)
        return err_set(e, ERR_INVALID, "the film would be shorter than one frame");
    return true;
}

const struct wire_list *plan_captions_of(const struct plan_maker *m, const struct plan_segment *s)
{
    static const struct wire_list none;
    const struct timeline_segment *in = &timeline_segments(m->timeline)[s->index];
    return in->captions.count ? &in->captions : s->source == 0 ? &m->timeline->captions : &none;
}

bool plan_build(const struct timeline *t, const struct plan_source *sources, size_t source_count,
                const struct plan_options *opt, struct arena *a, struct plan *out, struct err *e)
{
    *out = (struct plan){
        .format = *opt->format,
        .fps_num = opt->fps_num,
        .fps_den = opt->fps_den,
        .sources = sources,
        .source_count = source_count,
        .loudness = isfinite(t->loudness) ? t->loudness : TIMELINE_LOUDNESS,
        .caption_style = t->caption_style.text ? &t->caption_style : NULL,
        .safe_zone = t->safe_zone ? t->safe_zone : "universal",
        .watermark = opt->watermark && opt->watermark[0] ? opt->watermark : NULL,
    };
    struct plan_maker m = {.timeline = t, .plan = out, .arena = a};
    return read_range(opt, &m, e) && build_segments(&m, e) && plan_build_marks(&m, e) &&
           plan_build_captions(&m, e) && plan_build_layers(&m, e) && plan_build_chunks(&m, e);
}
