/* SPDX-License-Identifier: GPL-3.0-or-later
 * face_tracks.h - the same faces from picture to picture.
 *
 *     struct face_tracks *t = face_tracks_create(width, height, &e);
 *     face_tracks_push(t, &picture, motion, &detail, time_s, &e);   ... about five times a second
 *     seen = face_tracks_seen(t, &count);
 *     face_tracks_destroy(t);
 *
 * Each picture is searched for one view of a face in turn, at the beginning of a shot for all of
 * them; where a face is known for half of the sizes, and every second one while it is seen without
 * doubt. Around faces already found all views are tried; what turns away from all of them is
 * followed by its looks for three seconds, and back for five to before it was found. Memory: the
 * last 25 pictures, and 40 bytes for each face in each picture, at most eight a picture, most of
 * which are none. One thread at a time.
 */
#ifndef AIVE_ANALYSIS_FACE_TRACKS_H
#define AIVE_ANALYSIS_FACE_TRACKS_H

#include "analysis/detail.h"
#include "analysis/motion.h"
#include "analysis/small.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACE_TRACKS_MAX 8 /* at a time */

struct face_seen {
    double time;    /* s */
    uint32_t track; /* the same for the same face; from 0 without a gap */
    float x, y;     /* centre, shares of the picture's width and height */
    float size;     /* share of the picture's height */
    float strength; /* 0..1 of the detector; 0: only followed by its looks */
    float sharp;    /* 0 blurred .. about 1, see detail.h */
    float red;      /* mean Cr of its middle above that of the whole picture */
    float moved;    /* mean change of its samples since the picture before, 0..255 */
};

struct face_tracks;
struct face_tracks *face_tracks_create(int width, int height, struct err *e);
void face_tracks_destroy(struct face_tracks *t);

/* `m` has been pushed the same picture, `d` is of it. */
bool face_tracks_push(struct face_tracks *t, const struct small_picture *p, const struct motion *m,
                      const struct detail *d, double time_s, struct err *e);

/* All so far, put in order of time: valid until the next push. */
const struct face_seen *face_tracks_seen(struct face_tracks *t, size_t *count);
uint32_t face_tracks_count(const struct face_tracks *t);

#endif
