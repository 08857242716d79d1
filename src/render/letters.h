/* SPDX-License-Identifier: GPL-3.0-or-later
 * letters.h - text into masks, by libass; emoji into pictures.
 *
 * libass does the shaping, right-to-left order and outlines; fonts come from a fontset and are
 * switched explicitly, since libass is not allowed to look for any. What comes back is not a
 * finished picture but its parts, one for each cell (a word, a letter, whatever the caller wants to
 * colour by itself), so that a caption is shaped once and its words change.
 *
 *     struct letters_text text = {.text = "two words", .cells = (size_t[]){0, 4}, .cell_count = 2};
 *     if (!letters_draw(l, &style, &text, &set, e)) ...
 *     for (i < set.count) set.parts[i].cell, .kind, .raster
 *     letters_set_finish(&set);
 *
 * Lines stand as their fonts want, but not further apart than PITCH_MAX; the middle of a block is
 * that of its letters.
 *
 * DESIGN of the parts: each cell is given to libass in a colour of its own, and the colour of a
 * bitmap that comes back is the number of its cell. Emoji, which libass cannot draw, go to it as a
 * drawing of their size; where that comes out, the emoji is put. So does a thin stroke at the start
 * of each line, which tells where the line lies.
 *
 * Threads: calls may come from any thread; they take turns.
 */
#ifndef AIVE_RENDER_LETTERS_H
#define AIVE_RENDER_LETTERS_H

#include "core/err.h"
#include "render/emoji.h"
#include "render/fonts.h"
#include "render/raster.h"

#include <stdbool.h>
#include <stddef.h>

enum letters_anchor { ANCHOR_CENTRE = 5, ANCHOR_TOP_LEFT = 7 }; /* as \an counts */

struct letters_style {
    double em;      /* pixels */
    double outline; /* pixels */
    double fat;     /* pixels by which letters are thickened all around, and moved apart */
    double space;   /* pixels added between words */
    enum letters_anchor anchor;
    double x, y; /* of the anchor */
};

struct letters_text {
    const char *text;    /* cleaned (caption_text.h); lines parted by '\n' */
    const size_t *cells; /* byte at which each begins, ascending from 0; NULL: one */
    size_t cell_count;
};

enum letters_kind {
    LETTERS_EDGE,    /* mask of the outline; the letter itself included */
    LETTERS_FACE,    /* mask of the letter */
    LETTERS_PICTURE, /* straight RGBA: an emoji */
};

struct letters_part {
    size_t cell, line;
    enum letters_kind kind;
    struct raster raster; /* in the frame; may reach beyond it */
};

/* A line: as high as letters usually are, whatever it says; left and right as far as there is ink.
 */
struct letters_box {
    double left, top, right, bottom;
};

struct letters_set {
    struct letters_part *parts;
    size_t count;
    struct letters_box *lines; /* without ink: right < left */
    size_t line_count;
};

/* Fonts of one weight. */
struct letters;
/* A frame of width x height. The fontset and the emoji (NULL: none) must outlive it; the fontset's
 * files may be dropped afterwards. `bold`: fonts that are not bold are made so. */
struct letters *letters_create(const struct fontset *fonts, struct emoji_font *emoji, bool bold,
                               int width, int height, struct err *e);
void letters_destroy(struct letters *l);

/* Width of a line or a part of one in pixels, with the room around its letters. */
double letters_width(struct letters *l, const struct letters_style *style, const char *text,
                     size_t len);

/* The caller finishes the set, also after a failure. */
bool letters_draw(struct letters *l, const struct letters_style *style,
                  const struct letters_text *text, struct letters_set *out, struct err *e);
void letters_set_finish(struct letters_set *s);

/* Of the libraries as they run, for chunk keys. */
void letters_versions(char *out, size_t size);

#endif
