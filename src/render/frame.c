/* SPDX-License-Identifier: GPL-3.0-or-later
 * frame.c - everything that decides the picture of one frame.
 */
#include "render/frame.h"

#include "core/timebase.h"

#include <math.h>
#include <string.h>

/* How much later than the plain sum a source is asked for (earlier, when it runs backwards): more
 * than containers with millisecond clocks round (0.5 ms), less than any frame rate notices. */
#define SOURCE_TOLERANCE_TICKS (TICKS_PER_SECOND / 1000)

/* Slower than this, pictures are blended: below it, a stutter can be seen. */
#define BLEND_RATE_NUM 7
#define BLEND_RATE_DEN 10

/* --- Time ----------------------------------------------------------------------------------- */

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static struct effect_moment moment_at(const struct plan *p, const struct plan_segment *s, int64_t n)
{
    double length = ticks_to_seconds(s->effect_end - s->effect_start);
    double t = ticks_to_seconds(plan_frame_ticks(p, n) - s->effect_start);
    int64_t first = ticks_scale(s->effect_start, p->fps_num, TICKS_PER_SECOND * p->fps_den);
    t = t < 0 ? 0 : t > length ? length : t;
    return (struct effect_moment){
        .t = t,
        .length = length,
        .u = t / length,
        .frame = n > first ? n - first : 0,
        .beats = s->beats,
        .beat_count = s->beat_count,
        .words = s->words,
        .word_count = s->word_count,
    };
}

/* The film instant whose picture is shown at frame n: another one where an effect holds it. */
static int64_t shown_ticks(const struct plan *p, const struct plan_segment *s, int64_t n,
                           const struct effect_moment *m)
{
    double t = effect_total_picture_time(s->effects, s->effect_count, m);
    return t == m->t ? plan_frame_ticks(p, n) : s->effect_start + ticks_from_seconds(t);
}

/* `beside`: what lies before and behind the segment may be shown, as in a transition. */
static int64_t source_ticks(const struct plan *p, const struct plan_segment *s, int64_t film,
                            bool beside)
{
    int64_t low = beside ? 0 : s->whole_start, high = beside ? INT64_MAX : s->whole_end;
    int64_t last = p->sources[s->source].duration_ticks;
    int64_t src = clamp(plan_source_at(s, film), low, high - 1);
    src += s->rate.backwards ? -SOURCE_TOLERANCE_TICKS : SOURCE_TOLERANCE_TICKS;
    high = high < last ? high : last;
    return clamp(src, low, high > low ? high - 1 : low);
}

/* --- A shot --------------------------------------------------------------------------------- */

static void find_crop(const struct plan_segment *s, int64_t t, struct frame_shot *out)
{
    size_t lo = 0, hi = s->crop_count;
    while (lo < hi) { /* the first keyframe behind t */
        size_t mid = lo + (hi - lo) / 2;
        if (s->crop[mid].time <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    const struct plan_crop *b = &s->crop[lo < s->crop_count ? lo : s->crop_count - 1];
    const struct plan_crop *a = lo ? &s->crop[lo - 1] : b;
    double k = b->time > a->time ? (double)(t - a->time) / (double)(b->time - a->time) : 0;
    out->x = a->x + (b->x - a->x) * k;
    out->y = a->y + (b->y - a->y) * k;
    out->scale = a->scale + (b->scale - a->scale) * k;
}

/* Source time from the frame before to this one, where it passes slowly. */
static int64_t find_blend(const struct plan *p, const struct plan_segment *s, int64_t n,
                          int64_t shown)
{
    int64_t frame = plan_frame_ticks(p, n + 1) - plan_frame_ticks(p, n);
    if (shown != plan_frame_ticks(p, n))
        return 0; /* held */
    int64_t step = plan_source_at(s, shown + frame) - plan_source_at(s, shown);
    step = step < 0 ? -step : step;
    return step > 0 && step * BLEND_RATE_DEN < frame * BLEND_RATE_NUM ? step : 0;
}

static void find_paints(const struct plan_segment *s, const struct effect_moment *m,
                        struct frame_shot *out)
{
    for (size_t i = 0; i < s->effect_count && out->paint_count < FRAME_MAX_PAINTS; i++) {
        const struct effect_use *use = &s->effects[i];
        struct effect_look look = {.file = s->effect_files ? s->effect_files[i] : -1};
        if (!use->effect->look || !use->effect->look(use->self, m, &look))
            continue;
        out->paints[out->paint_count].effect = use->effect;
        out->paints[out->paint_count++].look = look;
    }
}

static void find_shot(const struct plan *p, const struct plan_segment *s, int64_t n, bool beside,
                      struct frame_shot *out)
{
    const struct effect_moment m = moment_at(p, s, n);
    int64_t shown = shown_ticks(p, s, n, &m);
    *out = (struct frame_shot){.segment = s, .source_ticks = -1};
    effect_total_view(s->effects, s->effect_count, &m, &out->view);
    if (p->sources[s->source].has_video) {
        out->source_ticks = source_ticks(p, s, shown, beside);
        out->blend_step = find_blend(p, s, n, shown);
        if (s->crop_count)
            find_crop(s, out->source_ticks, out);
    }
    find_paints(s, &m, out);
}

/* --- A frame -------------------------------------------------------------------------------- */

/* The b-roll on top at frame n. */
static const struct plan_segment *find_broll(const struct plan *p, int64_t n)
{
    for (size_t i = p->broll_count; i-- > 0;)
        if (p->broll[i].first_frame <= n && n < p->broll[i].end_frame)
            return &p->broll[i];
    return NULL;
}

/* The segment whose transition frame n lies in; NULL: none. */
static const struct plan_segment *find_transition(const struct plan *p,
                                                  const struct plan_segment *s, int64_t t)
{
    const struct plan_segment *next = s + 1;
    if (s->transition.kind && t < s->transition_to && s > p->segments)
        return s;
    if (next < p->segments + p->segment_count && next->transition.kind && t >= next->transition_from)
        return next;
    return NULL;
}

static void find_shots(const struct plan *p, int64_t n, struct frame *out)
{
    const struct plan_segment *broll = find_broll(p, n), *s = plan_segment_at(p, n);
    int64_t t = plan_frame_ticks(p, n), half = (plan_frame_ticks(p, n + 1) - t) / 2;
    const struct plan_segment *into = broll ? NULL : find_transition(p, s, t);
    if (!into) {
        find_shot(p, broll ? broll : s, n, false, &out->to);
        return;
    }
    double u = (double)(t + half - into->transition_from) /
               (double)(into->transition_to - into->transition_from);
    const struct transition *kind = into->transition.kind;
    out->transition = &into->transition;
    out->u = u < 0 ? 0 : u > 1 ? 1 : u;
    int needs = kind->needs ? kind->needs(into->transition.self, out->u)
                            : TRANSITION_FROM | TRANSITION_TO;
    if (needs & TRANSITION_FROM)
        find_shot(p, into - 1, n, true, &out->from);
    if (needs & TRANSITION_TO)
        find_shot(p, into, n, true, &out->to);
}

double frame_opacity(int64_t ticks, int64_t start, int64_t end, int64_t fade_in, int64_t fade_out,
                     double opacity)
{
    double k = 1;
    if (ticks < start || ticks >= end)
        return 0;
    if (fade_in > 0 && ticks - start < fade_in)
        k = (double)(ticks - start) / (double)fade_in;
    if (fade_out > 0 && end - ticks < fade_out)
        k *= (double)(end - ticks) / (double)fade_out;
    return opacity * k;
}

static void find_images(const struct plan *p, int64_t n, struct frame *out)
{
    int64_t t = plan_frame_ticks(p, n);
    for (size_t i = 0; i < p->image_count && out->image_count < FRAME_MAX_IMAGES; i++) {
        const struct plan_image *m = &p->images[i];
        double opacity =
            frame_opacity(t, m->out_start, m->out_end, m->fade_in, m->fade_out, m->opacity);
        if (opacity <= 0)
            continue;
        out->images[out->image_count].image = m;
        out->images[out->image_count++].opacity = opacity;
    }
}

void frame_at(const struct plan *p, int64_t n, struct frame *out)
{
    out->from.segment = out->to.segment = NULL;
    out->transition = NULL;
    out->u = 0;
    out->image_count = 0;
    find_shots(p, n, out);
    find_images(p, n, out);
}

/* --- In words ------------------------------------------------------------------------------- */

static const char *source_hash(const struct plan *p, int source)
{
    const struct plan_source *s = source >= 0 ? &p->sources[source] : NULL;
    const char *hash = s && s->picture_hash ? s->picture_hash : s ? s->hash : NULL;
    return hash ? hash : "-";
}

static void describe_shot(const struct plan *p, const struct frame_shot *s, int64_t time,
                          struct buf *out)
{
    const struct effect_view *v = &s->view;
    if (!s->segment)
        return;
    buf_printf(out, "shot %s %d %lld %lld", source_hash(p, s->segment->source),
               (int)s->segment->fit, (long long)time, (long long)s->blend_step);
    if (s->segment->fit == FIT_CROP && s->scale > 0)
        buf_printf(out, " crop %.17g %.17g %.17g", s->x, s->y, s->scale);
    if (v->scale > 1) /* else the point it would grow towards does not matter */
        buf_printf(out, " view %.17g %.17g %.17g", v->x, v->y, v->scale);
    buf_adds(out, v->mirrored ? " mirrored\n" : "\n");
    for (int i = 0; i < s->paint_count; i++) {
        const struct effect_look *look = &s->paints[i].look;
        buf_printf(out, "paint %s %s", s->paints[i].effect->name, source_hash(p, look->file));
        for (int k = 0; k < EFFECT_LOOK_VALUES; k++)
            buf_printf(out, " %.17g", look->v[k]);
        buf_addc(out, '\n');
    }
}

void frame_describe(const struct plan *p, const struct frame *f, const int64_t times[2],
                    struct buf *out)
{
    describe_shot(p, &f->from, times ? times[0] : f->from.source_ticks, out);
    if (f->transition) {
        transition_canonical(f->transition, out);
        buf_printf(out, " %.17g\n", f->u);
    }
    describe_shot(p, &f->to, times ? times[1] : f->to.source_ticks, out);
    for (int i = 0; i < f->image_count; i++) {
        const struct plan_image *m = f->images[i].image;
        buf_printf(out, "image %s %.17g %.17g %.17g %.17g\n", source_hash(p, m->source), m->x, m->y,
                   m->width, f->images[i].opacity);
    }
}
