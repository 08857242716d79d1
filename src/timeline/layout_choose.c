/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which parts of the source are shown: long pauses go, and when the rest is longer than the film
 * may be, it is parted into passages, of which the best are kept in their order. */
#include "timeline/layout_parts.h"

#include "effects/effect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PAUSE_MARGIN 0.2   /* s of a pause left on each side, so that no breath is cut off */
#define PAUSE_LEAST 0.3    /* s; taking out less is not worth a jump */
#define KEEP_AT_LEAST 0.25 /* of the source: "pauses" that are nearly everything are the content */
#define ROOM_FOR_SLOWMO 0.9

static bool add_range(struct ranges *r, double start, double end, const char *why)
{
    r->at[r->count++] = (struct range){start, end, why};
    return why != NULL;
}

static double total(const struct ranges *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->count; i++)
        sum += r->at[i].end - r->at[i].start;
    return sum;
}

/* The part of a pause that can go: inside its margins, without touching speech. */
static bool pause_cut(const struct layout *l, struct layout_span pause, double from,
                      struct layout_span *cut)
{
    cut->start = cut_after(l, pause.start <= 0 ? 0 : pause.start + PAUSE_MARGIN);
    cut->end = cut_before(l, pause.end >= l->duration ? l->duration : pause.end - PAUSE_MARGIN);
    if (cut->end - cut->start < PAUSE_LEAST || spans_overlap(&l->whole, cut->start, cut->end) > 0)
        return false;
    bool begins_here = cut->start - from < 1e-9;
    return begins_here || cut->start - from >= l->shortest;
}

/* The source without its long pauses. */
static bool material(struct layout *l, struct ranges *out)
{
    double from = 0;
    const char *why = "opening of the source";
    bool taken = !isnan(l->tpl->longest_pause);

    out->at = arena_array(l->arena, l->pauses.count + 1, sizeof *out->at);
    if (!out->at)
        return false;
    for (size_t i = 0; taken && i < l->pauses.count && out->count < LAYOUT_MAX_PAUSES; i++) {
        struct layout_span p = l->pauses.at[i], cut;
        if (p.end - p.start <= l->tpl->longest_pause || !pause_cut(l, p, from, &cut))
            continue;
        if (l->duration - cut.end < l->shortest && cut.end < l->duration)
            continue; /* what is left behind it would be too short */
        if (cut.start > from && !add_range(out, from, cut.start, why))
            return false;
        from = cut.end;
        why = arena_printf(l->arena, "after a pause of %.0f ms, taken out",
                           (p.end - p.start) * 1e3);
    }
    if (l->duration > from && !add_range(out, from, l->duration, why))
        return false;
    if (total(out) < KEEP_AT_LEAST * l->duration) {
        out->count = 0;
        return add_range(out, 0, l->duration, "opening of the source");
    }
    return true;
}

bool template_slows(const struct template *tpl, struct arena *a)
{
    const struct template_effect *fx = tpl->effects.items;
    for (size_t i = 0; i < tpl->effects.count; i++) {
        struct effect_use use;
        struct effect_rate rate;
        if (effect_parse(fx[i].effect.text, fx[i].effect.len, a, &use, NULL) &&
            effect_total_rate(&use, 1, &rate, NULL) && rate.num < rate.den)
            return true;
    }
    return false;
}

/* --- Passages --------------------------------------------------------------------------------- */

struct passage {
    double start, end, score;
    double loud;    /* 0..1, among the passages */
    double speech;  /* share of it that is spoken */
    size_t shots, peaks;
    bool drop, chosen;
    const char *why; /* of the range it begins; NULL: it is inside one */
};

struct passages {
    struct passage *at;
    size_t count;
};

/* The most natural border near t in [from, to]: a pause, a shot border, a gap in the captions. */
static double border_near(const struct layout *l, double t, double from, double to)
{
    const struct times *sources[] = {&l->shots, &l->gaps};
    double best = cut_after(l, t), best_cost = 0.5 * (to - from);
    if (best > to)
        best = cut_before(l, t) >= from ? cut_before(l, t) : best;

    const struct layout_span *pause = spans_around(&l->pauses, t);
    if (pause && cut_allowed(l, (pause->start + pause->end) / 2)) {
        double mid = (pause->start + pause->end) / 2;
        if (mid >= from && mid <= to)
            return mid;
    }
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
        for (size_t i = times_from(sources[k], from); i < sources[k]->count; i++) {
            double at = sources[k]->at[i];
            if (at > to)
                break;
            if (fabs(at - t) < best_cost && cut_allowed(l, at)) {
                best = at;
                best_cost = fabs(at - t);
            }
        }
    return best;
}

static bool part_range(const struct layout *l, const struct range *r, struct buf *list)
{
    double usual = fmax(l->tpl->passage_seconds, 2 * l->shortest);
    usual = fmax(usual, 2 * l->tpl->film_seconds / LAYOUT_MAX_PASSAGES);
    const char *why = r->why;
    for (double from = r->start; from < r->end;) {
        double to = r->end;
        if (r->end - from > 1.5 * usual)
            to = border_near(l, from + usual, from + 0.5 * usual, from + 1.5 * usual);
        if (r->end - to < l->shortest)
            to = r->end;
        struct passage p = {.start = from, .end = to, .why = why};
        if (!buf_add(list, &p, sizeof p))
            return false;
        from = to;
        why = NULL;
    }
    return true;
}

static int by_double(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

/* Replaces each passage's loudness by its rank, 0..1: levels have no fixed scale. */
static bool rank_loudness(struct layout *l, struct passages *p)
{
    double *sorted = arena_array(l->arena, p->count, sizeof *sorted);
    if (!sorted)
        return false;
    for (size_t i = 0; i < p->count; i++)
        sorted[i] = p->at[i].loud = loudness(l, p->at[i].start, p->at[i].end);
    qsort(sorted, p->count, sizeof *sorted, by_double);
    struct times t = {sorted, p->count};
    bool known = sorted[p->count - 1] > sorted[0];
    for (size_t i = 0; i < p->count; i++)
        p->at[i].loud = known ? (double)times_from(&t, p->at[i].loud) / (double)p->count : 0;
    return true;
}

/* What makes a passage worth showing; each part is at most about 1. The opening has a bonus because
 * it was made to be seen first, and chance separates equals, so that a seed is an alternative. */
static bool score(struct layout *l, struct passages *p)
{
    if (!rank_loudness(l, p))
        return false;
    for (size_t i = 0; i < p->count; i++) {
        struct passage *x = &p->at[i];
        double len = x->end - x->start;
        x->speech = spans_overlap(&l->spoken, x->start, x->end) / len;
        x->shots = times_within(&l->shots, x->start, x->end);
        x->peaks = peaks_from(l, x->end) - peaks_from(l, x->start);
        x->drop = times_within(&l->drops, x->start, x->end) > 0;
        x->score = x->loud + 0.8 * x->speech + 0.3 * fmin((double)x->peaks / len, 1) +
                   0.2 * fmin((double)x->shots, 2) + (x->drop ? 0.5 : 0) +
                   (x->start == 0 ? 0.25 : 0) + 0.3 * chance_next(l);
    }
    return true;
}

static int by_score(const void *x, const void *y)
{
    const struct passage *a = *(const struct passage *const *)x;
    const struct passage *b = *(const struct passage *const *)y;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* Marks the best passages that fit together into `room` seconds. A gap in the source costs nothing,
 * so the fill is greedy; when none fits, the best one is cut short. */
static bool choose_best(struct layout *l, struct passages *p, double room)
{
    struct passage **order = arena_array(l->arena, p->count, sizeof(struct passage *));
    if (!order)
        return false;
    for (size_t i = 0; i < p->count; i++)
        order[i] = &p->at[i];
    qsort(order, p->count, sizeof *order, by_score);

    double used = 0;
    for (size_t i = 0; i < p->count; i++) {
        double len = order[i]->end - order[i]->start;
        if (used + len > room || len < l->shortest)
            continue;
        order[i]->chosen = true;
        used += len;
    }
    if (used == 0) {
        struct passage *best = order[0];
        double to = cut_before(l, best->start + room);
        best->end = to - best->start >= l->shortest ? to : best->start + room;
        best->chosen = true;
    }
    return true;
}

static const char *passage_why(struct layout *l, const struct passage *p)
{
    char speech[40] = "", peaks[40] = "";
    if (p->speech >= 0.2)
        snprintf(speech, sizeof speech, ", %.0f %% speech", 100 * p->speech);
    if (p->peaks)
        snprintf(peaks, sizeof peaks, ", %zu energy peak%s", p->peaks, p->peaks == 1 ? "" : "s");
    return arena_printf(l->arena, "one of the best passages (score %.2f%s%s%s%s)", p->score,
                        p->loud >= 0.66 ? ", loud" : "", speech, peaks,
                        p->drop ? ", a drop" : "");
}

/* Chosen passages as ranges; neighbours become one. */
static bool chosen_ranges(struct layout *l, const struct passages *p, struct ranges *out)
{
    out->at = arena_array(l->arena, p->count, sizeof *out->at);
    out->count = 0;
    if (!out->at)
        return false;
    for (size_t i = 0; i < p->count; i++) {
        const struct passage *x = &p->at[i];
        struct range *last = out->count ? &out->at[out->count - 1] : NULL;
        if (!x->chosen)
            continue;
        if (last && last->end == x->start)
            last->end = x->end;
        else if (!add_range(out, x->start, x->end, x->why && x->start == 0 ? x->why
                                                                         : passage_why(l, x)))
            return false;
    }
    return true;
}

bool layout_choose(struct layout *l, struct ranges *out, struct err *e)
{
    bool ok = false;
    struct ranges all = {0};
    struct buf list;
    double film = l->tpl->film_seconds;
    buf_init(&list, 64 << 20);

    if (!material(l, &all))
        goto out;
    if (total(&all) <= film) {
        *out = all;
        ok = true;
        goto out;
    }
    for (size_t i = 0; i < all.count; i++)
        if (!part_range(l, &all.at[i], &list))
            goto out;
    struct passages p = {(struct passage *)(void *)list.data, list.len / sizeof(struct passage)};
    double room = film * (template_slows(l->tpl, l->arena) ? ROOM_FOR_SLOWMO : 1);
    ok = score(l, &p) && choose_best(l, &p, room) && chosen_ranges(l, &p, out);

out:
    buf_finish(&list);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "out of memory while choosing passages");
}
