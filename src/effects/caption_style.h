/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_style.h - how captions and titles look: named rows of numbers, each open to change.
 *
 * In a timeline a style is a name or an object: "bold_pop" or {"name": "bold_pop", "size": 110}.
 * A parameter left out is as its style has it. Adding a style: one row in caption_style.c.
 *
 *     struct caption_style style;
 *     if (!caption_style_parse(json, len, arena, &style, e)) ...   "unknown caption style "x"; ..."
 *
 * Lengths in em are of the text's own size. Threads: pure functions.
 */
#ifndef AIVE_EFFECTS_CAPTION_STYLE_H
#define AIVE_EFFECTS_CAPTION_STYLE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "effects/param.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens to the word that is being spoken. Where nobody said when words are spoken, they
 * share their caption's time by their length. */
enum caption_motion {
    CAPTION_STILL,
    CAPTION_POP,   /* it grows and takes the active colour */
    CAPTION_SWEEP, /* the active colour runs through it and stays */
    CAPTION_PILL,  /* a box moves behind it */
    CAPTION_TYPE,  /* it appears, letter by letter */
};

struct caption_style {
    double size;   /* em, pixels of a frame 1080 wide */
    double weight; /* 400..900 as CSS counts; above 700 bold letters are drawn thicker */
    int uppercase;
    uint32_t color, active_color, outline_color, box_color, pill_color; /* 0xrrggbb */
    double outline;                                                     /* em */
    double shadow, box, pill;                                           /* 0..1: how solid */
    double radius;                                                      /* of box and pill, em */
    int animation;                                                      /* enum caption_motion */
    double active_scale;                                                /* CAPTION_POP: 1..1.5 */
    double space; /* added between words, em */
    double lines; /* at once: 1 or 2 */
    double y;     /* centre of the block, 0..1 of the frame; 0: where captions stand */
};

#define CAPTION_STYLE_DEFAULT "clean"

/* What can be changed about each style; the defaults are the style's own numbers. */
extern const struct param caption_style_params[];

/* Names in the order of the docs; NULL ends. */
const char *caption_style_name(size_t i);
const char *caption_style_help(size_t i);                         /* one line */
const struct caption_style *caption_style_find(const char *name); /* NULL: unknown */

/* Reads JSON text; json NULL is the default style. ERR_INVALID naming the known styles or
 * parameters, ERR_NO_MEMORY. */
bool caption_style_parse(const char *json, size_t len, struct arena *a, struct caption_style *out,
                         struct err *e);

/* Everything that decides pixels, in one fixed form. */
void caption_style_canonical(const struct caption_style *s, struct buf *out);

#endif
