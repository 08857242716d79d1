/* SPDX-License-Identifier: GPL-3.0-or-later
 * effects.c - the list of effects, and reading one out of a timeline.
 */
#include "effects/effect.h"

#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const struct effect fx_zoom, fx_slowmo;

const struct effect *const effects[] = {
    &fx_zoom,
    &fx_slowmo,
    NULL,
};

const struct effect *effect_find(const char *name)
{
    for (const struct effect *const *p = effects; *p; p++)
        if (strcmp((*p)->name, name) == 0)
            return *p;
    return NULL;
}

/* "a, b, c" of NULL-ended names, for messages. */
static void list_word(char *out, size_t size, const char *word)
{
    size_t n = strlen(out);
    if (n + 1 < size)
        snprintf(out + n, size - n, "%s%s", n ? ", " : "", word);
}

static bool unknown_effect(const char *name, struct err *e)
{
    char known[200] = "";
    for (const struct effect *const *p = effects; *p; p++)
        list_word(known, sizeof known, (*p)->name);
    return err_set(e, ERR_INVALID, "unknown effect \"%.60s\"; there are: %s", name, known);
}

static bool unknown_param(const struct effect *fx, const char *name, struct err *e)
{
    char known[200] = "name";
    for (const struct effect_param *p = fx->params; p->name; p++)
        list_word(known, sizeof known, p->name);
    return err_set(e, ERR_INVALID, "effect %s has no parameter \"%.60s\"; there are: %s", fx->name,
                   name, known);
}

static void set_default(void *self, const struct effect_param *p)
{
    char *at = (char *)self + p->offset;
    if (p->kind == PARAM_CHOICE)
        *(int *)(void *)at = (int)p->def;
    else
        *(double *)(void *)at = p->def;
}

static bool read_number(struct json_reader *r, const struct effect *fx,
                        const struct effect_param *p, void *self, struct err *e)
{
    double v = NAN;
    bool is_int;
    int64_t i;
    if (json_peek(r) != JSON_NUMBER || !json_read_number(r, &v, &is_int, &i) || !isfinite(v) ||
        v < p->min || v > p->max)
        return err_set(e, ERR_INVALID, "effect %s: %s must be a number from %g to %g", fx->name,
                       p->name, p->min, p->max);
    *(double *)(void *)((char *)self + p->offset) = v;
    return true;
}

/* A string as C has it; one with a null character inside is none. */
static bool read_word(struct json_reader *r, struct arena *a, const char **word)
{
    size_t len;
    return json_peek(r) == JSON_STRING && json_read_string(r, a, word, &len) &&
           strlen(*word) == len;
}

static bool read_choice(struct json_reader *r, const struct effect *fx,
                        const struct effect_param *p, void *self, struct arena *a, struct err *e)
{
    const char *word = "";
    if (read_word(r, a, &word)) {
        for (int i = 0; p->choices[i]; i++) {
            if (strcmp(p->choices[i], word) == 0) {
                *(int *)(void *)((char *)self + p->offset) = i;
                return true;
            }
        }
    }
    if (r->error && strcmp(r->error, JSON_NO_MEMORY) == 0)
        return err_set(e, ERR_NO_MEMORY, "no memory to read an effect");
    char known[200] = "";
    for (int i = 0; p->choices[i]; i++)
        list_word(known, sizeof known, p->choices[i]);
    return err_set(e, ERR_INVALID, "effect %s: %s must be one of: %s", fx->name, p->name, known);
}

static bool read_param(struct json_reader *r, const struct effect *fx, const char *key, void *self,
                       struct arena *a, struct err *e)
{
    for (const struct effect_param *p = fx->params; p->name; p++) {
        if (strcmp(p->name, key) != 0)
            continue;
        return p->kind == PARAM_CHOICE ? read_choice(r, fx, p, self, a, e)
                                       : read_number(r, fx, p, self, e);
    }
    return unknown_param(fx, key, e);
}

static bool not_an_effect(const struct json_reader *r, struct err *e)
{
    if (r->error && strcmp(r->error, JSON_NO_MEMORY) == 0)
        return err_set(e, ERR_NO_MEMORY, "no memory to read an effect");
    return err_set(e, ERR_INVALID,
                   "an effect is a name, or an object with \"name\" and its parameters");
}

/* The name inside an object, wherever it stands among the parameters. NULL: it has none. */
static const char *object_name(struct json_reader *r, struct arena *a)
{
    const char *key, *name = NULL;
    if (!json_enter_object(r))
        return NULL;
    while (json_next_key(r, a, &key)) {
        if (strcmp(key, "name") != 0)
            json_skip(r);
        else if (!read_word(r, a, &name))
            return NULL;
    }
    return json_failed(r) ? NULL : name;
}

static bool use_create(const char *name, struct arena *a, struct effect_use *out, void **self,
                       struct err *e)
{
    out->effect = effect_find(name);
    if (!out->effect)
        return unknown_effect(name, e);
    *self = arena_alloc(a, out->effect->self_size);
    if (!*self)
        return err_set(e, ERR_NO_MEMORY, "no memory for effect %s", name);
    out->self = *self;
    for (const struct effect_param *p = out->effect->params; p->name; p++)
        set_default(*self, p);
    return true;
}

bool effect_parse(const char *json, size_t len, struct arena *a, struct effect_use *out,
                  struct err *e)
{
    struct json_reader r, ahead;
    json_reader_init(&r, json, len, 8);
    ahead = r;
    const char *name = NULL, *key;
    void *self = NULL;

    if (json_peek(&r) == JSON_STRING)
        return read_word(&r, a, &name) ? use_create(name, a, out, &self, e) : not_an_effect(&r, e);
    if (json_peek(&r) != JSON_OBJECT || !(name = object_name(&ahead, a)))
        return not_an_effect(&ahead, e);
    if (!use_create(name, a, out, &self, e))
        return false;
    json_enter_object(&r);
    while (json_next_key(&r, a, &key)) {
        if (strcmp(key, "name") == 0)
            json_skip(&r);
        else if (!read_param(&r, out->effect, key, self, a, e))
            return false;
    }
    return json_failed(&r) ? not_an_effect(&r, e) : true;
}

void effect_canonical(const struct effect_use *use, struct buf *out)
{
    buf_adds(out, use->effect->name);
    for (const struct effect_param *p = use->effect->params; p->name; p++) {
        const char *at = (const char *)use->self + p->offset;
        buf_printf(out, " %s=", p->name);
        if (p->kind == PARAM_CHOICE)
            buf_adds(out, p->choices[*(const int *)(const void *)at]);
        else
            buf_printf(out, "%.17g", *(const double *)(const void *)at);
    }
}

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
    *total = (struct effect_rate){1, 1};
    for (size_t i = 0; i < count; i++) {
        if (!uses[i].effect->rate)
            continue;
        struct effect_rate r = {1, 1};
        uses[i].effect->rate(uses[i].self, &r);
        int64_t num = total->num * r.num, den = total->den * r.den, g = gcd(num, den);
        *total = (struct effect_rate){num / g, den / g};
        if (total->num > total->den * RATE_MAX || total->den > total->num * RATE_MAX)
            return err_set(e, ERR_INVALID, "its effects together change the speed by more than %d",
                           RATE_MAX);
        if (total->den > RATE_DEN_MAX)
            return err_set(e, ERR_INVALID, "too many effects that change the speed");
    }
    return true;
}

bool effect_total_view(const struct effect_use *uses, size_t count, double u, struct effect_view *v)
{
    bool any = false;
    *v = (struct effect_view){0.5, 0.5, 1};
    for (size_t i = 0; i < count; i++) {
        if (uses[i].effect->view) {
            uses[i].effect->view(uses[i].self, u, v);
            any = true;
        }
    }
    return any;
}
