/* SPDX-License-Identifier: GPL-3.0-or-later
 * effects.c - the list of effects, and what several of them do together.
 */
#include "effects/effect.h"

#include <string.h>

extern const struct effect fx_zoom, fx_punch_in, fx_beat_pulse, fx_shake, fx_mirror, fx_slowmo,
    fx_speed, fx_freeze, fx_reverse, fx_flash, fx_fade_in, fx_fade_out, fx_blur, fx_vignette,
    fx_grayscale, fx_color, fx_lut, fx_rgb_split, fx_glitch, fx_film_grain, fx_letterbox;

const struct effect *const effects[] = {
    &fx_zoom,
    &fx_punch_in,
    &fx_beat_pulse,
    &fx_shake,
    &fx_mirror,
    &fx_slowmo,
    &fx_speed,
    &fx_freeze,
    &fx_reverse,
    &fx_flash,
    &fx_fade_in,
    &fx_fade_out,
    &fx_blur,
    &fx_vignette,
    &fx_grayscale,
    &fx_color,
    &fx_lut,
    &fx_rgb_split,
    &fx_glitch,
    &fx_film_grain,
    &fx_letterbox,
    NULL,
};

const struct effect *effect_find(const char *name)
{
    for (const struct effect *const *p = effects; *p; p++)
        if (strcmp((*p)->name, name) == 0)
            return *p;
    return NULL;
}

static bool find_thing(const char *name, struct param_thing *out)
{
    const struct effect *fx = effect_find(name);
    if (fx)
        *out = (struct param_thing){
            .name = fx->name, .params = fx->params, .self_size = fx->self_size, .row = fx};
    return fx != NULL;
}

static const char *name_at(size_t i)
{
    return effects[i] ? effects[i]->name : NULL;
}

bool effect_parse(const char *json, size_t len, struct arena *a, struct effect_use *out,
                  struct err *e)
{
    static const struct param_kind_of kind = {"effect", find_thing, name_at};
    struct param_thing thing;
    if (!param_read(&kind, json, len, a, &thing, &out->self, e))
        return false;
    out->effect = thing.row;
    return true;
}

void effect_canonical(const struct effect_use *use, struct buf *out)
{
    param_canonical(use->effect->name, use->effect->params, use->self, out);
}

const char *effect_file(const struct effect_use *use)
{
    for (const struct param *p = use->effect->params; p->name; p++)
        if (p->kind == PARAM_FILE)
            return *(const char *const *)(const void *)((const char *)use->self + p->offset);
    return NULL;
}

/* --- Time ----------------------------------------------------------------------------------- */

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

/* Rates outside of this make no film that anyone could watch. */
#define RATE_MAX 16
/* And times stay exact in 64 bits while the fractions stay below this. */
#define RATE_DEN_MAX INT64_C(100000000)

bool effect_total_rate(const struct effect_use *uses, size_t count, struct effect_rate *total,
                       struct err *e)
{
    *total = (struct effect_rate){1, 1, false};
    for (size_t i = 0; i < count; i++) {
        if (!uses[i].effect->rate)
            continue;
        struct effect_rate r = {1, 1, false};
        uses[i].effect->rate(uses[i].self, &r);
        int64_t num = total->num * r.num, den = total->den * r.den, g = gcd(num, den);
        *total = (struct effect_rate){num / g, den / g, total->backwards != r.backwards};
        if (total->num > total->den * RATE_MAX || total->den > total->num * RATE_MAX)
            return err_set(e, ERR_INVALID, "its effects together change the speed by more than %d",
                           RATE_MAX);
        if (total->den > RATE_DEN_MAX)
            return err_set(e, ERR_INVALID, "too many effects that change the speed");
    }
    return true;
}

bool effect_has_ramp(const struct effect_use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int k = 1; k < 8 && uses[i].effect->ramp; k++)
            if (uses[i].effect->ramp(uses[i].self, k / 8.0) != k / 8.0)
                return true;
    return false;
}

/* The last effect makes the film's time, so it is asked first. */
double effect_total_ramp(const struct effect_use *uses, size_t count, double u)
{
    for (size_t i = count; i-- > 0;)
        if (uses[i].effect->ramp)
            u = uses[i].effect->ramp(uses[i].self, u);
    return u;
}

double effect_total_picture_time(const struct effect_use *uses, size_t count,
                                 const struct effect_moment *m)
{
    struct effect_moment at = *m;
    for (size_t i = count; i-- > 0;) {
        if (!uses[i].effect->picture_time)
            continue;
        double t = uses[i].effect->picture_time(uses[i].self, &at);
        at.t = t < 0 ? 0 : t > m->length ? m->length : t;
        at.u = at.t / at.length;
    }
    return at.t;
}

/* --- Picture -------------------------------------------------------------------------------- */

bool effect_total_view(const struct effect_use *uses, size_t count, const struct effect_moment *m,
                       struct effect_view *v)
{
    bool any = false;
    *v = (struct effect_view){0.5, 0.5, 1, false};
    for (size_t i = 0; i < count; i++) {
        if (uses[i].effect->view) {
            uses[i].effect->view(uses[i].self, m, v);
            any = true;
        }
    }
    return any;
}
