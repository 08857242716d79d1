/* SPDX-License-Identifier: GPL-3.0-or-later
 * spoken.h - when each word of a text is spoken.
 *
 * A caption's words come with their times in a list of their own, made by a machine, beside a text
 * that people may have changed since. The two are laid side by side by their letters; what was
 * added to the text goes with the word before it, what was taken out is passed over. Where nothing
 * is known, or too little fits, the words share the time by their length. Threads: pure functions,
 * apart from the segmenter's turns.
 */
#ifndef AIVE_RENDER_SPOKEN_H
#define AIVE_RENDER_SPOKEN_H

#include "core/arena.h"
#include "render/plan.h"
#include "render/segment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters are code points other than blanks and line ends, counted from the text's start. */
struct spoken_word {
    size_t first_char, end_char; /* the next one begins where this ends */
    int64_t start, end;          /* ticks; start <= end <= the next one's start */
};

struct spoken {
    struct spoken_word *words; /* all of the text */
    size_t count;
};

/* `text` is clean (caption_text.h). words may be NULL. False: no memory. */
bool spoken_of(const char *text, const struct plan_word *words, size_t word_count,
               int64_t whole_start, int64_t whole_end, struct segmenter *segmenter, struct arena *a,
               struct spoken *out);

#endif
