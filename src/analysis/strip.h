/* SPDX-License-Identifier: GPL-3.0-or-later
 * strip.h - a film as one row of small pictures, for the page of all that was found (plot.h).
 *
 * It is made from the storyboard's tiles, in the cage, and kept as plain samples, so that whoever
 * draws it decodes nothing: four 32-bit numbers, little endian (width, height, count, milliseconds
 * from picture to picture), then the pictures as rows of R, G, B.
 * At most STRIP_PICTURES are kept: when there are more, every second one goes.
 * Ownership: the caller's. Threads: none shared.
 */
#ifndef AIVE_ANALYSIS_STRIP_H
#define AIVE_ANALYSIS_STRIP_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRIP_VERSION 1 /* part of what its file is kept under */
#define STRIP_PICTURES 100
#define STRIP_HEIGHT 48 /* of a picture, at most */
#define STRIP_WIDTH 160
#define STRIP_MAX_BYTES ((size_t)16 + (size_t)STRIP_PICTURES * STRIP_WIDTH * STRIP_HEIGHT * 3)

struct strip {
    int width, height, count; /* of each picture; how many */
    double interval_s;        /* picture i is of the moment i * interval_s */
    const uint8_t *rgb;       /* width * height * 3 bytes each */
};

/* Making one; zeroed at first. */
struct strip_maker {
    int width, height, count;
    int shrink;    /* samples of a tile that become one, in each direction */
    int every;     /* of so many tiles one is taken */
    int seen;      /* tiles */
    uint8_t *rgb;  /* STRIP_PICTURES of them */
};

/* The next tile: 8-bit 4:2:0, bt709, limited range, even size, the same for all. False: no memory. */
bool strip_add(struct strip_maker *m, uint8_t *const plane[3], const int stride[3], int width,
               int height);
/* interval_s: from tile to tile. False: the buffer failed. */
bool strip_write(const struct strip_maker *m, double interval_s, struct buf *out);
void strip_finish(struct strip_maker *m);

/* *out points into `data`. False: it is none. */
bool strip_read(const void *data, size_t len, struct strip *out);

#endif
