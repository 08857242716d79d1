/* SPDX-License-Identifier: GPL-3.0-or-later
 * transition.h - how one segment gives way to the next: one const struct for each transition.
 *
 * In a timeline a transition is a name or an object: "crossfade" or {"name": "crossfade",
 * "duration": 0.5}. It lies centred on the cut and changes no length. Every table of parameters
 * begins with TRANSITION_DURATION, and every struct of parameters with a struct transition_base.
 * Drawing is a pure function of the parameters, u and the two pictures.
 * Ownership, threads, errors: as effect.h.
 */
#ifndef AIVE_EFFECTS_TRANSITION_H
#define AIVE_EFFECTS_TRANSITION_H

#include "effects/effect.h"

enum { TRANSITION_FROM = 1, TRANSITION_TO = 2 }; /* pictures that are needed */

struct transition_base {
    double duration; /* s */
};

#define TRANSITION_DURATION(seconds)                                                               \
    {                                                                                              \
        .name = "duration", .kind = PARAM_NUMBER, .min = 0, .max = 3, .def = (seconds),            \
        .unit = "s", .help = "How long it takes, half of it on each side of the cut.",             \
        .offset = offsetof(struct transition_base, duration)                                       \
    }

struct transition {
    const char *name, *title, *help;
    const struct param *params;
    size_t self_size;
    bool sound_fades; /* the sound fades as long as the picture */
    /* Which pictures are needed at u (0..1 through it). NULL: both. With one alone and no `mix`
     * that needs it, the other one is NULL there. */
    int (*needs)(const void *self, double u);
    /* Fills all of `out`, which is none of the others; all three have one size. */
    bool (*mix)(const void *self, double u, const struct picture *from, const struct picture *to,
                struct picture *out, struct effect_desk *desk, struct err *e);
};

/* All of them but "cut", which is none; ended by NULL. */
extern const struct transition *const transitions[];

struct transition_use {
    const struct transition *kind; /* NULL: a plain cut */
    const void *self;              /* begins with struct transition_base */
};

bool transition_parse(const char *json, size_t len, struct arena *a, struct transition_use *out,
                      struct err *e);
void transition_canonical(const struct transition_use *use, struct buf *out);

#endif
