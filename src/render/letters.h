/* SPDX-License-Identifier: GPL-3.0-or-later
 * letters.h - text into bitmaps, by libass.
 *
 * libass does the shaping, right-to-left order and outlines; fonts come from a fontset and are
 * switched explicitly, since libass is not allowed to look for any.
 * Threads: calls may come from any thread; they take turns.
 */
#ifndef AIVE_RENDER_LETTERS_H
#define AIVE_RENDER_LETTERS_H

#include "core/err.h"
#include "render/fonts.h"
#include "render/overlay.h"

#include <stddef.h>

enum letters_anchor { ANCHOR_CENTRE = 5, ANCHOR_TOP_LEFT = 7 }; /* as \an counts */

struct letters_style {
    double em;      /* pixels */
    double outline; /* pixels */
    double shadow;  /* pixels, to the right and down */
    int alpha;      /* of everything, 255: solid */
    enum letters_anchor anchor;
    double x, y; /* of the anchor */
};

struct letters;
/* A frame of width x height. The fontset must outlive it; its files may be dropped afterwards. */
struct letters *letters_create(const struct fontset *fonts, int width, int height, struct err *e);
void letters_destroy(struct letters *l);

/* Width of one line in pixels, 0 for what has no ink. */
double letters_width(struct letters *l, const struct letters_style *style, const char *text,
                     size_t len);

/* Draws lines parted by '\n'. The overlay is finished and the caller's; *out NULL when nothing is
 * to be seen. */
bool letters_draw(struct letters *l, const struct letters_style *style, const char *text,
                  struct overlay **out, struct err *e);

/* Of libass as it runs, for chunk keys. */
int letters_version(void);

#endif
