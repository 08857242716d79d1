/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_items.h - the texts of a film as they are placed: inside of captions.c and its kin.
 *
 * An item is one text at one place for one stretch of frames: a title or a caption. Items are known
 * when the plan is; their pages only when somebody lays one out, because that measures.
 */
#ifndef AIVE_RENDER_CAPTION_ITEMS_H
#define AIVE_RENDER_CAPTION_ITEMS_H

#include "effects/caption_style.h"
#include "render/caption_art.h"
#include "render/caption_sheet.h"
#include "render/captions.h"
#include "render/emoji.h"
#include "render/fonts.h"
#include "render/letters.h"
#include "render/safe_zone.h"
#include "render/segment.h"

#define CAPTION_ARENA_BYTES ((size_t)64 << 20) /* to lay out one text */
#define CAPTION_SLOTS 3                        /* captions above each other */
#define CAPTION_SHOWN 32                       /* texts at one frame */
#define CAPTION_MISSING_BYTES 200

struct caption_item {
    const char *text; /* as written by people */
    const struct caption_style *style;
    const struct plan_word *words;
    size_t word_count;
    int64_t whole_start, whole_end; /* ticks */
    int64_t first, end;             /* frames */
    int64_t reach;                  /* captions: the latest end of it and those before it */
    int64_t fade_in, fade_out;      /* frames */
    double em, x, y, max_width;     /* pixels */
    int lines, slot, alpha;
    bool free;    /* stands where somebody put it, not where there is room */
    bool crowded; /* found no room beside those that are on screen with it */
};

struct captions {
    const struct plan *plan;
    struct safe_zone zone;
    struct caption_style film_style;
    struct arena arena;          /* styles */
    struct caption_item *titles; /* [plan->text_count], bottom to top */
    struct caption_item *items;  /* [plan->caption_count], by first */
    struct caption_item mark;    /* the watermark; text NULL: none */
    struct fontset *fonts[2];    /* regular, bold; NULL: not needed */
    struct letters *letters[2];
    struct emoji_font *emoji;    /* NULL: not needed, or not installed */
    struct segmenter *segmenter; /* NULL: the same */
    char left_out[CAPTION_MISSING_BYTES];
};

struct letters *caption_letters(const struct captions *c, const struct caption_style *style);
struct fontset *caption_fonts(const struct captions *c, const struct caption_style *style);

/* The text without what cannot be drawn. NULL: no memory. */
char *caption_clean(const struct captions *c, const struct caption_item *item, struct arena *a);

/* Adds to `out` (CAPTION_MISSING_BYTES) the characters that no font draws, as long as there is
 * room, each once. False: no memory. */
bool caption_missing(const struct captions *c, const struct caption_item *item, char *out);

/* Pages and cells. */
bool caption_lay_out(const struct captions *c, const struct caption_item *item, struct arena *a,
                     struct sheet *out, struct err *e);

/* The bitmaps of a page; the sheet's arena must outlive it. */
struct art *caption_draw(const struct captions *c, const struct caption_item *item,
                         const struct sheet_page *page, struct err *e);

/* How solid an item is at a frame, 0..255. */
int caption_alpha(const struct caption_item *item, int64_t frame);

/* What is on screen at a frame, bottom to top: at most `max`; beyond, the earliest are left out. */
size_t captions_at(const struct captions *c, int64_t frame, const struct caption_item **out,
                   size_t max);

/* The first caption that begins at or behind a frame; those before it may still be on screen until
 * their `reach`. */
size_t captions_from(const struct captions *c, int64_t frame);

#endif
