/* SPDX-License-Identifier: GPL-3.0-or-later
 * shots.h - where one camera shot ends and the next begins, and how.
 *
 * Push small pictures in order of time, 10 to 30 a second are plenty; read the shots afterwards.
 *
 *     struct shots *s = shots_create(SHOTS_DEFAULTS, &e);
 *     while (... next picture ...)
 *         shots_push(s, &picture, time_s, &e);
 *     shots_finish(s, &list, &e);   shots_destroy(s);   ...   shot_list_finish(&list);
 *
 * A cut is a picture whose blocks are found neither in the picture before it nor, when a flash is
 * over, in those before that; a dissolve is a straight line between two pictures that are not of
 * one scene; a fade is the way to a picture that shows nothing, and out of it. Memory: about a
 * megabyte, whatever the length. Units: seconds. One thread at a time.
 */
#ifndef AIVE_ANALYSIS_SHOTS_H
#define AIVE_ANALYSIS_SHOTS_H

#include "analysis/small.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

enum shot_begin { SHOT_START, SHOT_CUT, SHOT_FADE, SHOT_DISSOLVE };

/* "start", "cut", "fade", "dissolve": what reports say. Never to be freed. */
const char *shot_begin_name(enum shot_begin how);

struct shot_span {
    double start_s, end_s; /* end_s is the start of the next */
    enum shot_begin begins;
    double transition_s; /* length of the fade or dissolve whose middle is start_s; 0: none */
};

/* Without gaps, in order, from the first picture to the end of the last; the caller frees it. */
struct shot_list {
    struct shot_span *shots;
    size_t count; /* 0 without pictures, else at least 1 */
};

struct shots_options {
    double min_shot_s; /* what is shorter is no shot of its own: a flash, a glitch */
};
#define SHOTS_DEFAULTS ((struct shots_options){0.4})

struct shots;
struct shots *shots_create(struct shots_options opt, struct err *e);
bool shots_push(struct shots *s, const struct small_picture *f, double time_s, struct err *e);
bool shots_finish(struct shots *s, struct shot_list *out, struct err *e); /* once */
void shots_destroy(struct shots *s);
void shot_list_finish(struct shot_list *l); /* accepts a zeroed list */

#endif
