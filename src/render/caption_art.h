/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_art.h - one page of letters as bitmaps, ready to be blended.
 *
 * Shaped once; what does not change is one bitmap, and each cell has its own, made when it is first
 * seen. So a frame costs some blending inside of the letters' boxes, and a word that moves costs
 * itself, not its caption.
 * Threads: an art belongs to one thread.
 */
#ifndef AIVE_RENDER_CAPTION_ART_H
#define AIVE_RENDER_CAPTION_ART_H

#include "core/err.h"
#include "effects/caption_style.h"
#include "media/picture.h"
#include "render/caption_sheet.h"
#include "render/letters.h"
#include "render/safe_zone.h"

#include <stdbool.h>

struct art_spec {
    struct letters *letters;           /* of the style's weight */
    const struct caption_style *style; /* must outlive the art */
    const struct sheet_page *page;     /* the same */
    enum letters_anchor anchor;
    double em, x, y;              /* pixels */
    double max_width;             /* around x, of lines with a word grown */
    const struct safe_zone *keep; /* moved inside of this, up and down; NULL: it may be anywhere */
};

struct art;
struct art *art_create(const struct art_spec *spec, struct err *e);
void art_destroy(struct art *a);

/* Lays it on, `alpha` (0..255) of it. */
bool art_paint(struct art *a, const struct sheet_look *look, int alpha, struct picture *picture,
               struct err *e);

/* What it covers at most, without its shadow. Empty: right < left. */
struct letters_box art_box(const struct art *a);

/* How letters of a style are drawn at a size (pixels); anchor and place are the caller's. */
struct letters_style art_letters(const struct caption_style *style, double em);

/* How far outline, box and pill reach beyond the letters at either side, in em. */
double art_padding(const struct caption_style *style);

/* By what share of its width a word may grow at either side however near its neighbours are. */
double art_bleed(const struct caption_style *style);

/* How many ems lie between the lines of a block and the next one's that stands above it. */
double art_block_height(const struct caption_style *style);

#endif
