/* SPDX-License-Identifier: GPL-3.0-or-later
 * highlight.h - the best stretches of a film, and why: a score by rules from what is known of it.
 *
 * Every half second gets points for what is in it (peaks, drops, speech, faces, motion, cuts, a
 * sharp and well lit picture; where the words are known also questions, exclamations, numbers,
 * laughter, strong words, somebody who speaks fast); stretches of 3 to 30 s that begin and end where something begins or
 * ends (shots, pauses, sentences, downbeats, sections) compete by what they hold against the whole film.
 * The same report always gives the same list; nothing is learnt and nothing is guessed.
 */
#ifndef AIVE_ANALYSIS_HIGHLIGHT_H
#define AIVE_ANALYSIS_HIGHLIGHT_H

#include "analysis/report.h"
#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>

#define HIGHLIGHT_MIN_S 3.0
#define HIGHLIGHT_MAX_S 30.0
#define HIGHLIGHT_COUNT 10 /* at most */

struct highlight_line { /* what is said, about a sentence */
    const char *text;
    double start, end; /* s */
};

/* struct report_highlight, best first, not overlapping; empty for a film with nothing to tell apart
 * or shorter than HIGHLIGHT_MIN_S. In the arena. */
bool highlights_find(const struct analysis_report *r, struct arena *a, struct wire_list *out,
                     struct err *e);

/* The same for a film of which is known what is said. Lines that are outside of it, or no stretch of
 * time, are left out; no stretch begins or ends inside of one. */
bool highlights_find_said(const struct analysis_report *r, const struct highlight_line *lines,
                          size_t count, struct arena *a, struct wire_list *out, struct err *e);

#endif
