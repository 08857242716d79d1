/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/align_parts.h"

#include <math.h>
#include <stdlib.h>

/* What is asked for what is not a word in its order, as natural logarithms; a frame (10 ms) of a
 * word well heard costs about 3. Measured: with those of ALIGN_DOUBTING a wrong script gives no
 * runs of words; with twice that it does, but fewer words of the right one are missed. */
static const struct costs {
    double jump;  /* to a word out of its order */
    double sound; /* a single sound in place of a word, */
    double first; /* and more for the first of several */
} costs[] = {
    [ALIGN_DOUBTING] = {-45, -30, -15},
    [ALIGN_EXPECTING] = {-60, -50, -15},
    [ALIGN_IN_ORDER] = {0, -30, -15},
};
#define NEXT_LOGP (-0.1)
#define PHONES_TELLING 6   /* a word of more tells no more */
/* A frame's score of a word that is clear, and of one that is hardly heard and tells little. */
#define CLEAR_SCORE (-55.0)
#define BAD_SCORE (-95.0)
#define LEAST_TELLING 0.2

struct draft { /* of a grammar */
    const struct costs *costs;
    struct sphinx_arc *arcs;
    size_t count;
};

static void add_arc(struct draft *d, int from, int to, const char *name, double logp)
{
    d->arcs[d->count++] = (struct sphinx_arc){from, to, name, logp};
}

/* One sound or more, from `from` over `inside` to `to`. */
static void add_sounds(struct draft *d, int from, int inside, int to)
{
    for (const char *const *sound = align_sounds; *sound; sound++) {
        add_arc(d, from, inside, *sound, d->costs->first + d->costs->sound);
        add_arc(d, inside, inside, *sound, d->costs->sound);
    }
    add_arc(d, inside, to, NULL, 0);
}

/* States 0..n stand between the words; `hub` leads to each of them and may be reached from each. */
static struct sphinx_grammar free_grammar(struct draft *d, char (*names)[ALIGN_NAME_SIZE], int n)
{
    int hub = n + 1, inside = n + 2;
    for (int i = 0; i < n; i++) {
        add_arc(d, i, i + 1, names[i], NEXT_LOGP);
        add_arc(d, hub, i + 1, names[i], d->costs->jump);
    }
    for (int i = 1; i <= n; i++)
        add_arc(d, i, hub, NULL, NEXT_LOGP);
    add_sounds(d, hub, inside, hub);
    return (struct sphinx_grammar){d->arcs, d->count, n + 3, hub, hub, false};
}

/* before, sounds, 0..n, after, sounds. */
static struct sphinx_grammar fixed_grammar(struct draft *d, char (*names)[ALIGN_NAME_SIZE], int n)
{
    int before = n + 1, inside = n + 2, after = n + 3, last = n + 4;
    add_sounds(d, before, inside, 0);
    for (int i = 0; i < n; i++)
        add_arc(d, i, i + 1, names[i], 0);
    add_arc(d, before, 1, names[0], 0);
    add_sounds(d, n, after, last);
    add_arc(d, n, last, NULL, 0);
    return (struct sphinx_grammar){d->arcs, d->count, n + 5, before, last, false};
}

static double weight_of(int phones, double score)
{
    double clear = (score - BAD_SCORE) / (CLEAR_SCORE - BAD_SCORE);
    return fmin(phones, PHONES_TELLING) / 3 * fmax(LEAST_TELLING, fmin(clear, 1));
}

static bool keep_heard(struct aligner *l, double from_s)
{
    bool ok = true;
    for (size_t i = 0; ok && i < l->heard.count; i++) {
        const struct sphinx_word *w = &l->heard.items[i];
        long word = align_index(w->name);
        double start_s = from_s + w->start_s, end_s = from_s + w->end_s;
        ok = buf_add(&l->speech, &(struct stretch){start_s, end_s}, sizeof(struct stretch));
        if (word < 0)
            continue;
        const struct align_hit hit = {word, start_s, end_s, w->score,
                                      weight_of(l->words[word].phones, w->score)};
        ok = ok && buf_add(&l->hits, &hit, sizeof hit);
    }
    return ok;
}

bool align_hear(struct aligner *l, double from_s, double to_s, size_t low, size_t high,
                enum align_ear ear, struct err *e)
{
    int n = (int)(high - low);
    char(*names)[ALIGN_NAME_SIZE] = calloc((size_t)n + 1, sizeof *names);
    struct draft d = {&costs[ear], calloc(3 * (size_t)n + 200, sizeof *d.arcs), 0};
    bool ok = (names && d.arcs) || err_set(e, ERR_NO_MEMORY, "no memory for the script");
    for (int i = 0; ok && i < n; i++)
        align_name(low + (size_t)i, names[i]);
    if (ok && shortened_read(&l->sound, from_s, to_s, e)) {
        struct sphinx_grammar g =
            ear == ALIGN_IN_ORDER ? fixed_grammar(&d, names, n) : free_grammar(&d, names, n);
        g.patient = ear != ALIGN_DOUBTING;
        ok = sphinx_hear(l->sphinx, &g, l->sound.loud, l->sound.samples, l->o->cancel, &l->heard,
                         e);
        if (ok && !keep_heard(l, from_s))
            ok = err_set(e, ERR_NO_MEMORY, "no memory for the words heard");
    } else {
        ok = false;
    }
    free(d.arcs);
    free(names);
    return ok;
}
