/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/align_chain.h"

#include <stdint.h>
#include <stdlib.h>

#define NEAR 12          /* hits looked back for one that this follows on */
#define STEP_MAX 3       /* words from one hit of a run to the next */
#define LEAP_MAX 8       /* the same where the time between would suit those left out: */
#define LEAP_FAST_S 0.12 /* each of them lasts as long at least */
#define LEAP_SLOW_S 0.8  /* and at most, */
#define LEAP_SLACK_S 1.0 /* but for a pause */
#define STEP_COST 0.3    /* of each word left out */
#define PAUSE_MAX_S 4.0  /* within a run, */
#define PAUSE_COST 1.0   /* of a second of it above */
#define PAUSE_FREE_S 0.3
#define OVERLAP_S 0.05
#define JUMP_COST 3.0    /* of a new run */

struct link {
    double best;  /* of all chains that end here */
    int64_t from; /* the hit before; -1: none */
    bool jump;    /* a run begins here */
};

/* For each word of the script the best chain up to it (a Fenwick tree of maxima). */
struct tree {
    int64_t *hit;
    size_t size;
};

static void tree_put(struct tree *t, const struct link *links, long word, int64_t hit)
{
    for (size_t i = (size_t)word + 1; i <= t->size; i += i & -i)
        if (t->hit[i] < 0 || links[t->hit[i]].best < links[hit].best)
            t->hit[i] = hit;
}

/* The best that ends before `word`; -1: none. */
static int64_t tree_best(const struct tree *t, const struct link *links, long word)
{
    int64_t best = -1;
    for (size_t i = (size_t)word; i > 0; i -= i & -i)
        if (t->hit[i] >= 0 && (best < 0 || links[best].best < links[t->hit[i]].best))
            best = t->hit[i];
    return best;
}

static int by_start(const void *a, const void *b)
{
    const struct align_hit *x = a, *y = b;
    if (x->start_s < y->start_s || x->start_s > y->start_s)
        return x->start_s < y->start_s ? -1 : 1;
    return (x->word > y->word) - (x->word < y->word);
}

/* May two hits follow each other in a run? */
static bool follows(const struct align_hit *a, const struct align_hit *b)
{
    long step = b->word - a->word, left_out = step - 1;
    double pause_s = b->start_s - a->end_s;
    if (step < 1 || step > LEAP_MAX || pause_s < -OVERLAP_S || pause_s > PAUSE_MAX_S)
        return false;
    return step <= STEP_MAX || (pause_s >= LEAP_FAST_S * (double)left_out &&
                                pause_s <= LEAP_SLOW_S * (double)left_out + LEAP_SLACK_S);
}

static double cost(const struct align_hit *a, const struct align_hit *b)
{
    double pause_s = b->start_s - a->end_s - PAUSE_FREE_S;
    return STEP_COST * (double)(b->word - a->word - 1) + (pause_s > 0 ? PAUSE_COST * pause_s : 0);
}

static struct link link_hit(const struct align_hit *hits, const struct link *links, int64_t at,
                            const struct tree *tree)
{
    const struct align_hit *h = &hits[at];
    struct link l = {h->weight, -1, true};
    int64_t far = tree_best(tree, links, h->word);
    if (far >= 0 && h->weight + links[far].best - JUMP_COST > l.best)
        l = (struct link){h->weight + links[far].best - JUMP_COST, far, true};
    for (int64_t i = at - 1; i >= 0 && i >= at - NEAR; i--) {
        if (!follows(&hits[i], h))
            continue;
        double sum = h->weight + links[i].best - cost(&hits[i], h);
        if (sum > l.best)
            l = (struct link){sum, i, false};
    }
    return l;
}

static int64_t find_links(const struct align_hit *hits, size_t count, struct link *links,
                          struct tree *tree)
{
    int64_t best = -1;
    size_t put = 0;
    for (size_t i = 0; i < count; i++) {
        for (; put < i && hits[put].end_s <= hits[i].start_s + OVERLAP_S; put++)
            tree_put(tree, links, hits[put].word, (int64_t)put);
        links[i] = link_hit(hits, links, (int64_t)i, tree);
        if (best < 0 || links[i].best > links[best].best)
            best = (int64_t)i;
    }
    return best;
}

double align_weight(const struct align_hit *hits, long count)
{
    double sum = 0;
    for (long i = 0; i < count; i++)
        sum += hits[i].weight;
    return sum;
}

/* Marks the chain that ends at `last`, backwards, run by run; a light run stays out. */
static void mark_runs(const struct align_hit *hits, const struct link *links, int64_t last,
                      double least, bool *kept)
{
    while (last >= 0) {
        double weight = 0;
        int64_t first = last, before;
        for (;;) {
            weight += hits[first].weight;
            before = links[first].from;
            if (links[first].jump)
                break;
            weight -= cost(&hits[before], &hits[first]);
            first = before;
        }
        for (int64_t i = last; weight >= least; i = links[i].from) {
            kept[i] = true;
            if (i == first)
                break;
        }
        last = before;
    }
}

long align_chain(struct align_hit *hits, size_t count, size_t words, double least)
{
    if (count == 0)
        return 0;
    long left = -1;
    struct link *links = calloc(count, sizeof *links);
    bool *kept = calloc(count, sizeof *kept);
    struct tree tree = {malloc((words + 1) * sizeof *tree.hit), words};
    if (links && kept && tree.hit) {
        for (size_t i = 0; i <= words; i++)
            tree.hit[i] = -1;
        qsort(hits, count, sizeof *hits, by_start);
        mark_runs(hits, links, find_links(hits, count, links, &tree), least, kept);
        left = 0;
        for (size_t i = 0; i < count; i++)
            if (kept[i])
                hits[left++] = hits[i];
    }
    free(tree.hit);
    free(kept);
    free(links);
    return left;
}
