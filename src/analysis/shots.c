/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. A picture is judged late: as the first of a shot when CUT_LOOK_S has come after it, as
 * the middle of a blend after BLEND_HALF_MAX_S. Overlapping blends are kept until the middles have
 * passed the best of them; then the best that holds is it, for the best may be one too long. What
 * was found becomes a list of borders; a cut inside a blend was part of it, a blend into nothing
 * and the one out of it are one fade.
 */
#include "analysis/shots.h"

#include "analysis/shot_blend.h"
#include "analysis/shot_cut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLEARLY 1.2    /* times as unlike: the better cut of two, else the first */
#define BLENDS 16      /* that overlap: so many are looked at closely */
#define VOID_MAX_S 1.5 /* nothing is shown for longer: a shot of its own */

struct border {
    double start_s, end_s; /* the same for a cut */
    enum shot_begin how;
    bool to_void, from_void; /* a cut is never said to come from nothing */
    double unlike;           /* of a cut, see view_unlike() */
};

struct shots {
    struct shots_options opt;
    int width, height; /* of the pictures; 0 before the first */
    double first_s;
    bool starts_void;                    /* the first picture shows nothing */
    int64_t cuts_judged, middles_judged; /* numbers below are done */
    struct shot_blend blends[BLENDS];    /* that overlap, the best first */
    int blend_count;
    int64_t blended; /* the end of the last blend that held: middles before it are its own */
    struct border *borders;
    size_t count, capacity;
    struct shot_ring ring;
};

struct shots *shots_create(struct shots_options opt, struct err *e)
{
    struct shots *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "no memory for the shot detector");
        return NULL;
    }
    s->opt = opt;
    s->cuts_judged = 1; /* before the first picture is no border */
    return s;
}

void shots_destroy(struct shots *s)
{
    if (!s)
        return;
    free(s->borders);
    free(s);
}

void shot_list_finish(struct shot_list *l)
{
    free(l->shots);
    *l = (struct shot_list){0};
}

const char *shot_begin_name(enum shot_begin how)
{
    static const char *const names[] = {[SHOT_START] = "start",
                                        [SHOT_CUT] = "cut",
                                        [SHOT_FADE] = "fade",
                                        [SHOT_DISSOLVE] = "dissolve"};
    return names[how];
}

static bool add(struct shots *s, struct border b, struct err *e)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        struct border *more = realloc(s->borders, capacity * sizeof *more);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "no memory for shots");
        s->borders = more;
        s->capacity = capacity;
    }
    s->borders[s->count++] = b;
    return true;
}

static bool judge_cut(struct shots *s, int64_t k, struct err *e)
{
    if (!shot_is_cut(&s->ring, k))
        return true;
    double t = shot_time(&s->ring, k);
    double unlike = s->ring.unlike[k % SHOT_RING];
    struct border found = {.start_s = t,
                           .end_s = t,
                           .how = SHOT_CUT,
                           .to_void = shot_is_void(&s->ring, k),
                           .unlike = unlike};
    return add(s, found, e);
}

/* Has a cut been found between both, ends not counted? Then it is no blend. */
static bool has_cut(const struct shots *s, double from_s, double to_s)
{
    for (size_t i = s->count; i > 0 && s->borders[i - 1].start_s > from_s - VOID_MAX_S; i--) {
        const struct border *b = &s->borders[i - 1];
        if (b->how == SHOT_CUT && b->start_s > from_s && b->start_s < to_s)
            return true;
    }
    return false;
}

/* Of the blends that overlap, the best one that holds is what there was. */
static bool settle(struct shots *s, struct err *e)
{
    int count = s->blend_count;
    s->blend_count = 0;
    for (int i = 0; i < count; i++) {
        struct shot_blend *b = &s->blends[i];
        if (has_cut(s, b->start_s, b->end_s) || !shot_blend_holds(&s->ring, b))
            continue;
        enum shot_begin how = b->from_void || b->to_void ? SHOT_FADE : SHOT_DISSOLVE;
        struct border found = {.start_s = b->start_s,
                               .end_s = b->end_s,
                               .how = how,
                               .to_void = b->to_void,
                               .from_void = b->from_void};
        s->blended = b->last;
        return add(s, found, e);
    }
    return true;
}

/* The worst goes when there is no room. */
static void keep_blend(struct shots *s, const struct shot_blend *b)
{
    int i = s->blend_count;
    while (i > 0 && s->blends[i - 1].score < b->score)
        i--;
    if (i == BLENDS)
        return;
    s->blend_count += s->blend_count < BLENDS;
    memmove(&s->blends[i + 1], &s->blends[i], (size_t)(s->blend_count - 1 - i) * sizeof *b);
    s->blends[i] = *b;
}

static bool judge_middle(struct shots *s, int64_t k, struct err *e)
{
    if (s->blend_count > 0 && k >= s->blends[0].last && !settle(s, e))
        return false;
    if (k < s->blended)
        return true;
    struct shot_blend b = shot_blend_around(&s->ring, k);
    if (b.score > 0)
        keep_blend(s, &b);
    return true;
}

/* Judges what has pictures enough after it; at the end of the film, all. */
static bool judge(struct shots *s, bool end, struct err *e)
{
    const struct shot_ring *r = &s->ring;
    double now_s = shot_time(r, r->pushed - 1);
    for (; s->cuts_judged < r->pushed; s->cuts_judged++) {
        bool full = r->pushed - s->cuts_judged >= SHOT_RING / 2;
        if (!end && !full && now_s - shot_time(r, s->cuts_judged) <= CUT_LOOK_S)
            break;
        if (!judge_cut(s, s->cuts_judged, e))
            return false;
    }
    for (; s->middles_judged < s->cuts_judged; s->middles_judged++) {
        bool full = r->pushed - s->middles_judged >= SHOT_RING / 2;
        if (!end && !full && now_s - shot_time(r, s->middles_judged) <= BLEND_HALF_MAX_S)
            break;
        if (!judge_middle(s, s->middles_judged, e))
            return false;
    }
    return true;
}

bool shots_push(struct shots *s, const struct small_picture *f, double time_s, struct err *e)
{
    if (s->ring.pushed == 0) {
        s->width = f->width;
        s->height = f->height;
        s->first_s = time_s;
    }
    if (f->width < 2 || f->height < 2 || f->width > SMALL_EDGE || f->height > SMALL_EDGE)
        return err_set(e, ERR_INTERNAL, "shot detector: pictures of %dx%d", f->width, f->height);
    if (f->width != s->width || f->height != s->height)
        return err_set(e, ERR_INTERNAL, "shot detector: the picture size changed");
    shot_ring_push(&s->ring, f, time_s);
    s->starts_void |= s->ring.pushed == 1 && shot_is_void(&s->ring, 0);
    return judge(s, false, e);
}

/* --- From borders to shots -------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    double x = ((const struct border *)a)->start_s, y = ((const struct border *)b)->start_s;
    return (x > y) - (x < y);
}

/* Is `b` the rest of the fade `a`: out of the nothing that a led to? */
static bool goes_on(const struct border *a, const struct border *b)
{
    if (a->how == SHOT_FADE && a->to_void && b->start_s - a->end_s < VOID_MAX_S)
        return b->from_void || b->how == SHOT_CUT;
    return a->how == SHOT_CUT && b->how == SHOT_FADE && b->from_void &&
           b->start_s - a->end_s < VOID_MAX_S;
}

/* Of two cuts with no room for a shot between them one is none: a jolt just before or after. */
static bool are_too_close(const struct border *a, const struct border *b, double min_shot_s)
{
    return a->how == SHOT_CUT && b->how == SHOT_CUT && b->start_s - a->start_s < min_shot_s;
}

/* Joins the parts of fades, and drops the lesser of cuts that are too close; returns how many
 * borders are left. */
static size_t join(struct border *b, size_t count, double min_shot_s)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct border *last = n ? &b[n - 1] : NULL;
        if (last && (goes_on(last, &b[i]) || b[i].start_s < last->end_s)) {
            if (b[i].how == SHOT_FADE || last->how == SHOT_FADE)
                last->how = SHOT_FADE;
            last->end_s = fmax(last->end_s, b[i].end_s);
            last->to_void = b[i].to_void;
        } else if (last && are_too_close(last, &b[i], min_shot_s)) {
            if (b[i].unlike > CLEARLY * last->unlike)
                *last = b[i];
        } else {
            b[n++] = b[i];
        }
    }
    return n;
}

/* The usual step between the last pictures: the last one is shown for so long too. */
static double end_of(const struct shot_ring *r)
{
    double last = shot_time(r, r->pushed - 1);
    return r->pushed > 1 ? 2 * last - shot_time(r, r->pushed - 2) : last;
}

/* Nothing that is shown at the start or the end of a film is no shot of its own. */
static bool is_edge(const struct shots *s, const struct border *b, bool first, double end_s)
{
    if (b->how != SHOT_FADE)
        return false;
    return (first && b->from_void && s->starts_void && b->start_s - s->first_s < VOID_MAX_S) ||
           (b->to_void && end_s - b->end_s < VOID_MAX_S);
}

static void fill_list(const struct shots *s, size_t borders, struct shot_list *out)
{
    double end_s = end_of(&s->ring);
    struct shot_span *shot = out->shots;
    *shot = (struct shot_span){s->first_s, end_s, SHOT_START, 0};
    for (size_t i = 0; i < borders; i++) {
        const struct border *b = &s->borders[i];
        double middle = (b->start_s + b->end_s) / 2;
        if (is_edge(s, b, i == 0, end_s) || middle - shot->start_s < s->opt.min_shot_s ||
            end_s - middle < s->opt.min_shot_s)
            continue;
        shot->end_s = middle;
        *++shot = (struct shot_span){middle, end_s, b->how, b->end_s - b->start_s};
    }
    out->count = (size_t)(shot - out->shots) + 1;
}

bool shots_finish(struct shots *s, struct shot_list *out, struct err *e)
{
    *out = (struct shot_list){0};
    if (s->ring.pushed == 0)
        return true;
    if (!judge(s, true, e) || !settle(s, e))
        return false;
    out->shots = calloc(s->count + 1, sizeof *out->shots);
    if (!out->shots)
        return err_set(e, ERR_NO_MEMORY, "no memory for shots");
    if (s->count)
        qsort(s->borders, s->count, sizeof *s->borders, by_start);
    fill_list(s, join(s->borders, s->count, s->opt.min_shot_s), out);
    return true;
}
