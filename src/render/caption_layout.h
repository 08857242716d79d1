/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_layout.h - a caption's text into lines and pages.
 *
 * Lines are few, even, end with a phrase where that costs little, and are at most as wide as asked
 * for (the whole caption is weighed, as TeX does a paragraph); a unit of text wider than a line is
 * broken between clusters. What needs more lines than a page has goes on the next page.
 * Threads: pure, apart from what `width` does.
 */
#ifndef AIVE_RENDER_CAPTION_LAYOUT_H
#define AIVE_RENDER_CAPTION_LAYOUT_H

#include "core/arena.h"
#include "core/err.h"
#include "render/segment.h"

#include <stdbool.h>
#include <stddef.h>

#define CAPTION_MAX_LINES 8 /* of a page */

struct caption_page {
    const char *text; /* lines parted by '\n' */
    size_t chars;     /* code points without spaces: its share of the time */
};

struct caption_ruler {
    double max_width;   /* any unit */
    double space_width; /* the same unit */
    double bleed;       /* share of its width by which a word may grow beyond either side */
    int lines;          /* of a page, 1..CAPTION_MAX_LINES */
    struct segmenter *segmenter; /* may be NULL */
    double (*width)(void *user, const char *text, size_t len);
    void *user;
};

/* Lays out cleaned text (caption_text.h). An empty text has no pages. */
bool caption_layout(const char *text, const struct caption_ruler *ruler, struct arena *a,
                    struct caption_page **pages, size_t *count, struct err *e);

#endif
