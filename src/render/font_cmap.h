/* SPDX-License-Identifier: GPL-3.0-or-later
 * font_cmap.h - makes libass find the characters above U+FFFF in a font.
 *
 * libass before 0.17.2 takes the first of Microsoft's character maps, which in the order of the
 * file is the one of 16 bits; emoji and rare Han are then missing although the font has them
 * (libass pull request 729). Where a font has the full map as well, the smaller one is relabelled
 * in our copy of the file, so that only the full one is left to take.
 */
#ifndef AIVE_RENDER_FONT_CMAP_H
#define AIVE_RENDER_FONT_CMAP_H

#include <stddef.h>
#include <stdint.h>

/* TrueType, OpenType or a collection; anything else, and anything broken, is left as it is. */
void font_prefer_full_cmap(uint8_t *data, size_t size);

#endif
