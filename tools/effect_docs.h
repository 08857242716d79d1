/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_docs.h - the text of docs/effects.md, out of the tables of effects and transitions.
 */
#ifndef AIVE_TOOLS_EFFECT_DOCS_H
#define AIVE_TOOLS_EFFECT_DOCS_H

#include "core/buf.h"
#include "core/err.h"
#include "effects/effect.h"
#include "effects/transition.h"

/* The moments that show a thing best. */
struct doc_still {
    const char *name; /* NULL ends */
    bool is_transition;
    const char *json;
    double length; /* of the segment, s */
    double at[4];  /* s of the segment, or 0..1 of a transition */
    int count;
    const char *caption;
    const char *note; /* more to know; may be NULL */
};
extern const struct doc_still doc_stills[];

/* Markdown. Fails when a thing has no row in doc_stills. */
bool doc_page(struct buf *out, struct err *e);

#endif
