/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where a range is cut.
 *
 * DESIGN. Places that could take a cut (beats, shot borders, pauses, gaps between captions, stressed
 * words, and where there are none of these a plain grid) are the nodes of a graph, segments its
 * edges. A node costs the less the stronger the template is drawn to it; an edge the more the
 * further its length is from the wanted one, in octaves squared, so that half and double weigh the
 * same. The cheapest way from the range's start to its end is found by dynamic programming; an edge
 * beyond the template's longest is taken only where no other leads on.
 */
#include "timeline/layout_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PULL_MOST 10.0
#define PLACE_WEIGHT 2.0 /* of a place without pull, against one of PULL_MOST */
#define PACE_WEIGHT 2.0  /* of a segment half or twice as long as wanted */
#define CHANCE_WEIGHT 0.25
#define TOGETHER_SECONDS 0.05 /* places so close add their pulls: a shot border on the beat */
#define FLASH_COST 8.0
#define FADE_COST 4.0    /* in the middle of a dissolve */
#define SPEECH_COST 50.0 /* in the middle of speech whose words are not known */
#define SUNG_COST 0.5    /* on a beat, or a new shot, of a song that is sung */
#define TOO_LONG_COST 1e4
#define PEAK_LEAD 0.08   /* s */
#define AS_PACED_SECONDS 0.25 /* off the wanted length by less: nobody sees it */
#define REACH_MOST 600   /* nodes that are looked back over */

struct node {
    double at, pull, cost;
    unsigned traits;
    const char *kind, *words; /* of the strongest; words: "downbeat 34" */
    size_t number;            /* of the beat or shot, from 1; 0: not counted */
    double detail;            /* of a pause: ms */
    const char *also;         /* another kind that is close by, NULL */
    size_t also_number;
    double also_ms;
    double total;             /* cheapest way here */
    size_t from;              /* the node before on it */
    double wanted;            /* length of the segment that begins here */
};

struct graph {
    struct layout *l;
    const struct template_pace *pace;
    struct buf nodes; /* struct node */
    double mean_loudness;
};

static struct node *nodes_of(struct graph *g)
{
    return (struct node *)(void *)g->nodes.data;
}

static size_t node_count(const struct graph *g)
{
    return g->nodes.len / sizeof(struct node);
}

/* --- Places ----------------------------------------------------------------------------------- */

static void add_times(struct graph *g, const struct range *r, const struct times *x, double pull,
                      struct node proto)
{
    for (size_t i = times_from(x, r->start); pull > 0 && i < x->count && x->at[i] < r->end; i++) {
        proto.at = x->at[i];
        proto.pull = pull;
        proto.number = i + 1;
        if (cut_allowed(g->l, proto.at))
            buf_add(&g->nodes, &proto, sizeof proto);
    }
}

/* A cut is a moment before the bang, so that the new picture brings it. */
static void add_peaks(struct graph *g, const struct range *r)
{
    const struct layout *l = g->l;
    struct node n = {.pull = l->tpl->snap->peaks, .kind = "peak", .words = "energy peak"};
    for (size_t i = peaks_from(l, r->start); n.pull > 0 && i < l->peak_count; i++) {
        n.at = l->peaks[i].time - PEAK_LEAD;
        if (n.at >= r->end)
            return;
        if (n.at > r->start && l->peaks[i].strength >= STRONG_PEAK && cut_allowed(l, n.at))
            buf_add(&g->nodes, &n, sizeof n);
    }
}

static void add_pauses(struct graph *g, const struct range *r)
{
    const struct spans *x = &g->l->pauses;
    for (size_t i = spans_from(x, r->start); i < x->count && x->at[i].start < r->end; i++) {
        struct layout_span p = x->at[i];
        struct node n = {.at = gap_cut(p.start, p.end), .pull = g->l->tpl->snap->pauses,
                         .traits = TRAIT_PAUSE, .kind = "pause", .words = "pause",
                         .detail = (p.end - p.start) * 1e3};
        if (n.pull > 0 && n.at > r->start && n.at < r->end && cut_allowed(g->l, n.at))
            buf_add(&g->nodes, &n, sizeof n);
    }
}

static int by_time(const void *x, const void *y)
{
    const struct node *a = x, *b = y;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->pull != b->pull)
        return a->pull > b->pull ? -1 : 1;
    return strcmp(a->words ? a->words : "", b->words ? b->words : "");
}

static void sort_nodes(struct graph *g)
{
    if (g->nodes.len)
        qsort(g->nodes.data, node_count(g), sizeof(struct node), by_time);
}

/* A plain grid where nothing else is near, so that a cut is possible everywhere. */
static void add_grid(struct graph *g, const struct range *r)
{
    double usual = g->pace->usual, room = g->pace->longest - g->l->shortest;
    double far = fmax(fmin(usual / 2, room / 2), 0.05), step = fmax(usual / 6, 0.1);
    size_t n = node_count(g), k = 0;
    double shift = step * (0.5 + chance_next(g->l));
    size_t steps = (size_t)((r->end - r->start) / step) + 1;
    for (size_t i = 0; i < steps; i++) {
        double at = round((r->start + shift + (double)i * step) * 1e3) / 1e3;
        while (k < n && nodes_of(g)[k].at < at - far)
            k++;
        bool lonely = k >= n || nodes_of(g)[k].at > at + far;
        if (!cut_allowed(g->l, at))
            at = cut_after(g->l, at) < at + step ? cut_after(g->l, at) : cut_before(g->l, at);
        struct node grid = {.at = at};
        if (lonely && at > r->start && at < r->end)
            buf_add(&g->nodes, &grid, sizeof grid);
    }
    sort_nodes(g);
}

/* Ends of what may not be cut: where speech leaves no gap these are the places there are. */
static void add_ends(struct graph *g, const struct range *r)
{
    const struct spans *x = &g->l->whole;
    for (size_t i = spans_from(x, r->start); i < x->count && x->at[i].start < r->end; i++) {
        struct node n = {.at = x->at[i].end};
        if (n.at < r->end && cut_allowed(g->l, n.at))
            buf_add(&g->nodes, &n, sizeof n);
    }
}

static void add_places(struct graph *g, const struct range *r)
{
    const struct layout *l = g->l;
    const struct template_snap *snap = l->tpl->snap;
#define PLACE(kind_, words_, traits_) \
    (struct node){.kind = (kind_), .words = (words_), .traits = (traits_)}
    add_times(g, r, &l->beats, snap->beats, PLACE("beat", "beat", TRAIT_BEAT));
    add_times(g, r, &l->downbeats, snap->downbeats,
              PLACE("downbeat", "downbeat", TRAIT_BEAT | TRAIT_DOWNBEAT));
    add_times(g, r, &l->shots, snap->shots, PLACE("shot", "shot change", TRAIT_SHOT));
    add_times(g, r, &l->drops, snap->drops, PLACE("drop", "drop", TRAIT_DROP));
    add_times(g, r, &l->sections, snap->sections,
              PLACE("section", "section", TRAIT_SECTION));
    add_times(g, r, &l->gaps, snap->captions, PLACE("speech", "between sentences", 0));
    add_times(g, r, &l->stress, snap->stress, PLACE("stress", "stressed word", TRAIT_STRESS));
#undef PLACE
    add_peaks(g, r);
    add_pauses(g, r);
    sort_nodes(g);
}

/* Of places that are (almost) one, the strongest stays, with what the others add to it. */
static void join_places(struct graph *g)
{
    struct node *x = nodes_of(g);
    size_t n = node_count(g), k = 0;
    double close = fmax(TOGETHER_SECONDS, g->pace->usual / 40);
    for (size_t i = 0; i < n;) {
        size_t best = i, j = i, also = SIZE_MAX;
        unsigned traits = 0;
        for (; j < n && x[j].at <= x[i].at + close; j++)
            if (x[j].pull > x[best].pull)
                best = j;
        double pull = x[best].pull;
        for (size_t m = i; m < j; m++) {
            bool other = m != best && x[m].kind && x[m].kind != x[best].kind &&
                         !(x[m].traits & x[best].traits & TRAIT_BEAT);
            if (fabs(x[m].at - x[best].at) <= TOGETHER_SECONDS)
                traits |= x[m].traits;
            if (other && (also == SIZE_MAX || x[m].pull > x[also].pull))
                also = m;
        }
        struct node one = x[best];
        one.traits |= traits;
        if (also != SIZE_MAX) {
            one.also = x[also].words;
            one.also_number = x[also].number;
            one.also_ms = fabs(x[also].at - one.at) * 1e3;
            one.pull = fmin(pull + x[also].pull / 2, PULL_MOST);
        }
        x[k++] = one;
        i = j;
    }
    g->nodes.len = k * sizeof *x;
}

static void price_places(struct graph *g)
{
    struct layout *l = g->l;
    struct node *x = nodes_of(g);
    for (size_t i = 0; i < node_count(g); i++) {
        x[i].cost = PLACE_WEIGHT * (1 - fmin(x[i].pull, PULL_MOST) / PULL_MOST) +
                    CHANCE_WEIGHT * chance_next(l);
        if (makes_flash(l, x[i].at))
            x[i].cost += FLASH_COST;
        if (spans_around(&l->fades, x[i].at))
            x[i].cost += FADE_COST;
        if (unworded(l, x[i].at))
            x[i].cost += l->song && x[i].traits & (TRAIT_BEAT | TRAIT_SHOT) ? SUNG_COST : SPEECH_COST;
    }
}

/* --- The cheapest way ------------------------------------------------------------------------- */

/* The usual length, quicker where it is loud, up or down by chance. */
static double wanted_length(struct graph *g, double from)
{
    const struct template_pace *p = g->pace;
    double len = p->usual * (1 - p->vary + 2 * p->vary * chance_next(g->l));
    if (loudness(g->l, from, from + p->usual) > g->mean_loudness)
        len *= p->loud;
    return fmin(fmax(len, g->l->shortest), p->longest);
}

static double edge_cost(const struct graph *g, const struct node *a, double len)
{
    double octaves = log2(len / a->wanted);
    double cost = PACE_WEIGHT * octaves * octaves;
    return len > g->pace->longest ? cost + TOO_LONG_COST + len : cost;
}

static void reach(const struct graph *g, struct node *x, size_t j)
{
    x[j].total = INFINITY;
    for (size_t i = j, seen = 0; i-- > 0; seen++) {
        double len = x[j].at - x[i].at;
        bool over = len > g->pace->longest * (1 + 1e-12) || seen > REACH_MOST;
        if (over && x[j].total < INFINITY)
            break; /* too long ones only where nothing else leads here */
        if (len < g->l->shortest || x[i].total == INFINITY)
            continue;
        double total = x[i].total + edge_cost(g, &x[i], len) + x[j].cost;
        if (total < x[j].total) {
            x[j].total = total;
            x[j].from = i;
        }
    }
}

static const char *name_place(const struct layout *l, const char *words, size_t number)
{
    bool counted = number && (strstr(words, "beat") || strstr(words, "shot"));
    return counted ? arena_printf(l->arena, "%s %zu", words, number) : words;
}

/* "beat 14 with energy peak", "shot change 5, 20 ms from beat 189" */
static const char *name_both(const struct layout *l, const struct node *x, const char *name)
{
    const char *also = name_place(l, x->also, x->also_number);
    if (!name || !also)
        return NULL;
    return x->also_ms < 1 ? arena_printf(l->arena, "%s with %s", name, also)
                          : arena_printf(l->arena, "%s, %.0f ms from %s", name, x->also_ms, also);
}

static const char *node_reason(const struct layout *l, const struct node *x, double wanted,
                               double got)
{
    if (x->traits & TRAIT_PAUSE && x->detail > 0)
        return arena_printf(l->arena, "pause %.0f ms", x->detail);
    const char *name =
        x->kind ? name_place(l, x->words, x->number) : "nothing nearby to cut on";
    if (x->also)
        return name_both(l, x, name);
    double late = got - wanted;
    if (!name || fabs(late) < AS_PACED_SECONDS)
        return name ? arena_printf(l->arena, "%s, as the pace asks", name) : NULL;
    return arena_printf(l->arena, "%s, %.1f s %s than the pace asks", name, fabs(late),
                        late > 0 ? "later" : "sooner");
}

static bool add_piece(struct buf *list, const struct piece *p)
{
    return p->reason && buf_add(list, p, sizeof *p);
}

/* Pieces along the cheapest way, the first of which begins as `first` says. */
static bool add_pieces(struct graph *g, struct piece first, struct buf *list)
{
    struct node *x = nodes_of(g);
    size_t n = node_count(g), next = n - 1;
    for (size_t i = n - 1; i > 0;) { /* turns the way round: from[i] is now the node after i */
        size_t before = x[i].from;
        x[i].from = next;
        next = i;
        i = before;
    }
    struct piece p = first;
    double wanted = x[0].wanted;
    for (size_t i = next;; i = x[i].from) {
        double began = p.start;
        p.end = x[i].at;
        if (!add_piece(list, &p))
            return false;
        if (i == n - 1)
            return true;
        p = (struct piece){.start = x[i].at, .traits = x[i].traits,
                           .kind = x[i].kind ? x[i].kind : "cut",
                           .reason = node_reason(g->l, &x[i], wanted, x[i].at - began)};
        wanted = x[i].wanted;
    }
}

static bool cut_range(struct graph *g, const struct range *r, struct buf *list)
{
    struct piece first = {.start = r->start, .end = r->end, .traits = list->len ? TRAIT_JUMP : 0,
                          .kind = list->len ? "jump" : "intro", .reason = r->why};
    struct node begin = {.at = r->start, .pull = INFINITY}, end = {.at = r->end};
    if (r->end - r->start < 2 * g->l->shortest)
        return add_piece(list, &first);

    buf_clear(&g->nodes);
    add_places(g, r);
    add_grid(g, r);
    if (g->l->whole.count)
        add_ends(g, r);
    sort_nodes(g);
    join_places(g);
    price_places(g);
    buf_add(&g->nodes, &begin, sizeof begin);
    buf_add(&g->nodes, &end, sizeof end);
    sort_nodes(g);
    if (g->nodes.failed)
        return false;
    struct node *x = nodes_of(g);
    x[0].total = x[0].cost = 0;
    for (size_t i = 0; i < node_count(g); i++)
        x[i].wanted = wanted_length(g, x[i].at);
    for (size_t j = 1; j < node_count(g); j++)
        reach(g, x, j);
    return add_pieces(g, first, list);
}

bool layout_cut(struct layout *l, const struct ranges *ranges, struct piece **pieces, size_t *count,
                struct err *e)
{
    bool ok = true;
    double seconds = 0;
    struct buf list;
    for (size_t i = 0; i < ranges->count; i++)
        seconds += ranges->at[i].end - ranges->at[i].start;
    /* Very long films are cut more slowly, or there would be too many segments. */
    struct template_pace pace = *l->tpl->pace;
    l->shortest = fmax(l->shortest, 1.8 * seconds / TIMELINE_MAX_SEGMENTS);
    pace.usual = fmax(pace.usual, 1.2 * l->shortest);
    pace.longest = fmax(pace.longest, 1.5 * l->shortest);
    struct graph g = {.l = l, .pace = &pace, .mean_loudness = loudness(l, 0, l->duration)};
    buf_init(&g.nodes, 256 << 20);
    buf_init(&list, TIMELINE_MAX_SEGMENTS * sizeof(struct piece));

    for (size_t i = 0; i < ranges->count && ok; i++)
        ok = cut_range(&g, &ranges->at[i], &list);
    *count = list.len / sizeof **pieces;
    *pieces = arena_array(l->arena, *count + 1, sizeof **pieces);
    ok = ok && *pieces;
    for (size_t i = 0; ok && i < *count; i++)
        (*pieces)[i] = ((const struct piece *)(const void *)list.data)[i];
    buf_finish(&list);
    buf_finish(&g.nodes);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "out of memory while cutting");
}
