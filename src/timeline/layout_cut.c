/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where a range is cut. The pace wants a cut at some time; places in the source (beats, shot
 * borders, pauses, gaps between captions) draw it to them, each with its pull, and distance speaks
 * against them. The cheapest place wins. */
#include "timeline/layout_parts.h"

#include <math.h>
#include <string.h>

/* One pull is worth so much of the distance between shortest and longest. */
#define PULL_WORTH 0.12
/* A cut so close to a shot border of the source, but not on it, shows a flash of the other shot. */
#define FLASH_SECONDS 0.3
#define FLASH_COST 1.5

struct spot {
    double at, cost;
    unsigned traits;
    const char *kind;
    size_t number; /* of the beat or shot, from 1 */
    double detail; /* ms away from the wish; length of the pause in ms */
};

struct wish {
    double at, from, to; /* wanted; what is allowed by the pace */
};

/* The beat's period at t, from its two neighbours. */
static double period_at(const struct times *beats, double t)
{
    size_t i = times_from(beats, t);
    if (beats->count < 2)
        return 0;
    if (i == 0)
        i = 1;
    if (i >= beats->count)
        i = beats->count - 1;
    return beats->at[i] - beats->at[i - 1];
}

static bool makes_flash(const struct layout *l, double t)
{
    size_t i = times_from(&l->shots, t - FLASH_SECONDS);
    return i < l->shots.count && l->shots.at[i] < t + FLASH_SECONDS &&
           !times_within(&l->shots, t - 1e-3, t + 1e-3);
}

static void offer(const struct layout *l, const struct wish *w, struct spot *best, struct spot s,
                  double pull)
{
    if (pull <= 0 || s.at < w->from || s.at > w->to || !cut_allowed(l, s.at))
        return;
    s.cost = fabs(s.at - w->at) / fmax(w->to - w->from, 1e-9) - PULL_WORTH * pull;
    if (makes_flash(l, s.at))
        s.cost += FLASH_COST;
    if (s.cost < best->cost)
        *best = s;
}

static void offer_times(const struct layout *l, const struct wish *w, struct spot *best,
                        const struct times *x, double reach, double pull, struct spot s)
{
    double from = fmax(w->from, w->at - reach), to = fmin(w->to, w->at + reach);
    for (size_t i = times_from(x, from); i < x->count && x->at[i] <= to; i++) {
        s.at = x->at[i];
        s.number = i + 1;
        s.detail = fabs(s.at - w->at) * 1e3;
        offer(l, w, best, s, pull);
    }
}

static void offer_pauses(const struct layout *l, const struct wish *w, struct spot *best)
{
    for (size_t i = spans_from(&l->pauses, w->from);
         i < l->pauses.count && l->pauses.at[i].start < w->to; i++) {
        struct layout_span p = l->pauses.at[i];
        struct spot s = {.at = (p.start + p.end) / 2, .traits = TRAIT_PAUSE, .kind = "pause",
                         .detail = (p.end - p.start) * 1e3};
        offer(l, w, best, s, l->tpl->snap->pauses);
    }
}

/* The best place for the next cut; kind NULL when the pace alone decides. */
static struct spot find_spot(const struct layout *l, const struct wish *w)
{
    const struct template_snap *snap = l->tpl->snap;
    double wide = w->to - w->from, half_beat = period_at(&l->beats, w->at) / 2;
    struct spot best = {.cost = INFINITY};
    offer_times(l, w, &best, &l->beats, half_beat, snap->beats,
                (struct spot){.kind = "beat", .traits = TRAIT_BEAT});
    offer_times(l, w, &best, &l->downbeats, half_beat, snap->downbeats,
                (struct spot){.kind = "downbeat", .traits = TRAIT_BEAT});
    offer_times(l, w, &best, &l->shots, wide, snap->shots,
                (struct spot){.kind = "shot", .traits = TRAIT_SHOT});
    offer_times(l, w, &best, &l->drops, wide, snap->drops,
                (struct spot){.kind = "drop", .traits = TRAIT_DROP});
    offer_times(l, w, &best, &l->gaps, wide, snap->captions,
                (struct spot){.kind = "speech"});
    offer_pauses(l, w, &best);
    if (best.kind)
        return best;

    best.at = fmin(fmax(round(w->at * 1e3) / 1e3, w->from), w->to);
    if (!cut_allowed(l, best.at)) {
        double before = cut_before(l, best.at), after = cut_after(l, best.at);
        best.at = before >= w->from && (after > w->to || w->at - before < after - w->at) ? before
                                                                                          : after;
    }
    return best;
}

static const char *spot_reason(const struct layout *l, const struct spot *s, double wanted_s)
{
    static const struct {
        const char *kind, *words;
    } table[] = {{"beat", "on beat"}, {"downbeat", "on downbeat"}, {"shot", "at shot border"}};
    for (size_t i = 0; s->kind && i < sizeof table / sizeof *table; i++)
        if (strcmp(s->kind, table[i].kind) == 0)
            return arena_printf(l->arena, "cut %s %zu, %.0f ms from the pace", table[i].words,
                                s->number, s->detail);
    if (s->traits & TRAIT_PAUSE)
        return arena_printf(l->arena, "cut in a pause of %.0f ms", s->detail);
    if (s->traits & TRAIT_DROP)
        return "cut where the music sets in";
    if (s->kind)
        return "cut between two captions";
    return arena_printf(l->arena, "cut by the pace of %.1f s, nothing near draws it", wanted_s);
}

/* How long the segment that begins at `from` is wanted: the pace, quicker where it is loud, a
 * quarter up or down by chance; away from the limits, to leave half a beat on either side. */
static struct wish make_wish(struct layout *l, const struct template_pace *pace, double from,
                             double mean_loudness)
{
    double len = pace->usual * (0.75 + 0.5 * chance_next(l));
    if (loudness(l, from, from + pace->usual) > mean_loudness)
        len *= pace->loud;
    double room = pace->longest - l->shortest;
    double half_beat = fmin(period_at(&l->beats, from + len) / 2, room / 2);
    len = fmin(fmax(len, l->shortest + half_beat), pace->longest - half_beat);
    return (struct wish){.at = from + len, .from = from + l->shortest,
                         .to = from + pace->longest};
}

static bool add_piece(struct buf *list, const struct piece *p)
{
    return p->reason && buf_add(list, p, sizeof *p);
}

static bool cut_range(struct layout *l, const struct template_pace *pace, const struct range *r,
                      double mean_loudness, struct buf *list)
{
    struct piece p = {.start = r->start, .traits = list->len ? TRAIT_JUMP : 0,
                      .kind = list->len ? "jump" : "intro", .reason = r->why};
    for (;;) {
        struct wish w = make_wish(l, pace, p.start, mean_loudness);
        double last = r->end - l->shortest; /* so that the rest is long enough */
        struct spot s = {0};
        bool more = last > p.start && r->end - p.start > fmax(1.3 * (w.at - p.start), pace->usual);
        if (more) {
            w.to = fmin(w.to, last);
            w.at = fmin(w.at, fmax(last - period_at(&l->beats, last) / 2, w.from));
            s = find_spot(l, &w);
        }
        if (!more || s.at > last || s.at < p.start + l->shortest) {
            p.end = r->end;
            return add_piece(list, &p);
        }
        p.end = s.at;
        if (!add_piece(list, &p))
            return false;
        p = (struct piece){.start = s.at, .traits = s.traits, .kind = s.kind ? s.kind : "cut",
                           .reason = spot_reason(l, &s, w.at - p.start)};
    }
}

bool layout_cut(struct layout *l, const struct ranges *ranges, struct piece **pieces, size_t *count,
                struct err *e)
{
    bool ok = true;
    double seconds = 0;
    struct buf list;
    buf_init(&list, TIMELINE_MAX_SEGMENTS * sizeof(struct piece));

    for (size_t i = 0; i < ranges->count; i++)
        seconds += ranges->at[i].end - ranges->at[i].start;
    /* Very long films are cut more slowly, or there would be too many segments. */
    struct template_pace pace = *l->tpl->pace;
    l->shortest = fmax(l->shortest, 1.8 * seconds / TIMELINE_MAX_SEGMENTS);
    pace.usual = fmax(pace.usual, 1.2 * l->shortest);
    pace.longest = fmax(pace.longest, 1.5 * l->shortest);

    double mean = loudness(l, 0, l->duration);
    for (size_t i = 0; i < ranges->count && ok; i++)
        ok = cut_range(l, &pace, &ranges->at[i], mean, &list);
    *count = list.len / sizeof **pieces;
    *pieces = arena_array(l->arena, *count + 1, sizeof **pieces);
    ok = ok && *pieces;
    for (size_t i = 0; ok && i < *count; i++)
        (*pieces)[i] = ((const struct piece *)(const void *)list.data)[i];
    buf_finish(&list);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "out of memory while cutting");
}
