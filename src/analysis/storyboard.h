/* SPDX-License-Identifier: GPL-3.0-or-later
 * storyboard.h - a film at a glance, for the preview above a player's time line: sheets of small
 * tiles, one every few seconds, and WebVTT that says which tile belongs to which seconds.
 *
 *     struct storyboard *s = storyboard_create(duration_s, on_sheet, user, e);
 *     while (...) storyboard_push(s, &small, time_s, e);
 *     storyboard_finish(s, &info, e);
 *     storyboard_vtt(&info, duration_s, out);
 *
 * The interval is a second for short films and so much for longer ones that four sheets of 10x10
 * tiles suffice. Tile i is the first picture at or behind i intervals; where a source has no picture
 * for a while, the one before is repeated. Only the sheet at work is kept, at most 5 MiB.
 * WebVTT cues name their tile by a media fragment, "storyboard-0.jpg#xywh=160,0,160,90", relative to
 * where the text itself is.
 * Ownership: the caller's. Threads: none shared.
 */
#ifndef AIVE_ANALYSIS_STORYBOARD_H
#define AIVE_ANALYSIS_STORYBOARD_H

#include "analysis/small.h"
#include "analysis/strip.h"
#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>

#define STORYBOARD_VERSION 1 /* part of what its files are kept under */
#define STORYBOARD_COLUMNS 10
#define STORYBOARD_ROWS 10
#define STORYBOARD_TILES (STORYBOARD_COLUMNS * STORYBOARD_ROWS) /* of a sheet */
#define STORYBOARD_WIDTH 160                                    /* of a tile, at most */
#define STORYBOARD_HEIGHT 192                                   /* so that upright films are seen */
#define STORYBOARD_MAX_SHEETS 8 /* whatever the duration turns out to be */

/* A complete sheet: 8-bit 4:2:0, bt709, limited range, even size. Borrowed during the call. */
struct storyboard_sheet {
    int number; /* from 0 */
    int width, height;
    uint8_t *plane[3];
    int stride[3];
};
typedef bool storyboard_sheet_fn(void *user, const struct storyboard_sheet *sheet, struct err *e);

struct storyboard_info {
    double interval_s;
    int tile_width, tile_height;
    int tiles, sheets; /* 0 without a picture */
};

/* Seconds between tiles of a film that long; 10 where that is not known (NAN, 0 or less). */
double storyboard_interval(double duration_s);

struct storyboard;
struct storyboard *storyboard_create(double duration_s, storyboard_sheet_fn *on_sheet, void *user,
                                     struct err *e);
void storyboard_destroy(struct storyboard *s); /* accepts NULL */
/* In order of time. All pictures have the size of the first. */
bool storyboard_push(struct storyboard *s, const struct small_picture *p, double time_s,
                     struct err *e);
bool storyboard_finish(struct storyboard *s, struct storyboard_info *info, struct err *e);

/* All tiles so far as a strip (strip.h). False: the buffer failed. */
bool storyboard_strip(const struct storyboard *s, struct buf *out);

/* False: the buffer failed. */
bool storyboard_vtt(const struct storyboard_info *info, double duration_s, struct buf *out);

#endif
