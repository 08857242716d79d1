/* SPDX-License-Identifier: GPL-3.0-or-later
 * From pieces to segments: what is true of each, what is done to it, its name and why. */
#include "timeline/layout_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILLED 0.87     /* of the film's length is kept when parts are run through quickly */
#define HASTE_MOST 0.12 /* of a source that is shorter than the film may be */
#define BORDER_SLACK 0.05 /* s: a shot border so near a cut is the cut */

struct styling {
    struct layout *l;
    struct drawing effects, transitions, sfx;
    const struct piece *pieces;
    size_t count;
    unsigned *traits;
    double film_s;     /* where the film is */
    double room_s;     /* what slow motion may still add to it */
    double spare_s;    /* what haste may still take from it */
    size_t pages_left; /* captions that the timeline may still have */
};

/* --- Traits ----------------------------------------------------------------------------------- */

/* TRAIT_LOUD and TRAIT_CALM by rank among the pieces: sources differ in level. */
static bool rank_pieces(struct styling *s)
{
    const struct layout *l = s->l;
    size_t n = s->count;
    double *level = arena_array(l->arena, n + 1, sizeof *level);
    double *sorted = arena_array(l->arena, n + 1, sizeof *sorted);
    if (!level || !sorted)
        return false;
    for (size_t i = 0; i < n; i++)
        sorted[i] = level[i] = loudness(l, s->pieces[i].start, s->pieces[i].end);
    qsort(sorted, n, sizeof *sorted, by_double);
    bool known = n && sorted[n - 1] > sorted[0];
    for (size_t i = 0; i < n; i++) {
        if ((known && level[i] > sorted[n / 3] && level[i] >= sorted[n - 1 - n / 3]) ||
            strong_peak(l, s->pieces[i].start, s->pieces[i].end))
            s->traits[i] |= TRAIT_LOUD;
        else if (known && level[i] <= sorted[n / 3])
            s->traits[i] |= TRAIT_CALM;
    }
    return true;
}

static unsigned traits_of(const struct layout *l, const struct piece *p)
{
    double len = p->end - p->start, middle = p->start + len / 2;
    double said = spans_overlap(&l->spoken, p->start, p->end);
    unsigned t = TRAIT_ALWAYS | p->traits;
    if (said >= 0.5 * len)
        t |= TRAIT_SPEECH;
    if (said <= 0)
        t |= TRAIT_WORDLESS;
    if (spans_overlap(&l->pauses, p->start, p->end) >= len / 3)
        t |= TRAIT_PAUSE;
    if (times_within(&l->drops, p->start - 0.25, middle))
        t |= TRAIT_DROP;
    if (strong_peak(l, p->start - 0.1, middle))
        t |= TRAIT_PEAK;
    if (times_within(&l->beats, p->start, p->end))
        t |= TRAIT_RHYTHM;
    if (len >= 1.5 * l->tpl->pace->usual)
        t |= TRAIT_LONG;
    if (len <= l->tpl->pace->usual / 1.5)
        t |= TRAIT_SHORT;
    return t;
}

static bool find_traits(struct styling *s)
{
    s->traits = arena_array(s->l->arena, s->count + 1, sizeof *s->traits);
    if (!s->traits)
        return false;
    for (size_t i = 0; i < s->count; i++)
        s->traits[i] = traits_of(s->l, &s->pieces[i]) | (i ? TRAIT_CUT : TRAIT_OPENING) |
                       (i + 1 == s->count ? TRAIT_ENDING : 0);
    return rank_pieces(s);
}

/* --- What is done to a segment ---------------------------------------------------------------- */

/* How long a transition into piece i may take: nobody speaks near the cut on either side, both
 * sources go on that far, and neither segment is half gone with it. */
static double calm_seconds(const struct styling *s, size_t i)
{
    const struct layout *l = s->l;
    if (i == 0 || !(s->traits[i] & TRAIT_JUMP))
        return 0;
    const struct piece *a = &s->pieces[i - 1], *b = &s->pieces[i];
    double half = fmin(spans_distance(&l->spoken, a->end), spans_distance(&l->spoken, b->start));
    half = fmin(half, fmin(l->duration - a->end, b->start));
    return fmin(2 * half, 0.5 * fmin(a->end - a->start, b->end - b->start));
}

static bool add_reason(const struct layout *l, struct timeline_segment *seg,
                       const struct drawn_rule *r)
{
    const char *why = drawn_reason(l, r);
    seg->reason = why ? arena_printf(l->arena, "%s; %s: %s", seg->reason, r->name, why) : NULL;
    return seg->reason != NULL;
}

/* The effects of every segment, then those of the rule. */
static bool put_effects(const struct layout *l, const struct drawn_rule *r,
                        struct timeline_segment *seg)
{
    const struct wire_list *look = &l->tpl->look;
    size_t base = l->facts->has_video ? look->count : 0, n = base + (r ? r->uses.count : 0);
    struct wire_raw *raw = arena_array(l->arena, n + 1, sizeof *raw);
    if (!raw)
        return false;
    if (r)
        memcpy(raw, r->uses.raw, r->uses.count * sizeof *raw);
    if (base)
        memcpy(raw + (n - base), look->items, base * sizeof *raw);
    if (n)
        seg->effects = (struct wire_list){raw, n};
    return !r || add_reason(l, seg, r);
}

static bool put_transition(const struct layout *l, const struct drawn_rule *r,
                           struct timeline_segment *seg)
{
    if (!r || r->seconds <= 0)
        return true;
    seg->transition = r->rule->use;
    return add_reason(l, seg, r);
}

static bool put_sfx(const struct layout *l, const struct drawn_rule *r,
                    struct timeline_segment *seg)
{
    if (!r)
        return true;
    struct timeline_sfx *sfx = arena_alloc(l->arena, sizeof *sfx);
    if (!sfx || !wire_defaults(&wire_timeline_sfx, sfx, l->arena))
        return false;
    sfx->name = r->name;
    seg->sfx = sfx;
    return add_reason(l, seg, r);
}

/* --- Segments --------------------------------------------------------------------------------- */

static const char *segment_name(const struct styling *s, size_t i)
{
    if (i == 0)
        return "intro";
    if (i + 1 == s->count)
        return "outro";
    return arena_printf(s->l->arena, "%s-%zu", s->pieces[i].kind, i + 1);
}

static bool begin_segment(const struct styling *s, size_t i, struct timeline_segment *seg)
{
    const struct layout *l = s->l;
    const struct piece *p = &s->pieces[i];
    if (!wire_defaults(&wire_timeline_segment, seg, l->arena))
        return false;
    size_t beats = times_within(&l->beats, p->start, p->end);
    seg->name = segment_name(s, i);
    seg->start = p->start;
    seg->end = p->end;
    seg->reason = p->reason;
    if (beats)
        seg->beats = (struct wire_list){l->beats.at + times_from(&l->beats, p->start), beats};
    return seg->name != NULL;
}

static bool style_segment(struct styling *s, size_t i, struct timeline_segment *seg)
{
    struct layout *l = s->l;
    const struct piece *p = &s->pieces[i];
    double len = p->end - p->start;
    struct occasion o = {
        .traits = s->traits[i], .index = i, .film_s = s->film_s, .seconds = len,
        .room_s = s->room_s, .spare_s = s->spare_s, .calm_s = calm_seconds(s, i),
        .border_inside = times_within(&l->shots, p->start + BORDER_SLACK, p->end - BORDER_SLACK)};
    const struct drawn_rule *fx = drawing_next(&s->effects, l, &o);
    const struct drawn_rule *way =
        s->traits[i] & TRAIT_JUMP ? drawing_next(&s->transitions, l, &o) : NULL;
    const struct drawn_rule *sound = drawing_next(&s->sfx, l, &o);
    double added = fx ? fx->added * len : 0;
    s->room_s -= added;
    s->spare_s += added;
    s->film_s += len + added;
    return begin_segment(s, i, seg) && put_effects(l, fx, seg) && put_transition(l, way, seg) &&
           put_sfx(l, sound, seg) && layout_pages(l, seg, &s->pages_left);
}

bool layout_style(struct layout *l, const struct piece *pieces, size_t n, struct timeline *tl,
                  struct err *e)
{
    struct styling s = {.l = l, .pieces = pieces, .count = n, .room_s = l->tpl->film_seconds,
                        .pages_left = TIMELINE_MAX_CAPTIONS - l->caption_count};
    struct timeline_segment *segs = arena_array(l->arena, n + 1, sizeof *segs);
    double source_s = 0;
    for (size_t i = 0; i < n; i++)
        source_s += pieces[i].end - pieces[i].start;
    s.room_s -= source_s;
    s.spare_s = fmax(source_s - FILLED * l->tpl->film_seconds,
                     l->shortened ? 0 : HASTE_MOST * source_s);
    bool ok = segs && find_traits(&s);
    if (ok && !(drawing_open(&s.effects, l, l->tpl->effects, DRAW_EFFECTS, e) &&
                drawing_open(&s.transitions, l, l->tpl->transitions, DRAW_TRANSITIONS, e) &&
                drawing_open(&s.sfx, l, l->tpl->sfx, DRAW_SFX, e)))
        return false;
    for (size_t i = 0; i < n && ok; i++)
        ok = style_segment(&s, i, &segs[i]);
    tl->segments = (struct wire_list){segs, n};
    return ok ? true : err_set(e, ERR_NO_MEMORY, "out of memory while styling the film");
}
