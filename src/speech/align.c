/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/align_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_S 30.0
#define OVERLAP_S 4.0     /* heard again at most, since a word at the edge is cut */
#define BACK_WORDS 40     /* of the script, before what is due, */
#define WORDS_A_SECOND 5  /* and what a window of fast speech may reach, */
#define AHEAD_WORDS 80    /* and further */
#define WIDE_WORDS 1500   /* at once, where the script is searched for the place */
#define WIDE_TRIES 3      /* windows in a row; afterwards one in four */
#define RUN_WEIGHT 4.5    /* of a run that is believed: some four words */
#define FITS_SHARE 0.3    /* of the script or of the speech */
#define MEMORY_MAX ((size_t)256 << 20)

/* A short script has no long runs. */
static double run_weight(const struct aligner *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->script->count && sum < 2 * RUN_WEIGHT; i++)
        sum += fmin(l->words[i].phones, 6) / 3;
    return fmin(RUN_WEIGHT, 0.6 * sum);
}

struct found {
    double weight; /* of what is believed of a window */
    size_t next;   /* word of the script */
    double end_s;
};

/* Which of the hits from byte `mark` on are believed for themselves. */
static bool judge(struct aligner *l, size_t mark, struct found *out, struct err *e)
{
    size_t count = (l->hits.len - mark) / sizeof(struct align_hit);
    struct align_hit *hits = malloc((count + 1) * sizeof *hits);
    if (!hits)
        return err_set(e, ERR_NO_MEMORY, "no memory for the words heard");
    if (count)
        memcpy(hits, l->hits.data + mark, count * sizeof *hits);
    long left = align_chain(hits, count, l->script->count, run_weight(l));
    *out = (struct found){.weight = left > 0 ? align_weight(hits, left) : 0};
    if (left > 0) {
        out->next = (size_t)hits[left - 1].word + 1;
        out->end_s = hits[left - 1].end_s;
    }
    free(hits);
    return left >= 0 || err_set(e, ERR_NO_MEMORY, "no memory for the words heard");
}

/* Hears a window against a part of the script, and keeps that instead of what there is since
 * `mark` if it is more. */
static bool try_part(struct aligner *l, double from_s, double to_s, size_t low, size_t high,
                     size_t mark, struct found *best, struct err *e)
{
    size_t middle = l->hits.len, speech = l->speech.len;
    struct found found;
    if (!align_hear(l, from_s, to_s, low, high, ALIGN_DOUBTING, e) || !judge(l, middle, &found, e))
        return false;
    size_t added = l->hits.len - middle;
    if (middle == mark || found.weight > best->weight) {
        *best = found;
        memmove(l->hits.data + mark, l->hits.data + middle, added);
        l->hits.len = mark + added;
    } else {
        l->hits.len = middle;
        l->speech.len = speech;
    }
    return true;
}

static bool search_all(struct aligner *l, double from_s, double to_s, size_t mark,
                       struct found *best, struct err *e)
{
    size_t count = l->script->count, step = WIDE_WORDS - WIDE_WORDS / 10;
    for (size_t low = 0; low < count; low += step) {
        size_t high = low + WIDE_WORDS < count ? low + WIDE_WORDS : count;
        if (!try_part(l, from_s, to_s, low, high, mark, best, e))
            return false;
        if (high == count)
            break;
    }
    return true;
}

static bool hear_window(struct aligner *l, double from_s, double to_s, size_t due, int *misses,
                        struct found *found, struct err *e)
{
    size_t low = due > BACK_WORDS ? due - BACK_WORDS : 0, mark = l->hits.len;
    size_t high = due + (size_t)((to_s - from_s) * WORDS_A_SECOND) + AHEAD_WORDS;
    high = high < l->script->count ? high : l->script->count;
    if (!try_part(l, from_s, to_s, low, high, mark, found, e))
        return false;
    bool all = low == 0 && high == l->script->count;
    if (found->weight <= 0 && !all && (*misses < WIDE_TRIES || *misses % 4 == 0) &&
        !search_all(l, from_s, to_s, mark, found, e))
        return false;
    *misses = found->weight > 0 ? 0 : *misses + 1;
    return true;
}

static bool hear_all(struct aligner *l, struct err *e)
{
    double at_s = 0, length_s = l->sound.gate.length_s;
    size_t due = 0;
    int misses = 0;
    while (at_s < length_s) {
        struct found found = {0};
        double to_s = fmin(at_s + WINDOW_S, length_s);
        if (length_s - to_s < OVERLAP_S)
            to_s = length_s;
        if (!hear_window(l, at_s, to_s, due, &misses, &found, e))
            return false;
        due = found.weight > 0 ? found.next : due;
        if (to_s >= length_s)
            break;
        at_s = fmin(fmax(found.end_s, to_s - OVERLAP_S), to_s);
        if (l->o->on_progress)
            l->o->on_progress(l->o->user, 0.9 * at_s / length_s);
    }
    return true;
}

/* --- What is believed ------------------------------------------------------------------------- */

/* The hits of the best chain, and nothing else, in l->hits and l->placed. */
static bool choose(struct aligner *l, struct err *e)
{
    size_t count = l->hits.len / sizeof(struct align_hit);
    struct align_hit *hits = (struct align_hit *)(void *)l->hits.data;
    long left = align_chain(hits, count, l->script->count, run_weight(l));
    if (left < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for the words heard");
    l->hits.len = (size_t)left * sizeof *hits;
    for (size_t i = 0; i < l->script->count; i++)
        l->placed[i] = (struct placed){NAN, NAN, NAN};
    for (long i = 0; i < left; i++)
        l->placed[hits[i].word] = (struct placed){hits[i].start_s, hits[i].end_s, hits[i].score};
    return true;
}

static double speech_seconds(const struct aligner *l)
{
    const struct stretch *s = (const struct stretch *)(const void *)l->speech.data;
    double sum = 0;
    for (size_t i = 0; i < l->speech.len / sizeof *s; i++)
        sum += s[i].end_s - s[i].start_s;
    return sum;
}

/* A wrong script gives a word here and there, hardly ever runs of them. */
static bool check_fit(const struct aligner *l, struct err *e)
{
    size_t heard = 0;
    double heard_s = 0, count = (double)l->script->count, length_s = l->sound.gate.length_s;
    for (size_t i = 0; i < l->script->count; i++) {
        heard += !isnan(l->placed[i].start_s);
        heard_s += isnan(l->placed[i].start_s) ? 0 : l->placed[i].end_s - l->placed[i].start_s;
    }
    double speech_s = fmin(speech_seconds(l), length_s);
    if (heard > 0 && ((double)heard >= FITS_SHARE * count || heard_s >= FITS_SHARE * speech_s))
        return true;
    return err_set(e, ERR_INVALID, "the script does not fit the sound: of its %zu words, %zu were "
                   "heard in their order", l->script->count, heard);
}

static bool set_up(struct aligner *l, const struct speech_sound *sound, struct err *e)
{
    l->words = arena_array(l->arena, l->script->count, sizeof *l->words);
    l->placed = arena_array(l->arena, l->script->count, sizeof *l->placed);
    buf_init(&l->hits, MEMORY_MAX);
    buf_init(&l->speech, MEMORY_MAX);
    if (!l->words || !l->placed)
        return err_set(e, ERR_NO_MEMORY, "no memory for the script");
    return shortened_init(&l->sound, sound, l->o->spans, l->o->span_count, l->arena, e) &&
           align_words_add(l->sphinx, l->script, l->words, e);
}

struct transcript *align(struct sphinx *s, const struct speech_sound *sound,
                         const struct script *script, const struct align_options *o,
                         struct arena *a, struct err *e)
{
    struct aligner l = {.sphinx = s, .script = script, .o = o, .arena = a};
    struct transcript *said = NULL;
    if (set_up(&l, sound, e) && hear_all(&l, e) && choose(&l, e) && check_fit(&l, e) &&
        align_fill_gaps(&l, e))
        said = align_report(&l, e);
    if (said && o->on_progress)
        o->on_progress(o->user, 1);
    sphinx_heard_finish(&l.heard);
    buf_finish(&l.speech);
    buf_finish(&l.hits);
    shortened_finish(&l.sound);
    return said;
}
