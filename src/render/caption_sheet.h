/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_sheet.h - a caption laid out: its pages, their cells, and what each frame shows of them.
 *
 * A cell is what changes by itself: a word, for CAPTION_TYPE a letter, for CAPTION_STILL the page.
 * What a frame shows is three whole numbers, from which alone it is drawn.
 * Ownership: everything lives in the arena. Threads: pure, apart from what the ruler does.
 */
#ifndef AIVE_RENDER_CAPTION_SHEET_H
#define AIVE_RENDER_CAPTION_SHEET_H

#include "core/buf.h"
#include "effects/caption_style.h"
#include "render/caption_layout.h"
#include "render/plan.h"

#define SHEET_STEPS 8        /* of a word's growing, of a box's way */
#define SHEET_SWEEP_STEPS 24 /* of the colour's way through a word */

struct sheet_cell {
    /* Frames of the film: spoken from .. to, and shown as spoken until. */
    int64_t first, end, until;
    bool rtl;
};

struct sheet_page {
    const char *text; /* lines parted by '\n' */
    const size_t *at; /* [cell_count]: byte where each begins */
    const struct sheet_cell *cells;
    size_t cell_count; /* > 0 */
    int64_t first;     /* frame from which on it is seen, if the caption is */
};

struct sheet {
    enum caption_motion motion;
    double fps;
    const struct sheet_page *pages;
    size_t page_count; /* 0: nothing to show */
};

struct sheet_look {
    size_t page;
    int cell; /* that is spoken; CAPTION_TYPE, _SWEEP: spoken last; -1: none */
    int step; /* 0..SHEET_STEPS, 0..SHEET_SWEEP_STEPS */
};

struct sheet_source {
    const char *text; /* clean, in capitals where those are wanted */
    const struct plan_word *words;
    size_t word_count;
    int64_t whole_start, whole_end; /* ticks */
    int fps_num, fps_den;
};

bool sheet_make(const struct sheet_source *from, const struct caption_style *style,
                const struct caption_ruler *ruler, struct arena *a, struct sheet *out,
                struct err *e);

/* The sheet must have pages. */
struct sheet_look sheet_at(const struct sheet *s, int64_t frame);

/* Writes what decides a page's letters: the text and where its cells begin. */
void sheet_describe_page(const struct sheet_page *p, struct buf *out);

#endif
