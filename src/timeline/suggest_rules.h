/* SPDX-License-Identifier: GPL-3.0-or-later
 * suggest_rules.h - inside of suggest_effects: the rules, each of which adds what it finds. What is
 * found is ranked in tool_suggest.c, which is the place for anything that ranks better.
 */
#ifndef AIVE_TIMELINE_SUGGEST_RULES_H
#define AIVE_TIMELINE_SUGGEST_RULES_H

#include "timeline/timeline.h"
#include "timeline/tools.h"

struct found {
    struct buf list; /* struct suggestion */
    struct arena *arena;
};

/* One sentence after the other; at most one suggestion each, so that they stay readable. `caption`
 * (NULL: nobody knows) says when the text is spoken. */
void suggest_text(struct found *f, const char *text, const struct caption *caption);

/* Silence between captions. */
void suggest_gaps(struct found *f, const struct caption *captions, size_t count);

/* Where the beat pauses, and the starts of phrases. False: no memory. */
bool suggest_beats(struct found *f, const struct wire_list *beats);

/* What the analysis heard: energy peaks, drops, pauses. */
void suggest_sound(struct found *f, const struct suggest_args *args);

#endif
