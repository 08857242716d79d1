/* SPDX-License-Identifier: GPL-3.0-or-later
 * motion.h - what moves in the picture, apart from the camera.
 *
 *     struct motion *m = motion_create(width, height, &e);
 *     motion_push(m, &picture);   ... a few pictures a second are enough
 *     ... motion_blocks(m), motion_within(m, x0, y0, x1, y1), motion_change(m) ...
 *     motion_destroy(m);
 *
 * The camera's shift between two pictures is found from the sums of their columns and rows; then
 * each block is compared with its place before. Memory: two pictures of a sixteenth of the size.
 * One thread at a time.
 */
#ifndef AIVE_ANALYSIS_MOTION_H
#define AIVE_ANALYSIS_MOTION_H

#include "analysis/small.h"
#include "core/err.h"

#define MOTION_CELL 4  /* samples of the picture that become one */
#define MOTION_BLOCK 4 /* of these, a block */

/* The picture in blocks of MOTION_CELL * MOTION_BLOCK samples; what is left at the edges is not
 * looked at. */
struct motion_blocks {
    int columns, rows;
    const float *moved; /* columns * rows: mean change of a sample that no shift explains, 0..255 */
};

struct motion;
struct motion *motion_create(int width, int height, struct err *e);
void motion_destroy(struct motion *m);

void motion_push(struct motion *m, const struct small_picture *p);

/* Between the last two pictures pushed; all 0 after the first. Valid until the next. */
struct motion_blocks motion_blocks(const struct motion *m);

/* The same as a mean over a part of the picture, in samples of it. */
double motion_within(const struct motion *m, double x0, double y0, double x1, double y1);

/* Mean change of all samples, once the camera's shift is taken off: another shot has more than a
 * moving one. 255 after the first picture. */
double motion_change(const struct motion *m);

#endif
