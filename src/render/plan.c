/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.c - from a timeline to what is shown and heard when.
 *
 * DESIGN. Segments are laid end to end in ticks first; frames and samples are that sum rounded, so
 * a film of 10,000 segments ends where the arithmetic says. A range cuts the laid-out segments
 * afterwards and shifts them to 0; captions and sounds follow from the cut segments. Chunks come
 * last, from nothing but the segments' frames: a changed caption never moves a chunk border.
 */
#include "render/plan.h"

#include "core/timebase.h"
#include "timeline/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A chunk is never longer, and where it can be helped never shorter. */
#define CHUNK_MAX_TICKS (2 * TICKS_PER_SECOND)
#define CHUNK_MIN_TICKS (TICKS_PER_SECOND / 2)

/* How much later than the plain sum a source is asked for: more than containers with millisecond
 * clocks round (0.5 ms), less than any frame rate notices. */
#define SOURCE_TOLERANCE_TICKS (TICKS_PER_SECOND / 1000)

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

/* --- Time ----------------------------------------------------------------------------------- */

static int64_t ticks_to_frames(const struct plan *p, int64_t ticks)
{
    return ticks_scale(ticks, p->fps_num, TICKS_PER_SECOND * p->fps_den);
}

static int64_t ticks_to_samples(int64_t ticks)
{
    return ticks_scale(ticks, PLAN_SAMPLE_RATE, TICKS_PER_SECOND);
}

int64_t plan_frame_ticks(const struct plan *p, int64_t frame)
{
    return ticks_scale(frame, TICKS_PER_SECOND * p->fps_den, p->fps_num);
}

int64_t plan_source_ticks(const struct plan *p, const struct plan_segment *s, int64_t frame)
{
    int64_t t = plan_frame_ticks(p, frame) - s->out_start;
    int64_t src = s->src_start + ticks_scale_floor(t, s->rate.num, s->rate.den);
    /* The grid may put a segment's first frame half a frame before the cut. */
    if (src < s->src_start)
        src = s->src_start;
    src += SOURCE_TOLERANCE_TICKS;
    return src < s->src_end ? src : s->src_end - 1;
}

double plan_effect_position(const struct plan *p, const struct plan_segment *s, int64_t frame)
{
    double u = (double)(plan_frame_ticks(p, frame) - s->effect_start) /
               (double)(s->effect_end - s->effect_start);
    return u < 0 ? 0 : u > 1 ? 1 : u;
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

/* --- Segments ------------------------------------------------------------------------------- */

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "no memory for the render plan");
}

static bool read_effects(const struct timeline_segment *in, struct plan_segment *s, struct arena *a,
                         struct err *e)
{
    const struct wire_raw *raw = in->effects.items;
    size_t n = in->effects.count;
    struct effect_use *uses = arena_array(a, n ? n : 1, sizeof *uses);
    if (!uses)
        return no_memory(e);
    for (size_t i = 0; i < n; i++)
        if (!effect_parse(raw[i].text, raw[i].len, a, &uses[i], e))
            return false;
    s->effects = uses;
    s->effect_count = n;
    return effect_total_rate(uses, n, &s->rate, e);
}

static bool read_fit(const char *word, enum plan_fit *fit, struct err *e)
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

/* Lays one segment at `at`, the exact sum of those before it. */
static bool lay_segment(const struct timeline *t, const struct timeline_segment *in,
                        const struct plan_source *src, int64_t at, struct plan_segment *s,
                        struct arena *a, struct err *e)
{
    if (!check_times(in, src, e) || !read_effects(in, s, a, e) ||
        !read_fit(timeline_fit_of(t, in), &s->fit, e))
        return false;
    s->name = in->name;
    s->src_start = ticks_from_seconds(in->start);
    s->src_end = ticks_from_seconds(in->end);
    if (s->src_end <= s->src_start)
        return err_set(e, ERR_INVALID, "too short to be shown");
    s->out_start = s->effect_start = at;
    s->out_end = at + ticks_scale(s->src_end - s->src_start, s->rate.den, s->rate.num);
    s->effect_end = s->out_end;
    if (s->out_end > PLAN_MAX_HOURS * 3600 * TICKS_PER_SECOND)
        return err_set(e, ERR_INVALID, "the film is longer than %d hours", PLAN_MAX_HOURS);
    return true;
}

static bool lay_segments(const struct timeline *t, const struct plan_source *src,
                         struct plan_segment *segs, struct arena *a, struct err *e)
{
    const struct timeline_segment *in = timeline_segments(t);
    int64_t at = 0;
    for (size_t i = 0; i < t->segments.count; i++) {
        segs[i].index = i;
        if (!lay_segment(t, &in[i], src, at, &segs[i], a, e))
            return err_wrap(e, "segments[%zu] \"%.60s\"", i, in[i].name ? in[i].name : "");
        at = segs[i].out_end;
    }
    return true;
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
        s.src_start += ticks_scale(head, s.rate.num, s.rate.den);
        s.src_end -= ticks_scale(tail, s.rate.num, s.rate.den);
        s.out_start += head - from;
        s.out_end -= tail + from;
        s.effect_start -= from;
        s.effect_end -= from;
        if (s.src_end > s.src_start)
            segs[kept++] = s;
    }
    return kept;
}

static void put_on_grids(const struct plan *p, struct plan_segment *segs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct plan_segment *s = &segs[i];
        s->first_frame = ticks_to_frames(p, s->out_start);
        s->end_frame = ticks_to_frames(p, s->out_end);
        s->first_sample = ticks_to_samples(s->out_start);
        s->end_sample = ticks_to_samples(s->out_end);
    }
}

static bool range_of(const struct plan_options *opt, int64_t *from, int64_t *to, struct err *e)
{
    double a = opt->range_start_s, b = opt->range_end_s;
    double limit = PLAN_MAX_HOURS * 3600.0;
    if (!(a >= 0 && a < b && b <= limit))
        return err_set(e, ERR_INVALID, "range: start and end must be film times, 0 <= start < end");
    *from = ticks_from_seconds(a);
    *to = ticks_from_seconds(b);
    return true;
}

static bool build_segments(const struct timeline *t, const struct plan_options *opt,
                           struct arena *a, struct plan *p, struct err *e)
{
    size_t n = t->segments.count;
    if (n == 0)
        return err_set(e, ERR_INVALID, "the timeline has no segments");
    struct plan_segment *segs = arena_array(a, n, sizeof *segs);
    if (!segs)
        return no_memory(e);
    if (!lay_segments(t, &p->sources[0], segs, a, e))
        return false;
    if (opt->range_start_s != 0 || opt->range_end_s != 0) {
        int64_t from = 0, to = 0;
        if (!range_of(opt, &from, &to, e))
            return false;
        n = cut_to_range(segs, n, from, to);
        if (n == 0)
            return err_set(e, ERR_INVALID, "range: it lies behind the end of the film");
    }
    put_on_grids(p, segs, n);
    p->segments = segs;
    p->segment_count = n;
    p->duration_ticks = segs[n - 1].out_end;
    p->frame_count = segs[n - 1].end_frame;
    p->sample_count = segs[n - 1].end_sample;
    if (p->frame_count < 1)
        return err_set(e, ERR_INVALID, "the film would be shorter than one frame");
    return true;
}

/* --- Captions ------------------------------------------------------------------------------- */

/* A list of captions by start time; `reach` is the latest end of it and those before it, which
 * makes "which overlap [a, b)?" a search even when long captions lie under short ones. */
struct span {
    int64_t start, end, reach;
    const char *text;
};

struct spans {
    struct span *items;
    size_t count;
};

static int by_start(const void *x, const void *y)
{
    const struct span *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return strcmp(a->text, b->text);
}

static bool spans_build(const struct wire_list *list, struct arena *a, struct spans *out,
                        struct err *e)
{
    const struct caption *in = list->items;
    out->count = 0;
    out->items = arena_array(a, list->count ? list->count : 1, sizeof *out->items);
    if (!out->items)
        return no_memory(e);
    for (size_t i = 0; i < list->count; i++) {
        if (!(isfinite(in[i].start) && isfinite(in[i].end) && in[i].end > in[i].start) ||
            fabs(in[i].start) > TIMELINE_MAX_SECONDS || in[i].end > TIMELINE_MAX_SECONDS)
            continue;
        out->items[out->count++] = (struct span){.start = ticks_from_seconds(in[i].start),
                                                 .end = ticks_from_seconds(in[i].end),
                                                 .text = in[i].text};
    }
    qsort(out->items, out->count, sizeof *out->items, by_start);
    int64_t reach = INT64_MIN;
    for (size_t i = 0; i < out->count; i++) {
        reach = out->items[i].end > reach ? out->items[i].end : reach;
        out->items[i].reach = reach;
    }
    return true;
}

/* The first that can still be on at t. */
static size_t spans_first(const struct spans *s, int64_t t)
{
    size_t lo = 0, hi = s->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->items[mid].reach <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int64_t film_time(const struct plan_segment *s, int64_t src)
{
    return s->out_start + ticks_scale(src - s->src_start, s->rate.den, s->rate.num);
}

/* The captions of one segment, mapped to the film and clipped to it. out NULL: only count them. */
static size_t map_captions(const struct spans *spans, const struct plan_segment *s,
                           struct plan_caption *out)
{
    size_t n = 0;
    for (size_t i = spans_first(spans, s->src_start); i < spans->count; i++) {
        const struct span *c = &spans->items[i];
        if (c->start >= s->src_end)
            break;
        if (c->end <= s->src_start)
            continue;
        if (out) {
            int64_t from = film_time(s, c->start), to = film_time(s, c->end);
            out[n] = (struct plan_caption){
                .text = c->text,
                .out_start = from > s->out_start ? from : s->out_start,
                .out_end = to < s->out_end ? to : s->out_end,
                .whole_start = from,
                .whole_end = to,
            };
        }
        n++;
    }
    return n;
}

static bool build_captions(const struct timeline *t, struct arena *a, struct plan *p, struct err *e)
{
    const struct timeline_segment *in = timeline_segments(t);
    struct spans film, *own = arena_array(a, p->segment_count, sizeof *own);
    if (!own)
        return no_memory(e);
    if (!spans_build(&t->captions, a, &film, e))
        return false;

    size_t total = 0;
    for (size_t i = 0; i < p->segment_count; i++) {
        const struct wire_list *list = timeline_captions_of(t, &in[p->segments[i].index]);
        if (list == &t->captions)
            own[i] = film;
        else if (!spans_build(list, a, &own[i], e))
            return false;
        total += map_captions(&own[i], &p->segments[i], NULL);
        if (total > PLAN_MAX_CAPTIONS)
            return err_set(e, ERR_INVALID, "captions would appear more than %d times",
                           PLAN_MAX_CAPTIONS);
    }
    struct plan_caption *out = arena_array(a, total ? total : 1, sizeof *out);
    if (!out)
        return no_memory(e);
    p->captions = out;
    for (size_t i = 0; i < p->segment_count; i++)
        p->caption_count += map_captions(&own[i], &p->segments[i], out + p->caption_count);
    return true;
}

/* --- Sounds --------------------------------------------------------------------------------- */

static int source_by_path(const struct plan *p, const char *path)
{
    for (size_t i = 0; path && i < p->source_count; i++)
        if (p->sources[i].path && strcmp(p->sources[i].path, path) == 0)
            return (int)i;
    return -1;
}

static struct plan_sfx place_sfx(const struct plan *p, size_t segment,
                                 const struct timeline_sfx *in)
{
    const struct plan_segment *s = &p->segments[segment];
    int source = source_by_path(p, in->path);
    /* A path that is no source names a built-in sound. */
    struct plan_sfx sfx = {.segment = segment,
                           .name = source < 0 && in->path ? in->path : in->name,
                           .source = source,
                           .max_samples = INT64_MAX,
                           .gain_db = PLAN_SFX_GAIN_DB};
    int64_t start = ticks_to_samples(s->effect_start);
    sfx.first_sample = start > 0 ? start : 0;
    sfx.skip_samples = start < 0 ? -start : 0;
    if (isfinite(in->duration) && in->duration <= TIMELINE_MAX_SECONDS) {
        int64_t whole = ticks_to_samples(ticks_from_seconds(in->duration));
        sfx.max_samples = whole > sfx.skip_samples ? whole - sfx.skip_samples : 0;
    }
    return sfx;
}

static bool build_sfx(const struct timeline *t, struct arena *a, struct plan *p, struct err *e)
{
    const struct timeline_segment *in = timeline_segments(t);
    struct plan_sfx *out = arena_array(a, p->segment_count, sizeof *out);
    if (!out)
        return no_memory(e);
    p->sfx = out;
    for (size_t i = 0; i < p->segment_count; i++) {
        const struct timeline_sfx *sfx = in[p->segments[i].index].sfx;
        if (!sfx || (!sfx->name && !sfx->path))
            continue;
        struct plan_sfx placed = place_sfx(p, i, sfx);
        if (placed.max_samples > 0)
            out[p->sfx_count++] = placed;
    }
    return true;
}

/* --- Chunks --------------------------------------------------------------------------------- */

static int64_t seg_frames(const struct plan_segment *s)
{
    return s->end_frame - s->first_frame;
}

/* How many segments from `first` make one run: at least a minimal chunk, taking in following
 * slivers while they fit, so that a run of tiny segments becomes a few chunks and not a thousand.
 */
static size_t run_length(const struct plan *p, size_t first, int64_t min, int64_t max)
{
    int64_t frames = seg_frames(&p->segments[first]);
    size_t n = 1;
    while (first + n < p->segment_count) {
        int64_t next = seg_frames(&p->segments[first + n]);
        if (frames >= min && (next >= min || frames + next > max))
            break;
        frames += next;
        n++;
    }
    return n;
}

static void find_segments(const struct plan *p, struct plan_chunk *c)
{
    c->first_segment = (size_t)(plan_segment_at(p, c->first_frame) - p->segments);
    c->end_segment = (size_t)(plan_segment_at(p, c->end_frame - 1) - p->segments) + 1;
}

/* Cuts frames [first, end) into chunks of the full length and what is left, which two chunks share
 * when one would be a sliver. Counting from the start, so that a later cut at the end moves few
 * borders. Returns how many; out NULL: only count. */
static size_t split_run(const struct plan *p, int64_t first, int64_t end, int64_t min, int64_t max,
                        struct plan_chunk *out)
{
    size_t n = 0;
    while (first < end) {
        int64_t left = end - first;
        int64_t take = left <= max ? left : left < max + min ? (left + 1) / 2 : max;
        if (out) {
            out[n] = (struct plan_chunk){.first_frame = first, .end_frame = first + take};
            find_segments(p, &out[n]);
        }
        first += take;
        n++;
    }
    return n;
}

static size_t cut_chunks(const struct plan *p, struct plan_chunk *out)
{
    int64_t max = ticks_to_frames(p, CHUNK_MAX_TICKS), min = ticks_to_frames(p, CHUNK_MIN_TICKS);
    size_t n = 0, i = 0;
    while (i < p->segment_count) {
        size_t len = run_length(p, i, min, max);
        int64_t first = p->segments[i].first_frame, end = p->segments[i + len - 1].end_frame;
        /* What is left at the very end may be a sliver: it joins this run. */
        if (p->frame_count - end < min) {
            end = p->frame_count;
            len = p->segment_count - i;
        }
        n += split_run(p, first, end, min, max, out ? out + n : NULL);
        i += len;
    }
    return n;
}

static bool build_chunks(struct arena *a, struct plan *p, struct err *e)
{
    p->chunk_count = cut_chunks(p, NULL);
    struct plan_chunk *chunks = arena_array(a, p->chunk_count, sizeof *chunks);
    if (!chunks)
        return no_memory(e);
    cut_chunks(p, chunks);
    p->chunks = chunks;
    return true;
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
        .watermark = opt->watermark && opt->watermark[0] ? opt->watermark : NULL,
    };
    return build_segments(t, opt, a, out, e) && build_captions(t, a, out, e) &&
           build_sfx(t, a, out, e) && build_chunks(a, out, e);
}
