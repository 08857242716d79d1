/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which parts of the source are shown: long pauses go, and when the rest is longer than the film
 * may be, the best of it is kept, in its order. */
#include "timeline/layout_passages.h"

#include <math.h>

#define PAUSE_MARGIN 0.2   /* s of a pause left on each side, so that no breath is cut off */
#define PAUSE_LEAST 0.3    /* s; taking out less is not worth a jump */
#define KEEP_AT_LEAST 0.25 /* of the source: "pauses" that are nearly everything are the content */
#define ROOM_FOR_SLOWMO 0.93
#define FULL_RISE_DB 12.0 /* a drop so high could not be higher */
#define HOOK_LEAD 0.5      /* s before its highlight that a hook may begin: on the drop itself */

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
        why = arena_printf(l->arena, "pause %.0f ms, taken out", (p.end - p.start) * 1e3);
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
    const struct template_rule *rules = tpl->effects->rules.items;
    for (size_t i = 0; i < tpl->effects->rules.count; i++) {
        struct template_uses uses;
        struct effect_rate rate;
        if (template_uses(&rules[i].use, a, &uses, NULL) &&
            effect_total_rate(uses.use, uses.count, &rate, NULL) && rate.num < rate.den)
            return true;
    }
    return false;
}

/* --- The opening hook ------------------------------------------------------------------------- */

/* What happens in [from, to): the strongest peak, the greatest drop, a stressed word; if there is
 * anything to see at once. */
static double strength(const struct layout *l, double from, double to)
{
    const struct layout_facts *f = l->facts;
    double peak = 0, rise = 0;
    for (size_t i = peaks_from(l, from); i < l->peak_count && l->peaks[i].time < to; i++)
        peak = fmax(peak, fmin(l->peaks[i].strength, 1));
    for (size_t i = 0; i < f->drop_count; i++)
        if (f->drops[i].time >= from && f->drops[i].time < to)
            rise = fmax(rise, f->drops[i].rise);
    double much = peak + fmin(rise / FULL_RISE_DB, 1) +
                  0.5 * (times_within(&l->stress, from, to) > 0);
    return much * seen(l, from, fmin(from + 1, to));
}

/* Where in a highlight the `most` seconds begin in which most happens: at its start, or at a place
 * where a cut is natural; of equals the first. */
static double hook_start(const struct layout *l, const struct layout_highlight *h, double most)
{
    const struct times *natural[] = {&l->shots, &l->gaps, &l->drops, &l->downbeats, &l->beats};
    double start = fmax(cut_before(l, h->start), 0), best = strength(l, start, start + most);
    for (size_t k = 0; k < sizeof natural / sizeof *natural; k++)
        for (size_t i = times_from(natural[k], h->start - HOOK_LEAD);
             i < natural[k]->count && natural[k]->at[i] + most <= h->end; i++) {
            double at = natural[k]->at[i], much = strength(l, at, at + most);
            if (much > best && cut_allowed(l, at) && !unworded(l, at) && !makes_flash(l, at)) {
                start = at;
                best = much;
            }
        }
    return start;
}

/* The best moment, as it will stand in front of the film. False: there is none worth it. */
static bool find_hook(struct layout *l, double film, struct range *out)
{
    double most = fmin(l->tpl->hook_seconds, film / 4);
    if (isnan(l->tpl->hook_seconds) || !(most >= l->shortest) || !l->highlight_count)
        return false;
    const struct layout_highlight *h = &l->highlights[0];
    double start = hook_start(l, h, most);
    double end = end_without_flash(l, cut_before(l, fmin(start + most, l->duration)));
    if (end - start < l->shortest)
        return false;
    *out = (struct range){start, end,
                          arena_printf(l->arena, "hook, the best moment first: %s",
                                       h->why ? h->why : "the highest score of the source")};
    return true;
}

/* A film that begins with its best moment anyway needs no hook. */
static bool hook_is_first(const struct range *hook, const struct ranges *chosen)
{
    return chosen->count && chosen->at[0].start < hook->end + 3 &&
           chosen->at[0].end > hook->start;
}

static bool put_first(struct layout *l, const struct range *first, struct ranges *r)
{
    struct range *at = arena_array(l->arena, r->count + 1, sizeof *at);
    if (!at || !first->why)
        return false;
    at[0] = *first;
    for (size_t i = 0; i < r->count; i++)
        at[i + 1] = r->at[i];
    *r = (struct ranges){at, r->count + 1};
    return true;
}

static bool choose(struct layout *l, const struct ranges *all, struct ranges *out)
{
    double film = l->tpl->film_seconds * (template_slows(l->tpl, l->arena) ? ROOM_FOR_SLOWMO : 1);
    struct range hook;
    bool hooked = find_hook(l, film, &hook);
    if (hooked)
        l->hook = (struct layout_span){hook.start, hook.end};
    if (!passages_choose(l, all, hooked ? film - (hook.end - hook.start) : film, out))
        return false;
    if (!hooked)
        return true;
    if (hook_is_first(&hook, out)) {
        l->hook = (struct layout_span){0};
        return passages_choose(l, all, film, out);
    }
    return put_first(l, &hook, out);
}

bool layout_choose(struct layout *l, struct ranges *out, struct err *e)
{
    struct ranges all = {0};
    bool ok = material(l, &all);
    l->shortened = ok && total(&all) > l->tpl->film_seconds;
    if (l->shortened)
        ok = choose(l, &all, out);
    else
        *out = all;
    return ok ? true : err_set(e, ERR_NO_MEMORY, "out of memory while choosing passages");
}
