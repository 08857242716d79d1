/* SPDX-License-Identifier: GPL-3.0-or-later
 * fonts.h - which installed fonts draw a set of characters.
 *
 * Made before the cage closes: asks fontconfig, reads the font files into memory, and from then on
 * opens nothing. The choice is the same for the same text and the same installed fonts.
 *
 *     struct fontset *f = fontset_create(needed, e);      needed: a fontset_needs of all texts
 *     int font = fontset_pick(f, cp, -1);                 -1: no font draws it
 *
 * Colour fonts are passed over, since libass cannot draw them (emoji.h does); emoji that nobody
 * else draws come from monochrome ones. Threads: a made set is read-only.
 */
#ifndef AIVE_RENDER_FONTS_H
#define AIVE_RENDER_FONTS_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The characters that will be drawn. */
struct fontset_needs;
struct fontset_needs *fontset_needs_create(struct err *e);
void fontset_needs_destroy(struct fontset_needs *n);
void fontset_needs_text(struct fontset_needs *n, const char *text, size_t len);

struct font {
    const char *family; /* what \fn names it by */
    char hash[65];      /* of the file */
    /* libass counts a font size from the deepest descender to the highest ascender; this many of
     * its units make one em, so that fonts of different metrics come out equally large. */
    double em;
};

struct fontset;
/* Of bold fonts or of regular ones, as far as there are any. ERR_UNAVAILABLE when no font is
 * installed at all. */
struct fontset *fontset_create(const struct fontset_needs *needs, bool bold, struct err *e);
void fontset_destroy(struct fontset *f);

/* The font for a character; `current` (the one in use before it, or -1) is kept for spaces, marks
 * and invisible characters as long as it can draw them. -1: no font can. */
int fontset_pick(const struct fontset *f, uint32_t cp, int current);
/* The same for a base with its marks (caption_text.h): a font that has them all, else the base's.
 */
int fontset_pick_cluster(const struct fontset *f, const char *cluster, size_t len, int current);
const struct font *fontset_font(const struct fontset *f, int i);

/* The files, for libass, each once. NULL data ends. They live as long as the set. */
const char *fontset_file(const struct fontset *f, int i, size_t *size);
void fontset_drop_files(struct fontset *f); /* libass has made its copies */

#endif
