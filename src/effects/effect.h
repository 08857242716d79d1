/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect.h - what a segment can have done to it: one const struct for each effect.
 *
 * In a timeline an effect is a name or an object: "zoom" or {"name": "zoom", "amount": 1.3}. The
 * parameters are declared in a table (param.h). Adding one: docs/adding-an-effect.md.
 *
 *     struct effect_use use;
 *     if (!effect_parse(text, len, arena, &use, e)) ...      "unknown effect "zom"; there are: ..."
 *     if (use.effect->view) use.effect->view(use.self, &moment, &view);
 *
 * An effect says what it does by the hooks it fills in; a hook it lacks leaves things as they are:
 *     rate          the mean speed at which source time passes, and in which direction
 *     ramp          how the speed is spread over the segment
 *     picture_time  whose instant's picture is shown (the sound goes on)
 *     view          the part of the fitted picture that fills the frame
 *     look, paint   what happens to the frame's samples
 * Hooks are pure functions of their arguments: any thread, any order of frames.
 *
 * Painting has two halves, so that a film's chunks can be named without drawing them: `look` says
 * in numbers what is to be done at an instant, and `paint` does it from these numbers alone. Equal
 * numbers, equal pixels; where nothing is to be done, `look` says false.
 * Ownership: parsed effects live in the arena. Errors: ERR_INVALID with words for people.
 */
#ifndef AIVE_EFFECTS_EFFECT_H
#define AIVE_EFFECTS_EFFECT_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "effects/param.h"
#include "media/picture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How fast source time passes: num / den source seconds for each second of film; both > 0. */
struct effect_rate {
    int64_t num, den;
    bool backwards; /* from the segment's end to its start */
};

/* How much the fitted picture is enlarged, and the point of it that stays in its place on the
 * screen; the frame never sees beyond the picture. {0.5, 0.5, 1} leaves it as it is. */
struct effect_view {
    double x, y;   /* 0..1, from the left and from the top */
    double scale;  /* >= 1 */
    bool mirrored; /* left and right change places, after all else */
};

/* An instant of a segment. Times are seconds of film since the segment's first instant. */
struct effect_moment {
    double t;
    double length;       /* of the segment, > 0 */
    double u;            /* t / length, 0..1 */
    int64_t frame;       /* since the segment's first one, >= 0 */
    const double *beats; /* inside the segment, ascending */
    size_t beat_count;
    const double *words; /* starts of spoken words inside it, ascending */
    size_t word_count;
};

#define EFFECT_LOOK_VALUES 12

struct effect_look {
    double v[EFFECT_LOOK_VALUES];
    int file; /* a source of the film (LUTs), -1: none; filled in from a PARAM_FILE by the caller */
};

struct effect_desk; /* desk.h */

struct effect {
    const char *name;  /* stable: stored in timelines */
    const char *title; /* for people */
    const char *help;  /* one line */
    const struct param *params;
    size_t self_size;                                      /* of the struct that params fill; > 0 */
    void (*rate)(const void *self, struct effect_rate *r); /* r comes in as 1/1 */
    /* The share of the source that has passed at share u of the film's time: rises from 0 to 1. */
    double (*ramp)(const void *self, double u);
    double (*picture_time)(const void *self, const struct effect_moment *m); /* in m->t's unit */
    void (*view)(const void *self, const struct effect_moment *m,
                 struct effect_view *v); /* v comes in as the view so far */
    /* out comes in as zeros. */
    bool (*look)(const void *self, const struct effect_moment *m, struct effect_look *out);
    /* On a whole frame, 8-bit 4:2:0, bt709, limited range. */
    bool (*paint)(const struct effect_look *look, struct picture *frame, struct effect_desk *desk,
                  struct err *e);
};

/* All effects, in the order of the docs; ended by NULL. */
extern const struct effect *const effects[];

const struct effect *effect_find(const char *name); /* NULL: unknown */

struct effect_use {
    const struct effect *effect;
    const void *self; /* filled parameters */
};

/* Reads one effect out of JSON text. Refused: what param_read() refuses. */
bool effect_parse(const char *json, size_t len, struct arena *a, struct effect_use *out,
                  struct err *e);

/* Writes name and every parameter in one fixed form: same text, same pixels. */
void effect_canonical(const struct effect_use *use, struct buf *out);

/* The file that an effect is given ("asset:7" or a path), NULL: none. */
const char *effect_file(const struct effect_use *use);

/* Rate of several effects together, in lowest terms. ERR_INVALID beyond 1/16 .. 16. */
bool effect_total_rate(const struct effect_use *uses, size_t count, struct effect_rate *total,
                       struct err *e);

/* Share of the source passed at share u of the film's time, by all ramps together. */
double effect_total_ramp(const struct effect_use *uses, size_t count, double u);
/* Does any of them change the speed on the way? */
bool effect_has_ramp(const struct effect_use *uses, size_t count);

/* The instant whose picture is shown at m. */
double effect_total_picture_time(const struct effect_use *uses, size_t count,
                                 const struct effect_moment *m);

/* View of several effects together; returns false when none of them has one. */
bool effect_total_view(const struct effect_use *uses, size_t count, const struct effect_moment *m,
                       struct effect_view *v);

#endif
