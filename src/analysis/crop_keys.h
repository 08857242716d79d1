/* SPDX-License-Identifier: GPL-3.0-or-later
 * crop_keys.h - a path as keyframes that everything moves evenly between: as few as keep it within
 * a fifth of a pixel at 1080p, and its speed from changing by more than a given step at any of
 * them, so that nobody sees where they are.
 */
#ifndef AIVE_ANALYSIS_CROP_KEYS_H
#define AIVE_ANALYSIS_CROP_KEYS_H

#include "analysis/crop_path.h"
#include "analysis/report.h"

struct crop_keys {
    struct report_crop *key; /* heap, ascending */
    size_t count, room;
};

/* Of one shot, to be added behind those of the shots before. */
struct crop_shot {
    double start, end;              /* s */
    double fps;                     /* of the source's pictures */
    const struct crop_curve *x, *y; /* begin at start */
    double pixel_x, pixel_y;        /* share of the picture that a pixel is at 1080p */
    double kink; /* pixels a picture that the speed may change at a keyframe; at least as much as it
                  * changes from picture to picture on the curves */
};
bool crop_keys_add(struct crop_keys *k, const struct crop_shot *shot, struct err *e);
void crop_keys_finish(struct crop_keys *k); /* accepts a zeroed one */

#endif
