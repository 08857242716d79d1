/* SPDX-License-Identifier: GPL-3.0-or-later
 * The best atoms that fit into the film: see layout_passages.h. */
#include "timeline/layout_passages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 1200         /* of film time */
#define JUMP_PRICE 0.2     /* of a passage of mean worth */
#define TOP_UP_LEAST 0.05  /* s */
#define UNFILLED 0.04      /* of a film: so much less than it may last is no matter */
#define ENDING_GIVES 0.04  /* of a film: it may end so much sooner or later for a better ending */

/* --- Dynamic programming ---------------------------------------------------------------------- */

enum { FROM_IN = 1, JUMPED = 2, OUT_FROM_IN = 4 }; /* how the best value of a cell came about */

struct table {
    double *in, *out; /* best worth with the atom before taken, or not, by units used */
    double *next_in;
    unsigned char *how; /* [atom][unit] */
};

/* Film time of an atom in units. Rounding the borders instead of the lengths keeps the error of a
 * run below one unit, however many atoms it has; a jump is charged that unit. */
static int units_of(const double *border, size_t i, double unit)
{
    return (int)(lround(border[i + 1] / unit) - lround(border[i] / unit));
}

static void step(struct table *t, const struct atom *x, int len, double price, bool first,
                 unsigned char *how)
{
    for (int u = 0; u <= UNITS; u++) {
        double stay = -INFINITY, jump = -INFINITY, before = -INFINITY;
        how[u] = 0;
        if (!first && u >= len)
            stay = t->in[u - len];
        if (u > len) {
            before = fmax(t->in[u - len - 1], t->out[u - len - 1]);
            jump = before - price;
        }
        t->next_in[u] = x->worth + fmax(stay, jump);
        if (stay >= jump && stay > -INFINITY)
            how[u] |= FROM_IN;
        else if (u > len && t->in[u - len - 1] > t->out[u - len - 1])
            how[u] |= JUMPED;
    }
    for (int u = 0; u <= UNITS; u++)
        if (t->in[u] > t->out[u]) {
            t->out[u] = t->in[u];
            how[u] |= OUT_FROM_IN;
        }
    double *spare = t->in;
    t->in = t->next_in;
    t->next_in = spare;
}

static void walk_back(const struct table *t, struct atoms *x, const double *border, double unit)
{
    int u = 0;
    bool in = false;
    double best = -INFINITY;
    for (int k = 0; k <= UNITS; k++) {
        double v = fmax(t->in[k], t->out[k]);
        if (v > best) {
            best = v;
            u = k;
            in = t->in[k] >= t->out[k];
        }
    }
    for (size_t i = x->count; i-- > 0;) {
        unsigned char how = t->how[i * (UNITS + 1) + (size_t)u];
        x->at[i].taken = in;
        if (!in) {
            in = how & OUT_FROM_IN;
            continue;
        }
        u -= units_of(border, i, unit);
        u -= !(how & FROM_IN);
        in = how & (FROM_IN | JUMPED);
    }
}

bool atoms_take(struct atoms *x, double room, double price)
{
    bool ok = false;
    double unit = room / UNITS;
    double *cells = calloc(3 * (UNITS + 1), sizeof *cells);
    double *border = calloc(x->count + 1, sizeof *border);
    struct table t = {.how = calloc(x->count, UNITS + 1)};
    if (!cells || !border || !t.how)
        goto out;
    t.in = cells;
    t.out = cells + UNITS + 1;
    t.next_in = cells + 2 * (UNITS + 1);
    for (int u = 0; u <= UNITS; u++)
        t.in[u] = t.out[u] = -INFINITY;
    t.out[0] = 0;
    for (size_t i = 0; i < x->count; i++)
        border[i + 1] = border[i] + x->at[i].end - x->at[i].start;
    for (size_t i = 0; i < x->count; i++)
        step(&t, &x->at[i], units_of(border, i, unit), price, i == 0, t.how + i * (UNITS + 1));
    walk_back(&t, x, border, unit);
    ok = true;

out:
    free(t.how);
    free(border);
    free(cells);
    return ok;
}

static double jump_price(const struct layout *l, const struct atoms *x, double room)
{
    double worth = 0, seconds = 0;
    for (size_t i = 0; i < x->count; i++) {
        worth += x->at[i].worth;
        seconds += x->at[i].end - x->at[i].start;
    }
    return JUMP_PRICE * fmin(l->tpl->passage_seconds, room / 3) * worth / seconds;
}

/* --- Ranges ----------------------------------------------------------------------------------- */

/* When not even one atom fits: the beginning of the best one. */
static void take_part(struct layout *l, struct atoms *x, double room)
{
    struct atom *best = &x->at[0];
    for (size_t i = 0; i < x->count; i++)
        if (x->at[i].worth * (best->end - best->start) >
            best->worth * (x->at[i].end - x->at[i].start))
            best = &x->at[i];
    double to = cut_before(l, best->start + room);
    best->end = to - best->start >= l->shortest ? to : best->start + room;
    best->taken = true;
}

/* Why the passage that begins with atom i is shown: because of the best of its atoms. */
static const char *passage_why(struct layout *l, const struct atoms *x, size_t i)
{
    const struct atom *best = &x->at[i];
    if (x->at[i].why && (x->at[i].start <= 0 || (i && x->at[i - 1].taken)))
        return x->at[i].why; /* the opening, or a pause before it was taken out */
    for (; i < x->count && x->at[i].taken; i++) {
        const struct atom *a = &x->at[i];
        if (a->worth * (best->end - best->start) > best->worth * (a->end - a->start))
            best = a;
    }
    return atom_why(l, best);
}

/* Taken atoms as ranges; neighbours become one. */
static bool to_ranges(struct layout *l, const struct atoms *x, struct ranges *out)
{
    out->at = arena_array(l->arena, x->count, sizeof *out->at);
    out->count = 0;
    if (!out->at)
        return false;
    for (size_t i = 0; i < x->count; i++) {
        const struct atom *a = &x->at[i];
        struct range *last = out->count ? &out->at[out->count - 1] : NULL;
        if (a->taken && last && last->end == a->start) {
            last->end = a->end;
        } else if (a->taken) {
            out->at[out->count++] = (struct range){a->start, a->end, passage_why(l, x, i)};
            if (!out->at[out->count - 1].why)
                return false;
        }
    }
    return true;
}

/* The range of the material that t lies in ends there. */
static double material_end(const struct ranges *all, double t)
{
    for (size_t i = 0; i < all->count; i++)
        if (t > all->at[i].start && t <= all->at[i].end)
            return all->at[i].end;
    return t;
}

/* Where a passage may go on to at most: within its material, short of the next passage. */
static double last_end(const struct layout *l, const struct ranges *all, const struct ranges *r,
                       size_t i, double room)
{
    double end = r->at[i].end, to = fmin(end + room, material_end(all, end));
    if (i + 1 < r->count && r->at[i + 1].start >= end)
        to = fmin(to, r->at[i + 1].start - TEMPLATE_SHORTEST_SEGMENT);
    return cut_before(l, to);
}

/* The last of the times in (from, to] where a passage may end; `from` when there is none. */
static double last_of(const struct layout *l, const struct times *x, double from, double to)
{
    for (size_t i = times_from(x, nextafter(to, INFINITY)); i-- > 0 && x->at[i] > from;)
        if (cut_allowed(l, x->at[i]) && !unworded(l, x->at[i]) && !makes_flash(l, x->at[i]))
            return x->at[i];
    return from;
}

/* The last place in (from, to] where an ending is natural; `from` when there is none. */
static double natural_end(const struct layout *l, double from, double to)
{
    const struct times *natural[] = {&l->shots, &l->gaps, &l->sections, &l->downbeats};
    double best = to >= l->duration ? to : from;
    for (size_t k = 0; k < sizeof natural / sizeof *natural; k++)
        best = last_of(l, natural[k], best, to);
    return best;
}

/* Any place in (from, to], but not in the middle of speech or hardly behind a shot border. */
static double any_end(const struct layout *l, double from, double to)
{
    const struct layout_span *said = unworded(l, to);
    if (said && said->start - from > TOP_UP_LEAST)
        to = said->start;
    return end_without_flash(l, to);
}

/* Lets passages go on, as long as the film has room, to where a cut may be: first to natural
 * endings; to any while the film is far from filled. */
static void top_up(struct layout *l, const struct ranges *all, double film, struct ranges *r)
{
    double room = film;
    for (size_t i = 0; i < r->count; i++)
        room -= r->at[i].end - r->at[i].start;
    for (size_t rounds = 0; rounds < 8 && room > TOP_UP_LEAST; rounds++) {
        struct range *best = NULL;
        double most = TOP_UP_LEAST;
        for (int natural = 1; natural >= 0 && !best; natural--)
            for (size_t i = 0; i < r->count && (natural || room > UNFILLED * film); i++) {
                double end = r->at[i].end, to = last_end(l, all, r, i, room);
                to = natural ? natural_end(l, end, to) : any_end(l, end, to);
                if (to - end > most) {
                    most = to - end;
                    best = &r->at[i];
                }
            }
        if (!best)
            return;
        best->end += most;
        room -= most;
    }
}

/* The film's last words: the end of its last passage is moved a little, to where an ending is
 * natural, or to a beat at least. The room that was left for slow motion may go into it. */
static void end_well(const struct layout *l, const struct ranges *all, struct ranges *r)
{
    double film = l->tpl->film_seconds, room = film - (l->hook.end - l->hook.start);
    for (size_t i = 0; i < r->count; i++)
        room -= r->at[i].end - r->at[i].start;
    struct range *last = &r->at[r->count - 1];
    double from = fmax(last->end - ENDING_GIVES * film, last->start + l->shortest);
    double to = last_end(l, all, r, r->count - 1, fmax(fmin(room, ENDING_GIVES * film), 0));
    double end = natural_end(l, from, to);
    if (!(end > from))
        end = last_of(l, &l->beats, from, to);
    if (end > from)
        last->end = end;
}

bool passages_choose(struct layout *l, const struct ranges *all, double room, struct ranges *out)
{
    struct atoms x;
    bool any = false;
    if (!atoms_make(l, all, &x) || !atoms_take(&x, room, jump_price(l, &x, room)))
        return false;
    for (size_t i = 0; i < x.count; i++)
        any = any || x.at[i].taken;
    if (!any)
        take_part(l, &x, room);
    if (!to_ranges(l, &x, out))
        return false;
    top_up(l, all, room, out);
    end_well(l, all, out);
    return true;
}
