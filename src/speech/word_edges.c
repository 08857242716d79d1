/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/word_edges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define USUAL_MAX_S 0.7   /* a word's usual length, at most */
#define SHORTEST_S 0.06   /* of a word that is heard */
#define HOP 160           /* samples of 10 ms */
#define HOP_S 0.01
#define NEAR_S 0.2        /* how far an edge may move */
#define PAUSE_S 0.15      /* between words that have a pause between them */
#define WORDS_MAX DECODED_MAX

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double usual_length(const struct words *w)
{
    double lengths[WORDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < w->count && n < WORDS_MAX; i++)
        if (w->items[i].end_s > w->items[i].start_s)
            lengths[n++] = w->items[i].end_s - w->items[i].start_s;
    if (n == 0)
        return USUAL_MAX_S;
    qsort(lengths, n, sizeof *lengths, by_size);
    return lengths[n / 2] < USUAL_MAX_S ? lengths[n / 2] : USUAL_MAX_S;
}

static bool ends_sentence(const char *text)
{
    static const char *const marks[] = {".", "。", "!", "！", "?", "？"};
    size_t len = strlen(text);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i]);
        if (len >= n && memcmp(text + len - n, marks[i], n) == 0)
            return true;
    }
    return false;
}

void words_limit(struct words *w)
{
    double max = 2 * usual_length(w);
    for (size_t i = 0; i < w->count; i++) {
        struct word *word = &w->items[i];
        bool first = i == 0 || ends_sentence(w->items[i - 1].text);
        bool last = i + 1 == w->count || ends_sentence(word->text);
        double limit = first || last ? max : WORD_MAX_S;
        if (word->end_s - word->start_s <= limit)
            continue;
        if (first) /* it is said behind the pause, not in it */
            word->start_s = word->end_s - limit;
        else
            word->end_s = word->start_s + limit;
    }
}

/* --- Level ------------------------------------------------------------------------------------ */

struct level {
    float *db; /* a hop each */
    int count;
    float loud; /* from this on, somebody speaks */
};

static int by_level(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Between what the window's quiet and its loud moments have, a third of the way up. */
static bool measure(struct level *l, const float *pcm, int samples)
{
    l->count = samples / HOP;
    l->db = l->count > 0 ? malloc(2 * (size_t)l->count * sizeof *l->db) : NULL;
    if (!l->db)
        return false;
    for (int i = 0; i < l->count; i++) {
        double sum = 1e-10;
        for (int k = 0; k < HOP; k++)
            sum += (double)pcm[i * HOP + k] * pcm[i * HOP + k];
        l->db[i] = (float)(10 * log10(sum / HOP));
    }
    float *sorted = l->db + l->count;
    memcpy(sorted, l->db, (size_t)l->count * sizeof *sorted);
    qsort(sorted, (size_t)l->count, sizeof *sorted, by_level);
    float quiet = sorted[l->count / 10], loud = sorted[l->count * 9 / 10];
    l->loud = quiet + (loud - quiet) / 3;
    return loud - quiet > 10; /* in steady sound there are no edges to be seen */
}

static bool is_loud(const struct level *l, int hop)
{
    return hop >= 0 && hop < l->count && l->db[hop] >= l->loud;
}

/* The nearest hop where the level crosses upwards (or, `falling`, downwards); -1: none is near. */
static int nearest_edge(const struct level *l, double at_s, bool falling)
{
    int centre = (int)lround(at_s / HOP_S), reach = (int)(NEAR_S / HOP_S);
    for (int d = 0; d <= reach; d++)
        for (int sign = -1; sign <= 1; sign += 2) {
            int hop = centre + sign * d;
            if (hop >= 0 && hop <= l->count && is_loud(l, hop) != falling &&
                is_loud(l, hop - 1) == falling)
                return hop;
        }
    return -1;
}

static void snap_word(struct words *w, size_t i, const struct level *l)
{
    struct word *word = &w->items[i];
    double before = i > 0 ? w->items[i - 1].end_s : -INFINITY;
    double after = i + 1 < w->count ? w->items[i + 1].start_s : INFINITY;
    int rise = word->start_s - before >= PAUSE_S ? nearest_edge(l, word->start_s, false) : -1;
    int fall = after - word->end_s >= PAUSE_S ? nearest_edge(l, word->end_s, true) : -1;
    double start_s = rise >= 0 && rise * HOP_S >= before ? rise * HOP_S : word->start_s;
    double end_s = fall >= 0 && fall * HOP_S <= after ? fall * HOP_S : word->end_s;
    if (end_s - start_s >= SHORTEST_S) {
        word->start_s = start_s;
        word->end_s = end_s;
    }
}

void words_snap(struct words *w, const float *pcm, int samples)
{
    struct level level = {0};
    if (measure(&level, pcm, samples))
        for (size_t i = 0; i < w->count; i++)
            snap_word(w, i, &level);
    free(level.db);
    for (size_t i = 0; i + 1 < w->count; i++) { /* words without any length get a little */
        struct word *word = &w->items[i], *next = word + 1;
        if (word->end_s < word->start_s + HOP_S)
            word->end_s = word->start_s + HOP_S;
        if (next->start_s < word->end_s)
            next->start_s = word->end_s;
        if (next->end_s < next->start_s)
            next->end_s = next->start_s;
    }
}
