/* SPDX-License-Identifier: GPL-3.0-or-later
 * emoji.h - emoji in their colours, which libass cannot draw.
 *
 * From the bitmaps of an installed colour font (Noto Color Emoji); HarfBuzz puts sequences
 * together: families, flags, skin tones, keycaps. Made before the cage closes; opens nothing later.
 * Threads: any; calls take turns.
 */
#ifndef AIVE_RENDER_EMOJI_H
#define AIVE_RENDER_EMOJI_H

#include "core/err.h"
#include "render/raster.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether there is anything in a text that asks to be shown in colour. */
bool emoji_wanted(const char *text);

struct emoji_font;

/* *out NULL when no colour font is installed, which is no error. */
bool emoji_font_create(struct emoji_font **out, struct err *e);
void emoji_font_destroy(struct emoji_font *f);

const char *emoji_font_hash(const struct emoji_font *f); /* of the file; "" for NULL */

/* Whether a cluster (caption_text.h) is shown as emoji and the font has all of it. *count, which
 * may be NULL, says how many pictures it takes: one, or several where the font does not know the
 * sequence. False for f NULL. */
bool emoji_is(struct emoji_font *f, const char *cluster, size_t len, int *count);

/* Width of one picture and how far it goes below the baseline, in em; it is as high as wide. */
#define EMOJI_WIDTH 1.14
#define EMOJI_DESCENT 0.2

/* The pictures beside each other, straight RGBA, `width` pixels each, at (0, 0). */
bool emoji_draw(struct emoji_font *f, const char *cluster, size_t len, double width,
                struct raster *out, struct err *e);

#endif
