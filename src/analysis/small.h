/* SPDX-License-Identifier: GPL-3.0-or-later
 * small.h - what the picture analysers look at: a source's picture, upright and made small.
 *
 * One pass over a file makes them (jobs/analyze_pictures.c) and gives each to every analyser in
 * order of time. Their size stays the same for the whole of a file, and is in the proportions of
 * the upright picture with square pixels: places are told as shares of it, 0..1.
 */
#ifndef AIVE_ANALYSIS_SMALL_H
#define AIVE_ANALYSIS_SMALL_H

#include <stdint.h>

#define SMALL_EDGE 320 /* samples of the longer side, at most */

/* 8-bit 4:2:0 planes of bt709 limited range, rows `stride` bytes apart; chroma is half of the size,
 * rounded up. Borrowed: valid during the call only. */
struct small_picture {
    int width, height; /* 2..SMALL_EDGE */
    const uint8_t *plane[3];
    int stride[3];
};

#endif
