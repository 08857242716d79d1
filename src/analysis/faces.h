/* SPDX-License-Identifier: GPL-3.0-or-later
 * faces.h - faces in one picture: from the front, and from both sides.
 *
 *     struct faces *f = faces_create(width, height, &e);
 *     faces_show(f, &picture);                        ... the picture that is asked about
 *     n = faces_scan(f, FACES_FRONTAL, FACES_ALL, found, max);   ... everywhere
 *     if (faces_look(f, FACES_FRONTAL, &there, &found)) ... near a place
 *     faces_destroy(f);
 *
 * A scan is coarse: every second place in sizes a quarter apart. Where something is found all
 * neighbouring places and sizes are tried too, and how many of them agree tells a face from
 * what once looks like one. Memory: about 12 bytes a sample of the picture. One thread at a time.
 */
#ifndef AIVE_ANALYSIS_FACES_H
#define AIVE_ANALYSIS_FACES_H

#include "analysis/small.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

enum faces_view {
    FACES_FRONTAL,
    FACES_LEFT,
    FACES_RIGHT,
    FACES_VIEWS
}; /* looks to the left, ... */

/* Every second size, and the ones between them: twice as fast. */
enum faces_sizes { FACES_ALL, FACES_SOME, FACES_OTHERS };

struct face_box {
    float x, y, size; /* samples of the picture: centre of a square from the brows to the chin */
    float strength;   /* 0..1: how many of its neighbours agree */
};

struct faces;
struct faces *faces_create(int width, int height, struct err *e);
void faces_destroy(struct faces *f);

/* `p` is of that width and height, and stays as it is until the last question about it. */
void faces_show(struct faces *f, const struct small_picture *p);

/* How many were written to `out`, strongest first: at most `max`. */
size_t faces_scan(struct faces *f, enum faces_view view, enum faces_sizes sizes,
                  struct face_box *out, size_t max);

/* The same for faces of about the size of one that was there (its strength is not read), whose
 * centres lie at most `reach` samples away, each way. */
size_t faces_seek(struct faces *f, enum faces_view view, const struct face_box *was, float reach,
                  struct face_box *out, size_t max);

/* About of that size and at that place (its strength is not read). */
bool faces_look(struct faces *f, enum faces_view view, const struct face_box *near_to,
                struct face_box *out);

/* The centre of one lies well inside of the other. */
bool faces_same(const struct face_box *a, const struct face_box *b);

#endif
