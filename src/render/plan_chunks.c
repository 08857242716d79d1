/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan_chunks.c - cuts the film into pieces that are encoded, cached and joined on their own.
 *
 * A border lies wherever a segment or a caption begins, so that one changed caption costs its own
 * time and little more; pieces are at most two seconds long, which keeps seeking quick and bounds
 * what a change costs, and at least half a second where it can be helped, since each one begins
 * with a key frame.
 */
#include "core/timebase.h"
#include "render/plan_parts.h"

#include <stdlib.h>

#define CHUNK_MAX_TICKS (2 * TICKS_PER_SECOND)
#define CHUNK_MIN_TICKS (TICKS_PER_SECOND / 2)

struct cutter {
    const struct plan *plan;
    int64_t *marks; /* frames, rising, from 0 to the film's end */
    size_t mark_count;
    int64_t min, max; /* frames */
};

static int compare(const void *x, const void *y)
{
    const int64_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static bool find_marks(struct plan_maker *m, struct cutter *c, struct err *e)
{
    const struct plan *p = m->plan;
    size_t n = 0, kept = 0;
    int64_t *marks = arena_array(m->arena, p->segment_count + p->caption_count + 1, sizeof *marks);
    if (!marks)
        return plan_no_memory(e);
    for (size_t i = 0; i < p->segment_count; i++)
        marks[n++] = p->segments[i].first_frame;
    for (size_t i = 0; i < p->caption_count; i++)
        marks[n++] = plan_frame_of(p, p->captions[i].out_start);
    marks[n++] = p->frame_count;
    qsort(marks, n, sizeof *marks, compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || marks[i] != marks[kept - 1])
            marks[kept++] = marks[i];
    while (kept > 1 && marks[kept - 1] > p->frame_count)
        kept--;
    c->marks = marks;
    c->mark_count = kept;
    return true;
}

/* How many stretches between marks make one run, from mark `first`: at least a minimal chunk,
 * taking in following slivers while they fit, so that a run of tiny segments becomes a few chunks
 * and not a thousand. */
static size_t run_length(const struct cutter *c, size_t first)
{
    int64_t frames = c->marks[first + 1] - c->marks[first];
    size_t n = 1;
    while (first + n + 1 < c->mark_count) {
        int64_t next = c->marks[first + n + 1] - c->marks[first + n];
        if (frames >= c->min && (next >= c->min || frames + next > c->max))
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
static size_t split_run(const struct cutter *c, int64_t first, int64_t end, struct plan_chunk *out)
{
    size_t n = 0;
    while (first < end) {
        int64_t left = end - first;
        int64_t take = left <= c->max ? left : left < c->max + c->min ? (left + 1) / 2 : c->max;
        if (out) {
            out[n] = (struct plan_chunk){.first_frame = first, .end_frame = first + take};
            find_segments(c->plan, &out[n]);
        }
        first += take;
        n++;
    }
    return n;
}

static size_t cut_chunks(const struct cutter *c, struct plan_chunk *out)
{
    size_t n = 0, i = 0;
    while (i + 1 < c->mark_count) {
        size_t len = run_length(c, i);
        int64_t first = c->marks[i], end = c->marks[i + len];
        /* What is left at the very end may be a sliver: it joins this run. */
        if (c->plan->frame_count - end < c->min) {
            end = c->plan->frame_count;
            len = c->mark_count - 1 - i;
        }
        n += split_run(c, first, end, out ? out + n : NULL);
        i += len;
    }
    return n;
}

bool plan_build_chunks(struct plan_maker *m, struct err *e)
{
    struct plan *p = m->plan;
    struct cutter c = {.plan = p,
                       .min = plan_frame_of(p, CHUNK_MIN_TICKS),
                       .max = plan_frame_of(p, CHUNK_MAX_TICKS)};
    if (!find_marks(m, &c, e))
        return false;
    p->chunk_count = cut_chunks(&c, NULL);
    struct plan_chunk *chunks = arena_array(m->arena, p->chunk_count, sizeof *chunks);
    if (!chunks)
        return plan_no_memory(e);
    cut_chunks(&c, chunks);
    p->chunks = chunks;
    return true;
}
