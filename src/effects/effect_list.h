/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_list.h - what a timeline can ask for: effects, transitions, caption styles, sounds, with
 * their parameters; for programs and for people.
 */
#ifndef AIVE_EFFECTS_EFFECT_LIST_H
#define AIVE_EFFECTS_EFFECT_LIST_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/wire.h"

struct listed_param {
    const char *name, *kind;
    double min, max; /* NAN: none */
    struct wire_raw def;
    struct wire_list choices; /* const char *; items NULL: none */
    const char *unit, *help;
};

struct listed_thing {
    const char *name, *title, *help;
    struct wire_list params; /* struct listed_param */
};

struct effect_list {
    struct wire_list effects, transitions, caption_styles, sfx; /* struct listed_thing */
};
extern const struct wire_type wire_effect_list;

/* All but the sounds, which this folder does not know. NULL: no memory. */
struct effect_list *effect_list(struct arena *a);

/* Some lines each of effects and transitions; `only` names one thing, NULL: all. false: there is
 * none of that name. */
bool effect_list_text(const struct effect_list *list, const char *only, struct buf *out);

#endif
