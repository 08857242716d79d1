/* SPDX-License-Identifier: GPL-3.0-or-later
 * From pieces to segments: what is true of each, which effect and sound fit, its name and why. */
#include "timeline/layout_parts.h"

#include "effects/effect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRONG_PEAK 0.5 /* one of them makes a segment loud */
#define NEVER (-1e9)

/* The template's effects, read once. */
struct effects_state {
    const struct template_effect *rules;
    struct effect_use *uses; /* by rule */
    double *last;            /* by rule: index of the segment that had that effect last */
    size_t count;
    double room_s; /* what slow motion may still add to the film */
};

struct sfx_state {
    const struct template_sfx *rules;
    double *last_s; /* by rule: film time of that sound's last use */
    size_t count;
    double film_s; /* where the film is */
};

/* --- Traits ----------------------------------------------------------------------------------- */

static int by_double(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static bool has_strong_peak(const struct layout *l, double from, double to)
{
    for (size_t i = peaks_from(l, from); i < l->peak_count && l->peaks[i].time < to; i++)
        if (l->peaks[i].strength >= STRONG_PEAK)
            return true;
    return false;
}

/* TRAIT_LOUD and TRAIT_CALM by rank among the pieces: levels have no fixed scale. */
static bool rank_pieces(const struct layout *l, const struct piece *p, size_t n, unsigned *traits)
{
    double *level = arena_array(l->arena, n, sizeof *level);
    double *sorted = arena_array(l->arena, n, sizeof *sorted);
    if (!level || !sorted)
        return false;
    for (size_t i = 0; i < n; i++)
        sorted[i] = level[i] = loudness(l, p[i].start, p[i].end);
    qsort(sorted, n, sizeof *sorted, by_double);
    bool known = sorted[n - 1] > sorted[0];
    for (size_t i = 0; i < n; i++) {
        if ((known && level[i] > sorted[n / 3] && level[i] >= sorted[n - 1 - n / 3]) ||
            has_strong_peak(l, p[i].start, p[i].end))
            traits[i] |= TRAIT_LOUD;
        else if (known && level[i] <= sorted[n / 3])
            traits[i] |= TRAIT_CALM;
    }
    return true;
}

static unsigned traits_of(const struct layout *l, const struct piece *p, size_t i, size_t n)
{
    double len = p->end - p->start;
    unsigned t = TRAIT_ALWAYS | p->traits;
    if (spans_overlap(&l->spoken, p->start, p->end) >= 0.5 * len)
        t |= TRAIT_SPEECH;
    if (spans_overlap(&l->pauses, p->start, p->end) >= len / 3)
        t |= TRAIT_PAUSE;
    if (times_within(&l->drops, p->start - 0.25, p->start + len / 2))
        t |= TRAIT_DROP;
    t |= i == 0 ? TRAIT_OPENING : TRAIT_CUT;
    if (i + 1 == n)
        t |= TRAIT_ENDING;
    return t;
}

/* Words for the trait that a rule asked for. */
static const char *trait_reason(unsigned when)
{
    static const char *const words[] = {
        "for movement", "it is loud", "it is calm", "somebody speaks", "the music sets in",
        "nobody speaks", "the opening", "the ending", "a cut", "a jump in the source",
        "on the beat", "a new shot",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (when == 1u << i)
            return words[i];
    return words[0];
}

/* --- Choosing --------------------------------------------------------------------------------- */

static bool fits(const char *when, const char *unless, unsigned traits)
{
    return (traits & trait_of_word(when)) && !(traits & trait_of_word(unless));
}

/* One of n by weight, or n for "none", whose weight is `plain`. */
static size_t draw(struct layout *l, const double *weights, size_t n, double plain)
{
    double sum = plain;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    double at = chance_next(l) * sum;
    for (size_t i = 0; i < n; i++) {
        if (at < weights[i])
            return i;
        at -= weights[i];
    }
    return n;
}

/* Film seconds that an effect adds to a piece. */
static double added_seconds(const struct effect_use *use, double len)
{
    struct effect_rate r;
    if (!effect_total_rate(use, 1, &r, NULL))
        return INFINITY; /* never fits */
    return len * ((double)r.den / (double)r.num - 1);
}

static size_t choose_effect(struct layout *l, struct effects_state *s, const struct piece *p,
                            unsigned traits, size_t index)
{
    double weights[64];
    for (size_t i = 0; i < s->count; i++) {
        const struct template_effect *r = &s->rules[i];
        bool rested = (double)index - s->last[i] > (double)r->rest;
        bool room = added_seconds(&s->uses[i], p->end - p->start) <= fmax(s->room_s, 0);
        weights[i] = rested && room && fits(r->when, r->unless, traits) ? r->weight : 0;
    }
    size_t chosen = draw(l, weights, s->count, l->tpl->plain_effects);
    if (chosen == s->count)
        return chosen;
    s->room_s -= added_seconds(&s->uses[chosen], p->end - p->start);
    for (size_t i = 0; i < s->count; i++)
        if (s->uses[i].effect == s->uses[chosen].effect)
            s->last[i] = (double)index;
    return chosen;
}

static size_t choose_sfx(struct layout *l, struct sfx_state *s, unsigned traits)
{
    double weights[64];
    for (size_t i = 0; i < s->count; i++) {
        const struct template_sfx *r = &s->rules[i];
        bool rested = s->film_s - s->last_s[i] >= r->rest;
        weights[i] = rested && fits(r->when, r->unless, traits) ? r->weight : 0;
    }
    size_t chosen = draw(l, weights, s->count, l->tpl->plain_sfx);
    for (size_t i = 0; chosen < s->count && i < s->count; i++)
        if (strcmp(s->rules[i].name, s->rules[chosen].name) == 0)
            s->last_s[i] = s->film_s;
    return chosen;
}

/* --- Segments --------------------------------------------------------------------------------- */

static bool effects_open(struct layout *l, struct effects_state *s, double film_s, struct err *e)
{
    *s = (struct effects_state){.rules = l->tpl->effects.items,
                                .count = l->facts->has_video ? l->tpl->effects.count : 0,
                                .room_s = l->tpl->film_seconds - film_s};
    if (s->count > 64)
        return err_set(e, ERR_INVALID, "a template has at most 64 effects");
    s->uses = arena_array(l->arena, s->count + 1, sizeof *s->uses);
    s->last = arena_array(l->arena, s->count + 1, sizeof *s->last);
    if (!s->uses || !s->last)
        return err_set(e, ERR_NO_MEMORY, "out of memory while choosing effects");
    for (size_t i = 0; i < s->count; i++) {
        s->last[i] = NEVER;
        if (!effect_parse(s->rules[i].effect.text, s->rules[i].effect.len, l->arena, &s->uses[i],
                          e))
            return err_wrap(e, "template %s", l->tpl->name);
    }
    return true;
}

static bool sfx_open(struct layout *l, struct sfx_state *s, struct err *e)
{
    *s = (struct sfx_state){.rules = l->tpl->sfx.items, .count = l->tpl->sfx.count};
    if (s->count > 64)
        return err_set(e, ERR_INVALID, "a template has at most 64 sounds");
    s->last_s = arena_array(l->arena, s->count + 1, sizeof *s->last_s);
    if (!s->last_s)
        return err_set(e, ERR_NO_MEMORY, "out of memory while choosing sounds");
    for (size_t i = 0; i < s->count; i++)
        s->last_s[i] = NEVER;
    return true;
}

static const char *segment_name(const struct layout *l, const struct piece *p, size_t i, size_t n)
{
    if (i == 0)
        return "intro";
    if (i + 1 == n)
        return "outro";
    return arena_printf(l->arena, "%s-%zu", p->kind, i + 1);
}

static bool put_effect(const struct layout *l, const struct effects_state *s, size_t rule,
                       struct timeline_segment *seg)
{
    struct wire_raw *raw = arena_alloc(l->arena, sizeof *raw);
    if (!raw)
        return false;
    *raw = s->rules[rule].effect;
    seg->effects = (struct wire_list){raw, 1};
    seg->reason = arena_printf(l->arena, "%s; %s: %s", seg->reason, s->uses[rule].effect->name,
                               trait_reason(trait_of_word(s->rules[rule].when)));
    return seg->reason != NULL;
}

static bool put_sfx(const struct layout *l, const struct template_sfx *rule,
                    struct timeline_segment *seg)
{
    struct timeline_sfx *sfx = arena_alloc(l->arena, sizeof *sfx);
    if (!sfx || !wire_defaults(&wire_timeline_sfx, sfx, l->arena))
        return false;
    sfx->name = rule->name;
    seg->sfx = sfx;
    seg->reason = arena_printf(l->arena, "%s; %s: %s", seg->reason, rule->name,
                               trait_reason(trait_of_word(rule->when)));
    return seg->reason != NULL;
}

static bool make_segment(const struct layout *l, const struct piece *p, size_t i, size_t n,
                         struct timeline_segment *seg)
{
    if (!wire_defaults(&wire_timeline_segment, seg, l->arena))
        return false;
    size_t first = times_from(&l->beats, p->start);
    seg->name = segment_name(l, p, i, n);
    seg->start = p->start;
    seg->end = p->end;
    if (times_within(&l->beats, p->start, p->end))
        seg->beats = (struct wire_list){l->beats.at + first,
                                        times_within(&l->beats, p->start, p->end)};
    seg->reason = p->reason;
    return seg->name != NULL;
}

bool layout_style(struct layout *l, const struct piece *pieces, size_t n, struct timeline *tl,
                  struct err *e)
{
    struct effects_state fx;
    struct sfx_state sfx;
    double film_s = 0;
    struct timeline_segment *segs = arena_array(l->arena, n + 1, sizeof *segs);
    unsigned *traits = arena_array(l->arena, n + 1, sizeof *traits);

    for (size_t i = 0; i < n; i++)
        film_s += pieces[i].end - pieces[i].start;
    if (!segs || !traits || (n && !rank_pieces(l, pieces, n, traits)))
        goto no_memory;
    if (!effects_open(l, &fx, film_s, e) || !sfx_open(l, &sfx, e))
        return false;

    for (size_t i = 0; i < n; i++) {
        const struct piece *p = &pieces[i];
        traits[i] |= traits_of(l, p, i, n);
        size_t effect = choose_effect(l, &fx, p, traits[i], i);
        size_t sound = choose_sfx(l, &sfx, traits[i]);
        if (!make_segment(l, p, i, n, &segs[i]) ||
            (effect < fx.count && !put_effect(l, &fx, effect, &segs[i])) ||
            (sound < sfx.count && !put_sfx(l, &sfx.rules[sound], &segs[i])))
            goto no_memory;
        sfx.film_s += p->end - p->start;
        if (effect < fx.count)
            sfx.film_s += added_seconds(&fx.uses[effect], p->end - p->start);
    }
    tl->segments = (struct wire_list){segs, n};
    return true;

no_memory:
    return err_set(e, ERR_NO_MEMORY, "out of memory while choosing effects and sounds");
}
