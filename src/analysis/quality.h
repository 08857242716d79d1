/* SPDX-License-Identifier: GPL-3.0-or-later
 * quality.h - how well a picture can be looked at: sharp, well lit, steady, lively.
 *
 * quality_of() judges one picture by itself. Of a film, push every small picture in order of time
 * and read one row for each second that has pictures.
 *
 *     struct quality *q = quality_create(&e);
 *     while (... next picture ...)
 *         quality_push(q, &picture, time_s, &e);
 *     quality_finish(q, &list, &e);   quality_destroy(q);   ...   quality_list_finish(&list);
 *
 * Memory: two pictures, and a row a second. One thread at a time; quality_of() from any.
 */
#ifndef AIVE_ANALYSIS_QUALITY_H
#define AIVE_ANALYSIS_QUALITY_H

#include "analysis/small.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct quality_still {
    double sharpness; /* 0 blurred .. 1 crisp edges, whatever their contrast; 0 without edges */
    double exposure;  /* 0 black, or burnt out .. 1 well lit */
    double detail;    /* 0 an empty picture .. 1 much to see: how luma and colour spread */
};

struct quality_still quality_of(const struct small_picture *f);

/* 0..1: how well it would do as a poster; 0 when it is black, white or empty. */
double quality_poster(struct quality_still q);

struct quality_second {
    double time_s;              /* the middle of the second */
    double sharpness, exposure; /* means of its pictures, as above */
    double shake;  /* pixels a frame (1/30 s) at 1080p that the camera jumps, on average */
    double motion; /* 0 still .. 1 everything changes */
    double poster_s, poster; /* its best picture: time and quality_poster() */
};

struct quality_list {
    struct quality_second *seconds; /* ascending; the caller frees it with quality_list_finish() */
    size_t count;
};

struct quality;
struct quality *quality_create(struct err *e);
bool quality_push(struct quality *q, const struct small_picture *f, double time_s, struct err *e);
bool quality_finish(struct quality *q, struct quality_list *out, struct err *e); /* once */
void quality_destroy(struct quality *q);
void quality_list_finish(struct quality_list *l); /* accepts a zeroed list */

#endif
