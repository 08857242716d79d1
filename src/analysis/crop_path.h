/* SPDX-License-Identifier: GPL-3.0-or-later
 * crop_path.h - how a crop moves along one axis so that what is wanted stays inside: it stands
 * still if it can, else makes one smooth move, else follows on the calmest way.
 *
 *     crop_solve(wishes, count, &frame, &curve, &e);
 *     x = crop_curve_at(&curve, time_s);
 *     crop_curve_finish(&curve);
 *
 * (The three ways are AutoFlip's, ai.googleblog.com 2020-02; the path itself is a regularised least
 * squares fit with bounds on speed and acceleration.)
 *
 * Places are shares of the picture along the axis, 0..1. Pure functions.
 */
#ifndef AIVE_ANALYSIS_CROP_PATH_H
#define AIVE_ANALYSIS_CROP_PATH_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define CROP_STEP_S 0.2 /* between the points that make a path */

struct crop_wish {
    double time;   /* s, ascending */
    double at;     /* where the crop's centre is best */
    double slack;  /* how far from there what is wanted is still seen */
    double weight; /* >= 0, 1 for a face that is seen */
};

struct crop_frame {
    double start, end;   /* s: a shot's, start < end */
    double window;       /* share of the picture that the crop shows, 0..1 */
    double speed;        /* share a second, at most */
    double acceleration; /* share a second squared, at most */
};

enum crop_camera { CROP_STILL, CROP_PAN, CROP_TRACK };
const char *crop_camera_name(enum crop_camera camera); /* "still", "pan", "track" */

/* A quadratic B-spline with points CROP_STEP_S apart: its second derivative is nowhere larger than
 * the second difference of its points. */
struct crop_curve {
    enum crop_camera camera;
    double start;  /* s, of point[0] */
    double *point; /* heap */
    size_t count;
};

/* Never leaves the picture: window / 2 .. 1 - window / 2. Without wishes: the middle. */
bool crop_solve(const struct crop_wish *wish, size_t count, const struct crop_frame *frame,
                struct crop_curve *out, struct err *e);
double crop_curve_at(const struct crop_curve *c, double time_s);
void crop_curve_finish(struct crop_curve *c); /* accepts a zeroed one */

#endif
