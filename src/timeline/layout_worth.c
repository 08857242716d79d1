/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a stretch of the source is worth. */
#include "timeline/layout_passages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DROP_FOLLOWS 4.0  /* s after a drop that are worth as much as the drop */
#define OPENING_WORTH 0.15 /* it was made to be seen first */
#define CHANCE_WORTH 0.15 /* separates equals, so that a seed is an alternative */
#define SHOWN_TWICE 0.7   /* of its worth is lost by what the hook shows already */
#define UNSEEN 0.6        /* of its worth is lost where the picture is black or blurred */
#define PLAIN_WORTH 0.05  /* of anything: a film is filled */

/* --- Borders ---------------------------------------------------------------------------------- */

/* The most natural border near t in [from, to]. */
static double border_near(const struct layout *l, double t, double from, double to)
{
    const struct {
        const struct times *times;
        double bonus; /* worth so much of the distance */
    } sources[] = {{&l->gaps, 0.5}, {&l->drops, 0.6}, {&l->sections, 0.4}, {&l->shots, 0.4},
                   {&l->downbeats, 0.3}, {&l->beats, 0.1}};
    double best = cut_after(l, t), best_cost = 0.5, wide = to - from;
    if (best > to)
        best = cut_before(l, t) >= from ? cut_before(l, t) : best;

    const struct layout_span *pause = spans_around(&l->pauses, t);
    double mid = pause ? (pause->start + pause->end) / 2 : 0;
    if (pause && cut_allowed(l, mid) && mid >= from && mid <= to)
        return mid;
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
        for (size_t i = times_from(sources[k].times, from);
             i < sources[k].times->count && sources[k].times->at[i] <= to; i++) {
            double at = sources[k].times->at[i];
            double cost = fabs(at - t) / wide - sources[k].bonus;
            if (unworded(l, at))
                cost += 0.8;
            if (makes_flash(l, at))
                cost += 0.8;
            if (cost < best_cost && cut_allowed(l, at)) {
                best = at;
                best_cost = cost;
            }
        }
    return best;
}

static bool part_range(const struct layout *l, const struct range *r, double usual,
                       struct buf *list)
{
    const char *why = r->why;
    for (double from = r->start; from < r->end;) {
        double to = r->end;
        if (r->end - from > 1.5 * usual)
            to = border_near(l, from + usual, from + fmax(0.5 * usual, l->shortest),
                             from + 1.5 * usual);
        if (r->end - to < l->shortest)
            to = r->end;
        struct atom x = {.start = from, .end = to, .why = why, .rise = NAN};
        if (!buf_add(list, &x, sizeof x))
            return false;
        from = to;
        why = NULL;
    }
    return true;
}

/* A third of a passage, so that passages can end where they should. */
static double atom_seconds(const struct layout *l, const struct ranges *all)
{
    double sum = 0, passage = fmin(l->tpl->passage_seconds, l->tpl->film_seconds / 3);
    for (size_t i = 0; i < all->count; i++)
        sum += all->at[i].end - all->at[i].start;
    return fmax(fmax(passage / 3, 1.5 * l->shortest), 2 * sum / ATOMS_MAX);
}

/* --- Worth ------------------------------------------------------------------------------------ */

/* Replaces each atom's loudness by its rank, 0..1: sources differ in level. */
static bool rank_loudness(struct layout *l, struct atoms *x)
{
    double *sorted = arena_array(l->arena, x->count, sizeof *sorted);
    if (!sorted)
        return false;
    for (size_t i = 0; i < x->count; i++)
        sorted[i] = x->at[i].loud = loudness(l, x->at[i].start, x->at[i].end);
    qsort(sorted, x->count, sizeof *sorted, by_double);
    bool known = sorted[x->count - 1] > sorted[0];
    for (size_t i = 0; i < x->count; i++)
        x->at[i].loud = known ? rank_of(sorted, x->count, x->at[i].loud) : 0;
    return true;
}

static void mark_highlights(const struct layout *l, struct atoms *x)
{
    for (size_t k = 0; k < l->highlight_count; k++) { /* best first */
        const struct layout_highlight *h = &l->highlights[k];
        size_t lo = 0, hi = x->count;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            if (x->at[mid].end <= h->start)
                lo = mid + 1;
            else
                hi = mid;
        }
        for (; lo < x->count && x->at[lo].start < h->end; lo++) {
            struct atom *a = &x->at[lo];
            double covered = fmin(a->end, h->end) - fmax(a->start, h->start);
            if (!a->highlight && covered >= 0.5 * (a->end - a->start))
                a->highlight = h;
        }
    }
}

static void mark_drops(const struct layout *l, struct atoms *x)
{
    const struct layout_facts *f = l->facts;
    for (size_t k = 0; k < f->drop_count; k++)
        for (size_t i = 0; i < x->count; i++) {
            double after = x->at[i].start - f->drops[k].time;
            bool inside = after <= 0 && f->drops[k].time < x->at[i].end;
            if ((inside || (after > 0 && after < DROP_FOLLOWS)) &&
                !(x->at[i].rise >= f->drops[k].rise))
                x->at[i].rise = f->drops[k].rise;
        }
}

static double weight_sum(const struct template_choose *w)
{
    return fmax(w->highlights + w->loud + w->peaks + w->drops + w->speech + w->shots + w->spread,
                0.1);
}

/* Worth of a second, but for the spread. */
static double density(struct layout *l, struct atom *x)
{
    const struct template_choose *w = l->tpl->choose;
    double len = x->end - x->start;
    x->speech = spans_overlap(&l->spoken, x->start, x->end) / len;
    x->peaks = peaks_from(l, x->end) - peaks_from(l, x->start);
    double shots = (double)times_within(&l->shots, x->start, x->end);
    double sum = w->highlights * (x->highlight ? x->highlight->score : 0) + w->loud * x->loud +
                 w->peaks * fmin((double)x->peaks / len, 1) + w->drops * !isnan(x->rise) +
                 w->speech * x->speech + w->shots * fmin(2 * shots / len, 1);
    double shown = fmax(fmin(x->end, l->hook.end) - fmax(x->start, l->hook.start), 0) / len;
    sum *= 1 - UNSEEN * (1 - seen(l, x->start, x->end));
    return (PLAIN_WORTH + sum / weight_sum(w) + (x->start <= 0 ? OPENING_WORTH : 0) +
            CHANCE_WORTH * chance_next(l)) * (1 - SHOWN_TWICE * shown);
}

/* The best stretch of at most `most` seconds in atoms first..last-1, at least one atom. */
static void best_stretch(const struct atoms *x, size_t first, size_t last, double most,
                         size_t *from, size_t *to)
{
    double best = -1;
    for (size_t i = first; i < last; i++) {
        double worth = x->at[i].worth, len = x->at[i].end - x->at[i].start;
        size_t k = i + 1;
        for (; k < last && x->at[k].start == x->at[k - 1].end &&
               len + x->at[k].end - x->at[k].start <= most; k++) {
            worth += x->at[k].worth;
            len += x->at[k].end - x->at[k].start;
        }
        if (worth > best) {
            best = worth;
            *from = i;
            *to = k;
        }
    }
}

/* Parts the source into as many parts as the film has passages; the best stretch of each is worth
 * more, so that something of every part is shown. */
static void add_spread(const struct layout *l, struct atoms *x)
{
    double passage = fmin(l->tpl->passage_seconds, l->tpl->film_seconds / 3), sum = 0, at = 0;
    double more = l->tpl->choose->spread / weight_sum(l->tpl->choose);
    for (size_t i = 0; i < x->count; i++)
        sum += x->at[i].end - x->at[i].start;
    double part = sum / fmax(1, floor(l->tpl->film_seconds / passage));
    for (size_t i = 0, n = 1; i < x->count && more > 0; n++) {
        size_t first = i, from = i, to = i;
        while (i < x->count && (i == first || at < (double)n * part)) {
            at += x->at[i].end - x->at[i].start;
            i++;
        }
        best_stretch(x, first, i, passage * 1.1, &from, &to);
        for (; from < to; from++) {
            x->at[from].spread = true;
            x->at[from].worth += more * (x->at[from].end - x->at[from].start);
        }
    }
}

bool atoms_make(struct layout *l, const struct ranges *all, struct atoms *out)
{
    struct buf list;
    bool ok = true;
    double usual = atom_seconds(l, all);
    buf_init(&list, 64 << 20);
    for (size_t i = 0; i < all->count && ok; i++)
        ok = part_range(l, &all->at[i], usual, &list);
    out->count = list.len / sizeof *out->at;
    out->at = arena_array(l->arena, out->count + 1, sizeof *out->at);
    ok = ok && out->at;
    for (size_t i = 0; ok && i < out->count; i++)
        out->at[i] = ((const struct atom *)(const void *)list.data)[i];
    buf_finish(&list);
    if (!ok || !rank_loudness(l, out))
        return false;
    mark_highlights(l, out);
    mark_drops(l, out);
    for (size_t i = 0; i < out->count; i++)
        out->at[i].worth = density(l, &out->at[i]) * (out->at[i].end - out->at[i].start);
    add_spread(l, out);
    return true;
}

const char *atom_why(struct layout *l, const struct atom *x)
{
    char more[120];
    size_t n = 0;
    *more = '\0';
    if (x->highlight)
        return arena_printf(l->arena, "highlight %zu%s%.200s",
                            (size_t)(x->highlight - l->highlights) + 1,
                            x->highlight->why ? ": " : "",
                            x->highlight->why ? x->highlight->why : "");
    if (x->speech >= 0.2)
        n += (size_t)snprintf(more + n, sizeof more - n, ", %.0f %% speech", 100 * x->speech);
    if (x->peaks)
        n += (size_t)snprintf(more + n, sizeof more - n, ", %zu energy peak%s", x->peaks,
                              x->peaks == 1 ? "" : "s");
    if (!isnan(x->rise))
        snprintf(more + n, sizeof more - n, ", drop %+.0f dB", x->rise);
    if (x->loud >= 0.66)
        return arena_printf(l->arena, "louder than %.0f %% of the source%s", 100 * x->loud, more);
    if (*more)
        return arena_printf(l->arena, "%s", more + 2);
    return x->spread ? "to show something of this part of the source"
                     : "as good as any other passage";
}
