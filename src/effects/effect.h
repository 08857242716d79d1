/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect.h - what a segment can have done to it: one const struct for each effect.
 *
 * In a timeline an effect is a name or an object: "zoom" or {"name": "zoom", "amount": 1.3}. The
 * parameters are declared in a table, and everything else derives from it: checking, defaults, the
 * docs, the canonical text that goes into a chunk's key. Adding one: docs/adding-an-effect.md.
 *
 *     struct effect_use use;
 *     if (!effect_parse(text, len, arena, &use, e)) ...      "unknown effect "zom"; there are: ..."
 *     if (use.effect->view) use.effect->view(use.self, 0.5, &view);
 *
 * An effect says what it does by the hooks it fills in; a hook it lacks leaves things as they are:
 *     rate   the speed at which source time passes
 *     view   the part of the fitted picture that fills the frame, for each output frame
 * Hooks are pure functions of their arguments: any thread, any order of frames.
 * Ownership: parsed effects live in the arena. Errors: ERR_INVALID with words for people.
 */
#ifndef AIVE_EFFECTS_EFFECT_H
#define AIVE_EFFECTS_EFFECT_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum param_kind {
    PARAM_NUMBER = 1, /* stored as double                        */
    PARAM_CHOICE,     /* one of `choices`; stored as int, its index */
};

struct effect_param {
    const char *name; /* stable: stored in timelines; NULL ends the table */
    enum param_kind kind;
    double min, max, def;       /* PARAM_CHOICE: def is the index of the default */
    const char *unit;           /* "x", "s", "0..1"; "" when there is none */
    const char *help;           /* one line */
    const char *const *choices; /* PARAM_CHOICE: NULL-ended */
    size_t offset;              /* in the effect's own struct */
};

/* How fast source time passes: num / den source seconds for each second of film; both > 0. */
struct effect_rate {
    int64_t num, den;
};

/* How much the fitted picture is enlarged, and the point of it that stays in its place on the
 * screen; the frame never sees beyond the picture. {0.5, 0.5, 1} leaves it as it is. */
struct effect_view {
    double x, y;  /* 0..1, from the left and from the top */
    double scale; /* >= 1 */
};

struct effect {
    const char *name;  /* stable: stored in timelines */
    const char *title; /* for people */
    const char *help;  /* one line */
    const struct effect_param *params;
    size_t self_size; /* of the struct that params fill and hooks get; > 0 */
    void (*rate)(const void *self, struct effect_rate *r); /* r comes in as 1/1 */
    /* u: 0 at the segment's first instant, 1 at its end. v comes in as the view so far. */
    void (*view)(const void *self, double u, struct effect_view *v);
};

/* All effects, in the order of the docs; ended by NULL. */
extern const struct effect *const effects[];

const struct effect *effect_find(const char *name); /* NULL: unknown */

struct effect_use {
    const struct effect *effect;
    const void *self; /* filled parameters */
};

/* Reads one effect out of JSON text: a string (its name) or an object with "name" and parameters.
 * Parameters left out have their defaults. Refused: an unknown effect (the message lists the known
 * ones), an unknown parameter, a value of the wrong type or out of range. */
bool effect_parse(const char *json, size_t len, struct arena *a, struct effect_use *out,
                  struct err *e);

/* Writes name and every parameter in one fixed form: same text, same pixels. */
void effect_canonical(const struct effect_use *use, struct buf *out);

/* Rate of several effects together, in lowest terms. ERR_INVALID beyond 1/16 .. 16. */
bool effect_total_rate(const struct effect_use *uses, size_t count, struct effect_rate *total,
                       struct err *e);

/* View of several effects together at u; returns false when none of them has one. */
bool effect_total_view(const struct effect_use *uses, size_t count, double u,
                       struct effect_view *v);

#endif
