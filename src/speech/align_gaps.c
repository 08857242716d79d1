/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/align_parts.h"

#include <math.h>

#define PHONE_S 0.08        /* a sound's usual length */
#define SHORTEST 0.4        /* of that, for words in a hurry */
#define LONGEST 2.5         /* and for slow ones, */
#define SLACK_S 0.6         /* with a breath */
#define GAP_MAX_S 20.0
#define GAP_MAX_WORDS 60
#define MARGIN_S 0.05       /* of the neighbours, for a gap's own edges are not exact */
#define ALONE_SCORE (-85.0) /* a frame's, on average: below it the words are others */
#define ISLAND_WEIGHT 1.5    /* of words heard in a gap when not all of them are */
#define PASSES 2
#define GUESSED_MAX 3       /* words in a row that are placed without being heard */

struct gap {
    size_t low, high;      /* words */
    double start_s, end_s; /* of the shortened sound */
    double usual_s;        /* what the words need */
    bool inner;            /* with heard words on both sides */
};

static bool is_placed(const struct aligner *l, size_t word)
{
    return !isnan(l->placed[word].start_s);
}

/* The next words that were not heard, from `at` on. */
static bool next_gap(const struct aligner *l, size_t at, struct gap *g)
{
    size_t count = l->script->count;
    while (at < count && is_placed(l, at))
        at++;
    if (at == count)
        return false;
    *g = (struct gap){.low = at, .end_s = l->sound.gate.length_s};
    while (at < count && !is_placed(l, at))
        g->usual_s += PHONE_S * l->words[at++].phones;
    g->high = at;
    double reach_s = LONGEST * g->usual_s + SLACK_S;
    if (g->low > 0)
        g->start_s = l->placed[g->low - 1].end_s;
    if (at < count)
        g->end_s = l->placed[at].start_s;
    g->inner = g->low > 0 && at < count;
    if (g->low == 0)
        g->start_s = fmax(0, g->end_s - reach_s);
    else if (at == count)
        g->end_s = fmin(g->end_s, g->start_s + reach_s);
    return true;
}

/* What was heard in the gap, if it is all of it and sounds like it. */
static bool place_heard(struct aligner *l, const struct gap *g, size_t mark)
{
    size_t n = (l->hits.len - mark) / sizeof(struct align_hit);
    if (n != g->high - g->low)
        return false;
    const struct align_hit *hits = (const struct align_hit *)(const void *)(l->hits.data + mark);
    double sum = 0, seconds = 0;
    for (size_t i = 0; i < n; i++) {
        sum += hits[i].score * (hits[i].end_s - hits[i].start_s);
        seconds += hits[i].end_s - hits[i].start_s;
    }
    if (seconds < SHORTEST * g->usual_s || seconds > LONGEST * g->usual_s ||
        sum / seconds < ALONE_SCORE)
        return false;
    for (size_t i = 0; i < n; i++)
        l->placed[hits[i].word] = (struct placed){hits[i].start_s, hits[i].end_s, hits[i].score};
    return true;
}

/* Words that are in no dictionary and sound otherwise than they are spelt: where there is room for
 * them and for nothing else, there they are. */
static void place_guessed(struct aligner *l, const struct gap *g)
{
    double room_s = g->end_s - g->start_s, at_s = g->start_s;
    bool guessed = false;
    for (size_t i = g->low; i < g->high; i++)
        guessed |= l->words[i].guessed;
    if (!guessed || !g->inner || g->high - g->low > GUESSED_MAX || room_s < 0.6 * g->usual_s ||
        room_s > LONGEST * g->usual_s)
        return;
    for (size_t i = g->low; i < g->high; i++) {
        double end_s = at_s + room_s * PHONE_S * l->words[i].phones / g->usual_s;
        l->placed[i] = (struct placed){at_s, end_s, NAN};
        at_s = end_s;
    }
}

/* Some words of the gap, where not all can be heard: they part it into smaller ones. */
static bool place_islands(struct aligner *l, const struct gap *g, size_t mark, struct err *e)
{
    size_t n = (l->hits.len - mark) / sizeof(struct align_hit);
    struct align_hit *hits = (struct align_hit *)(void *)(l->hits.data + mark);
    long left = align_chain(hits, n, l->script->count, ISLAND_WEIGHT);
    if (left < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for the words heard");
    for (long i = 0; i < left; i++)
        if (hits[i].score >= ALONE_SCORE && hits[i].start_s >= g->start_s - MARGIN_S &&
            hits[i].end_s <= g->end_s + MARGIN_S)
            l->placed[hits[i].word] =
                (struct placed){hits[i].start_s, hits[i].end_s, hits[i].score};
    return true;
}

static bool fill_gap(struct aligner *l, const struct gap *g, struct err *e)
{
    double room_s = g->end_s - g->start_s;
    if (room_s < SHORTEST * g->usual_s || room_s > GAP_MAX_S || g->high - g->low > GAP_MAX_WORDS)
        return true;
    double from_s = fmax(0, g->start_s - MARGIN_S);
    double to_s = fmin(l->sound.gate.length_s, g->end_s + MARGIN_S);
    size_t hits = l->hits.len, speech = l->speech.len;
    bool ok = align_hear(l, from_s, to_s, g->low, g->high, ALIGN_IN_ORDER, e);
    if (ok && !place_heard(l, g, hits) && g->high - g->low > 1) {
        l->hits.len = hits;
        ok = align_hear(l, from_s, to_s, g->low, g->high, ALIGN_EXPECTING, e) &&
             place_islands(l, g, hits, e);
    }
    l->hits.len = hits;
    l->speech.len = speech;
    return ok;
}

static bool fill_all(struct aligner *l, struct err *e)
{
    struct gap g;
    for (size_t at = 0; next_gap(l, at, &g); at = g.high)
        if (!fill_gap(l, &g, e))
            return false;
    return true;
}

bool align_fill_gaps(struct aligner *l, struct err *e)
{
    struct gap g;
    for (int pass = 0; pass < PASSES; pass++)
        if (!fill_all(l, e))
            return false;
    for (size_t at = 0; next_gap(l, at, &g); at = g.high)
        place_guessed(l, &g);
    for (size_t i = 0; i + 1 < l->script->count; i++) /* neighbours share an edge at most */
        if (is_placed(l, i) && is_placed(l, i + 1) &&
            l->placed[i].end_s > l->placed[i + 1].start_s)
            l->placed[i + 1].start_s = l->placed[i].end_s;
    return true;
}
