/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which of a template's rules a segment gets: those that fit are drawn by weight. */
#include "core/json.h"
#include "effects/transition.h"
#include "timeline/layout_parts.h"

#include <math.h>
#include <string.h>

#define NEVER SIZE_MAX

/* --- Reading the rules ------------------------------------------------------------------------ */

static unsigned traits_of_words(const struct wire_list *list)
{
    const char *const *words = list->items;
    unsigned t = 0;
    for (size_t i = 0; i < list->count; i++)
        t |= trait_of_word(words[i]);
    return t;
}

static bool open_effect(struct drawn_rule *r, struct arena *a, struct err *e)
{
    struct effect_rate rate;
    if (!template_uses(&r->rule->use, a, &r->uses, e) ||
        !effect_total_rate(r->uses.use, r->uses.count, &rate, e))
        return false;
    r->name = r->uses.use[0].effect->name;
    r->added = (double)rate.den / (double)rate.num - 1;
    return true;
}

static bool open_transition(struct drawn_rule *r, struct arena *a, struct err *e)
{
    struct transition_use t;
    if (!transition_parse(r->rule->use.text, r->rule->use.len, a, &t, e))
        return false;
    r->name = t.kind ? t.kind->name : "cut";
    r->seconds = t.kind ? ((const struct transition_base *)t.self)->duration : 0;
    return true;
}

static bool open_sound(struct drawn_rule *r, struct arena *a, struct err *e)
{
    struct json_reader j;
    size_t len;
    json_reader_init(&j, r->rule->use.text, r->rule->use.len, 2);
    return json_read_string(&j, a, &r->name, &len) ||
           err_set(e, ERR_INVALID, "a sound effect is given by its name");
}

bool drawing_open(struct drawing *d, const struct layout *l, const struct template_draw *from,
                  enum drawing_kind kind, struct err *e)
{
    static bool (*const open[])(struct drawn_rule *, struct arena *, struct err *) = {
        open_effect, open_transition, open_sound};
    const struct template_rule *rules = from->rules.items;
    *d = (struct drawing){.plain = from->plain, .gap = from->gap, .last_s = -INFINITY,
                          .rules = arena_array(l->arena, from->rules.count + 1, sizeof *d->rules)};
    if (!d->rules)
        return err_set(e, ERR_NO_MEMORY, "out of memory while reading the template's rules");
    if (kind != DRAW_SFX && !l->facts->has_video)
        return true; /* nothing to be seen */
    for (size_t i = 0; i < from->rules.count && i < TEMPLATE_MAX_RULES; i++) {
        struct drawn_rule *r = &d->rules[d->count++];
        *r = (struct drawn_rule){.rule = &rules[i], .when = traits_of_words(&rules[i].when),
                                 .unless = traits_of_words(&rules[i].unless),
                                 .last_s = -INFINITY, .last_index = NEVER};
        if (!open[kind](r, l->arena, e))
            return err_wrap(e, "template %s", l->tpl->name);
    }
    return true;
}

/* --- Drawing ---------------------------------------------------------------------------------- */

/* Moves through the whole segment, or stays moved: at a shot border inside it would carry one
 * shot's framing into the next. */
static bool travels(const struct drawn_rule *r)
{
    for (size_t i = 0; i < r->uses.count; i++) {
        const char *name = r->uses.use[i].effect->name;
        if (strcmp(name, "zoom") == 0 || strcmp(name, "punch_in") == 0)
            return true;
    }
    return false;
}

static bool fits(const struct drawing *d, const struct drawn_rule *r, const struct occasion *o)
{
    bool rested = o->film_s - r->last_s >= r->rule->rest && o->film_s - d->last_s >= d->gap;
    bool repeats = r->uses.count && r->last_index != NEVER && r->last_index + 1 >= o->index;
    return (o->traits & r->when) == r->when && !(o->traits & r->unless) && rested && !repeats &&
           fmax(r->added * o->seconds, 0) <= fmax(o->room_s, 0) &&
           fmax(-r->added * o->seconds, 0) <= fmax(o->spare_s, 0) && r->seconds <= o->calm_s &&
           !(o->border_inside && travels(r));
}

/* What was used a moment ago is less welcome, or two that are strong would take turns. */
static double novelty(const struct drawn_rule *r, const struct occasion *o)
{
    size_t since = r->last_index == NEVER ? NEVER : o->index - r->last_index;
    return since <= 2 ? 0.25 : since == 3 ? 0.5 : 1;
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

static bool share_a_name(const struct drawn_rule *a, const struct drawn_rule *b)
{
    for (size_t i = 0; i < a->uses.count; i++)
        for (size_t k = 0; k < b->uses.count; k++)
            if (a->uses.use[i].effect == b->uses.use[k].effect)
                return true;
    return strcmp(a->name, b->name) == 0;
}

const struct drawn_rule *drawing_next(struct drawing *d, struct layout *l,
                                      const struct occasion *o)
{
    double weights[TEMPLATE_MAX_RULES], all = 0, novel = 0;
    for (size_t i = 0; i < d->count; i++) {
        double weight = fits(d, &d->rules[i], o) ? d->rules[i].rule->weight : 0;
        weights[i] = weight * novelty(&d->rules[i], o);
        all += weight;
        novel += weights[i];
    }
    /* What is less welcome leaves its share to the others, not to nothing at all. */
    size_t chosen = draw(l, weights, d->count, all > 0 ? d->plain * novel / all : d->plain);
    if (chosen == d->count)
        return NULL;
    const struct drawn_rule *r = &d->rules[chosen];
    for (size_t i = 0; i < d->count; i++)
        if (share_a_name(&d->rules[i], r)) {
            d->rules[i].last_s = o->film_s;
            d->rules[i].last_index = o->index;
        }
    d->last_s = o->film_s;
    return r;
}

const char *drawn_reason(const struct layout *l, const struct drawn_rule *r)
{
    static const char *const words[] = {
        "for movement",      "it is loud",        "it is calm",         "somebody speaks",
        "nobody speaks",     "an energy peak",    "the music sets in",  "a stressed word",
        "a pause",           "the opening",       "the ending",         "a cut",
        "a jump in the source", "on the beat",    "on the downbeat",    "a new part of the music",
        "a new shot",        "a long segment",    "a short segment",    "there are beats",
    };
    const char *why = NULL;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (r->when & 1u << i && !(why = why ? arena_printf(l->arena, "%s, %s", why, words[i])
                                             : words[i]))
            return NULL;
    return why ? why : words[0];
}
