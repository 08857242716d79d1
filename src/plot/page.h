/* SPDX-License-Identifier: GPL-3.0-or-later
 * page.h - the page at work, between plot.c and its lanes: where a moment lies, colours, text.
 *
 * A lane is a strip of the page with the time from left to right: one const struct in a file
 * lane_*.c, listed in plot.c. It is drawn into a box of its own height; what it is given may be
 * any number, and page_x() and page_y() keep it inside.
 */
#ifndef AIVE_PLOT_PAGE_H
#define AIVE_PLOT_PAGE_H

#include "plot/plot.h"

#include <cairo.h>

/* --- Colours ---------------------------------------------------------------------------------- */

/* Okabe and Ito, "Color Universal Design" (2008): told apart by the colour-blind too. */
#define INK_BLACK 0x000000
#define INK_ORANGE 0xe69f00
#define INK_SKY 0x56b4e9
#define INK_GREEN 0x009e73
#define INK_YELLOW 0xf0e442
#define INK_BLUE 0x0072b2
#define INK_RED 0xd55e00
#define INK_PINK 0xcc79a7
#define INK_TEXT 0x222222
#define INK_SOFT 0x6b6b6b  /* text that is less important */
#define INK_GRID 0xe2e2e2
#define INK_LANE 0xf6f6f6  /* behind a lane */
#define INK_GREY 0x9a9a9a

/* --- The page --------------------------------------------------------------------------------- */

enum page_font { FONT_SMALL, FONT_PLAIN, FONT_BOLD, FONT_TITLE, FONT_COUNT };
#define PAGE_FAMILIES 8

struct page {
    cairo_t *cr;
    const struct plot *plot;
    struct arena *arena;
    double duration;    /* s, > 0 */
    double width;       /* pixels */
    double left, right; /* where time begins and ends */
    cairo_scaled_font_t *fonts[PAGE_FAMILIES][FONT_COUNT]; /* made when first asked for */
};

struct box {
    double x, y, width, height;
};

double page_x(const struct page *p, double time_s);
/* 0 at the bottom of the box, 1 at its top. */
double page_y(const struct box *b, double share);

void page_ink(const struct page *p, unsigned rgb, double alpha);
void page_line(const struct page *p, double x0, double y0, double x1, double y1, double width);
/* Filled; at least a pixel wide, so that a short moment of a long film is seen. */
void page_bar(const struct page *p, double x0, double x1, double y, double height);
void page_triangle(const struct page *p, double x, double y, double size, bool down);

/* --- Text: page_text.c ------------------------------------------------------------------------ */

/* With its baseline at y; what does not fit into max_width is cut, with an ellipsis. Returns how
 * wide it is. Any bytes may come: what is not UTF-8 is shown as U+FFFD. */
double page_text(struct page *p, double x, double y, enum page_font font, unsigned rgb,
                 double max_width, const char *text);
double page_text_width(struct page *p, enum page_font font, const char *text);
void page_fonts_finish(struct page *p);

/* --- A curve of any number of points ---------------------------------------------------------- */

/* Draws the mean of what falls on each pixel. Points ascending in time; NAN breaks the line. */
struct curve {
    const struct page *page;
    const struct box *box;
    double x;   /* pixel at work; < 0: none */
    double sum;
    int count;
    bool open; /* a line was begun */
};
void curve_begin(struct curve *c, const struct page *p, const struct box *b);
void curve_add(struct curve *c, double time_s, double share);
void curve_end(struct curve *c); /* the path is there, to be stroked */

/* --- Lanes ------------------------------------------------------------------------------------ */

struct lane_key { /* what is drawn how, under the lane's title */
    const char *words;
    unsigned ink;
};

struct lane {
    const char *title;
    struct lane_key keys[4]; /* words NULL ends */
    double height;
    bool (*shown)(const struct page *p); /* is there anything? */
    void (*draw)(struct page *p, const struct box *b);
};
extern const struct lane lane_strip, lane_waveform, lane_energy, lane_tempo, lane_speech, lane_shots,
    lane_subject, lane_quality, lane_highlights, lane_segments;

/* --- Around the lanes ------------------------------------------------------------------------- */

void page_title(struct page *p, double y);         /* page_title.c; takes PAGE_TITLE_HEIGHT */
double page_axis_step(const struct page *p);       /* page_axis.c: s between ticks */
void page_grid(struct page *p, double top, double bottom);
void page_axis(struct page *p, double baseline);   /* the labels of the ticks */
const char *page_time(struct page *p, double time_s, double step); /* "1:05", "12.5" */
double page_lists_height(struct page *p);          /* page_lists.c: the words below the lanes */
void page_lists(struct page *p, double y);
#define PAGE_TITLE_HEIGHT 62.0
#define PAGE_AXIS_HEIGHT 22.0

/* An effect's name out of a timeline, NULL for one that is not known. */
const char *page_effect_name(struct page *p, const struct wire_raw *effect);
/* All of a segment's, "zoom, flash"; "" without. */
const char *page_effects(struct page *p, const struct timeline_segment *s);

#endif
